"""专项: for whom archives are kept. What defines a group differs by campaign and year, so it is data."""

import datetime as dt
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from federation.models import OrgUnit
from federation.scope import ScopedModel


class Zone(models.TextChoices):
    """Who may read what is kept for a programme: everybody in reach, or carers and certain posts."""

    OPEN = "", "一般"
    MINORS = "minors", "未成年人"
    HEALTH = "health", "健康"


class Programme(models.Model):
    """A 专项 (留守妇女, 困境儿童 …): a kind of enrolment, its rules and its own particulars.

    ``particulars`` lists what an enrolment says beside the person: ``{"key", "label", "kind": text |
    number | choice | yes_no | date, "choices": [...], "private": label code or ""}``.
    ``stale_after`` is in days without 核实; ``kept_years`` counts from the exit.
    """

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    doc_number = models.CharField("依据", max_length=80, blank=True)
    zone = models.CharField("范围", max_length=10, choices=Zone.choices, blank=True)
    stale_after = models.PositiveSmallIntegerField("多少天未核实为待核实", default=180)
    yearly = models.BooleanField("按年度建册", default=True)
    consent_needed = models.BooleanField("须经同意", default=True)
    legal_basis = models.CharField("法定依据", max_length=200, blank=True)
    kept_years = models.PositiveSmallIntegerField("退出后保存年数", default=3)
    particulars = models.JSONField("专项内容", default=list, blank=True)
    exit_reasons = models.JSONField("退出原因", default=list, blank=True)
    is_active = models.BooleanField("在用", default=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "专项"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name

    def definition_on(self, day: dt.date) -> "ProgrammeDefinition | None":
        """Who belongs to it by the rules in force on ``day``; None where none were set."""
        return self.definitions.filter(from_on__lte=day).order_by("-from_on").first()


class ProgrammeDefinition(models.Model):
    """Who belongs to a programme from a day on: ages (both inclusive, in whole years) and sex.

    ``age_on`` is the month and day on which age is counted ("12-31"), or empty for the day itself:
    留守妇女 are 20–55 in one year's notice and 20–59 in another's.
    """

    programme = models.ForeignKey(
        Programme, models.CASCADE, verbose_name="专项", related_name="definitions"
    )
    from_on = models.DateField("起用日期")
    sex = models.CharField("性别", max_length=1, blank=True)
    age_from = models.PositiveSmallIntegerField("最小年龄", null=True, blank=True)
    age_to = models.PositiveSmallIntegerField("最大年龄", null=True, blank=True)
    age_on = models.CharField("年龄计算日", max_length=5, blank=True)
    source = models.CharField("出处", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "专项口径"
        ordering = ("programme", "from_on")
        constraints = [
            models.UniqueConstraint(
                fields=("programme", "from_on"), name="registry_one_definition_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.from_on}"

    def clean(self) -> None:
        if self.age_on:
            try:
                dt.date.fromisoformat(f"2000-{self.age_on}")
            except ValueError:
                raise ValidationError({"age_on": "请写成月-日，如 12-31。"}) from None

    def why_not(self, *, sex: str, born_on: dt.date | None, on: dt.date) -> str:
        """ "" for who belongs to the programme on ``on``, or a sentence on what does not fit."""
        if self.sex and sex and sex != self.sex:
            return f"“{self.programme}”只登记{'女' if self.sex == 'F' else '男'}性。"
        if born_on is None or (self.age_from is None and self.age_to is None):
            return ""
        age = age_at(born_on, self.day_of_age(on))
        if self.age_from is not None and age < self.age_from:
            return f"“{self.programme}”应满{self.age_from}周岁，此人{age}周岁。"
        if self.age_to is not None and age > self.age_to:
            return f"“{self.programme}”应不超过{self.age_to}周岁，此人{age}周岁。"
        return ""

    def day_of_age(self, on: dt.date) -> dt.date:
        return dt.date.fromisoformat(f"{on.year:04}-{self.age_on}") if self.age_on else on


def age_at(born_on: dt.date, day: dt.date) -> int:
    """Whole years at ``day``; who was born on 29 February turns a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


class RegisterBook(ScopedModel):
    """一册台账: the register of one programme, unit and year, opened in spring and closed in winter.

    ``counts`` are the figures on the day it was closed; they stay whatever becomes of the people.
    """

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="专项")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="单位", related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    opened_on = models.DateField("开册日期")
    opened_by = models.ForeignKey("federation.User", models.PROTECT, related_name="+")
    closed_on = models.DateField("封册日期", null=True, blank=True)
    closed_by = models.ForeignKey(
        "federation.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    counts: ClassVar[Any] = models.JSONField("封册数字", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "年度台账"
        ordering = ("-year", "unit")
        constraints = [
            models.UniqueConstraint(
                fields=("programme", "unit", "year"), name="registry_one_book_a_year"
            ),
            models.CheckConstraint(
                name="registry_book_closes_after_opening",
                condition=Q(closed_on=None) | Q(closed_on__gte=models.F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}年{self.programme}台账"
