"""Periodic work: when each chore is due, and how it ended last."""

from django.db import models


class Chore(models.Model):
    """One chore of :mod:`federation.housekeeping`. Whoever moves ``due_at`` on has taken its turn."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField("下次")
    began_at = models.DateTimeField("上次开始", null=True)
    ended_at = models.DateTimeField("上次结束", null=True)
    failed = models.BooleanField("上次未成功", default=False)
    result = models.CharField("结果", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "例行工作"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
