"""What comes after publication: a correction as the next version, or taking the notice back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from notices import deliverables, fulfilment, locks, schedule
from notices.models import Notice, NoticeState, Task, TaskEvent, TaskState

PARTS = ("addressees", "contacts", "attachments", "duties")


@transaction.atomic
def correct(notice: Notice, *, changes: str, by: User | None) -> Notice:
    """A draft of the next version with all parts copied; ``changes`` says what is corrected.

    The published version stays in force until the draft is published.
    """
    notice = locks.notice(notice)
    if notice.state != NoticeState.PUBLISHED:
        raise ValidationError("只有已发布的通知可以更正。")
    if not changes.strip():
        raise ValidationError("请写明更正了什么，各收文单位会看到。")
    versions = Notice.objects.unscoped(reason="whether a correction is being written")
    if versions.filter(series=notice.series, state=NoticeState.DRAFT).exists():
        raise ValidationError("这份通知已有一份更正稿，请继续编辑那一份。")
    draft = _copy(
        notice,
        uuid=uuid.uuid4(),
        version=notice.version + 1,
        changes=changes.strip(),
        state=NoticeState.DRAFT,
        published_at=None,
        published_by=None,
    )
    for name in PARTS:
        for part in getattr(notice, name).all():
            fresh: dict[str, Any] = {"uuid": uuid.uuid4()} if hasattr(part, "uuid") else {}
            if name == "duties":
                fresh["frozen_at"] = None
            _copy(part, notice=draft, **fresh)
    audit.record(draft, "correct_notice", by=by, unit=draft.issuer, detail={"changes": changes})
    return draft


def _copy(row: Any, **changed: Any) -> Any:
    """A new row with the values of ``row`` but for ``changed``."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    names = {field.name: field.attname for field in row._meta.concrete_fields}
    for name, value in changed.items():
        values[names[name]] = value.pk if isinstance(value, models.Model) else value
    copy = type(row)(**values)
    copy.save()
    return copy


def take_over(before: Notice, after: Notice, by: User | None, at: dt.datetime) -> None:
    """Move the tasks of the version before to the same duties of the version after."""
    by_code = {duty.code: duty for duty in after.duties.select_related("notice__issuer")}
    everyone = Task.objects.unscoped(reason="tasks of a notice that is corrected")
    for old in before.duties.all():
        duty = by_code.get(old.code)
        due = {o.span.code: o for o in schedule.occurrences(duty)} if duty else {}
        owed = set(duty.expected.values_list("unit_id", flat=True)) if duty else set()
        for task in everyone.filter(duty=old).exclude(state=TaskState.VOID).select_related("unit"):
            occurrence = due.get(task.period)
            if duty is None or occurrence is None or task.unit_id not in owed:
                fulfilment.call_off(task, by=by, reason="通知更正后不再要求")
                continue
            moved = task.rule_due_on != occurrence.due_on
            task.duty = duty
            if moved and occurrence.due_on:
                task.rule_due_on = occurrence.due_on
                fulfilment.set_due(task, occurrence.due_on)
            task.save()
            if moved:
                deliverables.day_moved(task)
            if moved:
                TaskEvent.objects.create(
                    task=task,
                    kind=TaskEvent.Kind.EXTENDED,
                    at=at,
                    by=by,
                    reason="通知更正",
                    due_on=task.due_on,
                )


@transaction.atomic
def withdraw(
    notice: Notice, *, reason: str, by: User | None, although_answered: bool = False
) -> Notice:
    """Take ``notice`` back: open tasks are called off. Answers stay readable and are no longer counted.

    Where units have answered already the caller must say so (``although_answered``).
    """
    notice = locks.notice(notice)
    if notice.state != NoticeState.PUBLISHED:
        raise ValidationError("只有已发布的通知可以撤回。")
    if not reason.strip():
        raise ValidationError("请填写撤回的原因，各收文单位会看到。")
    everyone = Task.objects.unscoped(reason="tasks of a notice that is withdrawn")
    tasks = everyone.filter(duty__notice=notice).exclude(state=TaskState.VOID)
    answered = tasks.filter(first_reported_on__isnull=False).values("unit").distinct().count()
    if answered and not although_answered:
        raise ValidationError(
            f"已有 {answered} 个单位报送。撤回后已报内容仍可查看，但不再统计；确认撤回请勾选“仍然撤回”。",
            code="answered",
        )
    notice.state, notice.withdrawn_at, notice.withdrawn_why = (
        NoticeState.WITHDRAWN,
        timezone.now(),
        reason.strip()[:300],
    )
    notice.save()
    for task in tasks.select_related("unit", "duty"):
        fulfilment.call_off(task, by=by, reason=f"通知撤回：{reason.strip()}"[:300])
    audit.record(notice, "withdraw_notice", by=by, unit=notice.issuer, detail={"reason": reason})
    return notice
