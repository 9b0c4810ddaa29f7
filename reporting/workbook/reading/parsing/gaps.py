"""What stands between the words of a sheet: tags, which come again and again whatever people fill in.

In one file a cell is blank, in another a line is missing, and no two sheets have the same tags from end
to end. But between one word and the next there stands ``/t></is></c><c r="B5" s="3" t="s"><v`` in each
of them. Such a gap is told once, and a sheet is put together of gaps that were told, where each fits
the one before it. What is told is what ``plain_rows`` tells of the same bytes; see ``templates``.
"""

import re
from dataclasses import dataclass, field
from itertools import compress
from operator import lt, ne
from typing import NamedTuple

from reporting.workbook.reading.parsing import plain_rows
from reporting.workbook.reading.parsing.plain_rows import NotPlain

MOST_ROWS = 2_000  # of a sheet that is told this way
WORDS = re.compile(rb">([^<]+)<")  # with ">" in them they are no words
_OF_A_GAP = 300  # bytes that it takes to remember one, beside its own
_OF_A_WORD = 100  # and of a layout, a word
#: Bytes of tags: no line end, no entity, nothing that needs decoding.
_IN_TAGS = bytes({*range(32, 127)} - {ord("&")})
_PLACE = 256  # columns of a row, in the number of a cell's place
_BEYOND = (MOST_ROWS + 1) * _PLACE
_CLOSED = re.compile(r"/t></is></c>|/v></c>")
_ROW = re.compile(r'<row r="([1-9]\d{0,6})"([^<>]*)>')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([1-9]\d{0,6})"([^<>/]*)'
    r'(?:/>|></c>|>(<is><t(?: xml:space="preserve")?></t></is></c>)'
    r'|><(?:(v)|is><(t)( xml:space="preserve")?)$)'
)
_END = "</row>"


class Gap(NamedTuple):
    """Places are of cells: a row, from 1, times ``_PLACE``, and a column, from 0."""

    closes: str  # in what the word before it stands: t, v; nothing at the beginning
    first: int  # place of the first cell in it, or of the first row where that has none
    before: int  # row of blank cells before a row ends; 0 where there are none
    parts: bool  # whether a row ends in it, or the first begins
    last: int  # the last row that begins in it; 0 where none does
    place: int  # of the cell in which the next word stands
    opens: str  # as ``closes``, of the next word; nothing at the end
    sort: plain_rows.Sort | None  # of the next word; None for a text at whose ends no blank counts


@dataclass(eq=False)
class Layout:
    """Where the words of a sheet stand. They are numbered as they come."""

    rows: list[list[int]]  # -1 for a blank cell
    #: Words at whose ends blanks count, and those that are no text.
    sorts: dict[plain_rows.Sort, list[int]]
    last: int  # row
    again: bool = False  # whether a sheet was laid out so before


@dataclass
class Held:
    """Bytes that are remembered, more or less."""

    size: int = 0


@dataclass
class Gaps:
    """The gaps of sheets under the same ``styles``."""

    values: plain_rows.Rows  # without rows: tells what a cell holds
    held: Held
    _told: dict[bytes, Gap] = field(default_factory=dict)
    _layouts: dict[tuple[bytes, ...], Layout] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    #: The last that came again: most sheets are laid out like the one before.
    _last: tuple[list[bytes], Layout | None] = ([], None)

    def parted(self, rows: bytes) -> tuple[Layout, list[bytes]]:
        """How the words of a sheet's ``rows`` stand, and the words. Raises ``NotPlain``."""
        pieces = WORDS.split(rows)
        between, (last, same) = pieces[::2], self._last
        if same is not None and between == last:
            return same, pieces[1::2]
        tags = tuple(between)
        layout = self._layouts.get(tags)
        if layout is None:
            layout = self._put_together(tags)
            # The tags of most sheets never come again as a whole: only those that do are kept.
            if (seen := hash(tags)) in self._seen:
                layout.again = True
                self._layouts[tags] = layout
                self.held.size += len(rows) + _OF_A_WORD * len(tags)
            self._seen.add(seen)
            self.held.size += _OF_A_WORD
        if layout.again:
            self._last = between, layout
        return layout, pieces[1::2]

    def _put_together(self, tags: tuple[bytes, ...]) -> Layout:
        told = self._told
        gaps = [told.get(tag) or self._tell(tag) for tag in tags]
        if len(gaps) < 2:
            raise NotPlain
        closes, firsts, befores, parts, lasts, places, opens, sorts = zip(*gaps, strict=True)
        opened, rows = places[:-1], [place // _PLACE for place in places[:-1]]
        if (
            closes[0] or opens[-1] or closes[1:] != opens[:-1]
            or not all(map(lt, opened, firsts[1:]))  # cells and rows in their order
            or list(map(ne, rows[1:], rows)) != list(parts[1:-1])  # a cell stands in the row it names
            or any(before not in (0, row) for row, before in compress(zip(rows, befores[1:], strict=True), parts[1:]))
        ):  # fmt: skip
            raise NotPlain
        lines: list[list[int]] = [[] for _ in range(rows[-1])]
        for number, (row, place) in enumerate(zip(rows, opened, strict=True)):
            line = lines[row - 1]
            line += [-1] * (place % _PLACE - len(line))
            line.append(number)
        others: dict[plain_rows.Sort, list[int]] = {}
        for number, sort in enumerate(sorts):
            if sort is not None:
                others.setdefault(sort, []).append(number)
        return Layout(lines, others, lasts[-1] or rows[-1])

    def _tell(self, tags: bytes) -> Gap:
        if tags.translate(None, _IN_TAGS) or b"_x" in tags:
            raise NotPlain
        gap = self._told[tags] = self._told_of(tags.decode())
        self.held.size += len(tags) + _OF_A_GAP
        return gap

    def _told_of(self, tags: str) -> Gap:
        closed = _CLOSED.match(tags)
        closes = closed[0][1] if closed else ""
        at = closed.end() if closed else 0
        inside = closed is not None  # a row
        row = before = last = first = 0
        column, parts, place = -1, not inside, _BEYOND
        opens, sort = "", None
        while at < len(tags):
            if inside and tags.startswith(_END, at):
                inside, parts, at = False, True, at + len(_END)
                before = before if last else row
                continue
            if not inside:
                found = _ROW.match(tags, at)
                if found is None or "hidden" in found[2] or not row < int(found[1]) <= MOST_ROWS:
                    raise NotPlain
                row = last = int(found[1])
                column, first, at = -1, first or row * _PLACE, found.end()
                inside = not found[2].endswith("/")
                continue
            cell = _CELL.match(tags, at)
            if cell is None or not int(cell[2]) <= MOST_ROWS or row not in (0, int(cell[2])):
                raise NotPlain
            row, column, at = int(cell[2]), self.values.column_of(cell[1], column), cell.end()
            place = row * _PLACE + column
            first = first or place
            opens = cell[5] or cell[6] or ""
            if opens:
                sort = self.values.sort_of(
                    cell[3], "" if cell[5] else None, "" if cell[6] else None
                )
                sort = None if sort == "text" and not cell[7] else sort
            else:
                self.values.sort_of(cell[3], None, "" if cell[4] else None)
        if inside != bool(opens) or (not opens and not parts):
            raise NotPlain
        return Gap(closes, first or _BEYOND, before, parts, last, place, opens, sort)
