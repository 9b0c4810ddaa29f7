"""What happened, who did it and why. Rows are added, never changed: a trigger refuses the rest."""

from django.db import models
from django.db.models import F, Q

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
        indexes = [
            models.Index(fields=("actor", "verb", "at"), name="federation_audit_actor_verb"),
            models.Index(fields=("verb", "id"), name="federation_audit_verb"),
            models.Index(fields=("record", "id"), name="federation_audit_record"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.record}"


class AuditSeal(models.Model):
    """A hash over the audit rows ``first_id`` … ``upto_id`` and over the seal before it.

    Seals leave no id out: each begins where the one before it ended. ``gaps`` are the ranges of ids
    that no row has (``[[first, last], …]``: acts that were undone), ``contents`` a hash of the rows
    whatever their order. ``federation.seals`` makes and proves them.
    """

    number = models.PositiveIntegerField("序号", primary_key=True)
    at = models.DateTimeField("封存时间")
    first_id = models.BigIntegerField("起始编号", unique=True)
    upto_id = models.BigIntegerField("截止编号", unique=True)
    count = models.PositiveIntegerField("条数")
    gaps = models.JSONField("空号", default=list)
    contents = models.CharField("内容摘要", max_length=64)
    previous = models.CharField("上一封存", max_length=64)
    root = models.CharField("封存值", max_length=64, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计封存"
        ordering = ("number",)
        constraints = [
            models.CheckConstraint(
                name="federation_seal_holds_rows",
                condition=Q(upto_id__gte=F("first_id")) & Q(count__gte=1),
            )
        ]

    def __str__(self) -> str:
        return f"第{self.number}号封存"
