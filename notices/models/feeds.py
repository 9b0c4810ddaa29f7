"""日历订阅: the private link by which a person's own calendar reads her due days."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.models import User


class CalendarFeed(models.Model):
    """One link of one person. The link itself is shown once; only its SHA-256 is kept."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("生成时间", default=timezone.now)
    revoked_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "日历订阅"
        constraints = [
            models.UniqueConstraint(
                fields=("user",),
                condition=Q(revoked_at__isnull=True),
                name="notices_one_live_feed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
