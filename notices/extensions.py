"""延期: asked for by who owes, decided by who issued; the unit's own new day, on record."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from notices import deliverables, fulfilment, locks
from notices.fulfilment import Refused
from notices.models import Extension, Task, TaskEvent, TaskState


@transaction.atomic
def ask(task: Task, *, wanted_on: dt.date, reason: str, by: User) -> Extension:
    """Ask for ``wanted_on`` as the task's day. One request at a time."""
    row = locks.task(task)
    if not row.is_open:
        raise Refused(f"“{row.duty}”当前为“{row.get_state_display()}”，不需延期。")
    if row.due_on is None:
        raise Refused(f"“{row.duty}”不设截止日期，不需延期。")
    if wanted_on <= max(row.due_on, timezone.localdate()):
        raise Refused(f"申请延至的日期须晚于截止日期 {row.due_on:%Y-%m-%d} 和今天。")
    if not reason.strip():
        raise Refused("请填写申请延期的理由。")
    try:
        with transaction.atomic():
            asked = Extension.objects.create(
                task=row, wanted_on=wanted_on, reason=reason.strip()[:300], asked_by=by
            )
    except IntegrityError as error:
        raise Refused("已有一份延期申请在等待批复。") from error
    audit.record(asked, "ask_extension", by=by, unit=row.unit, detail={"on": str(wanted_on)})
    return asked


@transaction.atomic
def grant(extension: Extension, *, on: dt.date, by: User, answer: str = "") -> Extension:
    """Give the task the day ``on``, the one asked for or another; it may be locked already."""
    asked, row = _open(extension)
    if by.pk == asked.asked_by_id:
        raise Refused("不能批复自己提出的延期申请。")
    if row.state not in (TaskState.UNSIGNED, TaskState.OWED, TaskState.RETURNED):
        raise Refused(f"“{row.duty}”已为“{row.get_state_display()}”，不需再延期。")
    if on < timezone.localdate():
        raise Refused("批准延至的日期已经过去。")
    fulfilment.set_due(row, on)
    row.version += 1
    row.save()
    deliverables.day_moved(row)
    TaskEvent.objects.create(
        task=row, kind=TaskEvent.Kind.EXTENDED, by=by, reason=asked.reason, due_on=on
    )
    return _decide(asked, row, Extension.State.GRANTED, by, answer, on)


@transaction.atomic
def refuse(extension: Extension, *, by: User, answer: str) -> Extension:
    asked, row = _open(extension)
    if not answer.strip():
        raise Refused("请填写不予延期的意见。")
    return _decide(asked, row, Extension.State.REFUSED, by, answer, None)


def _open(extension: Extension) -> tuple[Extension, Task]:
    # The task first, in the order every other act locks them.
    row = locks.task(extension.task)
    asked = Extension.objects.select_for_update().get(pk=extension.pk)
    if asked.state != Extension.State.ASKED:
        raise Refused(f"这份延期申请{asked.get_state_display()}，不能再批。")
    return asked, row


def _decide(
    asked: Extension, row: Task, state: str, by: User, answer: str, on: dt.date | None
) -> Extension:
    asked.state, asked.granted_on, asked.answer = state, on, answer.strip()[:300]
    asked.decided_at, asked.decided_by = timezone.now(), by
    asked.save()
    audit.record(asked, f"{state}_extension", by=by, unit=row.unit, detail={"on": str(on or "")})
    return asked
