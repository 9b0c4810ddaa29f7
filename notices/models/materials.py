"""材料: what a unit hands in for a duty that asks for a file, a text or a number."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.models import User
from federation.scope import ScopedModel
from notices.models.tasks import Task


class Material(ScopedModel):
    """The draft that answers one task. What was reported is kept apart, in its reports.

    ``version`` is what a page carries, so that two who type at once do not overwrite each other.
    """

    scope_unit = "task__unit"

    task = models.OneToOneField(Task, models.PROTECT, related_name="material")
    text = models.TextField("内容", blank=True)
    number = models.PositiveIntegerField("数量", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    edited_at = models.DateTimeField("上次保存", null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "材料"

    def __str__(self) -> str:
        return str(self.task)


class MaterialFile(models.Model):
    """One file of a material. ``in_draft`` is false once it was taken out; a report still holds it."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    material = models.ForeignKey(Material, models.PROTECT, related_name="files")
    file = models.UUIDField(editable=False)
    name = models.CharField("文件名", max_length=200)
    size = models.PositiveIntegerField("大小", help_text="字节")
    sha256 = models.CharField(max_length=64, editable=False)
    in_draft = models.BooleanField(default=True, editable=False)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "材料文件"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class MaterialReport(models.Model):
    """报送: what was handed in, frozen; only what became of it is written later, once."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "待审"
        ACCEPTED = "accepted", "通过"
        RETURNED = "returned", "退回"
        WITHDRAWN = "withdrawn", "撤回"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    material = models.ForeignKey(Material, models.PROTECT, related_name="reports")
    ordinal = models.PositiveSmallIntegerField("第几次")
    text = models.TextField("内容", blank=True)
    number = models.PositiveIntegerField("数量", null=True)
    files: ClassVar = models.ManyToManyField(MaterialFile, related_name="reports")
    sent_at = models.DateTimeField("报送时间", default=timezone.now)
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(
        "结果", max_length=20, choices=Outcome.choices, default=Outcome.WAITING
    )
    judged_at = models.DateTimeField("办理时间", null=True)
    judged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField("意见", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "材料报送"
        ordering = ("ordinal",)
        constraints = [
            models.UniqueConstraint(
                fields=("material", "ordinal"), name="notices_one_report_a_time"
            ),
            models.UniqueConstraint(
                fields=("material",),
                condition=Q(outcome="waiting"),
                name="notices_one_waiting_report",
            ),
            models.CheckConstraint(
                name="notices_report_returned_with_reason",
                condition=~Q(outcome="returned") | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.material} 第{self.ordinal}次"
