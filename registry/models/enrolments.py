"""What brings a person into the registers: the programmes she belongs to and what she needs."""

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.encryption import EncryptedTextField, SealedModel
from federation.models import User
from federation.scope import ScopedModel
from registry.models.persons import OfPersonQuerySet, Person
from registry.models.programmes import Programme, Zone


class EnrolmentQuerySet(OfPersonQuerySet):
    zone_field = "programme__zone"

    def current(self, day: dt.date | None = None) -> Self:
        day = day or timezone.localdate()
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class Enrolment(ScopedModel):
    """纳入专项: a person belongs to a programme from a day to a day, with what it asks beside."""

    scope_unit = "person__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="enrolments")
    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="专项")
    starts_on = models.DateField("纳入日期")
    ends_on = models.DateField("退出日期", null=True, blank=True)
    exit_reason = models.CharField("退出原因", max_length=40, blank=True)
    source = models.CharField("来源", max_length=120, blank=True)
    particulars = models.JSONField("专项内容", default=dict, blank=True)

    objects: ClassVar = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专项登记"
        ordering = ("-starts_on", "id")
        indexes = [
            models.Index(fields=("programme", "person"), name="registry_enrolment_programme")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("person", "programme"),
                condition=Q(ends_on=None),
                name="registry_enrolled_once",
            ),
            models.CheckConstraint(
                name="registry_enrolment_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
            ),
            models.CheckConstraint(
                name="registry_exit_has_a_reason",
                condition=(Q(ends_on=None) & Q(exit_reason=""))
                | (Q(ends_on__isnull=False) & ~Q(exit_reason="")),
            ),
        ]

    def stands(self, day: dt.date) -> bool:
        """As :meth:`EnrolmentQuerySet.current` has it, of a row in hand."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)

    def __str__(self) -> str:
        return f"{self.programme} {self.person}"


class NeedQuerySet(OfPersonQuerySet):
    zone_field = "zone"

    def unmet(self) -> Self:
        return self.filter(state__in=(NeedState.OPEN, NeedState.UNDER_WAY))


class NeedState(models.TextChoices):
    OPEN = "open", "待解决"
    UNDER_WAY = "under_way", "办理中"
    MET = "met", "已解决"
    DROPPED = "dropped", "不再需要"


class Need(ScopedModel, SealedModel):
    """困难、需求: what one person lacks, and what closed it. One list a person, whatever the programme."""

    class Category(models.TextChoices):
        LIVING = "living", "生活困难"
        TRAINING = "training", "技能培训"
        WORK = "work", "就业创业"
        LOAN = "loan", "资金贷款"
        SCHOOLING = "schooling", "上学助学"
        CARE = "care", "照料陪伴"
        HEALTH = "health", "疾病救助"
        RIGHTS = "rights", "维权求助"
        HOUSING = "housing", "住房"
        OTHER = "other", "其他"

    scope_unit = "person__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="needs")
    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="专项", null=True, blank=True
    )
    category = models.CharField("类别", max_length=10, choices=Category.choices)
    zone = models.CharField(max_length=10, choices=Zone.choices, blank=True, editable=False)
    text = EncryptedTextField("内容")
    state = models.CharField(
        "状态", max_length=10, choices=NeedState.choices, default=NeedState.OPEN, editable=False
    )
    opened_on = models.DateField("提出日期")
    closed_on = models.DateField("办结日期", null=True, editable=False)
    closed_by = models.CharField("办结情况", max_length=200, blank=True, editable=False)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects: ClassVar = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "困难需求"
        ordering = ("-opened_on", "-id")
        constraints = [
            models.CheckConstraint(
                name="registry_need_closed_says_how",
                condition=(Q(state__in=("open", "under_way")) & Q(closed_on=None))
                | (Q(state__in=("met", "dropped")) & Q(closed_on__isnull=False) & ~Q(closed_by="")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {str(self.uuid)[:8]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        health = self.category == self.Category.HEALTH
        self.zone = Zone.HEALTH if health else Zone.OPEN
        super().save(*args, **kwargs)
