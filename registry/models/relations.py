"""Who is who to whom: guardians, parents, spouses, children."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from federation.encryption import BlindIndexField, EncryptedTextField, SealedModel
from federation.scope import ScopedModel
from registry import phone_numbers
from registry.models.persons import PHONE, OfPersonQuerySet, Person


class Relation(ScopedModel, SealedModel):
    """``other`` is ``person``'s guardian, parent … Who has no archive stands by name and phone alone."""

    class Kind(models.TextChoices):
        GUARDIAN = "guardian", "监护人"
        TEMPORARY_GUARDIAN = "temporary_guardian", "临时监护人"
        PARENT = "parent", "父母"
        SPOUSE = "spouse", "配偶"
        CHILD = "child", "子女"

    scope_unit = "person__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="relations")
    kind = models.CharField("关系", max_length=20, choices=Kind.choices)
    called = models.CharField("称谓", max_length=20, blank=True, help_text="如姑姑、外祖父。")
    other = models.ForeignKey(
        Person,
        models.PROTECT,
        verbose_name="本系统中的档案",
        null=True,
        blank=True,
        related_name="related_to",
    )
    name = models.CharField("姓名", max_length=30, blank=True)
    phone = EncryptedTextField("联系电话")
    phone_index = BlindIndexField(of="phone", kind=PHONE, normalise=phone_numbers.normalised)
    away = models.BooleanField("外出", default=False)
    away_place = models.CharField("外出地", max_length=60, blank=True)
    starts_on = models.DateField("开始日期", null=True, blank=True)
    ends_on = models.DateField("结束日期", null=True, blank=True)

    objects: ClassVar = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "亲属与监护"
        ordering = ("kind", "id")
        constraints = [
            models.CheckConstraint(
                name="registry_relation_names_somebody",
                condition=Q(other__isnull=False) | ~Q(name=""),
            ),
            models.CheckConstraint(
                name="registry_nobody_is_her_own_relation",
                condition=Q(other=None) | ~Q(other=models.F("person")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.uuid)[:8]}"
