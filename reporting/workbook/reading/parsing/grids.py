"""The one shape every file is brought to: grids of cells, and the paragraphs around them.

Both sides of the pipe know it. A cell is ``""`` for blank, text, a number, a truth value, or
``{"d": "2014-05-25"}`` for what the file stores as a date.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Cell = Any
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


def chunks(rows: list[list[Cell]], size: int = 5_000) -> Iterator[list[list[Cell]]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]
