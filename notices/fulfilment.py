"""What befalls a task: signed for, reported, returned, done, exempted, extended, called off.

One table of transitions and one function. A caller holds the right already: rooms above call in
the transaction of their own step, pages after asking scope. Each call locks the task, appends a
:class:`TaskEvent` and raises :class:`Refused` with a sentence when the task does not stand there.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import OrgUnit, User
from notices import deliverables, locks
from notices.models import Task, TaskEvent, TaskQuerySet, TaskState

Kind = TaskEvent.Kind
OWED_STATES = frozenset({TaskState.UNSIGNED, TaskState.OWED, TaskState.RETURNED})
# Event → (states it may come from, state it leads to).
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    Kind.SIGNED: (frozenset({TaskState.UNSIGNED}), TaskState.OWED),
    Kind.REPORTED: (OWED_STATES | {TaskState.EXEMPT}, TaskState.REPORTED),
    Kind.RETURNED: (frozenset({TaskState.REPORTED, TaskState.DONE}), TaskState.RETURNED),
    Kind.DONE: (frozenset({TaskState.REPORTED}), TaskState.DONE),
    Kind.REOPENED: (frozenset({TaskState.REPORTED, TaskState.EXEMPT}), TaskState.OWED),
    Kind.REINSTATED: (frozenset({TaskState.VOID}), TaskState.OWED),
    Kind.EXEMPTED: (OWED_STATES, TaskState.EXEMPT),
    Kind.VOIDED: (frozenset(TaskState.values) - {TaskState.VOID}, TaskState.VOID),
}
REASONED = frozenset({Kind.RETURNED, Kind.EXEMPTED, Kind.VOIDED})
WITHIN_THE_LOCK = frozenset({Kind.REPORTED, Kind.EXEMPTED})


class Refused(Exception):
    """The task does not stand where this could befall it; the message is for the person."""


@transaction.atomic
def befall(
    task: Task,
    kind: str,
    *,
    by: User | None,
    reason: str = "",
    due_on: dt.date | None = None,
    at: dt.datetime | None = None,
) -> Task:
    """Let ``kind`` befall ``task`` at ``at`` (aware, default now); returns it re-read, written.

    ``due_on`` is the new day a return gives; without one the old day stays.
    """
    at = at or timezone.now()
    today = timezone.localdate(at)
    row = locks.task(task)
    from_states, state = TRANSITIONS[kind]
    if row.state not in from_states:
        said = Kind(kind).label
        raise Refused(f"“{row.duty}”当前为“{row.get_state_display()}”，不能{said}。")
    if kind in REASONED and not reason.strip():
        raise Refused(f"请填写{Kind(kind).label}的原因。")
    if kind in WITHIN_THE_LOCK and row.is_locked(today):
        raise Refused(
            f"“{row.duty}”已于{row.locks_on:%Y年%m月%d日}锁定，不能再报；确需补报请向上级申请延期。"
        )
    row.state = state
    if kind == Kind.REPORTED:
        row.reported_at = at
        if row.first_reported_on is None:
            row.first_reported_on, row.due_when_reported = today, row.due_on
    elif kind == Kind.DONE:
        row.done_on = today
    elif kind == Kind.REOPENED and row.first_reported_on is not None:
        # Withdrawn before anybody judged it: it counts as not reported, and may become late.
        row.first_reported_on = row.due_when_reported = row.reported_at = None
    if kind == Kind.RETURNED:
        row.done_on = None
        if due_on is not None:
            set_due(row, due_on)
    row.version += 1
    row.save()
    if kind == Kind.RETURNED and due_on is not None:
        deliverables.day_moved(row)
    TaskEvent.objects.create(
        task=row, kind=kind, at=at, by=by, reason=reason.strip()[:300], due_on=row.due_on
    )
    return row


def set_due(task: Task, due_on: dt.date) -> None:
    """Give ``task`` the day ``due_on``; its lock moves as far behind as the duty says. Not saved."""
    task.due_on = due_on
    after = task.duty.lock_after
    task.locks_on = due_on + dt.timedelta(days=after) if after else None


# -- What the rooms above report -------------------------------------------------------------------
def tasks_for(annex: str, unit: OrgUnit, period: str) -> TaskQuerySet:
    """Tasks of current notices that a submission of ``annex`` by ``unit`` for ``period`` fulfils."""
    everyone = Task.objects.unscoped(reason="the submission was reached in scope already")
    return everyone.filter(duty__annex=annex, unit=unit, period=period).exclude(
        state=TaskState.VOID
    )


@transaction.atomic
def answered(
    annex: str,
    unit: OrgUnit,
    period: str,
    kind: str,
    *,
    by: User | None,
    reason: str = "",
    due_on: dt.date | None = None,
    at: dt.datetime | None = None,
) -> int:
    """A submission moved on: let the same befall its tasks that stand there. How many did.

    A task that stands elsewhere is left alone: the submission, not the task, is what is judged.
    """
    moved = 0
    for task in tasks_for(annex, unit, period).order_by("pk"):
        if task.state in TRANSITIONS[kind][0]:
            befall(task, kind, by=by, reason=reason, due_on=due_on, at=at)
            moved += 1
    return moved


@transaction.atomic
def call_off(task: Task, *, by: User | None, reason: str) -> Task:
    """取消: the task is no longer counted; what was answered stays readable."""
    row = befall(task, Kind.VOIDED, by=by, reason=reason)
    audit.record(row, "void_task", by=by, unit=row.unit, detail={"reason": reason})
    return row
