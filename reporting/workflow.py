"""The one table of transitions and the one function that takes a submission through it.

draft → submitted → returned | approved → consolidated. Review is asked at exactly the next level
up; nobody approves what she filled; a return says why, for the whole form and for cells, and takes
what it returns out of the totals until it is submitted again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from reporting import deliverables, rights
from reporting.models import (
    CellReturn,
    Review,
    State,
    Submission,
    SubmissionEvent,
    SubmissionRow,
)


class Stale(Exception):
    """The submission has moved on since the page was opened; carries it as it is now."""

    def __init__(self, submission: Submission):
        self.submission = submission
        super().__init__("报表已被他人更新。")


@dataclass(frozen=True)
class Step:
    """One transition. ``who`` is ``filler``, ``reviewer`` or ``system`` (a consequence of another)."""

    code: str
    word: str
    sources: frozenset[str]
    target: str
    who: str
    needs_reason: bool = False
    tone: str = "info"


STEPS = {
    step.code: step
    for step in (
        Step("submit", "提交", frozenset({State.DRAFT, State.RETURNED}), State.SUBMITTED, "filler"),
        Step("withdraw", "撤回", frozenset({State.SUBMITTED}), State.DRAFT, "filler", tone="muted"),
        Step(
            "approve", "通过", frozenset({State.SUBMITTED}), State.APPROVED, "reviewer", tone="ok"
        ),
        Step(
            "return",
            "退回",
            frozenset({State.SUBMITTED, State.APPROVED}),
            State.RETURNED,
            "reviewer",
            needs_reason=True,
            tone="warn",
        ),
        Step(
            "consolidate",
            "汇总",
            frozenset({State.APPROVED}),
            State.CONSOLIDATED,
            "system",
            tone="ok",
        ),
        Step("release", "退出汇总", frozenset({State.CONSOLIDATED}), State.APPROVED, "system"),
    )
}


@dataclass(frozen=True)
class Cell:
    """A cell sent back: ``row`` by uuid, ``key`` of the field (empty: the whole row), and why."""

    row: str
    key: str
    reason: str


def allowed(step: Step, submission: Submission, actor: User) -> bool:
    """Whether ``actor`` may take ``step``; state is judged apart, before this."""
    if step.who == "filler":
        return rights.may_fill(actor, submission)
    if step.who == "reviewer":
        own = actor.pk in {submission.submitted_by_id, submission.edited_by_id}
        return rights.may_review(actor, submission) and not (step.code == "approve" and own)
    return False


def available(submission: Submission, actor: User) -> list[Step]:
    """Steps the page offers ``actor`` now, in the order of the table."""
    return [
        step
        for step in STEPS.values()
        if submission.state in step.sources
        and step.who != "system"
        and not (step.code == "withdraw" and _was_returned(submission))
        and allowed(step, submission, actor)
    ]


def _was_returned(submission: Submission) -> bool:
    return submission.events.filter(step="return").exists()


def check(step: Step, submission: Submission, actor: User, reason: str, cells: list[Cell]) -> None:
    """State, then permission, then the words."""
    word = State(submission.state).label
    if submission.state not in step.sources or (
        step.code == "withdraw" and _was_returned(submission)
    ):
        raise ValidationError(f"报表当前为“{word}”，不能{step.word}。", code="state")
    if not allowed(step, submission, actor):
        if step.code == "approve" and rights.may_review(actor, submission):
            raise PermissionDenied("本表由您填写或报送，须由另一人审核。")
        raise PermissionDenied(f"您不能{step.word}这份报表：须由{_whose(step, submission)}办理。")
    if step.needs_reason and not reason.strip() and not cells:
        raise ValidationError("退回须写明理由：整表理由或至少一处单元格理由。", code="reason")
    if any(not cell.reason.strip() for cell in cells):
        raise ValidationError("每处退回的单元格都要写明理由。", code="reason")


def _whose(step: Step, submission: Submission) -> str:
    if step.who == "reviewer":
        return str(submission.reviewer or "上一级单位")
    return f"{submission.unit}或代填的{submission.reviewer}"


@transaction.atomic
def perform(
    step: str,
    *,
    submission: Submission,
    actor: User,
    reason: str = "",
    cells: Iterable[Cell] = (),
    version: int | None = None,
    nil_report: bool = False,
    received_on: dt.date | None = None,
) -> Submission:
    """Take ``submission`` through ``step``; returns it as saved.

    ``received_on`` is the day a report that was mailed came in, by which its lateness is judged.
    ``version`` is what the page showed; when the row has moved on, raises :class:`Stale`. Raises
    ``ValidationError`` (wrong state, missing reason, or the form's own errors: a dict by field key
    for a one-respondent form) and ``PermissionDenied``. All in one transaction with its event.
    """
    transition, returned = STEPS[step], list(cells)
    locked = Submission.objects.unscoped(reason="lock the row that is judged").select_for_update()
    row = locked.get(pk=submission.pk)
    if version is not None and row.version != version:
        raise Stale(row)
    check(transition, row, actor, reason, returned)
    from reporting import steps  # noqa: PLC0415 -- the effects need perform() for their own steps

    steps.before(transition, row, actor, nil_report=nil_report)
    return _write(transition, row, actor, reason.strip(), returned, received_on)


def follow(step: str, submission: Submission, actor: User, reason: str) -> Submission:
    """A system step: the consequence of another one, never asked for by a page."""
    transition = STEPS[step]
    locked = Submission.objects.unscoped(reason="consequence of a step on the table above")
    row = locked.select_for_update().get(pk=submission.pk)
    if transition.who != "system" or row.state not in transition.sources:
        raise ValidationError(
            f"报表当前为“{State(row.state).label}”，不能{transition.word}。", code="state"
        )
    return _write(transition, row, actor, reason, [])


def _write(
    step: Step,
    row: Submission,
    actor: User,
    reason: str,
    cells: list[Cell],
    received_on: dt.date | None = None,
) -> Submission:
    now, before = timezone.now(), row.state
    came = _moment_of(received_on, now)
    row.state, row.version = step.target, row.version + 1
    if step.code == "submit":
        row.submitted_at, row.submitted_by = now, actor
        row.first_submitted_on = row.first_submitted_on or timezone.localdate(came)
        row.filled_on_behalf = not rights.fills_own(actor, row)
    elif step.code == "approve":
        row.approved_at, row.approved_by = now, actor
    elif step.code in {"return", "withdraw"}:
        row.approved_at = row.approved_by = None
    if step.code == "withdraw":
        row.submitted_at = row.submitted_by = row.first_submitted_on = None
        row.nil_report = False
    row.save()
    event = SubmissionEvent.objects.create(
        submission=row,
        step=step.code,
        from_state=before,
        to_state=row.state,
        actor=actor,
        acting_unit=rights.acting_unit(actor, row),
        reason=reason,
        on_behalf=step.who == "filler" and not rights.fills_own(actor, row),
        version=row.version,
        at=now,
    )
    _mark_rows(step, row, event, cells)
    audit.record(row, step.code, by=actor, unit=row.unit, detail={"version": row.version})
    deliverables.follow(step.code, row, actor, reason, came)
    from reporting import steps  # noqa: PLC0415 -- see perform()

    steps.after(step, row, actor)
    return row


def _moment_of(day: dt.date | None, now: dt.datetime) -> dt.datetime:
    """Noon of an earlier day on which a report came in; this moment where there is none."""
    if day is None or day >= timezone.localdate(now):
        return now
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def _mark_rows(
    step: Step, submission: Submission, event: SubmissionEvent, cells: list[Cell]
) -> None:
    """Rows follow the step: what is returned leaves the totals, the rest stays as it was judged."""
    rows = SubmissionRow.objects.unscoped(reason="rows of the locked submission").filter(
        submission=submission
    )
    if step.code == "submit":
        submission.cell_returns.filter(resolved_at=None).update(resolved_at=event.at)
        rows.filter(review__in=(Review.NONE, Review.RETURNED)).update(review=Review.PENDING)
    elif step.code == "withdraw":
        rows.update(review=Review.NONE)
    elif step.code == "approve":
        rows.update(review=Review.APPROVED)
    elif step.code == "return":
        found = {str(row.uuid): row for row in rows}
        blanks = {"", *(f.key for f in submission.form.fields if not f.readonly)}
        if any(cell.row not in found or cell.key not in blanks for cell in cells):
            raise ValidationError("所退回的行不在这份报表中，请刷新页面。", code="row")
        CellReturn.objects.bulk_create(
            CellReturn(
                submission=submission,
                event=event,
                row=found[cell.row],
                key=cell.key,
                reason=cell.reason.strip()[:500],
            )
            for cell in cells
        )
        hit = {found[cell.row].pk for cell in cells}
        (rows.filter(pk__in=hit) if hit else rows).update(review=Review.RETURNED)


def open_cells(submission: Submission) -> list[CellReturn]:
    """Cells sent back and not yet resubmitted, oldest first."""
    if submission.state != State.RETURNED:
        return []
    found = submission.cell_returns.filter(resolved_at=None).select_related("row", "submission")
    return list(found)
