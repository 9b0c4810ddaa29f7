"""The completeness of a duty: numbers that always add up, and the units behind each of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from django.db.models import Count, F, Q

from notices.models import Task, TaskQuerySet, TaskState


class Standing(Enum):
    """Where a counted task stands; every task stands in exactly one place."""

    ON_TIME = "按时报送"
    LATE = "逾期报送"
    EXEMPT = "免报（本期无）"
    MISSING = "未报"


# Said once: the board counts by these conditions, and drills down by the same.
_REPORTED = Q(first_reported_on__isnull=False) & ~Q(state=TaskState.EXEMPT)
_LATE = Q(first_reported_on__gt=F("due_when_reported"))
CONDITIONS = {
    Standing.ON_TIME: _REPORTED & (Q(due_when_reported__isnull=True) | ~_LATE),
    Standing.LATE: _REPORTED & _LATE,
    Standing.EXEMPT: Q(state=TaskState.EXEMPT),
    Standing.MISSING: Q(first_reported_on__isnull=True) & ~Q(state=TaskState.EXEMPT),
}


@dataclass(frozen=True)
class Completeness:
    """Counts of one duty and period. ``expected`` is the frozen set; the four parts add up to it."""

    expected: int = 0
    on_time: int = 0
    late: int = 0
    exempt: int = 0
    missing: int = 0
    returned: int = 0  # of the reported
    done: int = 0  # of the reported
    overdue: int = 0  # of the missing

    @property
    def submitted(self) -> int:
        return self.on_time + self.late

    @property
    def asked(self) -> int:
        """Who has something to report: those who said 本期无 count neither for nor against."""
        return self.expected - self.exempt

    @property
    def rate(self) -> float | None:
        """Reported of asked, 0 to 1; None when nobody has anything to report."""
        return self.submitted / self.asked if self.asked else None

    @property
    def rate_words(self) -> str:
        """Rounded down: 100 % is said of all and of nothing less."""
        return "—" if self.rate is None else f"{int(self.rate * 1000) / 10:g}%"


def _counts(today: dt.date) -> dict[str, Count]:
    missing = CONDITIONS[Standing.MISSING]
    return {
        "expected": Count("pk"),
        "on_time": Count("pk", filter=CONDITIONS[Standing.ON_TIME]),
        "late": Count("pk", filter=CONDITIONS[Standing.LATE]),
        "exempt": Count("pk", filter=CONDITIONS[Standing.EXEMPT]),
        "missing": Count("pk", filter=missing),
        "returned": Count("pk", filter=Q(state=TaskState.RETURNED)),
        "done": Count("pk", filter=Q(state=TaskState.DONE)),
        "overdue": Count("pk", filter=missing & Q(due_on__lt=today)),
    }


def completeness(tasks: TaskQuerySet, today: dt.date) -> Completeness:
    """The counts of ``tasks`` (a queryset) on ``today``; one query."""
    return Completeness(**tasks.counted().order_by().aggregate(**_counts(today)))


def completeness_by_duty(
    tasks: TaskQuerySet, today: dt.date
) -> dict[tuple[int, str], Completeness]:
    """(duty key, period) → counts, for a whole list of duties; one query."""
    rows = tasks.counted().order_by().values("duty", "period").annotate(**_counts(today))
    return {(row.pop("duty"), row.pop("period")): Completeness(**row) for row in rows}


def standing(task: Task) -> Standing | None:
    """Where ``task`` stands; None when it is called off and not counted."""
    if task.state == TaskState.VOID:
        return None
    if task.state == TaskState.EXEMPT:
        return Standing.EXEMPT
    if task.first_reported_on is None:
        return Standing.MISSING
    if task.due_when_reported is None or task.first_reported_on <= task.due_when_reported:
        return Standing.ON_TIME
    return Standing.LATE
