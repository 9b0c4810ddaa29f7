"""联系记录: one row a contact, visit or deed, counted once wherever it is used."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.models import User
from federation.scope import ScopedModel
from pairing.models.kinds import LogKind, Rule
from pairing.models.pairings import OfPairingQuerySet, Pairing


class ContactLogQuerySet(OfPairingQuerySet):
    def counted(self) -> Self:
        """Not taken back: what figures and rules count."""
        return self.filter(withdrawn_at=None)


class ContactLog(ScopedModel):
    """联系沟通, 互访, 实事, 走访慰问 …: what was done for a pair on a day (:class:`LogKind`).

    ``key`` is the client's own: the same log sent twice is one row. ``on`` is said by who enters it,
    ``entered_at`` is the server's clock, ``device_at`` what the phone believed. Entered in a later
    month than it happened, it is 补录 and shown as such. Withdrawn with a reason, never deleted.
    """

    class Way(models.TextChoices):
        PHONE = "phone", "电话"
        MESSAGE = "message", "微信、短信"
        VISIT = "visit", "上门"
        MEETING = "meeting", "座谈"
        OTHER = "other", "其他"

    class Direction(models.TextChoices):
        NONE = "", "—"
        TO_RECIPIENT = "to_recipient", "去受助方"
        TO_HELPER = "to_helper", "来帮扶方"

    scope_unit = "pairing__unit"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="logs")
    kind = models.ForeignKey(LogKind, models.PROTECT, verbose_name="类别", related_name="logs")
    on = models.DateField("日期")
    way = models.CharField("方式", max_length=10, choices=Way.choices, blank=True)
    direction = models.CharField("方向", max_length=12, choices=Direction.choices, blank=True)
    summary = models.CharField("内容", max_length=500, blank=True)
    value = models.DecimalField(
        "折合（元）", max_digits=12, decimal_places=2, null=True, blank=True
    )
    beneficiaries = models.PositiveIntegerField("受益（人）", null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, editable=False, related_name="+")
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    device_at = models.DateTimeField("手机时间", null=True, editable=False)
    from_phone = models.BooleanField(default=False, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    objects: ClassVar = ContactLogQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联系记录"
        ordering = ("-on", "-id")
        indexes = [models.Index(fields=("pairing", "on"), name="pairing_log_of_day")]
        constraints = [
            models.CheckConstraint(
                name="pairing_withdrawn_says_why",
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"

    @property
    def is_late_entry(self) -> bool:
        """补录: entered after the month in which it happened."""
        entered = timezone.localdate(self.entered_at)
        return (entered.year, entered.month) > (self.on.year, self.on.month)


class LogPhoto(ScopedModel):
    """A photo of a log: a kept file without its metadata. Never asked for."""

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="photos")
    log = models.ForeignKey(ContactLog, models.CASCADE, related_name="photos")
    file = models.UUIDField(unique=True)
    name = models.CharField(max_length=80)
    size = models.PositiveIntegerField()

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "照片"
        ordering = ("log", "id")

    def __str__(self) -> str:
        return self.name


class QuarantinedLog(ScopedModel):
    """A log from a phone whose owner may no longer enter it: kept aside until her unit decides.

    ``body`` is what the phone sent. Taken over or thrown away with a reason; the phone is told.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待处理"
        TAKEN = "taken", "已补录"
        DROPPED = "dropped", "不采用"

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.UUIDField(unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="quarantined")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("收到时间", default=timezone.now)
    body = models.JSONField()
    why = models.CharField("原因", max_length=100)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    judged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    reason = models.CharField("处理原因", max_length=200, blank=True)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待处理的联系记录"
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.get_state_display()


class RuleWindow(ScopedModel):
    """How a pair stands on one rule in one window: always equal to a recount (:mod:`pairing.rules`).

    Days both inclusive. ``owed`` says whether the window counts at all for this pair; ``back`` is the
    other direction of a rule that asks for both.
    """

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="windows")
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="windows")
    first_day = models.DateField("起")
    last_day = models.DateField("止")
    owed = models.BooleanField("应办")
    done = models.PositiveSmallIntegerField("已办", default=0)
    back = models.PositiveSmallIntegerField("回访", default=0)
    met = models.BooleanField("达标")
    over = models.BooleanField("超出", default=False)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "规则完成情况"
        ordering = ("pairing", "rule", "first_day")
        constraints = [
            models.UniqueConstraint(
                fields=("pairing", "rule", "first_day"), name="pairing_one_window"
            )
        ]
        indexes = [models.Index(fields=("last_day", "owed", "met"), name="pairing_windows_due")]

    def __str__(self) -> str:
        return f"{self.rule} {self.first_day}"
