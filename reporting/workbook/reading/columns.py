"""The lines of a long table that have nothing to think about, told a column at a time.

Nearly all lines of a register are such: no merge, nothing hidden, every cell a plain word, number or
day, all required ones filled. What makes a cell plain depends on its words alone, so each distinct
one of a column is looked at once. Every other line goes the long way (``rows``); both ways come to
the same records, which ``tests/reading/test_plain_lines.py`` holds them to.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import compress
from typing import Any, NamedTuple

from reporting.workbook.reading.cells import LONG_NUMBER, Places, Typed, Wanted
from reporting.workbook.reading.headings import SURE, Headings
from reporting.workbook.reading.lines import (
    HEADING_TAILS,
    is_heading_tail,
    is_signer,
    may_be_heading_tails,
    signers,
)
from reporting.workbook.reading.records import Run
from reporting.workbook.reading.result import Record
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.words import (
    BEGIN_NONE,
    DITTO,
    LONGEST_NONE,
    Texts,
    date,
    is_none,
    is_tidy,
    says_none,
    squeezed,
    text_of,
    tidy,
)

# Words that may make a complete line a total, an example or a signature: looked at closely then,
# as are those of ``signers``.
_ODD = re.compile(r"[计总共累例如样范:：]|其中|^[\d.]+$")
_ODD_SIGN = re.compile(r"[计总共累例如样范:：]|其中")
_BEGIN = BEGIN_NONE | {word[0] for word in DITTO}
_DAY = "d"  # as in ``parsing.grids``
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class PlainLines:
    """The lines of ``block`` by column; ``upto`` says how far they reach, ``run`` reads them."""

    def __init__(
        self, block: Block, fields: Sequence[Wanted], headings: Headings, exact: bool = False
    ) -> None:
        self.block, self.fields, self.exact = block, fields, exact
        self._rows = block.grid.grid.rows[block.first : block.last]
        # One byte a line, so that the end of a run of plain ones is found at once.
        self._plain = bytearray(b"\1") * len(self._rows)
        self._values: list[list[Any]] = []
        self._texts: list[set[str]] = []  # what each of them says, once
        if not self._rows or not self._readable():
            self._plain = bytearray(len(self._rows))
            return
        self._strike(self._heading_tails())
        self._strike(self._within(block.grid.merged_rows))
        self._strike(self._within(block.grid.grid.hidden_rows))
        for wanted in fields:
            values, texts = self._column(wanted, block.columns[wanted.key][0])
            self._values.append(values)
            self._texts.append(texts)
        self._strike_first_texts()
        self._strike_headings(headings)

    def holds(self, row: int) -> bool:
        """Whether the line of ``row`` is plain."""
        return row >= self.block.first and bool(self._plain[row - self.block.first])

    def upto(self, row: int) -> int:
        """The row after the plain ones that begin at ``row``; ``row`` itself when it is not plain."""
        end = self._plain.find(0, row - self.block.first)
        return self.block.first + (len(self._plain) if end < 0 else end)

    def run(self, first: int, end: int, town: str) -> Run:
        """The plain lines ``first`` to ``end - 1``; ``town`` is what a line above named."""
        keys = [wanted.key for wanted in self.fields]
        between = slice(first - self.block.first, end - self.block.first)
        towns, units = (self._extra(sort, between) for sort in ("town", "unit"))
        columns = [values[between] for values in self._values]
        texts = dict(zip(keys, self._texts, strict=True))
        return run_of(
            self.block, first, dict(zip(keys, columns, strict=True)), texts, towns, units, town
        )

    # -- Columns ---------------------------------------------------------------------------------
    def _readable(self) -> bool:
        """Whether every field has one column, and no cell needs a word of its own."""
        grid, columns = self.block.grid.grid, self.block.columns
        single = all(len(columns.get(wanted.key, ())) == 1 for wanted in self.fields)
        return single and not (grid.struck or grid.part_struck or grid.formulas)

    def _raw(self, column: int) -> list[Any]:
        block = self.block
        return block.grid.grid.column(column, block.first, block.last)

    def _column(self, wanted: Wanted, column: int) -> tuple[list[Any], set[str]]:
        """What the column says, line by line and once each; lines where it is not plain are struck off."""
        cells, distinct = _hashable(self._raw(column))
        texts = [cell for cell in distinct if type(cell) is str]
        said: dict[Any, str] = {}
        odd: set[Any] = _odd_among(Texts(texts))
        if "" in distinct and wanted.required:
            odd.add("")
        if wanted.kind == "number":
            odd |= {text for text in texts if text}
        elif wanted.kind == "date" and not self.exact:
            said = {text: day for text in texts if text and (day := date(text)) not in (None, text)}
        if len(texts) < len(distinct):
            said, odd = self._other_sorts(wanted, distinct, said, odd)
        if odd:
            self._strike(at for at, cell in enumerate(cells) if cell in odd)
        if not said:
            return cells, set(texts)
        plain = {said.get(cell, cell) for cell in distinct}
        return [said.get(cell, cell) for cell in cells], {
            text for text in plain if type(text) is str
        }

    def _other_sorts(
        self, wanted: Wanted, distinct: set[Any], said: dict[Any, str], odd: set[Any]
    ) -> tuple[dict[Any, str], set[Any]]:
        """Numbers and days, which a cell shows as text."""
        for cell in distinct:
            if type(cell) is str:
                continue
            day = type(cell) is tuple
            raw = {_DAY: cell[1]} if day else cell
            text = text_of(raw)
            if (
                cell is None
                or not text
                or wanted.kind == "number"
                or (not day and abs(cell) >= LONG_NUMBER)
                or not is_tidy(text)
                or is_none(text)
            ):
                odd.add(cell)
                said[cell] = ""
            else:
                dated = wanted.kind == "date" and not self.exact
                said[cell] = (date(raw) or text) if dated else text
        return said, odd

    def _extra(self, sort: str, between: slice) -> list[str]:
        """The township or sender named in a column beside the fields; empty without one."""
        column = self.block.extras.get(sort)
        if column is None:
            return []
        known: dict[Any, str] = {}
        cells, distinct = _hashable(self._raw(column)[between], bools=True)
        for cell in distinct:
            known[cell] = tidy(text_of({_DAY: cell[1]} if type(cell) is tuple else cell))
        return [known[cell] for cell in cells]

    # -- Lines that are not plain ----------------------------------------------------------------
    def _strike(self, lines: Iterable[int]) -> None:
        for line in lines:
            self._plain[line] = 0

    def _within(self, rows: Iterable[int]) -> Iterator[int]:
        """Rows of the grid as lines of the block."""
        first, end = self.block.first, self.block.first + len(self._rows)
        return (row - first for row in rows if first <= row < end)

    def _heading_tails(self) -> Iterator[int]:
        """Lines that belong to the heading still: numbers of the columns, units."""
        for at, cells in enumerate(self._rows[:HEADING_TAILS]):
            texts = [text_of(cell) for cell in cells if cell != ""]
            if is_heading_tail(texts):
                yield at

    def _strike_first_texts(self) -> None:
        """Lines whose first words, or whose name, could make them something else than a record."""
        if odd := _oddly_worded(Texts(self._texts[0])):
            self._strike(at for at, name in enumerate(self._values[0]) if name in odd)
        left, number = self.block.left, self.block.extras.get("number")
        name = self.block.columns[self.fields[0].key][0]
        if name == left:
            return
        told: dict[str, bool] = {}
        for at in self._unnumbered() if (number, name) == (left, left + 1) else self._lines():
            cells = self._rows[at]
            for column in range(left, min(self.block.right + 1, len(cells))):
                text = text_of(cells[column]).strip()
                if not text or (column == number and text.isdigit()):
                    continue
                if text not in told:
                    told[text] = _is_odd(text) or is_signer(text)
                if told[text]:
                    self._plain[at] = 0
                break

    def _lines(self) -> Iterator[int]:
        return compress(range(len(self._rows)), self._plain)

    def _unnumbered(self) -> list[int]:
        """Lines that begin with something else than a whole number."""
        cells = self._raw(self.block.left)
        return [at for at, cell in enumerate(cells) if type(cell) is not int or cell < 0]

    def _strike_headings(self, headings: Headings) -> None:
        """Lines where two fields say their own headings, as the headings on a further page do."""
        saying: list[set[int]] = []
        for wanted, values, texts in zip(self.fields, self._values, self._texts, strict=True):
            same = headings.own_words(wanted.key, texts)
            if same:
                saying.append({at for at, value in enumerate(values) if value in same})
        seen: set[int] = set()
        for lines in saying:
            self._strike(lines if len(self.fields) == 1 else lines & seen)
            seen |= lines


def run_of(
    block: Block,
    first: int,
    columns: dict[str, list[Any]],
    texts: dict[str, set[str]],
    towns: Sequence[str] = (),
    units: Sequence[str] = (),
    town: str = "",
) -> Run:
    """Plain lines of ``block`` from the row ``first`` on, as a part of the records."""
    view, keys = block.grid, list(columns)

    def made(at: int, values: dict[str, Any]) -> Record:
        row = first + at
        return Record(
            view.address(row, block.left, row, block.right),
            values,
            Typed(block, row, keys),
            Places(block, row),
            town=(towns[at] if towns else "") or town,
            unit_text=units[at] if units else "",
            rows=(row, row),
        )

    def place(at: int, key: str) -> str:
        return view.cell(first + at, block.columns[key][0])

    return Run(columns, texts, list(units), made, place, first, named_town=bool(towns or town))


class Told(NamedTuple):
    """What is told of texts of which each says itself in any line of a table."""

    holding: set[str]  # the few that hold a heading
    squeezed: bool  # whether all are as words are compared


def plain_anywhere(texts: set[str], headings: Headings) -> Told | None:
    """``None`` where one of ``texts`` may say something else than itself.

    A line with a word that only holds a heading (上村社区, 所在村社区) is no line of headings, unless
    another beside, above or below it is one. See ``fits``.
    """
    filled = Texts(texts)
    if _odd_among(filled):
        return None
    holding = headings.likely_among(filled)
    if any(headings.match(text).tier >= SURE for text in holding):
        return None
    return Told(holding, filled.squeezed)


def fits(wanted: Wanted, texts: set[str], *, first: bool, exact: bool) -> bool:
    """Whether texts that are plain anywhere are so in the column of ``wanted``; in doubt, no.

    ``first`` says that it is the first column, where words tell what a line is.
    """
    if "" in texts and wanted.required:
        return False
    filled = texts - {""} if wanted.kind in ("number", "date") else texts
    if filled and wanted.kind == "number":
        return False
    if wanted.kind == "date" and not exact:
        others = [text for text in filled if not ISO_DAY.fullmatch(text)]
        if any(date(text) not in (None, text) for text in others):
            return False
    if not first:
        return True
    words = Texts(texts)
    return not _oddly_worded(words) and not may_be_heading_tails(words)


def _hashable(cells: list[Any], *, bools: bool = False) -> tuple[list[Any], set[Hashable]]:
    """Cells with days as pairs, and the distinct ones. Truth values are nothing, as 1 equals True."""
    sorts = set(map(type, cells))
    if dict in sorts:
        cells = [(_DAY, cell.get(_DAY, "")) if type(cell) is dict else cell for cell in cells]
    if bool in sorts:
        cells = [
            (text_of(cell) if bools else None) if type(cell) is bool else cell for cell in cells
        ]
    return cells, set(cells)


def _odd_among(texts: Texts) -> set[str]:
    """Those with something to put in order, an error of a formula, or a word for nothing or ditto."""
    odd: set[str] = set()
    if "#" in texts.joined or not texts.tidy:
        odd = {text for text in texts.all if "#" in text or not is_tidy(text)}
    for text, plain in _short(texts):
        if plain in DITTO or says_none(plain):
            odd.add(text)
    return odd


def _short(texts: Texts) -> Iterator[tuple[str, str]]:
    """The few of ``texts`` that could say nothing or ditto, each with its comparable words."""
    if texts.normal:
        if _BEGIN.isdisjoint(texts.firsts):
            return iter(())
        return ((text, text) for text in texts.all if text[0] in _BEGIN and _is_short(text))
    short = list(filter(_is_short, texts.all))
    return zip(short, map(squeezed, short), strict=True)


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST_NONE


def _oddly_worded(texts: Texts) -> set[str]:
    odd = signers(texts)
    if _ODD_SIGN.search(texts.joined):
        return odd | set(filter(_is_odd, texts.all))
    # What is left are numbers alone; an ordinary name does not begin like one.
    if not any(first.isdigit() or first == "." for first in texts.firsts):
        return odd
    return odd | {
        text for text in texts.all if (text[0].isdigit() or text[0] == ".") and _is_odd(text)
    }


def _is_odd(text: str) -> bool:
    return _ODD.search(text) is not None or text.isdigit()
