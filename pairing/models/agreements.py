"""共建协议, 帮扶方案, 帮扶项目: what the two sides of a pair have put in writing."""

import datetime as dt
import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation.models import User
from federation.scope import ScopedModel
from pairing.models.logs import ContactLog
from pairing.models.pairings import OfPairingQuerySet, Pairing


class PairingAgreement(ScopedModel):
    """共建协议: parties as named on that day, signing day, validity, a scan (kept file).

    Names are kept of units, enterprises, associations and sites alone; a side that is a person or a
    family is named by :mod:`pairing.parties` to who may read it. ``terms`` "" stands for the default
    wording (``fixtures/pairing_agreement.json``). Not signed yet while ``signed_on`` is None.
    """

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="agreements")
    helper_name = models.CharField("帮扶方（甲方）", max_length=100, blank=True)
    recipient_name = models.CharField("受助方（乙方）", max_length=100, blank=True)
    terms = models.TextField("协议内容", max_length=4000, blank=True)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    scan = models.UUIDField("扫描件", null=True, editable=False)
    scan_name = models.CharField(max_length=80, blank=True, editable=False)
    scan_size = models.PositiveIntegerField(default=0, editable=False)
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "共建协议"
        ordering = ("-signed_on", "-id")
        constraints = [
            models.CheckConstraint(
                name="pairing_agreement_runs_forward",
                condition=Q(valid_until=None)
                | Q(signed_on=None)
                | Q(valid_until__gte=F("signed_on")),
            )
        ]

    def __str__(self) -> str:
        return f"共建协议 {self.signed_on or ''}"

    def in_force(self, day: dt.date | None = None) -> bool:
        day = day or timezone.localdate()
        signed = self.signed_on is not None and self.signed_on <= day
        return signed and (self.valid_until is None or self.valid_until >= day)


class AssistancePlan(ScopedModel):
    """帮扶方案 of a year, as text, file or both."""

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="plans")
    year = models.PositiveSmallIntegerField("年度")
    text = models.TextField("帮扶方案", max_length=4000, blank=True)
    file = models.UUIDField("附件", null=True, editable=False)
    file_name = models.CharField(max_length=80, blank=True, editable=False)
    file_size = models.PositiveIntegerField(default=0, editable=False)
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "帮扶方案"
        ordering = ("-year",)
        constraints = [
            models.UniqueConstraint(fields=("pairing", "year"), name="pairing_one_plan_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.year}年帮扶方案"


class AssistanceProject(ScopedModel):
    """帮扶项目 of a year: goal, sector, policy used, budget (元), steps and results.

    Counted by rules on ``project`` in its year; abandoned ones are not.
    """

    class Nature(models.TextChoices):
        CAPACITY_BUILDING = "capacity_building", "造血"
        RELIEF = "relief", "输血"

    class State(models.TextChoices):
        PLANNED = "planned", "计划中"
        RUNNING = "running", "实施中"
        FINISHED = "finished", "已完成"
        ABANDONED = "abandoned", "未实施"

    SECTORS: ClassVar = {
        "farming": "特色农林业",
        "processing": "农产品加工",
        "cooperative": "妇女专业合作经济组织",
        "training": "实用技术培训",
        "site": "阵地建设",
        "culture": "文化活动",
        "education": "助学",
        "medical": "助医",
        "employment": "就业",
        "other": "其他",
    }
    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="projects")
    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("项目名称", max_length=80)
    goal = models.CharField("目标", max_length=500, blank=True)
    sector = models.CharField("领域", max_length=20, choices=list(SECTORS.items()), default="other")
    policy_used = models.CharField("运用政策", max_length=200, blank=True)
    nature = models.CharField(
        "帮扶性质", max_length=20, choices=Nature.choices, default=Nature.CAPACITY_BUILDING
    )
    budget = models.DecimalField(
        "预算（元）", max_digits=12, decimal_places=2, null=True, blank=True
    )
    state = models.CharField("进度", max_length=10, choices=State.choices, default=State.PLANNED)
    starts_on = models.DateField("开始日期", null=True, blank=True)
    finished_on = models.DateField("完成日期", null=True, blank=True)
    results = models.CharField("成效", max_length=1000, blank=True)
    beneficiaries = models.PositiveIntegerField("受益（人）", null=True, blank=True)
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+"
    )
    entered_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "帮扶项目"
        ordering = ("-year", "id")

    def __str__(self) -> str:
        return self.name


class Milestone(ScopedModel):
    """A step of a project and its day."""

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="milestones")
    project = models.ForeignKey(AssistanceProject, models.CASCADE, related_name="milestones")
    name = models.CharField("步骤", max_length=100)
    due_on = models.DateField("时限", null=True, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "项目步骤"
        ordering = ("project", "due_on", "id")

    def __str__(self) -> str:
        return self.name


class SupportLine(ScopedModel):
    """What was given: of a project, or of one log (实事, 走访慰问). Value in 元; counted once, here."""

    class Kind(models.TextChoices):
        CASH = "cash", "资金"
        GOODS = "goods", "物资"
        COMPUTERS = "computers", "电脑"
        EQUIPMENT = "equipment", "文体器材"
        BOOKS = "books", "图书资料"

    scope_unit = "pairing__unit"

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="support_lines")
    project = models.ForeignKey(
        AssistanceProject, models.CASCADE, null=True, blank=True, related_name="support_lines"
    )
    log = models.ForeignKey(
        ContactLog, models.CASCADE, null=True, blank=True, related_name="support_lines"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    name = models.CharField("名称", max_length=60, blank=True)
    quantity = models.DecimalField("数量", max_digits=10, decimal_places=2, null=True, blank=True)
    measure = models.CharField("单位", max_length=10, blank=True)
    value = models.DecimalField("价值（元）", max_digits=12, decimal_places=2, default=0)
    given_on = models.DateField("日期", null=True, blank=True)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "扶持明细"
        ordering = ("pairing", "id")
        constraints = [
            models.CheckConstraint(
                name="pairing_support_of_one",
                condition=Q(project=None, log__isnull=False) | Q(project__isnull=False, log=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class ContactCard(ScopedModel):
    """双向联系卡 as it was handed out: when, by whom, and a mark of what stood on it.

    ``mark`` is a keyed hash of both sides' contacts: another mark than today's asks for a new card.
    No name and no number is kept.
    """

    scope_unit = "pairing__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="cards")
    issued_at = models.DateTimeField("印发时间", default=timezone.now)
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    mark = models.CharField(max_length=64)

    objects: ClassVar = OfPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "双向联系卡"
        ordering = ("-issued_at", "-id")

    def __str__(self) -> str:
        return f"双向联系卡 {timezone.localdate(self.issued_at)}"
