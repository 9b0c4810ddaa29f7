"""Changes of the tree of units, kept for good: what was decided, when, why and by whom."""

import uuid

from django.db import models
from django.utils import timezone

from federation.models.units import OrgUnit


class UnitChange(models.Model):
    """组织变更: one change of one unit, written with the change and never rewritten.

    ``before`` and ``after`` hold the facts that differ, by their Chinese name; ``others`` are the
    further units it concerns (new parent, successor, parts), on whose pages it is shown as well.
    """

    class Kind(models.TextChoices):
        ADD = "add", "新设"
        RENAME = "rename", "修改"
        MOVE = "move", "划转"
        MERGE = "merge", "合并"
        SPLIT = "split", "拆分"
        CLOSE = "close", "撤销"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("变更", max_length=10, choices=Kind.choices, editable=False)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="组织", related_name="changes", editable=False
    )
    others = models.ManyToManyField(OrgUnit, related_name="+", editable=False)
    words = models.CharField("内容", max_length=400, editable=False)
    before = models.JSONField("变更前", default=dict, editable=False)
    after = models.JSONField("变更后", default=dict, editable=False)
    day = models.DateField("变更日期", editable=False)
    reason = models.CharField("依据、原因", max_length=300, editable=False)
    by = models.ForeignKey(
        "federation.User", models.PROTECT, verbose_name="经办人", related_name="+", editable=False
    )
    at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "组织变更"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.words

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("a change of units is kept as it was written")
        super().save(*args, **kwargs)
