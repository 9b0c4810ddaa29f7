"""Whether a produced sheet still looks like the issued one, said cell by cell."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reporting.workbook.opened import opened
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


Source = Path | str | bytes


def compare_layout(
    issued: Source,
    produced: Source,
    *,
    rows: Mapping[int, int] | None = None,
    filled: frozenset[str] | set[str] = frozenset(),
    columns: int | None = None,
    grown: frozenset[int] | set[int] = frozenset(),
) -> list[str]:
    """The differences between two one-sheet workbooks; empty when they look the same.

    Compared: sheet name, words, merges, fonts, sizes, alignment, borders, fills, column widths, row
    heights, print area, paper, orientation, fit to page, repeated header, centring, margins,
    header and footer, grid lines.

    ``rows`` maps each produced row to the issued row it must look like (default: row for row).
    ``filled`` are produced addresses whose words are allowed to differ. ``columns`` limits the
    comparison to the first so many columns. ``grown`` are produced rows that may be taller than
    issued, never lower. The print area and merges are compared after mapping the rows.
    """
    before, after = _sheet(issued), _sheet(produced)
    mapping = dict(rows) if rows else {n: n for n in range(1, before.max_row + 1)}
    width = columns or before.max_column
    return [
        *_page(before, after, mapping),
        *_widths(before, after, width),
        *_heights(before, after, mapping, grown),
        *_merges(before, after, mapping),
        *_cells(before, after, mapping, width, filled),
    ]


def _sheet(source: Source) -> Worksheet:
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    book = opened(stream)
    if len(book.worksheets) != 1:
        raise ValueError("compare_layout knows workbooks of one sheet")
    return book.worksheets[0]


def _differ(what: str, before: object, after: object) -> Iterator[str]:
    if before != after:
        yield f"{what}: issued {before!r}, produced {after!r}"


def _page(before: Worksheet, after: Worksheet, rows: Mapping[int, int]) -> Iterator[str]:
    yield from _differ("sheet name", before.title, after.title)
    for name in ("paperSize", "orientation", "fitToHeight", "fitToWidth", "scale"):
        yield from _differ(name, getattr(before.page_setup, name), getattr(after.page_setup, name))
    yield from _differ("print titles", before.print_title_rows, after.print_title_rows)
    yield from _differ(
        "fit to page",
        before.sheet_properties.pageSetUpPr and before.sheet_properties.pageSetUpPr.fitToPage,
        after.sheet_properties.pageSetUpPr and after.sheet_properties.pageSetUpPr.fitToPage,
    )
    yield from _differ(
        "grid lines", before.sheet_view.showGridLines, after.sheet_view.showGridLines
    )
    for name in ("left", "right", "top", "bottom", "header", "footer"):
        yield from _differ(
            f"margin {name}", getattr(before.page_margins, name), getattr(after.page_margins, name)
        )
    for name in ("horizontalCentered", "verticalCentered"):
        yield from _differ(
            name, getattr(before.print_options, name), getattr(after.print_options, name)
        )
    for name in ("oddHeader", "oddFooter"):
        for part in ("left", "center", "right"):
            yield from _differ(
                f"{name} {part}",
                getattr(getattr(before, name), part).text,
                getattr(getattr(after, name), part).text,
            )
    if before.print_area:
        area = str(before.print_area)
        head, last = area.rsplit("$", 1)
        bottom = max(new for new, old in rows.items() if old == int(last))
        yield from _differ("print area", f"{head}${bottom}", str(after.print_area))
    else:
        yield from _differ("print area", before.print_area, after.print_area)


def _widths(before: Worksheet, after: Worksheet, width: int) -> Iterator[str]:
    for number in range(1, width + 1):
        letter = index_to_letters(number - 1)
        yield from _differ(
            f"width of {letter}",
            before.column_dimensions[letter].width,
            after.column_dimensions[letter].width,
        )


def _heights(
    before: Worksheet, after: Worksheet, rows: Mapping[int, int], grown: set[int] | frozenset[int]
) -> Iterator[str]:
    for new, old in rows.items():
        was, now = before.row_dimensions[old].height, after.row_dimensions[new].height
        if new in grown and was is not None and now is not None and now >= was:
            continue
        yield from _differ(f"height of row {new}", was, now)


def _merges(before: Worksheet, after: Worksheet, rows: Mapping[int, int]) -> Iterator[str]:
    expected = set()
    for merge in before.merged_cells.ranges:
        tops = [new for new, old in rows.items() if old == merge.min_row]
        bottoms = [new for new, old in rows.items() if old == merge.max_row]
        if merge.min_row == merge.max_row:
            spans = [(new, new) for new in tops]
        else:
            spans = [(min(tops), max(bottoms))]
        expected |= {(merge.min_col, top, merge.max_col, bottom) for top, bottom in spans}
    found = {(m.min_col, m.min_row, m.max_col, m.max_row) for m in after.merged_cells.ranges}
    yield from _differ("merges", sorted(expected), sorted(found))


def _look(cell: Cell) -> dict[str, object]:
    font, border, align = cell.font, cell.border, cell.alignment
    return {
        "font": font.name,
        "size": font.sz,
        "bold": bool(font.b),
        "italic": bool(font.i),
        "underline": font.u,
        "colour": font.color and font.color.rgb,
        "borders": tuple(
            (side, getattr(border, side) and getattr(border, side).style)
            for side in ("left", "right", "top", "bottom")
        ),
        "fill": cell.fill.fill_type,
        "number format": cell.number_format,
        "alignment": (align.horizontal, align.vertical, align.wrap_text, align.indent),
    }


def _cells(
    before: Worksheet,
    after: Worksheet,
    rows: Mapping[int, int],
    width: int,
    filled: set[str] | frozenset[str],
) -> Iterator[str]:
    for new, old in rows.items():
        for column in range(1, width + 1):
            was, now = before.cell(old, column), after.cell(new, column)
            was_look, now_look = _look(was), _look(now)
            for name, look in was_look.items():
                yield from _differ(f"{name} of {now.coordinate}", look, now_look[name])
            if now.coordinate not in filled:
                yield from _differ(f"words of {now.coordinate}", was.value, now.value)
    beyond = [
        cell.coordinate
        for row in after.iter_rows(max_col=width)
        for cell in row
        if cell.row not in rows and cell.value is not None
    ]
    yield from _differ("words below the form", [], beyond)
