"""Accounts, posts and dated appointments. Rights come from an appointment and end with it."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

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

    username = models.CharField("用户名", max_length=60, unique=True)
    display_name = models.CharField("姓名", max_length=30)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    is_superuser = models.BooleanField("运维账号", default=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)
    joined_at = models.DateTimeField("开通时间", default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.display_name


class Post(models.Model):
    """岗位: what a person does at a unit, and the actions this lets her do below it.

    ``actions`` is a list of ``<app>_<action>`` words such as ``reporting_review``; they are granted
    on the unit of the appointment, and so inherited by everything below it.
    """

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    actions = models.JSONField("权限", default=list, blank=True)
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


class AppointmentQuerySet(models.QuerySet):
    def current(self, day=None):
        """Appointments in force on ``day`` (default today, Asia/Shanghai); the last day counts."""
        day = day or timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            starts_on__lte=day,
        )


class Appointment(models.Model):
    """任职: a person holds a post at a unit from a day to a day (inclusive; open when empty)."""

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

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints = [
            models.UniqueConstraint(
                fields=("user", "unit", "post", "starts_on"), name="federation_one_appointment"
            ),
            models.CheckConstraint(
                name="federation_appointment_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.unit} · {self.post}"
