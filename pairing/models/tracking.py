"""What counties and cities do about pairs: strengths and needs, call-backs, typical cases."""

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation import scope, tree
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from pairing.models.logs import ContactLog
from pairing.models.pairings import OfPairingQuerySet, Pairing
from reporting.models import Submission

# A unit's days to answer what was said on the phone, before the figures above count it.
ANSWERED_WITHIN = dt.timedelta(days=7)


class SupportProfile(ScopedModel):
    """What a unit can give (帮扶方) or needs (村), by the four 牵手, for matching."""

    class Side(models.TextChoices):
        OFFER = "offer", "可提供"
        NEED = "need", "需要"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="support_profiles")
    side = models.CharField("类别", max_length=10, choices=Side.choices)
    year = models.PositiveSmallIntegerField("年度")
    supports = models.JSONField("牵手内容", default=list)
    sectors = models.JSONField("领域", default=list, blank=True)
    text = models.CharField("说明", max_length=500, blank=True)
    source = models.ForeignKey(
        Submission, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "供需情况"
        ordering = ("unit", "side", "-year")
        constraints = [
            models.UniqueConstraint(
                fields=("unit", "side", "year"), name="pairing_one_profile_a_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.get_side_display()}"


class CallbackSample(ScopedModel):
    """回访抽查 of a month: a seeded random share of the logs of the pairs below ``unit``.

    ``seed`` and ``percent`` make it repeatable by whoever doubts the draw.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="callback_samples")
    month = models.DateField("月份")  # its first day
    percent = models.DecimalField("抽取百分比", max_digits=4, decimal_places=1)
    seed = models.BigIntegerField("随机种子")
    logs_in_all = models.PositiveIntegerField("记录总数")
    drawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField("抽取时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "回访抽查"
        ordering = ("-month", "unit")
        constraints = [
            models.UniqueConstraint(fields=("unit", "month"), name="pairing_one_sample_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.month:%Y-%m} 回访抽查"


class CallbackQuerySet(OfPairingQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """What of the pairs in reach may be read already.

        By who draws there: all. By the unit whose log it is: from the day the result is shown to it,
        so that nobody learns beforehand which of her logs are asked about. By who stands above: when
        the unit's days to answer are over.
        """
        drawn_here = Q(sample__unit__in=scope.units_held(user, "pairing_edit"))
        own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
        hers = Q(pairing__unit__in=own, shown_at__isnull=False)
        above = scope.reach(scope.granted_paths(user, "pairing_view"), "pairing__unit__path")
        open_now = (
            drawn_here | hers | (above & self.settled_condition() & ~Q(pairing__unit__in=own))
        )
        return super().visible_to(user, action).filter(open_now)

    @staticmethod
    def settled_condition() -> Q:
        return Q(shown_at__lte=timezone.now() - ANSWERED_WITHIN)

    def settled(self) -> Self:
        """What enters the figures of units above."""
        return self.filter(self.settled_condition())

    def waiting(self) -> Self:
        return self.filter(result=CallbackResult.Result.WAITING)

    def to_answer(self) -> Self:
        """Shown to the unit, not answered, and the days to do so are not over."""
        return self.filter(self.to_answer_condition())

    @staticmethod
    def to_answer_condition() -> Q:
        confirmed = CallbackResult.Result.CONFIRMED
        shown = Q(shown_at__gt=timezone.now() - ANSWERED_WITHIN, answered_at=None)
        return shown & ~Q(result=confirmed)


class CallbackResult(ScopedModel):
    """One log drawn to be asked about by phone; the unit sees the result and may answer first."""

    class Result(models.TextChoices):
        WAITING = "", "待回访"
        CONFIRMED = "confirmed", "属实"
        NOT_REACHED = "not_reached", "未联系上"
        DENIED = "denied", "不属实"

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sample = models.ForeignKey(CallbackSample, models.CASCADE, related_name="results")
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="callbacks")
    log = models.ForeignKey(ContactLog, models.CASCADE, related_name="callbacks")
    result = models.CharField("结果", max_length=12, choices=Result.choices, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    called_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    called_at = models.DateTimeField("回访时间", null=True)
    answer = models.CharField("单位说明", max_length=200, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField("说明时间", null=True)
    shown_at = models.DateTimeField("反馈单位时间", null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = CallbackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回访结果"
        ordering = ("sample", "id")
        constraints = [models.UniqueConstraint(fields=("sample", "log"), name="pairing_drawn_once")]

    def __str__(self) -> str:
        return self.get_result_display()

    @property
    def is_settled(self) -> bool:
        return self.shown_at is not None and self.shown_at <= timezone.now() - ANSWERED_WITHIN

    @property
    def answer_by(self) -> dt.date | None:
        """The last day on which the unit may answer."""
        return timezone.localdate(self.shown_at + ANSWERED_WITHIN) if self.shown_at else None


class TypicalCaseQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """To look at: one's own unit's, what units below have nominated, and what a unit above published.

        To write (``log``): those of the units where she works, drafts included; a volunteer, who only
        logs, writes none. To judge (``edit``): those of the units below hers.
        """
        paths = scope.granted_paths(user, f"pairing_{action}")
        if action == "edit":
            above = scope.reach(paths, "unit__path")
            return self.filter(above).exclude(unit__path__in=paths)
        own = scope.units_held(user, "pairing_view")
        if action == "log":
            return self.filter(unit__in=own & scope.units_held(user, "pairing_log"))
        above_her = {one for path in paths for one in tree.ancestor_paths(path)}
        told = ~Q(state=TypicalCase.State.DRAFT) & scope.reach(paths, "unit__path")
        spread = Q(state=TypicalCase.State.PUBLISHED, published_by__path__in=above_her)
        return self.filter(told | spread | Q(unit__in=own))


class TypicalCase(ScopedModel):
    """典型: nominated upwards, published downwards by the unit that chose it.

    What is published names no person unless ``names_cleared`` (consent to publish was checked).
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        NOMINATED = "nominated", "已推荐"
        PUBLISHED = "published", "已推广"
        DECLINED = "declined", "未采用"

    behind_the_wall = (
        False  # read below the unit that published it; it names nobody without consent
    )

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="推荐单位", related_name="typical_cases"
    )
    pairing = models.ForeignKey(
        Pairing, models.SET_NULL, verbose_name="结对", null=True, blank=True, related_name="cases"
    )
    title = models.CharField("标题", max_length=80)
    text = models.TextField("内容", max_length=4000)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    names_cleared = models.BooleanField("已核对公开同意", default=False)
    published_by = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="推广单位", null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField("推广时间", null=True)
    answer = models.CharField("答复", max_length=200, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField("撰写时间", default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = TypicalCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "典型"
        ordering = ("-written_at", "-id")
        constraints = [
            models.CheckConstraint(
                name="pairing_published_by_somebody",
                condition=~Q(state="published") | Q(published_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.title
