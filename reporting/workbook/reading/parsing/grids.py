"""The one shape every file is brought to: grids of cells, and the paragraphs around them.

Both sides of the pipe know it. A cell is ``""`` for blank, text, a number, a truth value, or
``{"d": "2014-05-25"}`` for what the file stores as a date.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any

Cell = Any
_BETWEEN = "<"  # words of a sheet, none of which holds that sign
MOST_COVERED = 500_000  # cells by merges, beside twice the cells there are
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
    #: Cells of which some words were struck out, which are not in their text.
    part_struck: set[tuple[int, int]] = field(default_factory=set)
    #: The rows by column, as they crossed; none where they did not, or were changed since.
    _columns: list[list[Cell]] = field(default_factory=list, repr=False, compare=False)
    #: The sheet it is like, and the words filled into that; none where it is like no other, or changed.
    laid: "Laid | None" = field(default=None, repr=False, compare=False)
    words: list[str] = field(default_factory=list, repr=False, compare=False)
    #: These words as they are to cross; none where they did.
    crossing: bytes = field(default=b"", repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        """The rows of a sheet filled in like others are put together when somebody looks at them."""
        laid = self.__dict__.get("laid")
        if laid is None or name not in ("rows", "words"):
            raise AttributeError(name)
        if name == "words":
            self.words = self.crossing.decode().split(_BETWEEN)
            return self.words
        self.rows = laid.rows(self.words)
        return self.rows

    def filled(self, laid: "Laid") -> "Grid":
        """As this one, which has neither rows nor words, as it is ``laid``."""
        made = Grid.__new__(Grid)
        made.__dict__ |= self.__dict__
        del made.rows, made.words
        made.merges, made.struck, made.formulas = [*self.merges], {*self.struck}, {**self.formulas}
        made.hidden_rows, made.hidden_columns = {*self.hidden_rows}, {*self.hidden_columns}
        made.part_struck = {*self.part_struck}
        made.forget_columns()
        made.laid = laid
        return made

    def take(self, content: bytes) -> None:
        """Put the rows in ``content`` below the others."""
        count, columns = columns_of(content)
        if not self.rows or self._columns:
            above = len(self.rows)
            while len(self._columns) < len(columns):
                self._columns.append([""] * above)
            for number, held in enumerate(self._columns):
                held += columns[number] if number < len(columns) else [""] * count
        self.rows += _rows(count, columns)

    def take_rows(self, rows: list[list[Cell]]) -> None:
        self.rows += rows
        self.forget_columns()

    def forget_columns(self) -> None:
        """To be called by whoever changes a cell."""
        self._columns = []
        self.laid = None

    def column(self, number: int, first: int, end: int) -> list[Cell]:
        """What stands in a column, from row ``first`` to the one before ``end``."""
        if self._columns:
            return (
                self._columns[number][first:end]
                if number < len(self._columns)
                else [""] * (end - first)
            )
        rows = self.rows[first:end]
        try:
            return list(map(itemgetter(number), rows))
        except IndexError:  # blank cells at the end of a line are not there
            return [row[number] if number < len(row) else "" for row in rows]

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
            "part_struck": sorted(self.part_struck),
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
            part_struck={(row, column) for row, column in head["part_struck"]},
        )


@dataclass
class Document:
    """A file in the one shape. ``notes`` are Chinese sentences about the file as a whole."""

    kind: str
    grids: list[Grid] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    template: "Template | None" = field(default=None, repr=False, compare=False)

    def content(self) -> bytes:
        """All words of its sheets, where it has a template."""
        return _BETWEEN.encode().join(
            grid.crossing or _BETWEEN.join(grid.words).encode() for grid in self.grids
        )

    def head(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "paragraphs": self.paragraphs,
            "properties": self.properties,
            "notes": self.notes,
        }


@dataclass(eq=False)
class Laid:
    """A sheet without its words, which comes again filled in otherwise.

    ``lines`` has the number of the word in each cell, -1 for a blank one.
    """

    like: Grid  # without rows
    lines: list[list[int]]
    count: int  # of words
    days: list[int]  # numbers of the words that are days, as ISO writes them
    whole: list[int]  # and of those that are whole numbers

    def filled(self, words: list[str]) -> Grid:
        """``words`` are neither blank nor have blanks around them that do not count.

        Raises ``ValueError`` where a whole number is none.
        """
        for at in self.whole:
            int(words[at])
        made = self.like.filled(self)
        made.words = words
        return made

    def holding(self, crossing: bytes) -> Grid:
        """As ``filled``, of words that nobody on this side looks at."""
        made = self.like.filled(self)
        made.crossing = crossing
        return made

    def rows(self, words: list[str]) -> list[list[Cell]]:
        cells: list[Cell] = [*words, ""]
        for at in self.days:
            cells[at] = {"d": words[at]}
        for at in self.whole:
            cells[at] = int(words[at])
        return [list(map(cells.__getitem__, line)) for line in self.lines]

    def head(self) -> dict[str, Any]:
        return {
            "like": self.like.head(),
            "lines": self.lines,
            "count": self.count,
            "days": self.days,
            "whole": self.whole,
        }

    @classmethod
    def from_head(cls, head: dict[str, Any]) -> "Laid":
        """Raises ``ValueError`` for words that there are not."""
        lines = [[int(at) for at in line] for line in head["lines"]]
        days, whole = ([int(at) for at in head[sort]] for sort in ("days", "whole"))
        count = int(head["count"])
        if not {*chain.from_iterable(lines), *days, *whole} <= {*range(-1, count)}:
            raise ValueError("a word that is not there")
        return cls(Grid.from_head(head["like"]), lines, count, days, whole)


@dataclass(eq=False)
class Template:
    """A document without the words of its sheets and its properties."""

    kind: str
    paragraphs: list[str]
    notes: list[str]
    sheets: list[Laid]

    def filled(self, properties: dict[str, str], content: bytes) -> Document:
        """``content`` is what ``Document.content`` made of the words. Raises ``ValueError``."""
        words = content.decode().split(_BETWEEN)
        if len(words) != sum(sheet.count for sheet in self.sheets):
            raise ValueError("more words, or fewer, than the template has room for")
        grids: list[Grid] = []
        at = 0
        for sheet in self.sheets:
            grids.append(sheet.filled(words[at : at + sheet.count]))
            at += sheet.count
        return Document(
            self.kind, grids, [*self.paragraphs], properties, [*self.notes], template=self
        )

    def head(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "paragraphs": self.paragraphs,
            "notes": self.notes,
            "sheets": [sheet.head() for sheet in self.sheets],
        }

    @classmethod
    def from_head(cls, head: dict[str, Any]) -> "Template":
        return cls(
            str(head["kind"]),
            [str(words) for words in head["paragraphs"]],
            [str(note) for note in head["notes"]],
            [Laid.from_head(sheet) for sheet in head["sheets"]],
        )


def trimmed(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Without blank rows at the end and blank cells at the end of rows."""
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def as_number(number: float) -> Cell:
    """A whole number as one, as far as every digit of it counts."""
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def too_merged(grid: Grid) -> bool:
    """Whether the merges together cover far more than the grid has: somebody would lay them all out."""
    height, width = len(grid.rows), max(map(len, grid.rows), default=0)
    covered = sum(
        (min(bottom, height) - top + 1) * (min(right, width) - left + 1)
        for top, left, bottom, right in grid.merges
        if bottom >= top and right >= left
    )
    return covered > 2 * height * width + MOST_COVERED


def chunks(rows: list[list[Cell]], size: int = 5_000) -> Iterator[list[list[Cell]]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


# Between cells, between columns, around the words of a column, and before a cell that is no text:
# no table holds these characters, and rows that do cross as JSON.
_CELL, _COLUMN, _CODED, _OTHER = "\x1f", "\x1e", "\x1d", "\x1a"
_FIRST_SIGN = 0x4E00  # of those that stand for words
_OFTEN, _MOST_WORDS = 8, 4_000  # times each word of a coded column comes at least; words
_LOOKED_AT = 200  # cells, of which half are the same where it is worth while to look at all


def packed(rows: list[list[Cell]]) -> bytes | None:
    """Trimmed rows as one text, column by column; ``None`` for odd ones.

    It is parted again many times sooner than JSON. A column that says the same few words again and
    again crosses as these words and a sign for each cell, so that the other side holds them once.
    """
    if not rows or any(row and row[-1] == "" for row in rows):
        return None
    try:
        columns = map(_written, zip_longest(*rows, fillvalue=""))
        return _COLUMN.join([str(len(rows)), *columns]).encode()
    except ValueError:  # of ``_written``, and half characters
        return None


def _written(column: Sequence[Cell]) -> str:
    """Raises ``ValueError`` where a cell holds one of the signs."""
    try:
        joined = _CELL.join(column)
        cells: Sequence[str] = column
    except TypeError:
        said = {cell for cell in column if type(cell) is str}
        if _OTHER in "".join(said):
            raise ValueError(_OTHER) from None
        cells = [cell if type(cell) is str else _OTHER + json.dumps(cell) for cell in column]
        joined = _CELL.join(cells)
    else:
        if _OTHER in joined:
            raise ValueError(_OTHER)
    if joined.count(_CELL) != len(cells) - 1 or _COLUMN in joined or _CODED in joined:
        raise ValueError(_CELL)
    if len(set(cells[:_LOOKED_AT])) * 2 > _LOOKED_AT:
        return joined
    words = set(cells)
    if len(words) * _OFTEN > len(cells) or len(words) > _MOST_WORDS:
        return joined
    signs = {word: chr(_FIRST_SIGN + number) for number, word in enumerate(words)}
    return _CODED + _CELL.join(signs) + _CODED + "".join(map(signs.__getitem__, cells))


def parted(content: bytes) -> list[list[Cell]]:
    """The rows that ``packed`` made one text of. Raises ``ValueError`` or ``KeyError`` for other bytes."""
    return _rows(*columns_of(content))


def columns_of(content: bytes) -> tuple[int, list[list[Cell]]]:
    """How many rows ``packed`` was given, and what they say by column."""
    said, *columns = content.decode().split(_COLUMN)
    count = int(said)
    found = [_read(column) for column in columns]
    if any(len(column) != count for column in found):
        raise ValueError("a column of another length")
    return count, found


def _read(column: str) -> list[Cell]:
    if column[:1] != _CODED:
        return _cells(column)
    _, words, said = column.split(_CODED)
    cells = {chr(number): cell for number, cell in enumerate(_cells(words), _FIRST_SIGN)}
    return list(map(cells.__getitem__, said))


def _cells(joined: str) -> list[Cell]:
    cells: list[Cell] = joined.split(_CELL)
    if _OTHER in joined:
        others = _Others()
        return [others[cell] if cell[:1] == _OTHER else cell for cell in cells]
    return cells


class _Others(dict[str, Cell]):
    """What is no text, by how it was written: numbers and days come again and again."""

    def __missing__(self, written: str) -> Cell:
        self[written] = found = json.loads(written[1:])
        return found


def _rows(count: int, columns: list[list[Cell]]) -> list[list[Cell]]:
    if not columns:
        return [[] for _ in range(count)]
    rows = list(map(list, zip(*columns, strict=True)))
    if "" in columns[-1]:
        for row in rows:
            while row and row[-1] == "":
                row.pop()
    return rows
