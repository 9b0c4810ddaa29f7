"""The rows behind a figure of the year table, of whatever model, as one table."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from pairing.models import AssistanceProject, ContactLog, Pairing, RuleWindow, SupportLine
from pairing.tables import NamedTable
from registry import masking
from reporting.annexes import Measure

WITH: dict[type, tuple[str, ...]] = {
    Pairing: ("kind", "recipient_unit"),
    ContactLog: ("pairing", "kind"),
    SupportLine: ("pairing", "log__kind", "project"),
    AssistanceProject: ("pairing",),
    RuleWindow: ("pairing", "rule"),
}


def pair_of(row: Any) -> Pairing:
    return row if isinstance(row, Pairing) else row.pairing


def day_of(row: Any) -> Any:
    match row:
        case ContactLog():
            return row.on
        case SupportLine():
            return row.given_on or (row.log.on if row.log else f"{row.project.year}年")
        case AssistanceProject():
            return f"{row.year}年"
        case RuleWindow():
            return f"{row.first_day}至{row.last_day}"
    return ""


def words_of(row: Any) -> str:
    match row:
        case ContactLog():
            return f"{row.kind}：{masking.scan(row.summary)}" if row.summary else str(row.kind)
        case SupportLine():
            whence = row.log.kind if row.log else row.project
            return (
                f"{row.get_kind_display()} {masking.scan(row.name)}（{masking.scan(str(whence))}）"
            )
        case AssistanceProject():
            return masking.scan(row.name)
        case RuleWindow():
            return f"{row.rule}：应{row.rule.at_least}，已办{row.done}"
    return f"{row.kind}，{row.recipient_unit}"


class FigureTable(NamedTable):
    """Built for one reader and one measure."""

    pair = tables.Column("结对", accessor="pk")
    day = tables.Column("日期", empty_values=(), accessor="pk")
    words = tables.Column("内容", accessor="pk")
    amount = tables.Column("计", accessor="pk", attrs={"td": {"class": "num"}})

    class Meta:
        order_by = ()
        orderable = False

    def __init__(self, *args, measure: Measure, **kwargs):
        self.measure = measure
        super().__init__(*args, **kwargs)

    def pair_of(self, record):
        return pair_of(record)

    @staticmethod
    def behind(rows: QuerySet) -> QuerySet:
        return rows.select_related(*WITH[rows.model])

    def render_pair(self, record):
        url = reverse("pairing:pair", args=[pair_of(record).uuid])
        return format_html('<a href="{}">{}</a>', url, self.name_of(record))

    def render_day(self, record):
        return day_of(record) or "—"

    def render_words(self, record):
        return words_of(record)

    def render_amount(self, record):
        if self.measure.adds_up == "rate":
            return "达标" if record.met else "未达标"
        if self.measure.amount is None:
            return 1
        (field,) = self.measure.amount.get_source_expressions()[:1]
        return getattr(record, field.name)
