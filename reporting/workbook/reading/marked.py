"""The workbook an office sent, given back with every problem at its cell.

Beside each table comes a column 问题 that says in words what is wrong with the row; the cell itself
is coloured, framed and carries a comment. An .xlsx keeps its look, for only the parts that change are
written (in the sandbox); anything else, and an .xlsx that cannot be patched, is built anew from the
cells as sent. Corrected there and sent again it reads as if none of it were there:
``without_marks`` takes the column away, and our comments are no comments of an office.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from reporting.workbook.bundle import safe_file_name
from reporting.workbook.cells import text_xml
from reporting.workbook.errors import WorkbookError
from reporting.workbook.reading.parsing.grids import Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.xlsx_parts import (
    NOTE,
    index_to_letters,
    letters_to_index,
)
from reporting.workbook.reading.rebuilt import as_sheets, sheet_names, workbook_of
from reporting.workbook.reading.result import LEVELS, Problem, Reading
from reporting.workbook.reading.sandbox import Sandbox
from reporting.workbook.text import safe_text

HEADING = "问题"
_SIGNS = tuple(f"【{word}】" for word in LEVELS.values())
_ORDER = tuple(LEVELS)  # the worst first
_RANGE = re.compile(r"(.+)!([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")
_LINE = re.compile(r"(.+) 第(\d+)(?:至(\d+))?行(?:第(\d+)列)?")
_LYING = re.compile(r"(.+) 第(\d+)列")
_MOST_TEXT, _MOST_NOTE = 30_000, 2_000  # characters of a cell, of a comment
_MOST_LINES = 1_048_576


def marked_copy(
    content: bytes, name: str, reading: Reading, *, sandbox: Sandbox | None = None
) -> tuple[str, bytes]:
    """File name and content of ``content`` with the problems of ``reading`` marked in it.

    ``reading`` must be of these very bytes. Raises ``WorkbookError`` with a sentence for a file that
    could not be read at all: there is nothing to mark in it.
    """
    if reading.refused:
        raise WorkbookError(reading.refused)
    box = sandbox or Sandbox()
    try:
        document = reading.document or box.open(content, most_rows=_MOST_LINES)
        without_marks(document)
        copy = _patched(box, content, document, reading) if document.kind == "xlsx" else None
        if copy is None:
            sheets = as_sheets(document)
            names = sheet_names(sheets)
            plan = {names[name]: marks for name, marks in _plan(sheets, reading).items()}
            copy = box.mark(workbook_of(sheets, document.properties), plan)
    except Refused as refused:
        raise WorkbookError(f"“{name}”：{refused.sentence}") from None
    finally:
        if sandbox is None:
            box.close()
    stem = PurePath(name).stem.removesuffix("（标出问题）")
    return safe_file_name(f"{stem}（标出问题）.xlsx"), copy


def _patched(box: Sandbox, content: bytes, document: Document, reading: Reading) -> bytes | None:
    """The workbook itself with marks; ``None`` where it would not say the same as before."""
    try:
        copy = box.mark(content, _plan(document.grids, reading))
        again = without_marks(box.open(copy, most_rows=_MOST_LINES))
    except Refused:
        return None
    return copy if list(map(_said, again.grids)) == list(map(_said, document.grids)) else None


def _said(grid: Grid) -> tuple[Any, ...]:
    return (
        grid.name, grid.rows, sorted(grid.merges), grid.hidden, grid.hidden_rows,
        grid.hidden_columns, grid.formulas, grid.struck, grid.part_struck,
    )  # fmt: skip


def without_marks(document: Document) -> Document:
    """``document`` as it was before we marked it: without the column 问题 of a marked copy.

    A column 问题 of the office's own, with other words in it, stays.
    """
    for grid in document.grids:
        if grid.laid is not None and HEADING not in grid.words:
            continue
        columns: dict[int, int] = {}
        for number, row in enumerate(grid.rows):
            if HEADING in row:
                for column, cell in enumerate(row):
                    if cell == HEADING:
                        columns.setdefault(column, number)
        for column, first in columns.items():
            cells = [(row, row[column]) for row in grid.rows if column < len(row)]
            below = [
                cell
                for row in grid.rows[first + 1 :]
                if column < len(row) and (cell := row[column]) not in ("", HEADING)
            ]
            if below and not any(_is_mark(cell) for cell in below):
                continue
            for row in grid.rows[first:]:
                if column < len(row):
                    row[column] = ""
            for row, cell in cells:
                if _is_mark(cell):
                    row[column] = ""
        if columns:
            trimmed(grid.rows)
            grid.forget_columns()
    return document


def _is_mark(cell: object) -> bool:
    return isinstance(cell, str) and cell.startswith(_SIGNS)


# -- What is marked where -----------------------------------------------------------------------------


@dataclass
class _Table:
    """One table of a grid, or a whole grid without one; rows and columns from 0."""

    top: int
    left: int
    bottom: int
    right: int
    column: int = 0  # of our words

    @property
    def general_row(self) -> int:
        """Where what belongs to no row is said: above the heading, else right below it."""
        return self.top - 1 if self.top else 1


@dataclass
class _Sheet:
    """The marks of one grid: problems by cell, lines of words by cell of the new columns."""

    grid: Grid
    tables: list[_Table] = field(default_factory=list)
    cells: dict[tuple[int, int], list[Problem]] = field(default_factory=dict)
    lines: dict[tuple[int, int], list[Problem]] = field(default_factory=dict)

    def table_at(self, row: int, column: int) -> _Table:
        inside = [t for t in self.tables if t.top <= row <= t.bottom]
        beside = [t for t in inside if t.left <= column <= t.right]
        above = [t for t in self.tables if t.top <= row]
        return (beside or inside or above[-1:] or self.tables)[0]

    def say(self, problem: Problem, row: int, column: int) -> None:
        self.cells.setdefault((row, column), []).append(problem)
        table = self.table_at(row, column)
        heads = {t.top for t in self.tables if t.column == table.column}
        at = row if row not in heads else table.general_row
        self.lines.setdefault((at, table.column), []).append(problem)

    def marks(self) -> dict[str, Any]:
        """As ``patching.patched`` wants it."""
        texts = {
            _address(table.top, table.column): ["heading", text_xml(HEADING)]
            for table in self.tables
        }
        for (row, column), problems in self.lines.items():
            words = safe_text(_joined(problems, f"{self.grid.name}!", _MOST_TEXT)).text
            texts.setdefault(_address(row, column), [_worst(problems), text_xml(words)])
        return {
            "cells": {_address(*at): _worst(problems) for at, problems in self.cells.items()},
            "texts": texts,
            "notes": {
                _address(*at): safe_text(NOTE + _joined(problems, "", _MOST_NOTE)).text
                for at, problems in self.cells.items()
            },
        }


def _plan(grids: Sequence[Grid], reading: Reading) -> dict[str, Any]:
    sheets = {grid.name: _Sheet(grid) for grid in grids}
    for table in reading.tables:
        name, area = _place(table, sheets)
        if area is not None:
            sheets[name].tables.append(_Table(*area))
    placed = [(problem, *_place(problem.where, sheets)) for problem in reading.problems]
    asked = {name for _, name, area in placed if area is not None}
    if not any(sheet.tables for sheet in sheets.values()) and not asked:
        asked = {next((grid.name for grid in grids if not grid.hidden), grids[0].name)}
    for name in asked:
        if not sheets[name].tables:
            height = len(sheets[name].grid.rows)
            sheets[name].tables.append(_Table(0, 0, height, _width(sheets[name].grid) - 1))
    for sheet in sheets.values():
        for each in sheet.tables:
            each.column = _free_column(sheet.grid, each)
    first = next(sheet for sheet in sheets.values() if sheet.tables)
    for problem, name, area in placed:
        if area is not None:
            sheets[name].say(problem, area[0], area[1])
        else:
            at = (first.tables[0].general_row, first.tables[0].column)
            first.lines.setdefault(at, []).append(problem)
    return {name: sheet.marks() for name, sheet in sheets.items() if sheet.tables}


def _place(where: str, sheets: dict[str, _Sheet]) -> tuple[str, tuple[int, int, int, int] | None]:
    """Name of the grid, and top, left, bottom, right of a place as a reading says it."""
    if (found := _RANGE.fullmatch(where)) and found[1] in sheets:
        top, left = int(found[3]) - 1, letters_to_index(found[2])
        bottom = int(found[5]) - 1 if found[5] else top
        return found[1], (top, left, bottom, letters_to_index(found[4]) if found[4] else left)
    if (found := _LINE.fullmatch(where)) and found[1] in sheets:
        top = int(found[2]) - 1
        if found[4]:
            return found[1], (top, int(found[4]) - 1, top, int(found[4]) - 1)
        right = max(_width(sheets[found[1]].grid) - 1, 0)
        return found[1], (top, 0, int(found[3] or found[2]) - 1, right)
    if (found := _LYING.fullmatch(where)) and found[1] in sheets:
        return found[1], (0, int(found[2]) - 1, 0, int(found[2]) - 1)
    return where, None


def _free_column(grid: Grid, table: _Table) -> int:
    """The first column right of the table that holds nothing on the whole sheet."""
    taken = set(grid.hidden_columns)
    for row in grid.rows:
        taken.update(column for column, cell in enumerate(row) if cell != "")
    for _, left, _, right in grid.merges:
        taken.update(range(left, right + 1))
    taken.update(letters_to_index(address.rstrip("0123456789")) for address in grid.formulas)
    column = table.right + 1
    while column in taken:
        column += 1
    return column


def _width(grid: Grid) -> int:
    return max((len(row) for row in grid.rows), default=1)


def _address(row: int, column: int) -> str:
    return f"{index_to_letters(column)}{row + 1}"


def _worst(problems: Iterable[Problem]) -> str:
    return min((problem.level for problem in problems), key=_ORDER.index)


def _joined(problems: Sequence[Problem], prefix: str, most: int) -> str:
    """The problems in words, the worst first; ``prefix`` of their places is left out."""
    said = ""
    ordered = sorted(problems, key=lambda problem: _ORDER.index(problem.level))
    for number, problem in enumerate(ordered):
        line = f"【{LEVELS[problem.level]}】{problem.message.replace(prefix, '') if prefix else problem.message}"
        if len(said) + len(line) > most:
            return f"{said}\n【{LEVELS[problem.level]}】另有{len(ordered) - number}处，这里写不下。"
        said += ("\n" if said else "") + line
    return said
