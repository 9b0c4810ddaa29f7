"""The one shape every file is brought to: grids of cells, and the paragraphs around them.

Both sides of the pipe know it. A cell is ``""`` for blank, text, a number, a truth value, or
``{"d": "2014-05-25"}`` for what the file stores as a date.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Cell = Any
MOST_COVERED = 500_000  # cells by merges, beside twice the cells there are
Merge = tuple[int, int, int, int]  # top, left, bottom, right; from 0, ends included


@dataclass
class Grid:
    """One sheet, or one table of a document. Rows and columns count from 0 at cell A1."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck: set[tuple[int, int]] = field(default_factory=set)
    formulas: dict[str, bool] = field(default_factory=dict)  # address → has a stored result
    #: A sheet is addressed as Sheet!A4:C4, a table of a document as 表1 第3行.
    sheet: bool = True
    #: Index of the paragraph of the document that stands right before this table.
    after_paragraph: int = 0

    def head(self) -> dict[str, Any]:
        """Everything but the rows, as JSON."""
        return {
            "name": self.name,
            "merges": self.merges,
            "hidden": self.hidden,
            "hidden_rows": sorted(self.hidden_rows),
            "hidden_columns": sorted(self.hidden_columns),
            "struck": sorted(self.struck),
            "formulas": self.formulas,
            "sheet": self.sheet,
            "after_paragraph": self.after_paragraph,
        }

    @classmethod
    def from_head(cls, head: dict[str, Any]) -> "Grid":
        return cls(
            name=str(head["name"]),
            merges=[tuple(merge) for merge in head["merges"]],
            hidden=bool(head["hidden"]),
            hidden_rows=set(head["hidden_rows"]),
            hidden_columns=set(head["hidden_columns"]),
            struck={(row, column) for row, column in head["struck"]},
            formulas=dict(head["formulas"]),
            sheet=bool(head["sheet"]),
            after_paragraph=int(head["after_paragraph"]),
        )


@dataclass
class Document:
    """A file in the one shape. ``notes`` are Chinese sentences about the file as a whole."""

    kind: str
    grids: list[Grid] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def head(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "paragraphs": self.paragraphs,
            "properties": self.properties,
            "notes": self.notes,
        }


def trimmed(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Without blank rows at the end and blank cells at the end of rows."""
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def as_number(number: float) -> Cell:
    """A whole number as one, as far as every digit of it counts."""
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def too_merged(grid: Grid) -> bool:
    """Whether the merges together cover far more than the grid has: somebody would lay them all out."""
    height, width = len(grid.rows), max(map(len, grid.rows), default=0)
    covered = sum(
        (min(bottom, height) - top + 1) * (min(right, width) - left + 1)
        for top, left, bottom, right in grid.merges
        if bottom >= top and right >= left
    )
    return covered > 2 * height * width + MOST_COVERED


def chunks(rows: list[list[Cell]], size: int = 5_000) -> Iterator[list[list[Cell]]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


# Between cells, between rows, and before a cell that is no text: no table holds these characters,
# and rows that do cross as JSON.
_CELL, _ROW, _OTHER = "\x1f", "\x1e", "\x1a"


def packed(rows: list[list[Cell]]) -> bytes | None:
    """Rows as one text, which is parted again many times sooner than JSON; ``None`` for odd ones."""
    others = 0
    try:
        text = _ROW.join(map(_CELL.join, rows))
    except TypeError:
        written = _Written()
        text = _ROW.join(
            _CELL.join([cell if type(cell) is str else written.of(cell) for cell in row])
            for row in rows
        )
        others = written.count
    ends = sum(map(len, rows)) - len(rows) + rows.count([])
    counted = (text.count(_CELL), text.count(_ROW), text.count(_OTHER))
    if counted != (ends, len(rows) - 1, others) or [""] in rows:
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


class _Written:
    """What is no text, as it crosses, and how many there were; days come again and again."""

    def __init__(self) -> None:
        self.count = 0
        self._days: dict[str, str] = {}

    def of(self, cell: Cell) -> str:
        self.count += 1
        if type(cell) is int:
            return f"{_OTHER}{cell}"
        if type(cell) is not dict:
            return _OTHER + json.dumps(cell)
        day = cell["d"]
        if day not in self._days:
            self._days[day] = _OTHER + json.dumps(cell)
        return self._days[day]


def parted(content: bytes) -> list[list[Cell]]:
    """The rows that ``packed`` made one text of. Raises ``ValueError`` for any other bytes."""
    text = content.decode()
    rows: list[list[Cell]] = [line.split(_CELL) if line else [] for line in text.split(_ROW)]
    if _OTHER in text:
        others = _Others()
        for row in rows:
            for column, cell in enumerate(row):
                if cell[:1] == _OTHER:
                    row[column] = others[cell]
    return rows


class _Others(dict[str, Cell]):
    """What is no text, by how it was written: numbers and days come again and again."""

    def __missing__(self, written: str) -> Cell:
        self[written] = found = json.loads(written[1:])
        return found
