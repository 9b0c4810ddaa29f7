"""审计记录: what auditors read, newest first. They see who did what, and never what a form says."""

import datetime as dt

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tables2.data import TableQuerysetData

from federation import audit, frame, scope
from federation.models import AuditEvent
from federation.policy import Policy
from federation.tables import ExactMomentColumn, PageTable
from federation.views.base import ListPage

COUNTED = 10_000  # rows counted and turned over; older ones are found by date
# What is said of an act, in the order shown; other words of ``detail`` are shown by their key.
WORDS = {
    "route": "页面",
    "method": "方式",
    "target": "编号",
    "kind": "类别",
    "attempts": "第几次",
    "code": "代码",
    "version": "版本",
    "reason": "理由",
    "row": "行",
    "from": "原为",
    "to": "改为",
    "count": "条数",
    "added": "新增",
    "removed": "撤销",
    "who": "人员",
    "post": "岗位",
    "acting_for": "代理",
    "since": "起",
    "until": "止",
    "field": "栏目",
    "units": "单位数",
    "sha256": "文件校验值",
    "file": "来件",
    "size": "字节数",
    "received_on": "收到日期",
    "changed": "修改",
    "same": "相同",
    "kept": "保留",
    "found": "搜索方式",
    "caring": "属管理单位或责任人",
    "due_on": "应删除日期",
    "archive": "档案编号",
    "erasure": "删除编号",
    "consent": "同意编号",
    "authorisation": "查阅授权编号",
}


class AtLeast(int):
    """A number of rows that was not counted to the end: written ``10000+``."""

    def __format__(self, spec: str) -> str:
        return f"{int(self)}+"


class BoundedData(TableQuerysetData):
    """Counts to 10,000 and no further, so that a page of millions costs what a small one does."""

    more = False

    def __len__(self) -> int:
        if getattr(self, "_length", None) is None:
            found = self.data.order_by()[: COUNTED + 1].count()
            self.more = found > COUNTED
            self._length = min(found, COUNTED)
        return self._length


def midnight(day: dt.date) -> dt.datetime:
    """The local moment at which ``day`` begins."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


class AuditFilter(django_filters.FilterSet):
    who = django_filters.CharFilter(label="人员", method="by_person")
    verb = django_filters.ChoiceFilter(
        label="操作", choices=list(audit.VERBS.items()), empty_label="全部"
    )
    unit = django_filters.CharFilter(label="组织（含下级）", method="at_unit")
    since = django_filters.DateFilter(label="起始日期", method="from_day")
    until = django_filters.DateFilter(label="截止日期", method="to_day")
    what = django_filters.CharFilter(label="对象", method="on_record")

    class Meta:
        model = AuditEvent
        fields = ("who", "verb", "unit", "since", "until", "what")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("since", "until"):
            # Typed, as offices write dates: a browser's own picker takes one form only.
            self.form.fields[name].widget = forms.DateInput(
                attrs={"placeholder": "如 2026年11月22日", "autocomplete": "off"}
            )
        self.form.fields["what"].widget.attrs["placeholder"] = "如 报表、作业，或编号"

    def by_person(self, queryset, name, value):
        return queryset.filter(
            Q(actor__display_name__contains=value) | Q(actor__username__iexact=value)
        )

    def at_unit(self, queryset, name, value):
        return queryset.filter(scope.named(value, "unit__path"))

    def from_day(self, queryset, name, value):
        return queryset.filter(at__gte=midnight(value))

    def to_day(self, queryset, name, value):
        return queryset.filter(at__lt=midnight(value + dt.timedelta(days=1)))

    def on_record(self, queryset, name, value):
        condition = Q(record__contains=value)
        for label, word in audit.record_kinds().items():
            if value in word:
                condition |= Q(record__startswith=f"{label}:")
        return queryset.filter(condition)


class AuditTable(PageTable):
    at = ExactMomentColumn("时间")
    actor = tables.Column("人员", empty_values=())
    verb = tables.Column("操作")
    unit = tables.Column("组织", empty_values=())
    record = tables.Column("对象")
    detail = tables.Column("内容", empty_values=())

    class Meta:
        model = AuditEvent
        fields = ("at", "actor", "verb", "unit", "record", "detail")
        orderable = False
        order_by = ()

    def render_actor(self, record):
        return f"{record.actor}（{record.actor.username}）" if record.actor else "系统"

    def render_verb(self, value):
        return audit.verb_word(value)

    def render_unit(self, record):
        return record.unit.name if record.unit else "—"

    def render_record(self, value):
        return audit.record_word(value)

    def render_detail(self, record):
        return detail_words(record.detail)


def detail_words(detail: dict) -> str:
    """``detail`` in one line: known words first."""
    known = [key for key in WORDS if key in detail]
    said = [*known, *(key for key in detail if key not in WORDS)]
    lines = (f"{WORDS.get(key, key)}：{_value(detail[key])}" for key in said)
    return "；".join(line for line in lines if not line.endswith("：")) or "—"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def rows_for(user, asked) -> QuerySet[AuditEvent]:
    """Rows ``user`` may read that fit the query ``asked``, newest first; an export asks the same."""
    found = AuditFilter(asked, queryset=audit.visible_to(user)).qs
    return found.select_related("actor", "unit").order_by("-id")


class AuditList(ListPage):
    policy = Policy("federation_audit").to("查看审计记录", resource="audit", sensitivity=2)
    model = AuditEvent
    template_name = "federation/audit.html"
    filterset_class = AuditFilter
    table_class = AuditTable
    title = "审计记录"
    scope_word = "含下级"
    empty_text = "没有符合条件的审计记录。"

    def get_queryset(self):
        rows = audit.visible_to(self.request.user)
        return rows.select_related("actor", "unit").order_by("-id")

    def get_tools(self):
        return frame.tools_for(self.request)

    def get_table_data(self):
        return BoundedData(super().get_table_data())

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        if table.data.more:
            table.paginator.count = AtLeast(COUNTED)
        return table

    def get_context_data(self, **kwargs):
        return super().get_context_data(counted=COUNTED, **kwargs)
