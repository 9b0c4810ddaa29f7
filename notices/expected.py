"""应报名单 after publication: a unit added or removed is an event with a day and a reason."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from federation import audit
from federation.models import OrgUnit, User
from notices import deliverables, fulfilment, schedule
from notices.fulfilment import Refused
from notices.models import Duty, ExpectedUnit, Task, TaskEvent, TaskState


@transaction.atomic
def add(duty: Duty, unit: OrgUnit, *, reason: str, by: User | None) -> ExpectedUnit:
    """Put ``unit`` on the list of ``duty``; it owes the periods that are not over."""
    if not reason.strip():
        raise Refused("请填写列入应报名单的原因。")
    unit = OrgUnit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if unit.is_closed:
        raise Refused(f"{unit}已于{unit.closed_on:%Y-%m-%d}撤销，请列入承接它的组织。")
    try:
        with transaction.atomic():
            added = ExpectedUnit.objects.create(
                duty=duty,
                unit=unit,
                since=timezone.localdate(),
                why_added=reason.strip()[:200],
                changed_by=by,
            )
    except IntegrityError as error:
        raise Refused(f"{unit}已在“{duty}”的应报名单中。") from error
    off = Task.objects.unscoped(reason="tasks called off when the unit left the list").filter(
        duty=duty, unit=unit, state=TaskState.VOID
    )
    for task in off:
        fulfilment.befall(task, TaskEvent.Kind.REINSTATED, by=by, reason=reason)
    schedule.create_tasks(duty, until=timezone.localdate() + schedule.AHEAD, by=by)
    deliverables.published(duty, by)
    audit.record(duty, "expect_unit", by=by, unit=unit, detail={"reason": reason})
    return added


@transaction.atomic
def remove(duty: Duty, unit: OrgUnit, *, reason: str, by: User | None) -> None:
    """Take ``unit`` off the list: what it still owes is called off, what it reported stays counted."""
    if not reason.strip():
        raise Refused("请填写移出应报名单的原因。")
    row = duty.expected.select_for_update().filter(unit=unit, until__isnull=True).first()
    if row is None:
        raise Refused(f"{unit}不在“{duty}”的应报名单中。")
    row.until, row.why_removed, row.changed_by = timezone.localdate(), reason.strip()[:200], by
    row.save()
    owed = Task.objects.unscoped(reason="what the removed unit still owes").filter(
        duty=duty, unit=unit, first_reported_on__isnull=True
    )
    for task in owed.exclude(state__in=(TaskState.VOID, TaskState.EXEMPT)):
        fulfilment.call_off(task, by=by, reason=reason)
    audit.record(duty, "unexpect_unit", by=by, unit=unit, detail={"reason": reason})


@transaction.atomic
def unit_gone(unit: OrgUnit, *, successor: OrgUnit | None, reason: str, by: User | None) -> int:
    """``unit`` was closed or merged: its open duties pass to ``successor`` or end. How many."""
    rows = ExpectedUnit.objects.filter(unit=unit, until__isnull=True).select_related(
        "duty__notice__issuer"
    )
    count = 0
    for row in rows.order_by("pk"):
        remove(row.duty, unit, reason=reason, by=by)
        present = row.duty.expected.filter(unit=successor, until__isnull=True).exists()
        if successor is not None and not present:
            add(row.duty, successor, reason=reason, by=by)
        count += 1
    return count
