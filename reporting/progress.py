"""Completeness that does not lie: every owed submission is in exactly one of the counted boxes."""

from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.utils import timezone

from reporting.models import State


@dataclass(frozen=True)
class Progress:
    """Counts of submissions. ``submitted`` = ``on_time`` + ``late``; ``expected`` adds ``missing``.

    Nil reports are part of what was submitted and are also shown apart. What was returned and not
    yet resubmitted has been submitted once: it stays in its box, and in ``returned`` besides.
    """

    expected: int
    on_time: int
    late: int
    missing: int
    overdue: int
    nil: int
    waiting: int
    returned: int
    approved: int

    @property
    def submitted(self) -> int:
        return self.on_time + self.late

    @property
    def rate(self) -> int:
        """Share submitted in whole per cent, rounded down: 100 only when nothing is missing."""
        return self.submitted * 100 // self.expected if self.expected else 0


def _boxes() -> dict[str, Count]:
    today = timezone.localdate()
    sent = Q(first_submitted_on__isnull=False)
    return {
        "expected": Count("pk"),
        "on_time": Count("pk", filter=sent & Q(first_submitted_on__lte=F("due_on"))),
        "late": Count("pk", filter=sent & Q(first_submitted_on__gt=F("due_on"))),
        "missing": Count("pk", filter=~sent),
        "overdue": Count("pk", filter=~sent & Q(due_on__lt=today)),
        "nil": Count("pk", filter=Q(nil_report=True)),
        "waiting": Count("pk", filter=Q(state=State.SUBMITTED)),
        "returned": Count("pk", filter=Q(state=State.RETURNED)),
        "approved": Count("pk", filter=Q(state__in=(State.APPROVED, State.CONSOLIDATED))),
    }


def progress(submissions) -> Progress:
    """Count the submissions of a queryset in one query."""
    return Progress(**submissions.order_by().aggregate(**_boxes()))


def progress_by_call(submissions) -> dict[int, Progress]:
    """The same counts for each call the submissions answer, by its key; one query."""
    found = submissions.order_by().values("collection").annotate(**_boxes())
    return {counts.pop("collection"): Progress(**counts) for counts in found}


def standing(submission) -> str:
    """Where one unit stands towards its date: ``on_time``, ``late``, ``missing`` or ``not_started``."""
    if submission.first_submitted_on:
        return "late" if submission.first_submitted_on > submission.due_on else "on_time"
    return "missing" if submission.due_on < timezone.localdate() else "not_started"
