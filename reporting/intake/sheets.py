"""A sheet as it was sent, for the page that shows it beside what was understood."""

from __future__ import annotations

from typing import Any

from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters as letters
from reporting.workbook.reading.words import text_of

#: What is kept for the page of one sheet. Every line is read, whatever is shown.
MOST_ROWS, MOST_COLUMNS, LONGEST = 2_000, 40, 300


def kept(document: Document | None) -> list[dict[str, Any]]:
    """The sheets of ``document`` as JSON, each cut to what a page can show, saying so in ``more``."""
    return [_sheet(grid) for grid in document.grids] if document is not None else []


def _sheet(grid: Grid) -> dict[str, Any]:
    rows = [
        [text_of(cell)[:LONGEST] for cell in row[:MOST_COLUMNS]] for row in grid.rows[:MOST_ROWS]
    ]
    return {
        "name": grid.name,
        "sheet": grid.sheet,
        "hidden": grid.hidden,
        "rows": rows,
        "merges": [list(merge) for merge in grid.merges if merge[0] < MOST_ROWS][:2_000],
        "hidden_rows": sorted(row for row in grid.hidden_rows if row < MOST_ROWS),
        "more": max(len(grid.rows) - MOST_ROWS, 0),
    }


def address(sheet: dict[str, Any], row: int, column: int) -> str:
    """The place of a cell as problems name it."""
    if not sheet["sheet"]:
        return f"{sheet['name']} 第{row + 1}行第{column + 1}列"
    return f"{sheet['name']}!{letters(column)}{row + 1}"


def lines(sheet: dict[str, Any], marks: dict[str, Any], first: int, count: int) -> list[dict]:
    """Rows ``first`` … of a sheet for its table: number and cells with span and mark.

    ``marks`` gives what is said of a cell by its address.
    """
    upto = min(first + count, len(sheet["rows"]))
    width = min(max((len(row) for row in sheet["rows"]), default=0), MOST_COLUMNS)
    spans, covered = _merged(sheet["merges"], first, upto, width)
    found = []
    for number in range(first, upto):
        row, cells = sheet["rows"][number], []
        for column in range(width):
            if (number, column) in covered:
                continue
            down, across = spans.get((number, column), (1, 1))
            mark = marks.get(address(sheet, number, column))
            text = row[column] if column < len(row) else ""
            cells.append({"text": text, "down": down, "across": across, "mark": mark})
        hidden = number in sheet["hidden_rows"]
        found.append({"number": number + 1, "cells": cells, "hidden": hidden})
    return found


def heads(sheet: dict[str, Any]) -> list[str]:
    """The letters above the columns of a sheet; numbers above those of a document's table."""
    width = min(max((len(row) for row in sheet["rows"]), default=0), MOST_COLUMNS)
    return [letters(n) if sheet["sheet"] else str(n + 1) for n in range(width)]


def _merged(
    merges: list[list[int]], first: int, upto: int, width: int
) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in merges:
        start, end, last = max(top, first), min(bottom, upto - 1), min(right, width - 1)
        if start > end or left > last:
            continue
        spans[start, left] = (end - start + 1, last - left + 1)
        covered |= {(r, c) for r in range(start, end + 1) for c in range(left, last + 1)}
        covered.discard((start, left))
    return spans, covered
