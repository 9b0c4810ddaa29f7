"""On what ground an archive is kept and opened, and what is left of one that was erased."""

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from registry.models.persons import OfPersonQuerySet, Person
from registry.models.relations import Relation


class ConsentQuerySet(OfPersonQuerySet):
    def in_force(self, day: dt.date | None = None) -> Self:
        day = day or timezone.localdate()
        return self.filter(Q(until=None) | Q(until__gte=day), withdrawn_on=None, given_on__lte=day)


class Consent(ScopedModel):
    """同意或法定依据: on what ground something is kept of a person (个人信息保护法; 儿童个人信息网络保护规定).

    Under 14 a guardian gives it. ``purposes`` are codes of :data:`PURPOSES`; ``notice_version`` is that
    of the text that was read out. The scan is a kept file.
    """

    class Basis(models.TextChoices):
        CONSENT = "consent", "本人或监护人同意"
        STATUTORY_DUTY = "statutory_duty", "履行法定职责"

    PURPOSES: ClassVar = {
        "register": "建档和服务",
        "contact": "电话联系、上门走访",
        "health": "记录健康状况",
        "photo": "拍照留存",
        "pairing": "介绍给结对帮扶的人",
        "publish": "公示",
    }
    scope_unit = "person__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    basis = models.CharField("依据", max_length=20, choices=Basis.choices)
    citation = models.CharField("法定依据", max_length=200, blank=True)
    by_guardian = models.BooleanField("监护人代为同意", default=False)
    guardian = models.ForeignKey(
        Relation, models.SET_NULL, verbose_name="监护人", null=True, blank=True, related_name="+"
    )
    purposes = models.JSONField("范围", default=list)
    notice_version = models.CharField("告知书版本", max_length=20)
    given_on = models.DateField("日期")
    until = models.DateField("有效期至", null=True, blank=True)
    withdrawn_on = models.DateField("撤回日期", null=True, editable=False)
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True, editable=False)
    scan = models.UUIDField("扫描件", null=True, editable=False)
    scan_name = models.CharField(max_length=80, blank=True, editable=False)
    scan_size = models.PositiveIntegerField(default=0, editable=False)
    recorded_by = models.ForeignKey(User, models.PROTECT, editable=False, related_name="+")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    objects: ClassVar = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同意"
        ordering = ("-given_on", "-id")
        constraints = [
            models.CheckConstraint(
                name="registry_duty_is_cited",
                condition=~Q(basis="statutory_duty") | ~Q(citation=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display()} {self.given_on}"

    def stands(self, day: dt.date) -> bool:
        """As :meth:`ConsentQuerySet.in_force` has it, of a row in hand."""
        ended = self.withdrawn_on or (self.until and self.until < day)
        return not ended and self.given_on <= day


class Authorisation(ScopedModel):
    """查阅授权: who may open masked values outside her own unit's care, for what, from when to when.

    Given by the unit's responsible leader by name (未成年人网络保护条例 36); without one in force there is
    no reveal.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="范围", related_name="+")
    user = models.ForeignKey(
        User, models.PROTECT, verbose_name="被授权人", related_name="authorisations"
    )
    given_by = models.CharField("批准人", max_length=30)
    purpose = models.CharField("用途", max_length=200)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    recorded_by = models.ForeignKey(User, models.PROTECT, editable=False, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "查阅授权"
        ordering = ("-starts_on", "-id")
        constraints = [
            models.CheckConstraint(
                name="registry_authorisation_ends_after_start",
                condition=Q(ends_on__gte=models.F("starts_on")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.starts_on}—{self.ends_on}"


class ErasureQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        return self.filter(done_at=None, cancelled_at=None)


class Erasure(ScopedModel):
    """删除: proposed by one person, confirmed by another, done on its day; what is left are counts.

    ``person_uuid`` stays as the tombstone that a restore applies again; ``counts`` is what history
    needs (programme codes with years, needs met), without anything of the person.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="erasures")
    person_uuid = models.UUIDField(editable=False, db_index=True)
    reason = models.CharField("原因", max_length=200)
    due_on = models.DateField("应删除日期")
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    objects: ClassVar = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "删除"
        ordering = ("due_on", "id")
        constraints = [
            models.CheckConstraint(
                name="registry_erasure_takes_two",
                condition=Q(confirmed_by=None)
                | (Q(proposed_by__isnull=False) & ~Q(confirmed_by=models.F("proposed_by"))),
            )
        ]

    def __str__(self) -> str:
        return f"删除 {str(self.person_uuid)[:8]}"
