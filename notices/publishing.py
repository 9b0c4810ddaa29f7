"""Publishing a notice freezes it: its text, who received it, who owes what by when."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from notices import deliverables, due_rules, liability, locks, revisions, schedule
from notices.models import Duty, ExpectedUnit, Notice, NoticeReceipt, NoticeState


def problems(notice: Notice, *, today: dt.date | None = None) -> list[str]:
    """Every reason why ``notice`` cannot be published, each a sentence; empty when it can."""
    today = today or timezone.localdate()
    found: list[str] = []
    duties = list(notice.duties.select_related("notice__issuer"))
    if not notice.addressees.exists():
        found.append("没有主送单位，请至少选择一类或一个组织。")
    elif not liability.recipients(notice):
        found.append("主送单位中没有一个现有的组织，请核对主送。")
    closed = notice.addressees.filter(unit__closed_on__isnull=False).select_related("unit")
    found += [
        f"主送单位“{line.unit}”已于{line.unit.closed_on:%Y-%m-%d}撤销，请改为承接单位。"
        for line in closed
        if line.unit
    ]
    if not notice.body.strip():
        found.append("正文还是空的。")
    for duty in duties:
        found += _problems_of(duty, today)
    try:
        schedule.due_days(duties)
    except due_rules.DueRuleError as error:
        if str(error) not in found:
            found.append(str(error))
    return found


def _problems_of(duty: Duty, today: dt.date) -> list[str]:
    found = []
    if duty.deliverable == Duty.Deliverable.ANNEX and duty.annex not in deliverables.choices():
        found.append(f"“{duty}”：没有表式“{duty.annex}”。")
    try:
        if not liability.liable(duty).exists():
            found.append(f"“{duty}”：没有一个组织符合责任单位的规定。")
    except liability.LiabilityError as error:
        found.append(f"“{duty}”：{error}")
    try:
        days = [o.due_on for o in schedule.occurrences(duty) if o.due_on]
    except due_rules.DueRuleError as error:
        return [*found, f"“{duty}”：{error}"]
    issued = duty.notice.issue_date
    if days and max(days) < issued:
        found.append(
            f"“{duty}”：截止日期 {max(days):%Y-%m-%d} 早于成文日期 {issued:%Y-%m-%d}，请核对。"
        )
    elif days and max(days) < today:
        found.append(
            f"“{duty}”：截止日期 {max(days):%Y-%m-%d} 已过，发布后各单位即为逾期，请改期。"
        )
    return found


# -- Publish ---------------------------------------------------------------------------------------
@transaction.atomic
def publish(notice: Notice, *, by: User | None, at: dt.datetime | None = None) -> Notice:
    """Freeze ``notice``: receipts for every recipient, expected sets and first tasks of every duty.

    ``ValidationError`` with all problems at once. A correction takes over the tasks of the version
    it replaces: same duty code, unit and period; what is no longer owed is called off.
    """
    at = at or timezone.now()
    today = timezone.localdate(at)
    notice = locks.notice(notice)
    if not notice.is_draft:
        raise ValidationError("这份通知已经发布过了。")
    if found := problems(notice, today=today):
        raise ValidationError(found)
    versions = Notice.objects.unscoped(reason="the version that this one corrects")
    before = versions.filter(series=notice.series, state=NoticeState.PUBLISHED).first()
    if before:
        Notice.objects.unscoped(reason="the corrected version gives way").filter(
            pk=before.pk
        ).update(state=NoticeState.SUPERSEDED)
    notice.state, notice.published_at, notice.published_by = NoticeState.PUBLISHED, at, by
    notice.save()
    _send(notice)
    for duty in notice.duties.select_related("notice__issuer"):
        _freeze(duty, by, at)
    if before:
        revisions.take_over(before, notice, by, at)
    for duty in notice.duties.select_related("notice__issuer"):
        schedule.create_tasks(duty, until=today + schedule.AHEAD, by=by, at=at)
        deliverables.published(duty, by)
    detail = {"number": notice.doc_number, "version": notice.version}
    audit.record(notice, "publish_notice", by=by, unit=notice.issuer, detail=detail)
    return notice


def _send(notice: Notice) -> None:
    """A receipt for every recipient. What was signed for is signed for again: the text changed."""
    NoticeReceipt.objects.bulk_create(
        NoticeReceipt(notice=notice, unit=unit, role=role)
        for unit, role in liability.recipients(notice).items()
    )


def _freeze(duty: Duty, by: User | None, at: dt.datetime) -> None:
    today = timezone.localdate(at)
    ExpectedUnit.objects.bulk_create(
        ExpectedUnit(duty=duty, unit=unit, since=today, why_added="发布时确定", changed_by=by)
        for unit in liability.liable(duty)
    )
    duty.frozen_at = at
    duty.save(update_fields=["frozen_at"])
