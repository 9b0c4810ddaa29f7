"""动态口令: the phone that shows a person's codes, and the codes on paper for the day it is lost."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

SECRET_BYTES = 20
LONGEST_WAIT = 900  # seconds between guesses, however many were wrong


class SecondFactor(TOTPDevice):
    """A phone of an account. No row holds its secret: ``key`` is a salt, and the secret is derived.

    It comes of the salt, the account and ``settings.SECOND_FACTOR_KEY``, which is not in the
    database. So a stolen dump shows no codes, and nothing needs to be encrypted.
    """

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "动态口令"

    @property
    def bin_key(self) -> bytes:
        value = f"{self.user_id}:{self.key}"
        secret = settings.SECOND_FACTOR_KEY or settings.SECRET_KEY
        made = salted_hmac("federation.second_factor", value, secret=secret, algorithm="sha256")
        return made.digest()[:SECRET_BYTES]

    def get_throttle_factor(self) -> float:
        """Delays double from a second on, but end at a quarter of an hour: a thief who has the
        password must not be able to keep the owner out for days."""
        doublings = max(0, min(self.throttling_failure_count, 64) - 1)
        return min(1, LONGEST_WAIT / 2**doublings)


class RecoveryCode(models.Model):
    """A code that stands in for the phone once; kept as a keyed hash."""

    user = models.ForeignKey(
        "federation.User", models.CASCADE, verbose_name="账号", related_name="recovery_codes"
    )
    hashed = models.CharField("摘要", max_length=64, unique=True)
    made_at = models.DateTimeField("生成时间", auto_now_add=True)
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "恢复码"

    def __str__(self) -> str:
        return f"{self.user} {self.hashed[:6]}"
