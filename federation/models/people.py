"""Accounts, posts and dated appointments. Rights come from an appointment and end with it."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from federation import tree
from federation.models.login import LiveSession
from federation.models.units import OrgUnit
from federation.permissions import known_actions


class UserQuerySet(models.QuerySet):
    def update(self, **changes: Any) -> int:
        """Whoever is disabled here loses her sessions too; enabling her again brings none back."""
        if changes.get("is_active", True) is True:
            return super().update(**changes)
        with transaction.atomic():
            LiveSession.objects.filter(user__in=list(self.values_list("pk", flat=True))).delete()
            return super().update(**changes)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(username, password, is_superuser=True, **extra)


class User(AbstractBaseUser):
    """An account of one person. ``is_superuser`` opens no archive: rights come from appointments."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField("用户名", max_length=60, unique=True)
    display_name = models.CharField("姓名", max_length=30)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    is_superuser = models.BooleanField("运维账号", default=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)
    joined_at = models.DateTimeField("开通时间", default=timezone.now)
    pinyin = models.CharField(max_length=300, editable=False, default="", db_index=True)
    initials = models.CharField(max_length=60, editable=False, default="", db_index=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.display_name or self.username

    def save(self, *args, **kwargs):
        kept = kwargs.get("update_fields")
        if kept is None or "display_name" in kept:
            self.pinyin, self.initials = tree.pinyin_key(self.display_name or self.username)
            if kept is not None:
                kwargs["update_fields"] = {*kept, "pinyin", "initials"}
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.display_name


class Duty(models.TextChoices):
    """What sort of power a 岗位 is. One account holds one sort at a time (三员分立)."""

    BUSINESS = "business", "业务"
    SYSTEM = "system", "系统管理"
    SECURITY = "security", "安全管理"
    AUDIT = "audit", "审计"


# The action that makes a post an administrator's.
DUTY_OF_ACTION = {
    "federation_manage": Duty.SYSTEM,
    "federation_grant": Duty.SECURITY,
    "federation_audit": Duty.AUDIT,
}


class Post(models.Model):
    """岗位: what a person does at a unit, and the actions this lets her do below it.

    ``actions`` is a list of ``<app>_<action>`` words such as ``reporting_review``; they are granted
    on the unit of the appointment, and so inherited by everything below it. ``held_at`` lists the
    codes of the unit types the post belongs to; empty means any. ``kind`` cannot change once
    somebody has held the post: the database refuses.
    """

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    kind = models.CharField("类别", max_length=10, choices=Duty.choices, default=Duty.BUSINESS)
    actions = models.JSONField("权限", default=list, blank=True)
    held_at = models.JSONField("可设在", default=list, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        unknown = sorted(set(self.actions) - set(known_actions()))
        if unknown:
            raise ValidationError({"actions": f"没有这些权限：{'、'.join(unknown)}。"})
        duties = {DUTY_OF_ACTION[action] for action in self.actions if action in DUTY_OF_ACTION}
        if duties != ({self.kind} - {Duty.BUSINESS}):
            raise ValidationError({"kind": "类别与权限不符：三员的权限不能与别的岗位合在一起。"})
        archive = [a for a in self.actions if not a.startswith("federation_")]
        if duties and archive:
            raise ValidationError({"actions": "系统、安全、审计管理员不能有业务权限。"})

    def fits(self, unit: OrgUnit) -> bool:
        """Whether a unit of that kind has such a post."""
        return not self.held_at or unit.unit_type.code in self.held_at


class AppointmentQuerySet(models.QuerySet):
    def current(self, day=None):
        """Appointments in force on ``day`` (default today, Asia/Shanghai); the last day counts."""
        day = day or timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            starts_on__lte=day,
        )

    def live(self, day=None):
        """Appointments in force on ``day`` (default today) or to begin later."""
        day = day or timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | (Q(ends_on__gte=day) & Q(ends_on__gte=models.F("starts_on")))
        )


class Appointment(models.Model):
    """任职: a person holds a post at a unit from a day to a day (inclusive; open when empty).

    One that ends on the day before it began was taken back and was never in force. 代理 stands in
    for another's appointment, 借调 is a loan beside one's own; both have a last day.
    """

    class Basis(models.TextChoices):
        REGULAR = "regular", "任职"
        DEPUTY = "deputy", "代理"
        SECONDED = "seconded", "借调"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        "federation.User", models.PROTECT, verbose_name="人员", related_name="appointments"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="组织", related_name="appointments"
    )
    post = models.ForeignKey(Post, models.PROTECT, verbose_name="岗位")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)
    basis = models.CharField("方式", max_length=10, choices=Basis.choices, default=Basis.REGULAR)
    acting_for = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="代理谁",
        null=True,
        blank=True,
        related_name="deputies",
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints = [
            models.UniqueConstraint(
                fields=("user", "unit", "post", "starts_on"), name="federation_one_appointment"
            ),
            models.CheckConstraint(
                name="federation_appointment_ends_after_start",
                condition=Q(ends_on__isnull=True)
                | Q(ends_on__gte=models.F("starts_on") - dt.timedelta(days=1)),
            ),
            models.CheckConstraint(
                name="federation_lent_seats_end",
                condition=Q(basis="regular") | Q(ends_on__isnull=False),
            ),
            models.CheckConstraint(
                name="federation_deputies_act_for_somebody",
                condition=Q(basis="deputy", acting_for__isnull=False)
                | (~Q(basis="deputy") & Q(acting_for__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.unit} · {self.post}"

    @property
    def seat(self) -> str:
        """城东区妇联 业务干部（代理）."""
        lent = "" if self.basis == self.Basis.REGULAR else f"（{self.get_basis_display()}）"
        return f"{self.unit} {self.post}{lent}"

    @property
    def never_began(self) -> bool:
        return self.ends_on is not None and self.ends_on < self.starts_on
