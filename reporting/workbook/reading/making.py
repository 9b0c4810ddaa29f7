"""A record made from the cells of its line, and of the lines that a merge makes one with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.workbook.reading.cells import Cell, CellReader, Wanted, joined
from reporting.workbook.reading.result import Reading, Record
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.words import is_none, text_of, tidy_lines


@dataclass
class RecordMaker:
    """Makes the records of one block; what it has to ask goes into ``reading``."""

    block: Block
    fields: Sequence[Wanted]
    cells: CellReader
    reading: Reading
    exact: bool = False

    def made(self, row: int, cells: dict[str, list[Cell]], above: Record | None) -> Record:
        """The record of the line ``row``; ``above`` is the one read before it."""
        view = self.block.grid
        top = bottom = row
        for parts in cells.values():
            for cell in parts:
                if cell.merge and cell.text.strip() and cell.merge[0] < row:
                    top = min(top, cell.merge[0])
        places: dict[str, str] = {}
        original: dict[str, str] = {}
        record = Record(
            view.address(top, self.block.left, bottom, self.block.right),
            {}, original, places, rows=(top, bottom),
        )  # fmt: skip
        for wanted in self.fields:
            parts = [cell for cell in cells.get(wanted.key, ()) if cell.text.strip()]
            once = list({(c.merge or (c.row, c.column)): c for c in parts}.values())
            place = once[0] if once else next(iter(cells.get(wanted.key, ())), None)
            if place is not None:
                places[wanted.key] = view.cell(
                    place.merge[0] if place.merge else row,
                    place.merge[1] if place.merge else place.column,
                )
            original[wanted.key] = "\n".join(cell.text for cell in once)
            texts = [self.cells.value(wanted, cell, record) for cell in once]
            record.values[wanted.key] = joined([text for text in texts if text != ""], wanted)
        if above is not None and not self.exact:
            self._fill_down(record, above)
        return record

    def _fill_down(self, record: Record, above: Record) -> None:
        """A name typed once and left blank below, without a merge, is taken from above and asked.

        So is what stands in the first column, such as a village with several posts.
        """
        required = [wanted for wanted in self.fields if wanted.required]
        leftmost = min(self.block.field_columns)
        first = next(
            (
                wanted
                for wanted in required
                if leftmost in self.block.columns.get(wanted.key, ())
                and wanted.kind != "long_text"
                and not record.values.get(wanted.key)
            ),
            next(iter(required), None),
        )
        if first is None or first.key not in self.block.columns or record.values.get(first.key):
            return
        if record.original.get(first.key, "").strip():
            return  # 无 was typed there
        others = [
            wanted
            for wanted in self.fields
            if wanted is not first and record.values.get(wanted.key)
        ]
        if not others or not above.values.get(first.key) or above.rows[1] + 1 != record.rows[0]:
            return
        record.values[first.key] = above.values[first.key]
        where = record.cells.get(first.key, record.where)
        self.reading.problem(
            where, "question",
            f"{where}“{first.label}”是空的，是否与上一行的“{above.values[first.key]}”相同？",
            first.key, [{"name": above.values[first.key]}],
        )  # fmt: skip

    def absorb(self, record: Record, row: int) -> int:
        """Lines that a merge makes one record with this one join it; the first row after them."""
        block, view = self.block, self.block.grid
        down: dict[str, int] = {}
        for key, columns in block.columns.items():
            merges = [view.anchors.get((row, column)) for column in columns]
            bottoms = [merge[2] for merge in merges if merge is not None and merge[0] == row]
            if bottoms:
                down[key] = max(bottoms)
        single = [wanted for wanted in self.fields if wanted.key in block.columns]
        free = [wanted for wanted in single if wanted.key not in down]
        if not down or any(not wanted.several for wanted in free):
            return row + 1
        bottom = min(down.values())
        bottom = min(bottom, block.last - 1)
        for below in range(row + 1, bottom + 1):
            cells = self.cells.line(below)
            for wanted in free:
                for cell in cells.get(wanted.key, ()):
                    if cell.text.strip() and not is_none(cell.text):
                        value = text_of(cell.raw) if self.exact else tidy_lines(cell.text)
                        held = record.values.get(wanted.key, "")
                        record.values[wanted.key] = f"{held}、{value}" if held else value
                        typed = f"{record.original[wanted.key]}\n{cell.text}"
                        record.original = {**record.original, wanted.key: typed}
        if bottom > row:
            record.rows = (row, bottom)
            record.where = view.address(row, block.left, bottom, block.right)
        return bottom + 1
