"""How an issued sheet looks, for a page that shows it: read only, the file stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reporting.workbook.opened import opened
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters
from reporting.workbook.sheet import split_address
from reporting.workbook.text import FORBIDDEN, join_surrogates

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

# 方正小标宋, 黑体 and the rest by what their many names have in common.
_FACES = (("小标宋", "title"), ("中宋", "title"), ("黑", "hei"), ("仿宋", "fang"), ("楷", "kai"))
_SIDES = ("top", "right", "bottom", "left")
_A4 = (841.9, 595.3)  # points
_POINTS = 72.0  # an inch
_DEFAULT_HEIGHT = 15.0
_forbidden = re.compile(f"[{FORBIDDEN}]")


@dataclass(frozen=True)
class CellView:
    """One cell as issued, merged cells as one. ``size`` in points, ``indent`` in steps, ``face``
    one of title, hei, fang, kai, song, ``lines`` the sides that are ruled."""

    address: str
    words: str
    colspan: int
    rowspan: int
    face: str
    size: float
    bold: bool
    align: str
    valign: str
    indent: int
    lines: frozenset[str]

    @property
    def column(self) -> str:
        return split_address(self.address)[0]


@dataclass(frozen=True)
class RowView:
    number: int
    height: float
    cells: tuple[CellView, ...]

    @property
    def ruled(self) -> bool:
        return any(cell.lines for cell in self.cells)


@dataclass(frozen=True)
class SheetView:
    """A sheet as issued. ``widths`` are shares of the whole in percent; ``fit`` is the factor by
    which its rows are lowered where the form is meant for one page and is a little too tall."""

    widths: tuple[float, ...]
    rows: tuple[RowView, ...]
    wide: bool
    fit: float

    def parts(self) -> tuple[tuple[RowView, ...], tuple[RowView, ...], tuple[RowView, ...]]:
        """Rows above the ruled table, the table, and rows below it."""
        ruled = [index for index, row in enumerate(self.rows) if row.ruled]
        first, last = (ruled[0], ruled[-1] + 1) if ruled else (len(self.rows),) * 2
        return self.rows[:first], self.rows[first:last], self.rows[last:]


@lru_cache(maxsize=64)
def sheet_view(path: Path) -> SheetView:
    """The sheet of the issued workbook at ``path``; read once in the life of a process."""
    sheet = opened(path).worksheets[0]
    rows = tuple(_rows(sheet))
    columns = range(1, sheet.max_column + 1)
    widths = [
        float(sheet.column_dimensions[index_to_letters(number - 1)].width) for number in columns
    ]
    shares = tuple(round(100 * width / sum(widths), 2) for width in widths)
    wide = sheet.page_setup.orientation == "landscape"
    return SheetView(shares, rows, wide, _fit(sheet, rows, wide=wide))


def _fit(sheet: Worksheet, rows: tuple[RowView, ...], *, wide: bool) -> float:
    if not sheet.sheet_properties.pageSetUpPr or sheet.page_setup.fitToHeight in (None, 0, "0"):
        return 1.0
    margins = sheet.page_margins
    room = _A4[1 if wide else 0] - (margins.top + margins.bottom) * _POINTS
    # The rules themselves take room on a page, which a spreadsheet does not count.
    total = sum(row.height + 1 for row in rows)
    return min(1.0, round(room / total, 3)) if room > 0 and total else 1.0


def _rows(sheet: Worksheet) -> Iterator[RowView]:
    from openpyxl.cell.cell import MergedCell  # noqa: PLC0415 -- loaded with the workbook

    spans = {
        (merge.min_row, merge.min_col): (merge.size["columns"], merge.size["rows"])
        for merge in sheet.merged_cells.ranges
    }
    for cells in sheet.iter_rows():
        number = cells[0].row
        shown = tuple(
            _cell(sheet, cell, *spans.get((cell.row, cell.column), (1, 1)))
            for cell in cells
            if not isinstance(cell, MergedCell)
        )
        yield RowView(number, float(sheet.row_dimensions[number].height or _DEFAULT_HEIGHT), shown)


def _cell(sheet: Worksheet, cell: Cell, colspan: int, rowspan: int) -> CellView:
    end = sheet.cell(cell.row + rowspan - 1, cell.column + colspan - 1)
    ruled = {"top": cell, "left": cell, "bottom": end, "right": end}
    alignment, font = cell.alignment, cell.font
    return CellView(
        address=cell.coordinate,
        words=str(cell.value or ""),
        colspan=colspan,
        rowspan=rowspan,
        face=next((face for name, face in _FACES if name in (font.name or "")), "song"),
        size=float(font.sz or 11),
        bold=bool(font.b),
        align=alignment.horizontal if alignment.horizontal in ("center", "right") else "left",
        valign=alignment.vertical if alignment.vertical in ("top", "center") else "bottom",
        indent=int(alignment.indent or 0),
        lines=frozenset(side for side in _SIDES if _is_ruled(ruled[side], side)),
    )


def _is_ruled(cell: Cell, side: str) -> bool:
    line = getattr(cell.border, side)
    return line is not None and line.style is not None


def page_text(value: str) -> str:
    """Words as the filled workbook would hold them, for a page: nothing unreadable, nothing cut."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return _forbidden.sub("", join_surrogates(text)) if _forbidden.search(text) else text
