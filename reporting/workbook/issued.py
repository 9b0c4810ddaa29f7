"""Filling a workbook exactly as issued.

The issued file is read once. To fill it, only the XML of its rows is written anew and set between
the issued head and tail; styles, page, margins and theme are the issued bytes. Nothing is inserted
or shifted by a spreadsheet library, since those move neither merges nor formulas.
"""

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from reporting.workbook import properties as props
from reporting.workbook.cells import SafeWriter
from reporting.workbook.heights import TALLEST_ROW, Space, needed_height
from reporting.workbook.parts import Part, write_parts
from reporting.workbook.sheet import (
    BLANK_SIZE,
    SHEET,
    WORKBOOK,
    IssuedSheet,
    column_number,
    load_sheet,
    split_address,
)
from reporting.workbook.text import safe_text

Value = str | int | Decimal
_CONTENT_TYPES = "[Content_Types].xml"
_RELATIONS = "_rels/.rels"


@dataclass(frozen=True)
class Line:
    """One line of the filled sheet: the issued row it looks like, and texts or numbers by column letter.

    A column without one keeps the issued words.
    """

    source: int
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class _Placed:
    """A line with its first row in the produced sheet and the heights (points) of its rows.

    More than one row where a text needs more height than a spreadsheet gives one row.
    """

    line: Line
    top: int
    heights: tuple[float, ...]

    @property
    def bottom(self) -> int:
        return self.top + len(self.heights) - 1


@dataclass(frozen=True)
class Filled:
    """A finished workbook and what had to be cleaned while filling it."""

    data: bytes
    notes: tuple[str, ...]


class IssuedWorkbook:
    """An official form as issued. ``fill`` makes filled copies; ``expected`` says what they hold."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def sheet(self) -> IssuedSheet:
        return load_sheet(self.path)

    def words(self, address: str) -> str:
        """The issued words at ``address`` like ``"A5"``; empty where nothing is printed."""
        column, row = split_address(address)
        issued = self.sheet.rows.get(row)
        return issued.words.get(column, "") if issued else ""

    def lines(self, values: Mapping[str, str]) -> list[Line]:
        """The issued rows one by one, with ``values`` by address: for forms that do not grow."""
        by_row: dict[int, dict[str, str]] = {number: {} for number in self.sheet.rows}
        for address, text in values.items():
            column, row = split_address(address)
            by_row[row][column] = text
        return [Line(number, texts) for number, texts in sorted(by_row.items())]

    def fill(
        self,
        lines: Sequence[Line],
        *,
        title: str,
        properties: Mapping[str, object],
        borrow: Mapping[str, str] | None = None,
    ) -> Filled:
        """A workbook of ``lines`` in order, each looking like the issued row it names.

        ``borrow`` names columns that were not issued and the issued column whose width and style
        each takes; they stay outside the print area. Raises ``UnsafeValue`` when a text does not
        fit a cell.
        """
        borrow = borrow or {}
        placed = self._place(lines, borrow)
        writer = SafeWriter(quoted=self.sheet.quoted)
        rows = "".join(self._rows_xml(item, borrow, writer) for item in placed)
        sheet_xml = (
            f"{self._head(placed, borrow)}<sheetData>{rows}</sheetData>{self.sheet.between}"
            f"{self._merges_xml(placed)}{self.sheet.after}"
        )
        out = io.BytesIO()
        write_parts(
            out,
            [
                *self._constant_parts,
                Part.small(WORKBOOK, self._workbook_xml(placed)),
                Part.small(props.CORE, props.core_xml(title)),
                Part.small(props.CUSTOM, props.custom_xml(properties)),
                Part.of(SHEET, sheet_xml.encode()),
            ],
        )
        return Filled(out.getvalue(), tuple(writer.notes))

    def expected(
        self, lines: Sequence[Line], *, borrow: Mapping[str, str] | None = None
    ) -> dict[str, Value]:
        """Every non-empty cell of the workbook ``fill`` makes of ``lines``, by address."""
        cells: dict[str, Value] = {}
        for item in self._place(lines, borrow or {}):
            texts = {**self.sheet.rows[item.line.source].words, **item.line.values}
            for column, text in texts.items():
                if not isinstance(text, str):
                    cells[f"{column}{item.top}"] = text
                elif text and (safe := safe_text(text).text):
                    cells[f"{column}{item.top}"] = safe
        return cells

    # -- Where the lines stand -------------------------------------------------------------------

    def _place(self, lines: Sequence[Line], borrow: Mapping[str, str]) -> list[_Placed]:
        placed, top = [], 1
        for line in lines:
            heights = self._heights(line, borrow)
            placed.append(_Placed(line, top, heights))
            top += len(heights)
        return placed

    def _heights(self, line: Line, borrow: Mapping[str, str]) -> tuple[float, ...]:
        """As issued, unless a text needs more; then just enough, in equal rows if one is too low."""
        issued = self.sheet.rows[line.source].height
        spaces = self.sheet.spaces
        needed = max(
            (
                needed_height(text, spaces.get((borrow.get(column, column), line.source), _PLAIN))
                for column, text in line.values.items()
                if text and isinstance(text, str)
            ),
            default=0.0,
        )
        if needed <= issued:
            return (issued,)
        # Split only when one row cannot hold it, and then low, so that pages fill.
        count = 1 if needed <= TALLEST_ROW else math.ceil(needed / _SPLIT_ROW)
        return (round(needed / count, 1),) * count

    # -- Its XML ---------------------------------------------------------------------------------

    def _rows_xml(self, item: _Placed, borrow: Mapping[str, str], writer: SafeWriter) -> str:
        issued = self.sheet.rows[item.line.source]
        values = item.line.values
        columns = [*issued.cells, *(column for column in values if column not in issued.cells)]
        xml = []
        for number, height in enumerate(item.heights, start=item.top):
            cells = []
            for column in columns:
                style, words = issued.cells.get(borrow.get(column, column), (0, ""))
                address = f"{column}{number}"
                if number > item.top:
                    cells.append(f'<c r="{address}" s="{style}"/>')
                elif column in values:
                    cells.append(writer.put(address, values[column], style))
                elif words:
                    cells.append(f'<c r="{address}" s="{style}" t="inlineStr">{words}</c>')
                else:
                    cells.append(f'<c r="{address}" s="{style}"/>')
            xml.append(f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(cells)}</row>')
        return "".join(xml)

    def _merges(self, placed: Sequence[_Placed]) -> list[str]:
        merges = []
        tops: dict[int, list[_Placed]] = {}
        for item in placed:
            tops.setdefault(item.line.source, []).append(item)
        for merge in self.sheet.merges:
            if merge.top == merge.bottom:
                pairs = [(item, item) for item in tops.get(merge.top, ())]
            else:
                pairs = [(tops[merge.top][0], tops[merge.bottom][-1])]
            merges += [
                f"{merge.left}{first.top}:{merge.right}{last.bottom}" for first, last in pairs
            ]
        for item in placed:
            if len(item.heights) > 1:
                columns = {**self.sheet.rows[item.line.source].cells, **item.line.values}
                merges += [
                    f"{column}{item.top}:{column}{item.bottom}"
                    for column in columns
                    if not any(m.covers(column, item.line.source) for m in self.sheet.merges)
                ]
        return merges

    def _merges_xml(self, placed: Sequence[_Placed]) -> str:
        merges = self._merges(placed)
        if not merges:
            return ""
        refs = "".join(f'<mergeCell ref="{ref}"/>' for ref in merges)
        return f'<mergeCells count="{len(merges)}">{refs}</mergeCells>'

    def _head(self, placed: Sequence[_Placed], borrow: Mapping[str, str]) -> str:
        last = max([*self.sheet.widths, *borrow], key=column_number)
        bottom = placed[-1].bottom if placed else 1
        head = self.sheet.before.replace(BLANK_SIZE, f'<dimension ref="A1:{last}{bottom}"/>')
        columns = "".join(
            f'<col width="{self.sheet.widths[like]:g}" customWidth="1" '
            f'min="{column_number(column)}" max="{column_number(column)}"/>'
            for column, like in borrow.items()
        )
        return head.replace("</cols>", f"{columns}</cols>")

    def _workbook_xml(self, placed: Sequence[_Placed]) -> bytes:
        xml = self.sheet.files[WORKBOOK].decode()
        if self.sheet.print_area:
            left, top, right, _ = self.sheet.print_area
            area = f"${left}${top}:${right}${placed[-1].bottom}"
            xml = _set_area(xml, area)
        return xml.encode()

    @cached_property
    def _constant_parts(self) -> list[Part]:
        """The parts no filling changes, compressed once; the first names them all."""
        files = dict(self.sheet.files)
        types = files.pop(_CONTENT_TYPES).decode()
        relations = files.pop(_RELATIONS).decode()
        types = types.replace(
            "</Types>",
            f'<Override PartName="/{props.CUSTOM}" ContentType="{props.CUSTOM_TYPE}"/></Types>',
        )
        relations = relations.replace(
            "</Relationships>",
            f'<Relationship Type="{props.CUSTOM_RELATION}" Target="{props.CUSTOM}" '
            'Id="rIdCustom"/></Relationships>',
        )
        for written_anew in (SHEET, WORKBOOK, props.CORE, props.CUSTOM):
            files.pop(written_anew, None)
        files[props.APP] = props.app_xml()
        named = {_CONTENT_TYPES: types.encode(), _RELATIONS: relations.encode(), **files}
        return [Part.kept(name, content) for name, content in named.items()]


_SPLIT_ROW = TALLEST_ROW / 2
_PLAIN = Space(width=8.0, font=11.0)


def _set_area(workbook_xml: str, area: str) -> str:
    return re.sub(
        r"(_xlnm\.Print_Area[^>]*>[^<]*!)[^<]*", lambda found: found[1] + area, workbook_xml
    )
