"""From the lines of a table to records: merges spread, lines that are no records left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reporting.workbook.reading import asides, lines
from reporting.workbook.reading.cells import Cell, CellReader, Wanted
from reporting.workbook.reading.columns import PlainLines
from reporting.workbook.reading.continued import goes_on, is_next_village, join
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.making import RecordMaker
from reporting.workbook.reading.numbering import parted, strip_numbers
from reporting.workbook.reading.parted import may_hold_several, part
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading, Record, Skipped
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.words import (
    is_none,
    squeezed,
    text_of,
    tidy,
)

_COUNT_BEHIND = re.compile(r"[（(]?(?:共|计|合计)?[\d一二三四五六七八九十]+[个条对家]?村?[)）]?$")
_TITLE_LINES = 4  # above a heading
_NIL = re.compile(
    r"^(?:本(?:期|季度?|月|年度?|单位|县|区|市)|今年|目前|我[县区市])?(?:无|没有|暂无)(?:此项|内容|数据|结对|情况|需|要)?.{0,12}$"
)


@dataclass
class RowReader:
    """Reads the rows of one block into ``reading``."""

    block: Block
    fields: Sequence[Wanted]
    headings: Headings
    reading: Reading
    exact: bool = False
    towns: Any = None  # a name → whether it is a township of the area
    printed: frozenset[str] = frozenset()
    found: Records = field(default_factory=Records)
    _town: str = ""

    def __post_init__(self) -> None:
        self.cells = CellReader(self.block, self.reading, self.exact)
        self.plain = PlainLines(self.block, self.fields, self.headings, self.exact)
        self.cells.is_plain = self.plain.holds
        self.maker = RecordMaker(self.block, self.fields, self.cells, self.reading, self.exact)

    def read(self) -> Records:
        row = self.block.first
        while row < self.block.last:
            if (upto := self.plain.upto(row)) > row:
                self.found.add(self.plain.run(row, upto, self._town))
                self.cells.last_plain = upto - 1
                row = upto
                continue
            row = self._line(row)
        asides.tell(self.block, self.found, self.reading)
        self.found = put_in_order(self.found, self.fields, self.reading, exact=self.exact)
        return self.found

    def _line(self, row: int) -> int:
        """One line that wants a look; the row after what belongs to it."""
        cells = self.cells.line(row)
        if not any(cell.text.strip() for parts in cells.values() for cell in parts):
            self._outer_line(row)
            return row + 1
        record = self._record(row, cells)
        if record is None:
            return row + 1
        reached = self.maker.absorb(record, row)
        self.found.append(record)
        return reached

    def _extras(self, record: Record, row: int) -> None:
        """The township and sender that columns beside the fields name."""
        view, extras = self.block.grid, self.block.extras
        if "town" in extras:
            record.town = tidy(text_of(view.shown(row, extras["town"])))
        record.town = record.town or self._town
        if "unit" in extras:
            record.unit_text = tidy(text_of(view.shown(row, extras["unit"])))

    # -- One line --------------------------------------------------------------------------------
    def _record(self, row: int, cells: dict[str, list[Cell]]) -> Record | None:
        view = self.block.grid
        texts = self._texts(row)
        if self._struck(row):
            self._skip(row, texts, "struck")
            return None
        if squeezed("".join(texts)) in self.printed:
            self._skip(row, texts, "footer")
            return None
        own_row = [
            parts
            for parts in cells.values()
            if any(c.text.strip() and not self._from_above(c, row) for c in parts)
        ]
        if not own_row:
            return None  # only what a merge spreads: nothing new was typed here
        across = self._across(row, cells)
        complete = not across and all(
            any(cell.text.strip() for cell in cells.get(wanted.key, ()))
            for wanted in self.fields
            if wanted.required
        )
        if self._is_heading(cells):
            self._skip(row, texts, "heading")
            return None
        below = row - self.block.first
        if not self.found and below < lines.HEADING_TAILS and lines.is_heading_tail(texts):
            self._skip(row, texts, "heading")
            return None
        first = texts[0] if texts else ""
        named = texts[1:] if first.strip().isdigit() else texts
        if any(map(lines.why_total, named[:1])) and not (complete and self.exact):
            self._skip(row, texts, "total")
            return None
        if not self.exact and (lines.is_signed(named) or (complete and lines.all_labels(texts))):
            self._skip(row, texts, "signature")
            return None
        if complete and lines.is_example(first) and not self.exact:
            self._skip(row, texts, "example")
            return None
        if not complete:
            distinct = list(dict.fromkeys(text for text in texts if text.strip()))
            spoken = [text for text in distinct if not self._is_number(row, text)]
            reason = lines.why(spoken or distinct, lone=len(spoken) <= 1)
            if not reason and across and len(spoken) == 1:
                reason = "group heading" if len(squeezed(spoken[0])) <= 20 else "note"
            if len(spoken) == 1 and (town := self._town_in(spoken[0])):
                self._town, reason = town, "group heading"
            elif len(spoken) == 1 and self._is_title(row, spoken[0]):
                reason = "title"
            elif reason in ("", "group heading", "note") and self._goes_on(row, cells, texts):
                return None
            if not reason and len(spoken) == 1 and _NIL.match(squeezed(spoken[0])):
                self.reading.nil = True
                reason = "nil"
            if reason:
                self._skip(row, texts, reason)
                return None
            if not spoken:
                return None
        record = self.maker.made(row, cells, self.found[-1] if self.found else None)
        if self._says_nothing(record):
            self.reading.nil = True
            self._skip(row, texts, "nil")
            return None
        record.hidden = row in view.grid.hidden_rows
        if record.hidden:
            self.reading.problem(
                record.where, "warning", f"第{row + 1}行是隐藏的行，已照样读入，请核对是否要报送。"
            )
        self._extras(record, row)
        return record

    def _town_in(self, text: str) -> str:
        """The township that heads the lines below: 一、山霞镇（3个）："""
        if not self.towns:
            return ""
        found = parted(text)
        plain = _COUNT_BEHIND.sub("", squeezed(found[1] if found else text).rstrip("：:"))
        return tidy(plain) if self.towns(plain) else ""

    def _is_title(self, row: int, text: str) -> bool:
        """Whether a line says what stands above the heading: a title comes again on each page."""
        block, view = self.block, self.block.grid
        if block.last < view.height and row >= block.last - _TITLE_LINES:
            return True
        above = range(max(block.top - _TITLE_LINES, 0), block.top)
        said = [[text_of(cell) for cell in view.grid.rows[at] if cell != ""] for at in above]
        return any(len(texts) == 1 and squeezed(texts[0]) == squeezed(text) for texts in said)

    def _goes_on(self, row: int, cells: dict[str, list[Cell]], texts: list[str]) -> bool:
        """Whether the line only goes on with the record above; then it has joined it."""
        if not self.found or self.exact or any(map(lines.is_note, texts)):
            return False
        if self.found.last_row + 1 != row:
            return False
        above = self.found[-1]
        number, view = self.block.extras.get("number"), self.block.grid
        counted = number is not None and (
            text_of(view.own(above.rows[0], number)).strip() != ""
            and text_of(view.own(row, number)).strip() == ""
            and not is_next_village(above, cells, self.fields)
        )
        added = goes_on(cells, self.fields, numbered=counted)
        if not added:
            return False
        first = cells[added[0].key][0]
        place = view.cell(row, first.column)
        asked = any(wanted.kind != "long_text" for wanted in added)
        join(above, cells, added, whole=counted)
        what = "、".join(f"“{wanted.label}”" for wanted in added)
        self.reading.problem(
            place, "question" if asked else "warning",
            f"第{row + 1}行没有另起一条，{what}接在上一行之后读取，{'是否如此？' if asked else '请核对。'}",
            added[0].key, [{"name": "接在上一行之后"}] if asked else (),
        )  # fmt: skip
        above.rows = (above.rows[0], row)
        above.where = view.address(above.rows[0], self.block.left, row, self.block.right)
        return True

    def _texts(self, row: int) -> list[str]:
        """The distinct texts of the line from the left, across the block, merges once."""
        view, found, merges = self.block.grid, [], set()
        for column in range(self.block.left, self.block.right + 1):
            merge = view.anchors.get((row, column))
            if merge is not None:
                if merge in merges or merge[0] < row:
                    continue
                merges.add(merge)
            text = text_of(view.shown(row, column))
            if text.strip():
                found.append(text.strip())
        return found

    def _is_number(self, row: int, text: str) -> bool:
        column = self.block.extras.get("number")
        return column is not None and text_of(self.block.grid.own(row, column)).strip() == text

    def _from_above(self, cell: Cell, row: int) -> bool:
        return cell.merge is not None and cell.merge[0] < row

    def _across(self, row: int, cells: dict[str, list[Cell]]) -> bool:
        """Whether one merged cell covers the columns of several fields: then it is no record."""
        for key, parts in cells.items():
            for cell in parts:
                if cell.merge and cell.text.strip() and cell.merge[3] > cell.merge[1]:
                    covered = range(cell.merge[1], cell.merge[3] + 1)
                    if any(
                        column in covered
                        for other, columns in self.block.columns.items()
                        if other != key
                        for column in columns
                    ):
                        return True
        return False

    def _is_heading(self, cells: dict[str, list[Cell]]) -> bool:
        same = 0
        for key, parts in cells.items():
            for cell in parts:
                heading = self.headings.match(cell.text)
                if heading.key == key and heading.tier >= 3:
                    same += 1
                    break
        return same >= 2 or (same == 1 and len(self.block.columns) == 1)

    def _struck(self, row: int) -> bool:
        view = self.block.grid
        if not view.grid.struck:
            return False
        filled = [
            column for column in self.block.field_columns if text_of(view.own(row, column)).strip()
        ]
        return bool(filled) and all((row, column) in view.grid.struck for column in filled)

    # -- Values ----------------------------------------------------------------------------------
    def _says_nothing(self, record: Record) -> bool:
        """无 in every field is how a unit says that it has none."""
        typed = [text for text in record.original.values() if text.strip()]
        return bool(typed) and not self.exact and all(is_none(text) for text in typed)

    # -- Lines outside ---------------------------------------------------------------------------
    def _skip(self, row: int, texts: list[str], why: str) -> None:
        where = self.block.grid.address(row, self.block.left, row, self.block.right)
        self.reading.skipped.append(
            Skipped(where, " ".join(texts)[:200], lines.WORDS.get(why, why))
        )

    def _outer_line(self, row: int) -> None:
        texts = self._texts(row)
        spoken = [text for text in texts if not self._is_number(row, text)]
        if not spoken:
            return
        reason = lines.why(spoken, lone=len(spoken) == 1)
        if reason:
            self._skip(row, texts, reason)


def put_in_order(
    records: Records, fields: Sequence[Wanted], reading: Reading, *, exact: bool
) -> Records:
    """The records of a table without the numbers that count them, each of those that are several parted."""
    if exact:
        return records
    strip_numbers(records, fields[0].key)
    return part(records, fields, reading)


def stand_in_order(run: Run, size: int, fields: Sequence[Wanted]) -> bool:
    """Whether ``put_in_order`` leaves each ``size`` lines of ``run`` as they are; in doubt, no."""
    first = map(str, run.columns[fields[0].key][::size])
    return all(parted(name) is None for name in first) and not may_hold_several(run, fields)
