"""交办事项: what a notice asks, of whom, for which period, by when."""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from federation.models import OrgUnit, User
from notices import due_rules
from notices.models.notices import Notice, Part
from notices.spans import Cycle

CYCLES = [(cycle.value, cycle.words) for cycle in Cycle]


class Duty(Part):
    """One deliverable of a notice.

    Three things stay apart: the campaign window (of the notice, or this duty's own), the period
    covered (``cycle``, or ``covers_*`` for a duty owed once) and the due day (``due_rule`` with the
    notice's own ``due_phrase`` beside it).
    """

    class Deliverable(models.TextChoices):
        ANNEX = "annex", "附件表格"
        FILE = "file", "文件"
        NARRATIVE = "narrative", "文字材料"
        COUNT = "count", "次数、数量"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="duties")
    code = models.CharField("代码", max_length=40)
    title = models.CharField("事项", max_length=200)
    phrase = models.TextField("原文", blank=True, help_text="通知中的原话。")
    deliverable = models.CharField("报送内容", max_length=20, choices=Deliverable.choices)
    annex = models.CharField("对应表式", max_length=60, blank=True)
    minimum = models.PositiveIntegerField("最少", null=True, blank=True)
    aim = models.PositiveIntegerField("目标", null=True, blank=True)
    count_unit = models.CharField("单位", max_length=10, blank=True)
    receiving_department = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="受理部室", null=True, blank=True, related_name="+"
    )
    cycle = models.CharField("周期", max_length=20, choices=CYCLES, default=Cycle.ONCE.value)
    window_from = models.DateField("开展自", null=True, blank=True)
    window_to = models.DateField("开展至", null=True, blank=True)
    covers_from = models.DateField("统计期自", null=True, blank=True)
    covers_to = models.DateField("统计期至", null=True, blank=True)
    due_phrase = models.CharField("期限原文", max_length=100, blank=True)
    due_rule = models.JSONField("截止规则", default=dict)
    lock_after = models.PositiveSmallIntegerField(
        "逾期几天后锁定", default=7, help_text="截止日后第几天起不能再报；0 为不锁定。"
    )
    owed_by = models.JSONField("责任单位", default=dict)
    owed_by_words = models.CharField("责任单位原文", max_length=200, blank=True)
    frozen_at = models.DateTimeField("应报名单确定时间", null=True, editable=False)

    class Meta(Part.Meta):
        verbose_name = verbose_name_plural = "交办事项"
        constraints = [
            models.UniqueConstraint(fields=("notice", "code"), name="notices_one_duty_code"),
            models.UniqueConstraint(
                fields=("notice", "annex"),
                condition=~Q(annex=""),
                name="notices_one_duty_an_annex",
                violation_error_message="同一通知中已有交办事项使用这个附件。",
            ),
            models.CheckConstraint(
                name="notices_annex_named_where_owed",
                condition=~Q(deliverable="annex") | ~Q(annex=""),
                violation_error_message="报送内容为附件表格时须选择对应表式。",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        try:
            self.due_rule = due_rules.checked(self.due_rule)
        except due_rules.DueRuleError as error:
            raise ValidationError({"due_rule": str(error)}) from error

    @property
    def rhythm(self) -> Cycle:
        return Cycle(self.cycle)

    @property
    def due_words(self) -> str:
        return self.due_phrase or due_rules.words(self.due_rule)

    @property
    def number_words(self) -> str:
        """至少 1 件，目标 2 件; empty where no number is asked."""
        parts = []
        if self.minimum is not None:
            parts.append(f"至少 {self.minimum} {self.count_unit}".rstrip())
        if self.aim is not None and self.aim != self.minimum:
            parts.append(f"目标 {self.aim} {self.count_unit}".rstrip())
        return "，".join(parts)


class Liability(models.TextChoices):
    """How a duty says who owes it; the keys of ``Duty.owed_by``."""

    RECIPIENTS = "recipients", "全部主送单位"
    KINDS = "kinds", "某几类组织"
    UNITS = "units", "指定单位"
    RESPONDENTS = "respondents", "按表式规定的单位"


class ExpectedUnit(models.Model):
    """应报名单: one unit of a duty's expected set, frozen at publication.

    A later addition or removal is an event with a day and a reason, never a silent recount.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="expected")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    since = models.DateField("列入日期")
    why_added = models.CharField("列入原因", max_length=200, blank=True)
    until = models.DateField("移出日期", null=True, blank=True)
    why_removed = models.CharField("移出原因", max_length=200, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "应报单位"
        constraints = [
            models.UniqueConstraint(
                fields=("duty", "unit"),
                condition=Q(until__isnull=True),
                name="notices_expected_once",
            ),
            models.CheckConstraint(
                name="notices_removed_with_reason",
                condition=Q(until__isnull=True) | ~Q(why_removed=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty} · {self.unit}"
