"""The list of a pair's logs, and what it is narrowed by."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import F, Q
from django.db.models.functions import ExtractMonth, ExtractYear
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from federation.tables import PageTable, render_state
from pairing.log_words import Words
from pairing.models import ContactLog, LogKind

STATES = (("counted", "计入的"), ("late", "补录的"), ("withdrawn", "已撤回的"))
MONTHS = [(str(number), f"{number}月") for number in range(1, 13)]


def _years() -> list[tuple[str, str]]:
    this = timezone.localdate().year
    return [(str(year), f"{year}年") for year in range(this, this - 10, -1)]


class LogFilter(django_filters.FilterSet):
    kind = django_filters.ModelChoiceFilter(
        label="类别", queryset=LogKind.objects.all(), to_field_name="code", empty_label="全部"
    )
    year = django_filters.ChoiceFilter(
        label="年度", field_name="on", lookup_expr="year", choices=_years, empty_label="全部"
    )
    month = django_filters.ChoiceFilter(
        label="月份", field_name="on", lookup_expr="month", choices=MONTHS, empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, method="standing", empty_label="全部"
    )

    class Meta:
        model = ContactLog
        fields = ("kind", "year", "month", "state")

    def standing(self, queryset, name, value):
        if value == "withdrawn":
            return queryset.exclude(withdrawn_at=None)
        if value == "counted":
            return queryset.counted()
        entered = timezone.get_current_timezone()
        year, month = (
            ExtractYear("entered_at", tzinfo=entered),
            ExtractMonth("entered_at", tzinfo=entered),
        )
        rows = queryset.counted().annotate(entered_year=year, entered_month=month)
        same_year = Q(entered_year=F("on__year"), entered_month__gt=F("on__month"))
        return rows.filter(Q(entered_year__gt=F("on__year")) | same_year)


class LogTable(PageTable):
    """联系记录 of one pair, for one reader."""

    on = tables.Column("日期")
    kind = tables.Column("类别")
    summary = tables.Column("内容", empty_values=())
    value = tables.Column("折合（元）", attrs={"td": {"class": "num"}})
    beneficiaries = tables.Column("受益（人）", attrs={"td": {"class": "num"}})
    by = tables.Column("登记人")
    entered_at = tables.Column("登记时间")

    class Meta:
        model = ContactLog
        fields = ("on", "kind", "summary", "value", "beneficiaries", "by", "entered_at")
        order_by = ()
        orderable = False

    def __init__(self, *args, words: Words, **kwargs):
        super().__init__(*args, **kwargs)
        self.words = words

    def render_on(self, record):
        url, sign = reverse("pairing:log", args=[record.uuid]), sign_of(record)
        link = format_html('<a href="{}">{}</a>', url, record.on.isoformat())
        return format_html('{} <span class="ms-2">{}</span>', link, sign) if sign else link

    def render_kind(self, record):
        if record.direction:
            return f"{record.kind}（{record.get_direction_display()}）"
        return f"{record.kind}（{record.get_way_display()}）" if record.way else record.kind

    def render_summary(self, record):
        return self.words.of(record.summary)[:60] or "—"

    def render_entered_at(self, value):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


def sign_of(log: ContactLog) -> str:
    """已撤回, or 补录; nothing for a log entered in its own month."""
    if log.withdrawn_at:
        return render_state("withdrawn")
    return render_state("log_late_entry") if log.is_late_entry else ""
