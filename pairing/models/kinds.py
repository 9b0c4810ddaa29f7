"""Kinds of pairs and the rules they are measured by: rows, so that a new campaign is no new code."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


class HelperParty(models.TextChoices):
    """Who may help in a kind of pair."""

    UNIT = "unit", "单位"
    PERSON = "person", "个人"
    ENTERPRISE = "enterprise", "企业"
    ASSOCIATION = "association", "协会"


class RecipientParty(models.TextChoices):
    """Who may be helped."""

    UNIT = "unit", "村（社区）"
    HOUSEHOLD = "household", "家庭"
    PERSON = "person", "个人"
    SITE = "site", "阵地"


class Mode(models.TextChoices):
    ONE_TO_ONE = "one_to_one", "一帮一"
    ONE_TO_MANY = "one_to_many", "一对多"
    MANY_TO_ONE = "many_to_one", "多帮一"


class RuleBundle(models.Model):
    """三个一, 四个一, 五送 …: a named set of rules that a kind of pair is measured by."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    doc_number = models.CharField("依据", max_length=80, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "规则"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class LogKind(models.Model):
    """What a contact log tells of: 联系沟通, 互访, 实事, 走访慰问, and what bundles ask beside them.

    ``directed``: it goes one of two ways (互访). ``asks`` names the further blanks of its form, of
    :data:`BLANKS`.
    """

    BLANKS: ClassVar = ("value", "beneficiaries", "supports")

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=20)
    directed = models.BooleanField("分方向", default=False)
    asks = models.JSONField("另填", default=list, blank=True)
    icon = models.CharField("图标", max_length=40, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "记录类别"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """One demand of a bundle: how many of what in which window.

    ``counts`` are codes of :class:`LogKind`, or ``project`` for 帮扶项目 of the window. ``at_most`` warns
    and fails nothing. ``scope``: of each pair, or of all pairs of one helper together. ``direction``
    counts one way alone; ``both`` asks for ``at_least`` each way. A window is owed when the pair was
    active on its last day and on at least ``least_share`` percent of its days. Rules hold for windows
    that begin within ``from_on`` … ``until``.
    """

    class Window(models.TextChoices):
        MONTH = "month", "每月"
        QUARTER = "quarter", "每季度"
        HALF_YEAR = "half_year", "每半年"
        YEAR = "year", "每年"

    class Scope(models.TextChoices):
        PAIR = "pair", "每个对子"
        HELPER = "helper", "每个帮扶方"

    class Direction(models.TextChoices):
        ANY = "", "不分"
        TO_RECIPIENT = "to_recipient", "去受助方"
        TO_HELPER = "to_helper", "来帮扶方"
        BOTH = "both", "双向"

    PROJECT: ClassVar = "project"

    bundle = models.ForeignKey(
        RuleBundle, models.CASCADE, verbose_name="规则", related_name="rules"
    )
    code = models.SlugField("代码", max_length=40)
    name = models.CharField("名称", max_length=20)
    counts = models.JSONField("计入")
    at_least = models.PositiveSmallIntegerField("至少", default=1)
    at_most = models.PositiveSmallIntegerField("至多", null=True, blank=True)
    window = models.CharField("周期", max_length=10, choices=Window.choices)
    scope = models.CharField("范围", max_length=10, choices=Scope.choices, default=Scope.PAIR)
    direction = models.CharField("方向", max_length=12, choices=Direction.choices, blank=True)
    least_share = models.PositiveSmallIntegerField("至少占周期的百分之几才应办", default=50)
    from_on = models.DateField("起", null=True, blank=True)
    until = models.DateField("止", null=True, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "规则条目"
        ordering = ("bundle", "position", "code")
        constraints = [
            models.UniqueConstraint(fields=("bundle", "code"), name="pairing_one_rule_of_a_code"),
            models.CheckConstraint(
                name="pairing_share_is_a_percentage", condition=Q(least_share__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        known = {*LogKind.objects.values_list("code", flat=True), self.PROJECT}
        if not isinstance(self.counts, list) or not self.counts or set(self.counts) - known:
            raise ValidationError({"counts": "“计入”须是记录类别的代码。"})


class PairKind(models.Model):
    """岗村结对, 爱心妈妈–儿童 …: who helps whom, how many, and by which rules.

    ``helpers`` and ``recipients`` are codes of :class:`HelperParty` and :class:`RecipientParty`;
    ``helper_roles`` narrow :class:`registry.models.Helper` by role, ``programmes`` whom of the archives
    it is for (empty: no narrowing). ``most_recipients`` is how many a helper may have at a time,
    ``most_helpers`` how many helpers a recipient (None: any).
    """

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40)
    doc_number = models.CharField("依据", max_length=80, blank=True)
    helpers = models.JSONField("帮扶方", default=list)
    recipients = models.JSONField("受助方", default=list)
    helper_roles = models.JSONField("帮扶力量身份", default=list, blank=True)
    programmes = models.JSONField("专项", default=list, blank=True)
    modes = models.JSONField("方式", default=list)
    most_recipients = models.PositiveSmallIntegerField("帮扶方至多几对", null=True, blank=True)
    most_helpers = models.PositiveSmallIntegerField("受助方至多几对", null=True, blank=True)
    bundle = models.ForeignKey(
        RuleBundle, models.PROTECT, verbose_name="规则", null=True, blank=True
    )
    agreement_needed = models.BooleanField("须签共建协议", default=False)
    survey_needed = models.BooleanField("签协议前须走访调研", default=False)
    silent_after = models.PositiveSmallIntegerField("多少天无联系为久未联系", default=60)
    is_active = models.BooleanField("在用", default=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "结对类别"
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name

    @property
    def default_mode(self) -> str:
        return self.modes[0] if self.modes else Mode.ONE_TO_ONE

    def clean(self) -> None:
        for field, known in (
            ("helpers", HelperParty),
            ("recipients", RecipientParty),
            ("modes", Mode),
        ):
            value: Any = getattr(self, field)
            if not isinstance(value, list) or not value or set(value) - set(known.values):
                raise ValidationError({field: "有不认识的代码。"})
