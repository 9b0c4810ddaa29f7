"""A document read as forms of one respondent each: a value stands beside or below its label."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

from reporting.workbook.reading.headings import full
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.views import View
from reporting.workbook.reading.words import squeezed, text_of

_HINT = re.compile(r"\([^()]*\)$")  # behind a label: for whom it is, or how many may be chosen


@dataclass(frozen=True)
class Form:
    """A form as found. ``texts`` has (place, text) by the address of the issued workbook."""

    where: str
    texts: Mapping[str, tuple[str, str]]
    blank: bool  # nothing is there but what is printed


@dataclass(frozen=True)
class _Part:
    """Rows and columns of a sheet, ends not included."""

    top: int
    left: int
    bottom: int
    right: int

    def __contains__(self, place: tuple[int, int]) -> bool:
        return self.top <= place[0] < self.bottom and self.left <= place[1] < self.right


_Places = list[tuple[int, int]]


def read_forms(
    document: Document, printed: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[Form]:
    """Each form found, of which there may be several on a sheet, one below or beside the other.

    ``printed`` are the issued words by address; ``values`` says at which address the label of a value
    stands (its own where the words are part of the cell).
    """
    for grid in document.grids:
        if not grid.hidden and grid.rows:
            yield from _Sheet(View(grid), printed, values).forms()


class _Sheet:
    def __init__(self, view: View, printed: Mapping[str, str], values: Mapping[str, str]) -> None:
        self.view, self.printed, self.values = view, printed, values
        self.words = {full(words) for words in printed.values()}
        self.labels = {full(printed[label]) for label in values.values()}
        heads = (address for address in printed if address not in {*values, *values.values()})
        self.titles = {full(printed[address]) for address in heads}
        self.places = self._places()
        self.marked = sorted(chain.from_iterable(self.places.values()))

    def forms(self) -> Iterator[Form]:
        whole = _Part(0, 0, self.view.height, self.view.width)
        for part in self._parts(whole):
            texts = self._texts(part)
            if len(texts) * 2 >= len(self.values):
                where = self.view.address(
                    part.top, part.left, max(part.bottom - 1, 0), max(part.right - 1, 0)
                )
                yield Form(where, texts, all(map(self._is_issued, texts, texts.values())))

    def _is_issued(self, address: str, found: tuple[str, str]) -> bool:
        said = squeezed(found[1])
        return not said or said == squeezed(self.printed.get(address, ""))

    # -- Labels ----------------------------------------------------------------------------------
    def _places(self) -> dict[str, _Places]:
        """Where the label of each value stands, from the top."""
        wanted = [
            (address, full(words), full(_HINT.sub("", squeezed(words))), address == label)
            for address, label in self.values.items()
            for words in (self.printed[label],)
        ]
        places: dict[str, _Places] = {address: [] for address in self.values}
        for row, cells in enumerate(self.view.grid.rows):
            for column, cell in enumerate(cells):
                if not isinstance(cell, str) or not cell.strip():
                    continue
                said = full(cell)
                for address, words, short, inside in wanted:
                    if said in (words, short) or (
                        said.startswith(words) and (inside or (len(said) >= 3 and _after(cell)))
                    ):
                        places[address].append((row, column))
        return places

    def _label(self, address: str, part: _Part) -> tuple[int, int] | None:
        places = _between(self.places[address], part.top, part.bottom)
        return next((place for place in places if place in part), None)

    def _is_form(self, part: _Part) -> bool:
        found = sum(self._label(address, part) is not None for address in self.values)
        return found * 2 >= len(self.values)

    # -- Several forms on one sheet --------------------------------------------------------------
    def _parts(self, whole: _Part) -> list[_Part]:
        """The part of each form; all of the sheet where it holds one."""
        counts = Counter(len(places) for places in self.places.values() if places)
        # A value may quote a label: as many forms are there as most labels say.
        often = max(counts, key=lambda count: (counts[count], count), default=0)
        if often < 2:
            return [whole]
        starts = min(places for places in self.places.values() if len(places) == often)
        ways = [
            [part for part in parts if self._is_form(part)]
            for parts in (self._beside_each_other(whole, starts), self._below(whole, starts))
        ]
        parts = max(ways, key=len)
        return [self._trimmed(part) for part in parts] if len(parts) > 1 else [whole]

    def _beside_each_other(self, whole: _Part, starts: _Places) -> list[_Part]:
        columns = sorted({column for _, column in starts})
        edges = [whole.left, *columns[1:], whole.right]
        strips = [_Part(whole.top, left, whole.bottom, right) for left, right in pairwise(edges)]
        return [
            *chain.from_iterable(
                self._below(strip, [start for start in starts if start in strip])
                for strip in strips
            )
        ]

    def _below(self, whole: _Part, starts: _Places) -> list[_Part]:
        rows = sorted({row for row, _ in starts})
        tops = [self._with_title(row, above, whole) for above, row in pairwise(rows)]
        return [
            _Part(top, whole.left, bottom, whole.right)
            for top, bottom in pairwise([whole.top, *tops, whole.bottom])
        ]

    def _with_title(self, start: int, above: int, whole: _Part) -> int:
        """The row in which the title above a first label begins, below the labels of the form before."""
        last = max(
            row
            for row, column in _between(self.marked, above, start)
            if whole.left <= column < whole.right
        )
        for row in range(last + 1, start):
            cells = self.view.grid.rows[row][whole.left : whole.right]
            if any(self._is_title(cell) for cell in cells):
                return row
        return start

    def _is_title(self, cell: object) -> bool:
        said = full(cell) if isinstance(cell, str) else ""
        return said in self.titles or any(len(t) > 5 and said.endswith(t) for t in self.titles)

    def _trimmed(self, part: _Part) -> _Part:
        """Without the blank rows below and the blank columns at the right."""
        filled = [
            (row, column)
            for row in range(part.top, part.bottom)
            for column in range(part.left, part.right)
            if text_of(self.view.shown(row, column)).strip()
        ]
        bottom, right = (max(ends) + 1 for ends in zip(*filled, strict=True))
        return _Part(part.top, part.left, bottom, right)

    # -- Values ----------------------------------------------------------------------------------
    def _texts(self, part: _Part) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for address, label in self.values.items():
            place = self._label(address, part)
            if place is None:
                continue
            row, column = place
            if address != label:
                found[address] = self._beside(row, column, part)
                continue
            found[address] = (self.view.cell(row, column), text_of(self.view.own(row, column)))
            if self._is_alone(row, column, label, part):
                beside = self._beside(row, column, part)
                found[address] = beside if beside[1].strip() else found[address]
        return found

    def _is_alone(self, row: int, column: int, label: str, part: _Part) -> bool:
        """Whether a label stands first in its row, and says no more than is printed."""
        before: Iterable[str] = (
            text_of(self.view.shown(row, at)).strip() for at in range(part.left, column)
        )
        own = full(text_of(self.view.own(row, column)))
        return own == full(self.printed[label]) and not any(before)

    def _beside(self, row: int, column: int, part: _Part) -> tuple[str, str]:
        """The value of a label: right of it, past what its merge covers; else behind its own colon."""
        view = self.view
        own = text_of(view.own(row, column))
        merge = view.anchors.get((row, column))
        right = (merge[3] if merge else column) + 1
        for at in range(right, min(part.right, right + 8)):
            text = text_of(view.own(row, at))
            if text.strip():
                said = full(text)
                if said in self.labels or (said in self.words and "（" not in text):
                    break
                return view.cell(row, at), text
        for sign in ("：", ":"):
            if sign in own and squeezed(own.split(sign, 1)[1]):
                return view.cell(row, column), own.split(sign, 1)[1]
        return view.cell(row, min(right, max(part.right - 1, 0))), ""


def _between(places: _Places, top: int, bottom: int) -> _Places:
    return places[bisect_left(places, (top, 0)) : bisect_left(places, (bottom, 0))]


def _after(cell: str) -> bool:
    return "：" in cell or ":" in cell
