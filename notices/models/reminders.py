"""提醒、催报: what a person is told of a task, in one digest a day, and how it went out."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.encryption import EncryptedTextField
from federation.models import OrgUnit, User
from notices.models.tasks import Task


class Urging(models.Model):
    """催报: one unit urged about one task on one day (Asia/Shanghai), whoever pressed first."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, models.PROTECT, related_name="urgings")
    day = models.DateField("催报日期")
    at = models.DateTimeField("催报时间", default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "催报"
        ordering = ("-at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("task", "day"), name="notices_urged_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.task} 催报 {self.day:%Y-%m-%d}"


class Channel(models.TextChoices):
    """By which way a unit's people are told. 企业微信 stands for any bot that speaks like it."""

    IN_APP = "in_app", "站内消息"
    EMAIL = "email", "电子邮件"
    WEBHOOK = "webhook", "企业微信群机器人"


class UnitChannelQuerySet(models.QuerySet):
    def off_at(self, channel: str, units: Iterable[int]) -> set[int]:
        """Which of ``units`` (keys) turned ``channel`` off."""
        rows = self.filter(channel=channel, on=False, unit__in=set(units))
        return set(rows.values_list("unit_id", flat=True))


class UnitChannel(models.Model):
    """提醒方式 of one unit: a channel on or off, and where to. No row: the channel's default.

    Who has a bot's address can write to its group, so address and secret are sealed.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="channels")
    channel = models.CharField("方式", max_length=10, choices=Channel.choices)
    on = models.BooleanField("启用", default=True)
    address = EncryptedTextField("地址")
    secret = EncryptedTextField("加签密钥")
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = UnitChannelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒方式"
        constraints = [
            models.UniqueConstraint(fields=("unit", "channel"), name="notices_one_channel")
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_channel_display()}"

    @property
    def where(self) -> str:
        return _opened(self.address)

    @property
    def signing(self) -> str:
        return _opened(self.secret)


def _opened(held: Any) -> str:
    return held.open() if held else ""


class Digest(models.Model):
    """All that one person is told on one day."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="digests")
    day = models.DateField("日期")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "提醒汇总"
        ordering = ("-day", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("person", "day"), name="notices_one_digest_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day:%Y-%m-%d}"


class Reminder(models.Model):
    """One person told one thing about one task: a step of the ladder, or a 催报.

    Each (task, due day, step, person) is there at most once ever; a new due day arms the ladder
    anew. ``place`` is the unit at which she is told: the task's own, a department, the issuer.
    """

    class Lamp(models.TextChoices):
        GREEN = "green", "未到期"
        YELLOW = "yellow", "快到期"
        RED = "red", "已逾期"

    task = models.ForeignKey(Task, models.PROTECT, related_name="reminders")
    person = models.ForeignKey(User, models.PROTECT, related_name="reminders")
    place = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    due_on = models.DateField("截止日期", null=True)
    step = models.SmallIntegerField("提醒节点", null=True, help_text="截止日前（负）后（正）几天。")
    audience = models.CharField("对象", max_length=20, blank=True)
    urging = models.ForeignKey(Urging, models.PROTECT, null=True, related_name="reminders")
    digest = models.ForeignKey(Digest, models.PROTECT, null=True, related_name="reminders")
    overtaken = models.BooleanField(
        default=False, help_text="同一任务更晚的节点已在同一汇总中，不另成一行。"
    )
    in_app = models.BooleanField(default=True)
    lamp = models.CharField("灯", max_length=10, choices=Lamp.choices)
    words = models.CharField("内容", max_length=300)
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        ordering = ("due_on", "pk")
        indexes = [models.Index(fields=("person", "digest"), name="notices_reminder_person")]
        constraints = [
            models.UniqueConstraint(
                fields=("task", "due_on", "step", "person"),
                condition=Q(urging__isnull=True),
                name="notices_reminded_once",
            ),
            models.UniqueConstraint(
                fields=("urging", "person"),
                condition=Q(urging__isnull=False),
                name="notices_urged_person_once",
            ),
            models.CheckConstraint(
                name="notices_reminder_is_step_or_urging",
                condition=Q(urging__isnull=True, step__isnull=False, due_on__isnull=False)
                | Q(urging__isnull=False, step__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.words


class Delivery(models.Model):
    """One sending of one day's words: of a person's digest by mail, or of a unit's lines to the
    unit's own address. Claimed before anything is sent; see :mod:`notices.deliveries`."""

    class State(models.TextChoices):
        QUEUED = "queued", "待发"
        CLAIMED = "claimed", "准备发送"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发"
        FAILED = "failed", "未发出"
        DOUBT = "doubt", "存疑"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    channel = models.CharField("方式", max_length=10, choices=Channel.choices)
    day = models.DateField("日期")
    digest = models.ForeignKey(Digest, models.PROTECT, null=True, related_name="deliveries")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+")
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.QUEUED, db_index=True
    )
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_at = models.DateTimeField("下次尝试", default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField("发出时间", null=True)
    problem = models.CharField("原因", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送记录"
        constraints = [
            models.UniqueConstraint(
                fields=("digest", "channel"),
                condition=Q(digest__isnull=False),
                name="notices_one_delivery_of_a_digest",
            ),
            models.UniqueConstraint(
                fields=("unit", "day", "channel"),
                condition=Q(unit__isnull=False),
                name="notices_one_delivery_to_a_unit",
            ),
            models.CheckConstraint(
                name="notices_delivery_to_person_or_unit",
                condition=Q(digest__isnull=True) ^ Q(unit__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.day:%Y-%m-%d} {self.get_state_display()}"
