"""Annexes that list rows: one table, a line per record, a note below it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar

from reporting.annexes.base import Annex
from reporting.annexes.fields import Field
from reporting.workbook import Line, safe_text
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.result import Record
from reporting.workbook.reading.views import View
from reporting.workbook.reading.words import text_of
from reporting.workbook.text import CELL_LIMIT

#: For registers of persons and households: rows, and bytes, that one incoming file may hold.
LEDGER_ROWS, LEDGER_BYTES = 200_000, 40 << 20

Row = Mapping[str, Any]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Column:
    """A printed column, in printed order: the key of its field and its heading as printed."""

    key: str
    heading: str


class RegisterAnnex(Annex):
    """A table of rows, like 附件2.

    ``first_row`` to ``first_row + printed_rows - 1`` are the blank lines as issued; everything
    below them, the note, moves down when there are more rows and stays when there are fewer.
    ``consolidates`` is the code of the form its rows are made from.
    """

    columns: ClassVar[tuple[Column, ...]]
    heading_row: ClassVar[int]
    first_row: ClassVar[int]
    printed_rows: ClassVar[int]
    unit_cell: ClassVar[str]
    unit_prefix: ClassVar[str] = "填报单位："
    #: Heading of the column that says whose row it is, in a table over several units.
    row_unit_heading: ClassVar[str] = "填报单位"
    consolidates: ClassVar[str | None] = None

    def row_from(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """One row made from the values of the form this annex consolidates."""
        raise NotImplementedError

    def printed(self) -> dict[str, str]:
        headings = {
            f"{letter}{self.heading_row}": column.heading
            for letter, column in zip(_LETTERS, self.columns, strict=False)
        }
        return {**self.headings, **headings, self.unit_cell: self.unit_prefix}

    def write(
        self,
        rows: Sequence[Row],
        *,
        unit_name: str,
        properties: Mapping[str, object],
        row_units: Sequence[str] | None = None,
    ) -> bytes:
        """The filled table as a workbook.

        With ``row_units``, one name a row, a further column to the right of the issued ones says
        whose row it is; it stands outside the print area, so that the printed page is as issued.
        """
        written = {
            "rows": len(rows),
            "contents": self._digest(self._texts(row).values() for row in rows),
        }
        return self._fill(
            self._lines(rows, unit_name, row_units),
            {**properties, **written},
            self._borrow(row_units),
        )

    def verify(
        self,
        data: bytes,
        rows: Sequence[Row],
        *,
        unit_name: str,
        row_units: Sequence[str] | None = None,
    ) -> None:
        """Re-open a written table; raises ``WorkbookMismatch`` unless it says exactly ``rows``."""
        self._verify(data, self._lines(rows, unit_name, row_units), self._borrow(row_units))

    # -- Read back ----------------------------------------------------------------------------------

    def rows_as_written(self, document: Document, seen: View | None = None) -> list[Record] | None:
        """The rows of a workbook of ours whose table nobody has touched; ``None`` for any other.

        Then nothing needs finding or guessing, whatever the texts look like. ``seen`` is its first
        grid as it is seen, where somebody has laid that out already.
        """
        said = document.properties
        count, grid = said.get("rows", ""), next(iter(document.grids), None)
        if said.get("version") != str(self.version) or not count.isdigit() or grid is None:
            return None
        view = seen or View(grid)
        keys = [field.key for field in self._lettered.values()]
        lines = self._lines_of(view, min(int(count), view.height + 1))
        texts = _texts_of([top for top, _ in lines], view.grid.rows, len(keys))
        below = lines[-1][1] + 1 if lines else self.first_row - 1
        if self._digest(texts) != said.get("contents") or not self._only_printed(view, below):
            return None
        records = [
            Record(
                view.address(top, 0, bottom, len(keys) - 1),
                dict(zip(keys, line, strict=True)),
                dict(zip(keys, line, strict=True)),
                {key: view.cell(top, column) for column, key in enumerate(keys)},
                rows=(top, bottom),
            )
            for (top, bottom), line in zip(lines, texts, strict=True)
        ]
        for record in records:
            record.values, _ = self.clean(record.values)
        return records

    def may_be_as_written(
        self, said: Mapping[str, str], first: int, count: int, texts: Sequence[str]
    ) -> bool:
        """Whether ``rows_as_written`` may find rows in a workbook of these properties.

        Its table has ``count`` lines from the row ``first`` on, whose cells say ``texts``, blank ones too.
        """
        if said.get("version") != str(self.version):
            return False
        if said.get("rows") != str(count) or first != self.first_row - 1:
            return True
        return self._digest([texts]) == said.get("contents")

    def _lines_of(self, view: View, count: int) -> list[tuple[int, int]]:
        """First and last row of each of ``count`` lines: a line may be merged over several."""
        row = self.first_row - 1
        if view.merged_rows.isdisjoint(range(row, row + count)):
            return [(at, at) for at in range(row, row + count)]
        lines: list[tuple[int, int]] = []
        for _ in range(count):
            merge = view.anchors.get((row, 0))
            lines.append((row, merge[2] if merge and merge[0] == row else row))
            row = lines[-1][1] + 1
        return lines

    def _only_printed(self, view: View, first: int) -> bool:
        """Whether nothing but the issued words stands from row ``first`` on."""
        below = self.first_row + self.printed_rows
        printed = {
            words
            for number, issued in self.issued.sheet.rows.items()
            if number >= below
            for words in issued.words.values()
        }
        return all(
            text_of(cell) in printed
            for cells in view.grid.rows[first:]
            for cell in cells
            if cell != ""
        )

    @staticmethod
    def _digest(lines: Iterable[Iterable[str]]) -> str:
        """A hash over the texts of the table as they stand in its cells."""
        texts = list(chain.from_iterable(lines))
        joined = "\x1f".join([*texts, ""])
        # Printable text of that length stands in a cell as it is; the signs between are not printable.
        if not "".join(texts).isprintable() or len(joined) > CELL_LIMIT // 2:
            joined = "\x1f".join([*(safe_text(text).text for text in texts), ""])
        return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]

    @property
    def _unit_column(self) -> str:
        return _LETTERS[len(self.columns)]

    def _borrow(self, row_units: Sequence[str] | None) -> dict[str, str]:
        return {} if row_units is None else {self._unit_column: "A"}

    def _lines(
        self, rows: Sequence[Row], unit_name: str, row_units: Sequence[str] | None
    ) -> list[Line]:
        if row_units is not None and len(row_units) != len(rows):
            raise ValueError("row_units needs one name a row")
        below = self.first_row + self.printed_rows
        lines = [
            self._line_above(number, unit_name, row_units) for number in range(1, self.first_row)
        ]
        for index, row in enumerate(rows):
            texts = self._texts(row)
            if row_units is not None:
                texts[self._unit_column] = row_units[index]
            source = self.first_row + index if index < self.printed_rows else self.first_row
            lines.append(Line(source, texts))
        # Printed lines that nobody needed stay blank, as on the issued page.
        lines += [Line(number) for number in range(self.first_row + len(rows), below)]
        lines += [Line(number) for number in sorted(self.issued.sheet.rows) if number >= below]
        return lines

    def _line_above(self, number: int, unit_name: str, row_units: Sequence[str] | None) -> Line:
        texts = {}
        letter, row = self.unit_cell[0], int(self.unit_cell[1:])
        if number == row:
            texts[letter] = f"{self.unit_prefix}{unit_name}"
        if number == self.heading_row and row_units is not None:
            texts[self._unit_column] = self.row_unit_heading
        return Line(number, texts)

    def _texts(self, row: Row) -> dict[str, str]:
        return {
            letter: field.display(row.get(field.key)) for letter, field in self._lettered.items()
        }

    @cached_property
    def _lettered(self) -> dict[str, Field]:
        """The field of each printed column, by its letter."""
        return {
            letter: self.field(column.key)
            for letter, column in zip(_LETTERS, self.columns, strict=False)
        }


def _texts_of(tops: Sequence[int], rows: list[list[Any]], width: int) -> list[list[str]]:
    """What the first ``width`` cells of some rows say; blank cells at the end of one are not there."""
    found = [rows[top] if top < len(rows) else [] for top in tops]
    if {*map(len, found)} == {width} and {*map(type, chain.from_iterable(found))} == {str}:
        return found
    texts = [[text_of(cell) for cell in cells[:width]] for cells in found]
    return [line + [""] * (width - len(line)) for line in texts]
