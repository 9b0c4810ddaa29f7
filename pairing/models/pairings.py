"""结对: one helper, one recipient, the years they are paired, and who keeps in touch."""

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit, User
from federation.scope import ScopedModel, ScopedQuerySet
from pairing.models.kinds import Mode, PairKind
from registry.models import Helper, Household, Person, Site
from reporting.models import Submission


def reach_of_pairs(user: User, action: str, *, to_pair: str = "") -> Q:
    """Pairs that ``user`` reaches with ``pairing_<action>``; ``to_pair`` is the lookup up to the pair.

    To look at: where she holds it at the helper's or the recipient's unit, and the pairs she carries
    herself. To log: where she holds both ``log`` and ``view``, and those she carries; a volunteer
    holds ``log`` alone. To change: where she holds it at the helper's unit, since that unit organises.
    """
    ends = (f"{to_pair}unit__path", f"{to_pair}recipient_unit__path")
    paths = scope.granted_paths(user, f"pairing_{action}")
    if action not in ("view", "log"):
        return scope.reach(paths, ends[0])
    logs = scope.granted_paths(user, "pairing_log")
    reached = Q(pk__in=[])
    for end in ends:
        both = scope.reach(paths, end)
        if action == "log":
            both &= scope.reach(scope.granted_paths(user, "pairing_view"), end)
        reached |= both
    if logs:
        hers = Liaison.objects.in_force().filter(user=user).values("pairing_id")
        near = scope.reach(logs, ends[0]) | scope.reach(logs, ends[1])
        reached |= Q(**{f"{to_pair}pk__in": hers}) & near
    return reached


class PairingQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, action: str = "view") -> Self:
        """See :func:`reach_of_pairs`."""
        return self.filter(reach_of_pairs(user, action))

    def carried_by(self, user: User) -> Self:
        """The pairs ``user`` keeps in touch with herself: as 联系人, or for her own helping unit."""
        hers = Liaison.objects.in_force().filter(user=user).values("pairing_id")
        own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
        return self.visible_to(user, "log").filter(Q(pk__in=hers) | Q(helper_unit__in=own))

    def active(self) -> Self:
        return self.filter(state=Pairing.State.ACTIVE)

    def open(self) -> Self:
        """Proposed, agreed or active."""
        return self.filter(state__in=Pairing.OPEN)


class PairingManager(scope.ScopedManager.from_queryset(PairingQuerySet)):  # type: ignore[misc]
    def carried_by(self, user: User) -> Any:
        return self.unscoped(reason="narrowed to those she carries").carried_by(user)


class OfPairingQuerySet(ScopedQuerySet):
    """Rows of a pair: reached exactly as their pair is."""

    def visible_to(self, user: User, action: str = "view") -> Self:
        return self.filter(reach_of_pairs(user, action, to_pair="pairing__"))


class Pairing(ScopedModel):
    """结对. ``unit`` is the helper's unit, which organises it; ``recipient_unit`` where help arrives.

    A recipient beside a village (household, person, site) is named by its own column and lies in
    ``recipient_unit``. Versioned; ended, never deleted.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        AGREED = "agreed", "已商定"
        ACTIVE = "active", "结对中"
        ENDED = "ended", "已结束"
        DECLINED = "declined", "未成"

    class Origin(models.TextChoices):
        MANUAL = "manual", "直接登记"
        INTENT = "intent", "征求意见表"
        EXISTING = "existing", "现已有结对"
        SUMMARY = "summary", "汇总表"
        MATCH = "match", "牵线搭桥"

    OPEN: ClassVar = ("proposed", "agreed", "active")
    also_read_at: ClassVar = ("recipient_unit",)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.ForeignKey(PairKind, models.PROTECT, verbose_name="类别", related_name="pairings")
    mode = models.CharField("方式", max_length=12, choices=Mode.choices, default=Mode.ONE_TO_ONE)
    exception_reason = models.CharField("例外原因", max_length=200, blank=True)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="帮扶方所属单位", related_name="pairings"
    )
    helper_unit = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        verbose_name="帮扶单位",
        null=True,
        blank=True,
        related_name="helps_in",
    )
    helper = models.ForeignKey(
        Helper,
        models.PROTECT,
        verbose_name="帮扶力量",
        null=True,
        blank=True,
        related_name="pairings",
    )
    recipient_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="受助方所在单位", related_name="helped_in"
    )
    household = models.ForeignKey(
        Household,
        models.SET_NULL,
        verbose_name="家庭",
        null=True,
        blank=True,
        related_name="pairings",
    )
    person = models.ForeignKey(
        Person, models.SET_NULL, verbose_name="个人", null=True, blank=True, related_name="pairings"
    )
    site = models.ForeignKey(
        Site, models.SET_NULL, verbose_name="阵地", null=True, blank=True, related_name="pairings"
    )
    recipient_is = models.CharField("受助方", max_length=10, default="unit", editable=False)
    goal = models.CharField("帮扶项目、目标", max_length=1000, blank=True)
    supports = models.JSONField("牵手内容", default=list, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=State.choices, default=State.PROPOSED, editable=False
    )
    origin = models.CharField(
        "来源", max_length=10, choices=Origin.choices, default=Origin.MANUAL, editable=False
    )
    source = models.ForeignKey(
        Submission, models.SET_NULL, null=True, editable=False, related_name="pairings"
    )
    helper_agreed_at = models.DateTimeField("帮扶方确认", null=True, editable=False)
    helper_agreed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    recipient_agreed_at = models.DateTimeField("受助方确认", null=True, editable=False)
    recipient_agreed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    ended_on = models.DateField("结束日期", null=True, editable=False)
    end_reason = models.CharField("结束原因", max_length=200, blank=True, editable=False)
    last_contact_on = models.DateField("最近联系", null=True, editable=False)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField("提出时间", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    synthetic = models.BooleanField("演示数据", default=False, editable=False)

    objects: ClassVar = PairingManager()

    class Meta:
        verbose_name = verbose_name_plural = "结对"
        ordering = ("unit", "recipient_unit", "id")
        constraints = [
            models.CheckConstraint(
                name="pairing_one_helper",
                condition=Q(helper_unit=None, helper__isnull=False)
                | Q(helper_unit__isnull=False, helper=None),
            ),
            models.CheckConstraint(
                name="pairing_one_recipient",
                condition=Q(household=None, person=None)
                | Q(household=None, site=None)
                | Q(person=None, site=None),
            ),
            models.CheckConstraint(
                name="pairing_helps_another",
                condition=Q(helper_unit=None) | ~Q(helper_unit=F("recipient_unit")),
            ),
            models.CheckConstraint(
                name="pairing_ended_says_when_and_why",
                condition=~Q(state="ended") | (Q(ended_on__isnull=False) & ~Q(end_reason="")),
            ),
            # 0 stands for none: SQL holds two blanks for different, and SQLite cannot be told otherwise.
            models.UniqueConstraint(
                F("kind"),
                F("recipient_unit"),
                *(Coalesce(key, 0) for key in ("helper_unit", "helper")),
                *(Coalesce(key, 0) for key in ("household", "person", "site")),
                condition=Q(state__in=("proposed", "agreed", "active")),
                name="pairing_open_once",
            ),
        ]
        indexes = [models.Index(fields=("state", "kind"), name="pairing_state_kind")]

    def __str__(self) -> str:
        """Names no person: pages ask :mod:`pairing.parties` what this reader may see."""
        return f"{self.kind} {self.unit}—{self.recipient_unit}"


class TermQuerySet(OfPairingQuerySet):
    def holding(self, first: dt.date, last: dt.date) -> Self:
        """Terms that touch the days ``first`` … ``last``, both inclusive."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=first), starts_on__lte=last)


class Term(ScopedModel):
    """One stretch of a pair's active life, renewed year by year; days both inclusive.

    The pair is active on the union of its terms. ``ends_on`` None: until something ends it.
    """

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="terms")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)
    renewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    objects: ClassVar = TermQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "结对期"
        ordering = ("pairing", "starts_on")
        constraints = [
            models.CheckConstraint(
                name="pairing_term_runs_forward",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
            models.UniqueConstraint(fields=("pairing", "starts_on"), name="pairing_one_term_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}—{self.ends_on or ''}"


class LiaisonQuerySet(OfPairingQuerySet):
    def in_force(self, day: dt.date | None = None) -> Self:
        day = day or timezone.localdate()
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day, user__is_active=True)


class LiaisonManager(scope.ScopedManager.from_queryset(LiaisonQuerySet)):  # type: ignore[misc]
    def in_force(self, day: dt.date | None = None) -> Any:
        return self.unscoped(reason="asked by the scope itself").in_force(day)


class Liaison(ScopedModel):
    """联系人 of a pair: an account that keeps in touch from a day on; ended, never deleted."""

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="liaisons")
    user = models.ForeignKey(User, models.PROTECT, verbose_name="联系人", related_name="liaisons")
    since = models.DateField("开始日期", default=timezone.localdate)
    until = models.DateField("结束日期", null=True, blank=True)
    named_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    objects: ClassVar = LiaisonManager()

    class Meta:
        verbose_name = verbose_name_plural = "联系人"
        ordering = ("pairing", "since", "id")
        constraints = [
            models.CheckConstraint(
                name="pairing_liaison_runs_forward",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
            models.UniqueConstraint(
                fields=("pairing", "user"),
                condition=Q(until=None),
                name="pairing_one_open_liaison",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class PairingEvent(ScopedModel):
    """One step in the life of a pair, kept for good. ``detail`` holds ids, days and words, no person."""

    class Act(models.TextChoices):
        PROPOSE = "propose", "提出"
        CONFIRM = "confirm", "确认"
        DECLINE = "decline", "未同意"
        ACTIVATE = "activate", "开始结对"
        RENEW = "renew", "续结"
        CHANGE = "change", "变更"
        TRANSFER = "transfer", "移交"
        END = "end", "结束"
        REOPEN = "reopen", "恢复"

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="events")
    act = models.CharField("办理", max_length=10, choices=Act.choices)
    at = models.DateTimeField("时间", default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    on_behalf = models.BooleanField("代办", default=False)
    reason = models.CharField("原因", max_length=200, blank=True)
    detail: Any = models.JSONField(default=dict)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "结对办理记录"
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.get_act_display()
