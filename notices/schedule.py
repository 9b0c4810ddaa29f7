"""When each duty of a notice is owed, and the tasks that follow from it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import row_security
from federation.models import User
from notices import deliverables, due_rules, fulfilment
from notices.models import Duty, NoticeReceipt, NoticeState, Task, TaskEvent, TaskState
from notices.spans import Cycle

logger = logging.getLogger("fulian.notices")
AHEAD = dt.timedelta(days=35)  # periodic tasks are made this long before they open


def window_of(duty: Duty) -> tuple[dt.date, dt.date]:
    """From when until when ``duty`` is carried out: its own window, the campaign's, else its year.

    The window begins with the notice: a monthly duty of April owes nothing for January.
    """
    notice = duty.notice
    start = duty.window_from or notice.campaign_from or notice.issue_date
    end = duty.window_to or notice.campaign_to or dt.date(start.year, 12, 31)
    if end < start:
        raise due_rules.DueRuleError(f"“{duty}”的开展时间止于开始之前，请核对。")
    return start, end


def due_days(duties: list[Duty]) -> dict[str, dt.date | None]:
    """Due day by duty code of every duty owed once, those that lean on others after those."""
    known: dict[str, dt.date | None] = {}
    waiting = [duty for duty in duties if duty.rhythm is Cycle.ONCE]
    while waiting:
        solved = []
        for duty in waiting:
            leans = duty.due_rule.get("duty")
            if leans and any(other.code == leans for other in waiting if other is not duty):
                continue
            (only,) = occurrences_of(duty, known)
            known[duty.code] = only.due_on
            solved.append(duty)
        if not solved:
            names = "、".join(str(duty) for duty in waiting)
            raise due_rules.DueRuleError(f"这些任务的截止日期互相依据，无法推算：{names}。")
        waiting = [duty for duty in waiting if duty not in solved]
    return known


def occurrences_of(
    duty: Duty, others: Mapping[str, dt.date | None]
) -> Iterator[due_rules.Occurrence]:
    """Each time ``duty`` is owed, given the due days of the other duties; asks the database nothing."""
    covers = (duty.covers_from, duty.covers_to) if duty.covers_from and duty.covers_to else None
    return due_rules.occurrences(
        duty.due_rule, cycle=duty.rhythm, window=window_of(duty), covers=covers, others=others
    )


def occurrences(duty: Duty) -> list[due_rules.Occurrence]:
    """Each time ``duty`` is owed, in order."""
    others = due_days(list(duty.notice.duties.select_related("notice__issuer")))
    return list(occurrences_of(duty, others))


def timetable(duties: list[Duty]) -> list[tuple[Duty, list[due_rules.Occurrence]]]:
    """Every duty of one notice with each time it is owed, for pages; no question to the database.

    A duty whose rule does not hold comes without occurrences: its draft is still being written.
    """
    try:
        known = due_days(duties)
    except due_rules.DueRuleError:
        known = {}
    found: list[tuple[Duty, list[due_rules.Occurrence]]] = []
    for duty in duties:
        try:
            found.append((duty, list(occurrences_of(duty, known))))
        except due_rules.DueRuleError:
            found.append((duty, []))
    return found


def begun(duty: Duty, today: dt.date | None = None) -> list[due_rules.Occurrence]:
    """The occurrences of ``duty`` whose tasks are made by now."""
    until = (today or timezone.localdate()) + AHEAD
    return [occurrence for occurrence in occurrences(duty) if occurrence.opens_on <= until]


def create_tasks(
    duty: Duty, *, until: dt.date, by: User | None = None, at: dt.datetime | None = None
) -> int:
    """Make the tasks of ``duty`` that open until ``until`` and are not there; how many were made.

    Harmless when repeated. A unit's tasks begin with the period in which it was put on the list.
    """
    at = at or timezone.now()
    expected = list(duty.expected.filter(until__isnull=True).select_related("unit"))
    due = [o for o in occurrences(duty) if o.opens_on <= until]
    everyone = Task.objects.unscoped(reason="tasks that are there already")
    present = set(everyone.filter(duty=duty).values_list("unit_id", "period"))
    signed = set(
        NoticeReceipt.objects.unscoped(reason="who has signed for the notice")
        .filter(notice=duty.notice, signed_at__isnull=False)
        .values_list("unit_id", flat=True)
    )
    received = set(
        NoticeReceipt.objects.unscoped(reason="who received the notice")
        .filter(notice=duty.notice, ended_on=None)
        .values_list("unit_id", flat=True)
    )
    new = []
    for each in expected:
        for occurrence in due:
            if (each.unit_id, occurrence.span.code) in present:
                continue
            if occurrence.span.ends_on < each.since and duty.rhythm is not Cycle.ONCE:
                continue
            waits = each.unit_id in received and each.unit_id not in signed
            task = Task(
                duty=duty,
                unit=each.unit,
                period=occurrence.span.code,
                covers_from=occurrence.span.starts_on,
                covers_to=occurrence.span.ends_on,
                opens_on=occurrence.opens_on,
                rule_due_on=occurrence.due_on,
                due_on=occurrence.due_on,
                state=TaskState.UNSIGNED if waits else TaskState.OWED,
            )
            if occurrence.due_on:
                fulfilment.set_due(task, occurrence.due_on)
            new.append(task)
    made = Task.objects.bulk_create(new, batch_size=500)
    TaskEvent.objects.bulk_create(
        [
            TaskEvent(task=task, kind=TaskEvent.Kind.CREATED, at=at, by=by, due_on=task.due_on)
            for task in made
        ],
        batch_size=500,
    )
    return len(made)


def create_coming_tasks(today: dt.date | None = None) -> int:
    """The nightly work: tasks of every published notice that open within the next weeks.

    A duty whose form cannot be opened stops no other one; it is tried again the next night.
    """
    today = today or timezone.localdate()
    duties = Duty.objects.filter(notice__state=NoticeState.PUBLISHED).exclude(
        cycle=Cycle.ONCE.value
    )
    made = 0
    for duty in duties.select_related("notice__issuer").order_by("pk"):
        try:
            with transaction.atomic(), row_security.everything(reason="tasks of every unit"):
                new = create_tasks(duty, until=today + AHEAD)
                if new:
                    deliverables.published(duty, None)
        except ValidationError:
            logger.error("coming tasks: the form of duty %s cannot be opened", duty.uuid)
        else:
            made += new
    return made
