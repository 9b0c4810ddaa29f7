"""督办单: a unit is told in writing to settle what is late, answers, and is struck off."""

from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from notices.models.tasks import Task


class SupervisionState(models.TextChoices):
    """States of a 督办单; only :mod:`notices.supervising` writes them."""

    ISSUED = "issued", "待答复"
    SETTLED = "settled", "已办结"
    RETURNED = "returned", "退回"
    STRUCK_OFF = "struck_off", "已销号"


TO_ANSWER = (SupervisionState.ISSUED, SupervisionState.RETURNED)


class SupervisionQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """To read: of and to units one reaches. To supervise: issued by them."""
        paths = scope.granted_paths(user, f"notices_{action}")
        if not paths:
            return self.none()
        issued = scope.reach(paths, "issuer__path")
        if action == "supervise":
            return self.filter(issued)
        return self.filter(issued | scope.reach(paths, "unit__path"))


class Supervision(ScopedModel):
    """One 督办单 of ``issuer`` to ``unit`` about late tasks, numbered per issuer and year."""

    behind_the_wall = False  # read at two units, neither of which need lie below the other

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    issuer = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="发出单位", related_name="supervisions_issued"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="承办单位", related_name="supervisions"
    )
    year = models.PositiveSmallIntegerField("年份", editable=False)
    serial = models.PositiveIntegerField("序号", editable=False)
    tasks = models.ManyToManyField(Task, verbose_name="督办事项", related_name="supervisions")
    requirement = models.TextField("办理要求")
    answer_by = models.DateField("答复期限")
    state = models.CharField(
        "状态",
        max_length=20,
        choices=SupervisionState.choices,
        default=SupervisionState.ISSUED,
        editable=False,
    )
    issued_at = models.DateTimeField("发出时间", default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = SupervisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办单"
        ordering = (F("issued_at").desc(), "-pk")
        indexes = [models.Index(fields=("unit", "state"), name="notices_supervision_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=("issuer", "year", "serial"), name="notices_one_supervision_number"
            ),
            models.CheckConstraint(
                name="notices_supervision_serial_from_one", condition=Q(serial__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"督办〔{self.year}〕{self.serial}号"

    @property
    def to_answer(self) -> bool:
        return self.state in TO_ANSWER


class SupervisionEvent(models.Model):
    """One step of a 督办单. Appended, never changed."""

    class Kind(models.TextChoices):
        ISSUED = "issued", "发出"
        ANSWERED = "answered", "答复"
        RETURNED = "returned", "退回"
        STRUCK_OFF = "struck_off", "销号"

    supervision = models.ForeignKey(Supervision, models.PROTECT, related_name="events")
    kind = models.CharField("事项", max_length=20, choices=Kind.choices)
    at = models.DateTimeField("时间", default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    text = models.TextField("内容", blank=True)
    answer_by = models.DateField("答复期限", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "督办记录"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.supervision} {self.get_kind_display()}"
