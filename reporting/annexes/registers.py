"""Annexes that list rows: one table, a line per record, a note below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from reporting.annexes.base import Annex
from reporting.annexes.fields import Field
from reporting.workbook import Line

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
        return self._fill(
            self._lines(rows, unit_name, row_units), properties, self._borrow(row_units)
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
