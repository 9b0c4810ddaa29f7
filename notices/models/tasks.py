"""任务: one unit × one period of a duty, where it stands, and everything that befell it."""

import datetime as dt
from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from notices.models.duties import Duty
from notices.spans import Cycle, Span


class TaskState(models.TextChoices):
    """States of a task; only :mod:`notices.fulfilment` writes them."""

    UNSIGNED = "unsigned", "待签收"
    OWED = "owed", "待报"
    REPORTED = "reported", "已报"
    RETURNED = "returned", "退回"
    DONE = "done", "已完成"
    EXEMPT = "exempt", "免报"
    VOID = "void", "已取消"


OPEN = (TaskState.UNSIGNED, TaskState.OWED, TaskState.RETURNED)


class TaskQuerySet(ScopedQuerySet):
    def counted(self) -> Self:
        """What a board counts: everything but what was withdrawn or removed with a reason."""
        return self.exclude(state=TaskState.VOID)


class Task(ScopedModel):
    """``due_on`` is this unit's own day: the rule's, an extension's or a return's.

    ``first_reported_on`` is set once and judged against ``due_when_reported``, the day due then: a
    correction after a return does not make a late report punctual, nor a punctual one late.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="tasks")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="tasks")
    period = models.CharField("报告期", max_length=12)
    covers_from = models.DateField("统计期自")
    covers_to = models.DateField("统计期至")
    opens_on = models.DateField("开始日期")
    rule_due_on = models.DateField("规定截止日期", null=True, editable=False)
    due_on = models.DateField("截止日期", null=True)
    locks_on = models.DateField("锁定日期", null=True)
    state = models.CharField(
        "状态", max_length=20, choices=TaskState.choices, default=TaskState.UNSIGNED
    )
    first_reported_on = models.DateField("首次报送日期", null=True, editable=False)
    due_when_reported = models.DateField(null=True, editable=False)
    reported_at = models.DateTimeField("报送时间", null=True, editable=False)
    done_on = models.DateField("完成日期", null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        ordering = (F("due_on").asc(nulls_last=True), "pk")
        indexes = [
            models.Index(fields=("unit", "state", "due_on"), name="notices_task_of_unit"),
            models.Index(fields=("duty", "period", "state"), name="notices_task_of_duty"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("duty", "unit", "period"), name="notices_one_task"),
            models.CheckConstraint(
                name="notices_task_locks_after_due",
                condition=Q(locks_on__isnull=True)
                | Q(due_on__isnull=True)
                | Q(locks_on__gt=F("due_on")),
            ),
            models.CheckConstraint(
                name="notices_reported_has_a_day",
                condition=~Q(state__in=("reported", "returned", "done"))
                | Q(first_reported_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.duty} · {self.period}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_late(self, today: dt.date | None = None) -> bool:
        """Reported after the due day, or still owed on a later day than it."""
        if self.state in (TaskState.EXEMPT, TaskState.VOID):
            return False
        if self.is_open:
            return self.due_on is not None and (today or timezone.localdate()) > self.due_on
        if self.first_reported_on is None or self.due_when_reported is None:
            return False
        return self.first_reported_on > self.due_when_reported

    def is_locked(self, today: dt.date | None = None) -> bool:
        return self.locks_on is not None and (today or timezone.localdate()) >= self.locks_on

    @property
    def period_words(self) -> str:
        """2014年第二季度; empty for a duty owed once."""
        if self.duty.rhythm is Cycle.ONCE:
            return ""
        return Span(self.covers_from, self.covers_to, self.period).words

    @property
    def date_words(self) -> str:
        """截止 5月25日 · 5月26日起逾期 · 6月1日锁定: dates, never day counts."""
        if self.due_on is None:
            return "不设截止日期"
        after = self.due_on + dt.timedelta(days=1)
        parts = [f"截止 {_day(self.due_on)}", f"{_day(after)}起逾期"]
        if self.locks_on:
            parts.append(f"{_day(self.locks_on)}锁定")
        return " · ".join(parts)


def _day(day: dt.date) -> str:
    year = "" if day.year == timezone.localdate().year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


class TaskEvent(models.Model):
    """One thing that befell a task. Appended, never changed."""

    class Kind(models.TextChoices):
        CREATED = "created", "下达"
        SIGNED = "signed", "签收"
        REPORTED = "reported", "报送"
        RETURNED = "returned", "退回"
        DONE = "done", "通过"
        REOPENED = "reopened", "重新打开"
        EXEMPTED = "exempted", "本期无"
        EXTENDED = "extended", "延期"
        VOIDED = "voided", "取消"
        REINSTATED = "reinstated", "恢复"

    task = models.ForeignKey(Task, models.PROTECT, related_name="events")
    kind = models.CharField("事项", max_length=20, choices=Kind.choices)
    at = models.DateTimeField("时间", default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField("说明", max_length=300, blank=True)
    due_on = models.DateField("截止日期", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务记录"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


class Extension(models.Model):
    """延期: asked for with a reason, granted or refused; the unit's new date, on record."""

    class State(models.TextChoices):
        ASKED = "asked", "待批"
        GRANTED = "granted", "已批准"
        REFUSED = "refused", "未批准"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, models.PROTECT, related_name="extensions")
    wanted_on = models.DateField("申请延至")
    reason = models.CharField("申请理由", max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    granted_on = models.DateField("批准延至", null=True)
    answer = models.CharField("批复意见", max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        constraints = [
            models.UniqueConstraint(
                fields=("task",), condition=Q(state="asked"), name="notices_one_open_extension"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} 延至 {self.wanted_on:%Y-%m-%d}"
