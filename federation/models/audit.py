"""What happened, who did it and why. Rows are added, never changed."""

from django.db import models

from federation.models.units import OrgUnit


class AuditEvent(models.Model):
    """One act on one record, written in the same transaction as the act.

    ``detail`` holds words and ids, never identity numbers, phones or other private values.
    """

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        "federation.User", models.PROTECT, verbose_name="操作人", null=True, related_name="+"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="组织", null=True, related_name="+"
    )
    verb = models.CharField("操作", max_length=40)
    record = models.CharField("对象", max_length=80)
    detail = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.verb} {self.record}"
