"""Rows of a sheet in the plain shape most programs save, matched whole and turned to cells.

Nearly all rows of a long table have one shape: the same cells under the same styles. A pattern made
from one of them takes the others in a single pass, column by column. What it does not match is taken
row by row and cell by cell. Whatever is left over then is not plain.
"""

import datetime as dt
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from reporting.workbook.reading.parsing import xlsx_parts, xlsx_styles
from reporting.workbook.reading.parsing.grids import Cell, as_number

Sort = Literal["blank", "text", "shared", "number", "day"]
# Rows of one shape are worth a pattern of their own where there are many.
WORTH_A_SHAPE = 64 << 10  # characters of rows
_MOST_SHAPES = 6
_ROW = re.compile(r'<row r="([1-9]\d{0,6})"([^<>]*)>')
_ROW_NUMBER = re.compile(r'<row r="(\d+)"')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})(\d+)"([^<>/]*)'
    r'(?:/>|></c>|><v>([^<]+)</v></c>|><is><t( xml:space="preserve")?>([^<]*)</t></is></c>)'
)
_ATTRIBUTES = re.compile(r'(?: s="(\d{1,5})")?(?: t="(\w+)")?')
_NUMBER = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[1-9][0-9]{4}")  # 1927 to 2173
_EPOCH = dt.date(1899, 12, 30)
# What counts for nothing at the ends of a text, unless it says that blanks are to be preserved.
BLANKS = " \t\n"
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class NotPlain(Exception):
    """Something is not as most programs save it."""


class _Shape(NamedTuple):
    """What rows have in common that differ only in their number and in what their cells say."""

    pattern: re.Pattern[str]  # groups: the number, then each value
    places: tuple[int, ...]  # columns of the values
    sorts: tuple[Sort, ...]


@dataclass
class Rows:
    """Rows of one sheet, taken block by block."""

    strings: Sequence[str]
    styles: xlsx_styles.Styles
    most_rows: int
    rows: list[list[Cell]] = field(default_factory=list)
    _shapes: list[_Shape] = field(default_factory=list)
    _known: dict[str, Sort] = field(default_factory=dict)
    _width: int = 0
    escaped: bool = False

    def take(self, content: bytes) -> None:
        """All rows of ``content``, which holds nothing else."""
        block = self._text(content)
        numbers = list(map(int, _ROW_NUMBER.findall(block)))
        # Readers differ over rows out of order; a longer sheet is refused by the long way.
        if numbers != sorted(set(numbers)) or (numbers and numbers[0] <= len(self.rows)):
            raise NotPlain
        if numbers and numbers[-1] > self.most_rows + xlsx_parts.TITLES:
            raise NotPlain
        if len(self.rows) * self._width > xlsx_parts.MOST_CELLS:
            raise NotPlain
        self.rows.extend([] for _ in range(numbers[-1] - len(self.rows) if numbers else 0))
        for shape in self._shapes:
            block = self._take_shape(shape, block)
        while len(block) > WORTH_A_SHAPE and len(self._shapes) < _MOST_SHAPES:
            # A row from the middle: what stands above and below the table is shaped otherwise.
            begin = max(block.find("<row ", len(block) // 2), 0)
            found = self._shape(block[begin : block.find("</row>", begin) + 6])
            if found is None:
                break
            self._shapes.append(found)
            block = self._take_shape(found, block)
        self._take_each(block)

    def _text(self, content: bytes) -> str:
        text, self.escaped = decoded(content)
        return text

    # -- Many rows at once -----------------------------------------------------------------------
    def _shape(self, row: str) -> _Shape | None:
        """The shape of one row; ``None`` where it is blank."""
        head = _ROW.match(row)
        if head is None or "hidden" in head[2] or head[2].endswith("/"):
            return None
        pattern = rf'<row r="(\d+)"{re.escape(head[2])}>'
        places: list[int] = []
        sorts: list[Sort] = []
        at, last = head.end(), -1
        for cell in _CELL.finditer(row, at):
            column, sort = self.column_of(cell[1], last), self.sort_of(cell[3], cell[4], cell[6])
            if cell.start() != at or cell[2] != head[1]:
                raise NotPlain
            at, last = cell.end(), column
            value = cell.span(4 if cell[4] is not None else 6)
            end = cell.end() if sort == "blank" else value[0]
            opened = row[cell.end(2) : end]
            pattern += rf'<c r="{cell[1]}\1{re.escape(opened)}'
            if sort != "blank":
                within = "[^<]*" if cell[5] else rf"(?![{BLANKS}])[^<]*(?<![{BLANKS}])"
                pattern += rf"({within}){re.escape(row[value[1] : at])}"
                places.append(column)
                sorts.append(sort)
        if row[at:] != "</row>":
            raise NotPlain
        return _Shape(re.compile(pattern + "</row>"), tuple(places), tuple(sorts))

    def _take_shape(self, shape: _Shape, block: str) -> str:
        """Take the rows of that shape; the others, which are whole rows again."""
        step = len(shape.places) + 2
        parts = shape.pattern.split(block)
        numbers = parts[1::step]
        if not numbers:
            return block
        others = [other for other in parts[0::step] if other]
        if not all(other[:5] == "<row " and other[-1:] == ">" for other in others):
            raise NotPlain
        columns: list[Sequence[Cell]] = []
        for at, (place, sort) in enumerate(zip(shape.places, shape.sorts, strict=True), start=2):
            columns += [("",) * len(numbers)] * (place - len(columns))
            columns.append(self.values(sort, parts[at::step]))
        lines = map(list, zip(*columns, strict=True)) if columns else ([] for _ in numbers)
        for number, line in zip(numbers, lines, strict=True):
            self.rows[int(number) - 1] = line
        return "".join(others)

    def values(self, sort: Sort, texts: list[str]) -> Sequence[Cell]:
        """What cells of one sort say. Raises ``NotPlain``."""
        if sort == "text":
            return unescaped(texts) if self.escaped else texts
        if sort == "shared":
            return self._shared(texts)
        found = {text: self.value(sort, text) for text in set(texts)}
        return [found[text] for text in texts]

    def _shared(self, texts: list[str]) -> Sequence[Cell]:
        if not "".join(texts).isdecimal():
            raise NotPlain
        try:
            return [self.strings[number] for number in map(int, texts)]
        except (IndexError, ValueError):
            raise NotPlain from None

    # -- One row after the other -----------------------------------------------------------------
    def _take_each(self, block: str) -> None:
        if not block:
            return
        before, *parts = _ROW.split(block)
        if before:
            raise NotPlain
        for number, attributes, content in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
            end = "" if attributes.endswith("/") else "</row>"
            if "hidden" in attributes or content[-6:] != end:
                raise NotPlain
            self.rows[int(number) - 1] = self._line(number, content[:-6])

    def _line(self, number: str, content: str) -> list[Cell]:
        line: list[Cell] = []
        found = _CELL.split(content)
        if any(found[0::7]):
            raise NotPlain
        cells = zip(*(found[group::7] for group in range(1, 7)), strict=True)
        for letters, row, attributes, value, kept, text in cells:
            if row != number:
                raise NotPlain
            column = self.column_of(letters, len(line) - 1)
            sort = self.sort_of(attributes, value, text)
            line += [""] * (column - len(line))
            said = value if text is None else text if kept else text.strip(BLANKS)
            line.append("" if sort == "blank" else self.value(sort, said))
        return line

    # -- One cell --------------------------------------------------------------------------------
    def column_of(self, letters: str, last: int) -> int:
        column = _index_of(letters)
        if not last < column < xlsx_parts.MOST_COLUMNS:
            raise NotPlain
        self._width = max(self._width, column + 1)
        return column

    def sort_of(self, attributes: str, value: str | None, text: str | None) -> Sort:
        """What a cell holds, by its attributes and by where what it says is written."""
        if value is None and text is None:
            return "blank"
        known = attributes if text is None else f"is{attributes}"
        if known not in self._known:
            self._known[known] = self._told(attributes, inline=text is not None)
        return self._known[known]

    def _told(self, attributes: str, *, inline: bool) -> Sort:
        said = _ATTRIBUTES.fullmatch(attributes)
        if said is None or inline != (said[2] == "inlineStr"):
            raise NotPlain
        if inline:
            return "text"
        if said[2] == "s":
            return "shared"
        style = None if said[1] is None else int(said[1])
        if said[2] in (None, "n") and (style is None or style in self.styles.undated):
            return "number"
        if said[2] in (None, "n") and style in self.styles.days:
            return "day"
        raise NotPlain

    def value(self, sort: Sort, text: str) -> Cell:
        if sort == "text":
            return unescaped([text])[0]
        if sort == "shared":
            return self._shared([text])[0]
        if sort == "number":
            return number(text)
        if found := day(text):
            return {"d": found}
        raise NotPlain


_index_of = functools.lru_cache(maxsize=1024)(xlsx_parts.letters_to_index)


def number(text: str) -> Cell:
    """Raises ``NotPlain`` for what is none."""
    if _NUMBER.fullmatch(text) is None:
        raise NotPlain
    return as_number(float(text))


@functools.lru_cache(maxsize=4096)
def day(text: str) -> str:
    """The day of a number; "" for one that is none."""
    return (_EPOCH + dt.timedelta(days=int(text))).isoformat() if _DAY.fullmatch(text) else ""


def decoded(content: bytes) -> tuple[str, bool]:
    """``content`` as text, and whether signs in it are written as entities."""
    # Line ends, and characters written by number: readers differ over them.
    if b"\r" in content or (b"_" in content and b"_x" in content):
        raise NotPlain
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise NotPlain from None
    escaped = "&" in text
    if escaped and _ENTITY.search(text):
        raise NotPlain
    return text, escaped


def unescaped(texts: Iterable[str]) -> list[str]:
    return [_plain(text) if "&" in text else text for text in texts]


def _plain(text: str) -> str:
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return text
