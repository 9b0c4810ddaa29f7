"""Annexes as something a notice can ask for: opened by its publication, told what became of them."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from federation.models import OrgUnit, User
from notices import fulfilment, schedule
from notices.models import Duty, Task, TaskEvent
from reporting import annexes
from reporting.models import Submission

Kind = TaskEvent.Kind
# What a step of a submission means for the task it answers.
BEFALLS = {
    "submit": Kind.REPORTED,
    "withdraw": Kind.REOPENED,
    "return": Kind.RETURNED,
    "approve": Kind.DONE,
}


def choices() -> dict[str, str]:
    return {annex.code: f"{annex.mark} {annex.title}" for annex in annexes.all() if annex.filed}


def respondents(code: str, issuer: OrgUnit) -> models.QuerySet[OrgUnit]:
    return annexes.get(code).respondents(issuer)


def published(duty: Duty, by: User | None) -> None:
    """Open the collection of each period owed: a draft for every unit of the frozen list.

    ``ValidationError`` where the duty's period is none of the annex's.
    """
    from reporting import actions  # noqa: PLC0415 -- the actions take steps, and steps come here

    annex = annexes.get(duty.annex)
    units = OrgUnit.objects.filter(pk__in=duty.expected.filter(until=None).values("unit"))
    for occurrence in schedule.begun(duty):
        try:
            period = annex.period.check(occurrence.span.code)
        except ValueError as error:
            raise ValidationError(f"“{duty}”：{error}") from error
        if occurrence.due_on is None:
            raise ValidationError(f"“{duty}”：附件表格须有截止日期。")
        actions.open_collection(
            annex,
            period=period,
            issuer=duty.notice.issuer,
            opened_on=duty.notice.issue_date,
            due_on=occurrence.due_on,
            doc_number=duty.notice.doc_number,
            receiving_department=duty.receiving_department,
            units=units,
            by=by,
        )


def day_moved(task: Task) -> None:
    """The day of ``task`` is another: its submission shows the same."""
    if task.due_on is not None:
        _answers(task).update(due_on=task.due_on)


def _answers(task: Task) -> models.QuerySet[Submission]:
    everyone = Submission.objects.unscoped(reason="the submission that answers the task")
    return everyone.filter(annex=task.duty.annex, unit=task.unit, period=task.period)


def answer_url(task: Task) -> str:
    """The submission that answers ``task``; empty while none is asked for. Its page asks scope."""
    found = _answers(task).first()
    return reverse("reporting:submission", args=[found.uuid]) if found else ""


def follow(step: str, submission: Submission, actor: User, reason: str, at: dt.datetime) -> None:
    """Let the step befall the tasks that ``submission`` answers, in its transaction.

    ``ValidationError`` when the task is locked: then the step does not happen either.
    """
    kind = BEFALLS.get(step)
    if kind is None:
        return
    if step == "submit" and submission.nil_report:
        kind, reason = Kind.EXEMPTED, "本期无"
    try:
        fulfilment.answered(
            submission.annex,
            submission.unit,
            submission.period,
            kind,
            by=actor,
            reason=reason or "见报表中逐处说明",
            at=at,
        )
    except fulfilment.Refused as refused:
        raise ValidationError(str(refused), code="locked") from refused
