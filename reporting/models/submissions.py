"""Submissions: what a unit answers to a call, its rows, and everything that happened to it."""

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from federation.models import OrgUnit
from federation.scope import ScopedModel, ScopedQuerySet
from reporting import annexes


class State(models.TextChoices):
    """States of a submission; only :mod:`reporting.workflow` writes them."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审"
    RETURNED = "returned", "退回"
    APPROVED = "approved", "通过"
    CONSOLIDATED = "consolidated", "已汇总"


OPEN_STATES = (State.DRAFT, State.RETURNED)
DONE_STATES = (State.APPROVED, State.CONSOLIDATED)


class Review(models.TextChoices):
    """Where one row stands; totals count 已审 and 未审 apart and nothing else."""

    NONE = "none", "未报"
    PENDING = "pending", "未审"
    RETURNED = "returned", "退回"
    APPROVED = "approved", "已审"


COUNTED = (Review.PENDING, Review.APPROVED)


class Collection(models.Model):
    """A call for one annex and period by one federation, with the expected set frozen at opening.

    The expected set is the submissions created when it opens (one per unit that owes an answer):
    a unit founded later is added by an act of its own, never silently.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    annex = models.CharField("附件", max_length=60)
    period = models.CharField("报告期", max_length=12)
    doc_number = models.CharField("发文字号", max_length=40, blank=True)
    issuer = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="发文单位", related_name="+")
    receiving_department = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="受理部室", related_name="+", null=True, blank=True
    )
    opened_on = models.DateField("开始日期")
    due_on = models.DateField("截止日期", help_text="含当日。")

    class Meta:
        verbose_name = verbose_name_plural = "收集"
        ordering = ("-opened_on", "annex")
        constraints = [
            models.UniqueConstraint(
                fields=("annex", "period", "issuer"), name="reporting_one_collection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.form.mark} {self.form.title}（{self.period}）"

    @property
    def form(self) -> annexes.Annex:
        return annexes.get(self.annex)


class SubmissionQuerySet(ScopedQuerySet):
    def for_annex(self, code: str, period: str | None = None) -> Self:
        found = self.filter(annex=code)
        return found.filter(period=period) if period else found

    def reviewed_at(self, unit: OrgUnit) -> Self:
        """Submissions whose next level up is ``unit`` itself."""
        return self.filter(reviewer=unit)

    def waiting(self) -> Self:
        return self.filter(state=State.SUBMITTED)

    def missing(self) -> Self:
        """Owed and never yet submitted."""
        return self.filter(submitted_at__isnull=True, state=State.DRAFT)

    def late(self, today: dt.date | None = None) -> Self:
        """Submitted after the due day, or still owed on a later day than it; the due day is on time."""
        today = today or timezone.localdate()
        return self.filter(
            Q(first_submitted_on__gt=F("due_on"))
            | Q(first_submitted_on__isnull=True, due_on__lt=today)
        )


class Submission(ScopedModel):
    """报表: one unit's answer to one annex for one period.

    ``version`` rises with every write; a write carries the version it was typed against.
    ``reviewer`` is the unit exactly one level up, the only one whose people may return or approve.
    A trigger (migration 0003) keeps an approved form and its rows as they were judged, whoever asks.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, models.PROTECT, verbose_name="收集", related_name="submissions"
    )
    annex = models.CharField("附件", max_length=60)
    annex_version = models.PositiveSmallIntegerField("表式版本", default=1, editable=False)
    period = models.CharField("报告期", max_length=12)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="填报单位", related_name="submissions"
    )
    reviewer = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="审核单位", null=True, related_name="to_review"
    )
    state = models.CharField(
        "状态", max_length=20, choices=State.choices, default=State.DRAFT, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    due_on = models.DateField("截止日期")
    nil_report = models.BooleanField("本期无", default=False, editable=False)
    filled_on_behalf = models.BooleanField("代填", default=False, editable=False)
    first_submitted_on = models.DateField("首次报送日期", null=True, editable=False)
    submitted_at = models.DateTimeField("报送时间", null=True, editable=False)
    submitted_by = models.ForeignKey(
        "federation.User",
        models.PROTECT,
        verbose_name="报送人",
        null=True,
        related_name="+",
        editable=False,
    )
    edited_by = models.ForeignKey(
        "federation.User",
        models.PROTECT,
        verbose_name="最后填写人",
        null=True,
        related_name="+",
        editable=False,
    )
    edited_at = models.DateTimeField("最后填写时间", null=True, editable=False)
    approved_at = models.DateTimeField("通过时间", null=True, editable=False)
    approved_by = models.ForeignKey(
        "federation.User",
        models.PROTECT,
        verbose_name="审核人",
        null=True,
        related_name="+",
        editable=False,
    )

    objects: ClassVar = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "报表"
        ordering = ("unit__path", "annex", "period")
        constraints = [
            models.UniqueConstraint(
                fields=("annex", "period", "unit"), name="reporting_one_submission_per_period"
            ),
            models.CheckConstraint(
                name="reporting_four_eyes",
                condition=Q(approved_by__isnull=True)
                | Q(submitted_by__isnull=True)
                | ~Q(approved_by=F("submitted_by")),
            ),
            models.CheckConstraint(
                name="reporting_filler_does_not_approve",
                condition=Q(approved_by__isnull=True)
                | Q(edited_by__isnull=True)
                | ~Q(approved_by=F("edited_by")),
            ),
            models.CheckConstraint(
                name="reporting_approved_has_approver",
                condition=~Q(state__in=("approved", "consolidated")) | Q(approved_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=("annex", "period", "state"))]

    def __str__(self) -> str:
        return f"{self.unit} {self.form.mark}"

    @property
    def form(self) -> annexes.Annex:
        return annexes.get(self.annex)

    @property
    def is_late(self) -> bool:
        return (self.first_submitted_on or timezone.localdate()) > self.due_on

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def only_row(self) -> "SubmissionRow":
        """The row of a one-respondent form."""
        return self.rows.all()[0]


def _reviewed() -> dict[str, models.Count]:
    return {
        "approved": models.Count("pk", filter=Q(review=Review.APPROVED)),
        "pending": models.Count("pk", filter=Q(review=Review.PENDING)),
    }


class RowQuerySet(ScopedQuerySet):
    def counted(self) -> Self:
        """Rows in totals: of reported submissions, without those returned."""
        return self.filter(review__in=COUNTED)

    def totals(self) -> dict[str, int]:
        """``{"approved": 已审, "pending": 未审, "total": 合计}`` of the rows of this very queryset."""
        found = self.order_by().aggregate(**_reviewed())
        return {**found, "total": found["approved"] + found["pending"]}

    def totals_by_call(self) -> dict[int, dict[str, int]]:
        """``approved`` and ``pending`` for each call the rows answer, by its key; one query."""
        found = self.order_by().values("submission__collection").annotate(**_reviewed())
        return {counts.pop("submission__collection"): counts for counts in found}


class SubmissionRow(ScopedModel):
    """One line of a submission with where it came from. A one-respondent form has exactly one.

    ``values`` holds JSON by the annex's field keys, as typed until submitted, cleaned from then on.
    """

    scope_unit = "submission__unit"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField("序号")
    values = models.JSONField("内容", default=dict)
    review = models.CharField(
        "审核", max_length=10, choices=Review.choices, default=Review.NONE, editable=False
    )
    source = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="来源行",
        null=True,
        blank=True,
        related_name="taken_into",
    )
    source_version = models.PositiveIntegerField("来源版本", null=True, editable=False)
    origin = models.JSONField("来源", default=dict, help_text="文件、工作表和区域；在线填写为空。")
    search_text = models.TextField(editable=False, blank=True)

    objects: ClassVar = RowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "报表行"
        ordering = ("submission", "position")
        constraints = [
            models.UniqueConstraint(
                fields=("submission", "source"),
                condition=Q(source__isnull=False),
                name="reporting_one_row_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission} 第 {self.position} 行"

    def index(self) -> "SubmissionRow":
        """Bring ``search_text`` up to ``values``; ``save`` does, rows written in bulk ask for it."""
        self.search_text = " ".join(
            field.display(self.values.get(field.key))
            for field in self.submission.form.fields
            if not field.personal
        )[:4000]
        return self

    def save(self, *args, **kwargs):
        self.index()
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_text"}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """What a person calls this row."""
        return self.submission.form.row_name(self.values)

    @property
    def corrected_keys(self) -> set[str]:
        return {
            change.key for change in self.changes.all() if change.kind == CellChange.Kind.CORRECTION
        }


class SubmissionEvent(ScopedModel):
    """One step of a submission, written in the same transaction as the step."""

    scope_unit = "submission__unit"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="events")
    step = models.CharField("步骤", max_length=20)
    from_state = models.CharField(max_length=20, choices=State.choices)
    to_state = models.CharField(max_length=20, choices=State.choices)
    actor = models.ForeignKey("federation.User", models.PROTECT, null=True, related_name="+")
    acting_unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+")
    reason = models.TextField("理由", blank=True)
    on_behalf = models.BooleanField("代办", default=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "报表经过"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.submission} {self.step}"


class CellReturn(ScopedModel):
    """A cell (or, with an empty key, a whole row) sent back with a reason; open until resubmitted."""

    scope_unit = "submission__unit"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="cell_returns")
    event = models.ForeignKey(SubmissionEvent, models.CASCADE, related_name="cells")
    row = models.ForeignKey(SubmissionRow, models.CASCADE, related_name="cell_returns")
    key = models.CharField(max_length=60, blank=True)
    reason = models.CharField("理由", max_length=500)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "退回单元格"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.row} {self.key}"

    @property
    def label(self) -> str:
        if not self.key:
            return "整行"
        return self.submission.form.field(self.key).label


class CellChange(ScopedModel):
    """What a cell was and became: edits after a return, and corrections of consolidated rows."""

    class Kind(models.TextChoices):
        EDIT = "edit", "修改"
        CORRECTION = "correction", "更正"
        REFRESH = "refresh", "随来源更新"

    scope_unit = "row__submission__unit"

    row = models.ForeignKey(SubmissionRow, models.CASCADE, related_name="changes")
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    by = models.ForeignKey("federation.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "单元格更改"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.row} {self.key}"
