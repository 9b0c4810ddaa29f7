"""What a change of units means for forms and jobs: told before it is done, and followed when it is."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from federation.models import OrgUnit
from federation.unit_changes.effect import Fact
from reporting.actions import reviewers_of
from reporting.jobs.kinds import Denied, JobFailure, authorise, heading_of
from reporting.models import Job, JobState, State, Submission
from reporting.models.jobs import OPEN

FORMS, JOBS = "报表", "作业"
# What is still to be done about a form is done where its unit hangs now; 已汇总 is history.
UNSETTLED = (State.DRAFT, State.RETURNED, State.SUBMITTED, State.APPROVED)


def facts(units: list[OrgUnit]) -> Iterable[Fact]:
    """Who fills and who judges each unsettled form of ``units``, and which jobs may go on."""
    keys = [unit.pk for unit in units]
    found = _submissions(keys).select_related("unit__successor", "reviewer__successor")
    for submission in found.order_by("pk"):
        aspects = {
            "填报": _answering(submission.unit),
            "审核": _answering(submission.reviewer) if submission.reviewer else "",
        }
        label = f"{submission.unit.name} {submission.form.mark}（{submission.period}，{submission.get_state_display()}）"
        yield Fact(FORMS, str(submission.pk), label, tuple(aspects.items()))
    yield from _jobs(keys)


def _answering(unit: OrgUnit) -> str:
    if not unit.is_closed:
        return unit.name
    return unit.successor.name if unit.successor else "无（由上级代填）"


def _submissions(keys: list[int]) -> QuerySet[Submission]:
    everyone = Submission.objects.unscoped(
        reason="a change of units concerns forms, not their words"
    )
    return everyone.filter(unit__in=keys, state__in=UNSETTLED)


def _jobs(keys: list[int]) -> Iterable[Fact]:
    kept = Q(state=JobState.DONE) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    jobs = Job.objects.filter(Q(state__in=OPEN) | kept, unit__in=keys)
    answers: dict[tuple, str] = {}
    for job in jobs.select_related("requester", "unit").order_by("pk"):
        asked = (job.requester_id, job.kind, job.unit_id)
        if asked not in answers:
            answers[asked] = _allowed(job)
        word = "文件" if job.state == JobState.DONE else "排队中"
        label = f"{job.requester} {heading_of(job)}（{word} {job.number}）"
        yield Fact(JOBS, str(job.pk), label, (("能否取用", answers[asked]),))


def _allowed(job: Job) -> str:
    try:
        authorise(job, job.requester)
    except (Denied, JobFailure):
        return "不能"
    return "能"


def follow(units: QuerySet[OrgUnit]) -> None:
    """Unsettled forms of ``units``, which hang elsewhere by now, go to the reviewer they have there.

    Rows already taken into a table stay in it: they are counted once.
    """
    standing = list(units.select_related("unit_type"))
    reviewers = reviewers_of(standing)
    changed = []
    for submission in _submissions([unit.pk for unit in standing]).select_for_update(of=("self",)):
        reviewer = reviewers[submission.unit_id]
        if submission.reviewer_id != (reviewer.pk if reviewer else None):
            submission.reviewer = reviewer
            changed.append(submission)
    everyone = Submission.objects.unscoped(reason="forms that hang elsewhere go to their reviewer")
    everyone.bulk_update(changed, ["reviewer"], batch_size=200)
