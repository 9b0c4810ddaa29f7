"""Tables of the list pages: django-tables2, with the body set in one pass.

The library asks anew for every cell which arguments a column wants and renders a template for each
row; over 50 rows that is most of a page's time. Here each column is asked once a page. Columns,
sorting, paging and heads stay the library's. ``td`` attributes are those of the column, not of a row.
Its columns of days compile a template for each cell; ours write the day themselves.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import django_tables2 as tables
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django_tables2.utils import Accessor

from federation.templatetags.portal import state as state_badge

ARGUMENTS = ("value", "record", "column", "bound_column", "bound_row", "table")


class PageTable(tables.Table):
    """Base of our tables; ``kinds/_table.html`` shows its ``body``."""

    def body(self) -> SafeString:
        """All rows of the page as ``<tr>`` elements."""
        return mark_safe("".join(self._rows()))  # noqa: S308 -- every cell is escaped in _Cells

    def _rows(self) -> Iterator[str]:
        columns: list[_Cells] = []
        for row in self.paginated_rows:
            columns = columns or [_Cells(self, bound, row.record) for bound in self.columns]
            yield f"<tr>{''.join(cells.of(row) for cells in columns)}</tr>"


class _Cells:
    """One column of one page: what does not differ between its cells, found once."""

    def __init__(self, table: PageTable, bound: Any, record: Any):
        self.table, self.bound, self.column = table, bound, bound.column
        self.read = _reader(Accessor(bound.accessor), record)
        wanted = inspect.signature(bound.render).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in wanted.values())
        self.wanted = [name for name in ARGUMENTS if takes_all or name in wanted]
        label = strip_tags(str(bound.header))
        self.opening = format_html('<td {} data-label="{}">', bound.attrs["td"].as_html(), label)
        self.default = conditional_escape(bound.default)

    def of(self, row: Any) -> str:
        value = self.read(row.record)
        if value in self.column.empty_values:
            return f"{self.opening}{self.default}</td>"
        known = {
            "value": value,
            "record": row.record,
            "column": self.column,
            "bound_column": self.bound,
            "bound_row": row,
            "table": self.table,
        }
        content = self.bound.render(**{name: known[name] for name in self.wanted})
        return f"{self.opening}{conditional_escape(content)}</td>"


def _reader(accessor: Any, record: Any) -> Callable[[Any], Any]:
    """How to read the column from a record: a choice by its words, what is not there as None."""
    try:
        choices = getattr(accessor.get_field(record), "choices", None)
    except FieldDoesNotExist:
        choices = None
    if choices and isinstance(record, models.Model) and len(accessor.bits) == 1:
        name = f"get_{accessor}_display"
        return lambda row: getattr(row, name)()
    return lambda row: accessor.resolve(row, quiet=True)


class DayColumn(tables.Column):
    """2026-11-22, of a day or of the local day of a moment."""

    pattern = "%Y-%m-%d"

    def render(self, value: dt.date) -> str:
        if isinstance(value, dt.datetime) and timezone.is_aware(value):
            value = timezone.localtime(value)
        return value.strftime(self.pattern)


class MomentColumn(DayColumn):
    """2026-11-22 10:32 in local time."""

    pattern = "%Y-%m-%d %H:%M"


class ExactMomentColumn(DayColumn):
    """2026-11-22 10:32:07 in local time."""

    pattern = "%Y-%m-%d %H:%M:%S"


@cache
def render_state(name: str, word: str = "") -> SafeString:
    """The badge of a state for a table's cell; there are few, and a page shows many."""
    return render_to_string("parts/state.html", state_badge(name, word))
