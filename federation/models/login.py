"""What the portal keeps about logging in: counters of attempts, password state, open sessions."""

import uuid

from django.db import models
from django.utils import timezone


class LoginState(models.Model):
    """Beside an account: what its password owes. An account without a row owes nothing."""

    user = models.OneToOneField(
        "federation.User", models.CASCADE, verbose_name="账号", related_name="login_state"
    )
    must_change_password = models.BooleanField("须先修改密码", default=False)
    password_changed_at = models.DateTimeField("上次修改密码", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "密码状态"

    def __str__(self) -> str:
        return str(self.user)


class LiveSession(models.Model):
    """One log-in of one browser. Deleting the row ends the session at its next request.

    The session itself carries ``uuid``; no session key is kept here.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        "federation.User", models.CASCADE, verbose_name="账号", related_name="live_sessions"
    )
    agent = models.CharField("浏览器", max_length=300, blank=True)
    address = models.GenericIPAddressField("网络地址", null=True, blank=True)
    began_at = models.DateTimeField("登录时间", default=timezone.now)
    seen_at = models.DateTimeField("最近使用", default=timezone.now, db_index=True)
    # Logging in shows who one is: it counts as the first confirmation.
    confirmed_at = models.DateTimeField("最近确认身份", default=timezone.now)
    owes_second_factor = models.BooleanField("须先设置动态口令", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "登录中的会话"
        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return f"{self.user} {self.began_at:%Y-%m-%d %H:%M}"


class LoginCounter(models.Model):
    """Attempts of late by one account, address or device, known here by a keyed hash alone."""

    key = models.CharField("键", max_length=64, unique=True)
    failures = models.PositiveIntegerField("连续失败", default=0)
    not_before = models.DateTimeField("此前不受理", null=True)
    recent = models.JSONField("近一分钟的尝试", default=list)  # seconds since 1970
    touched_at = models.DateTimeField("最近尝试", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录计数"

    def __str__(self) -> str:
        return self.key[:12]
