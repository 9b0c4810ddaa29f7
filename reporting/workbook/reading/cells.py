"""From a cell to a value: merges spread, ditto marks, errors and formulas told, words tidied."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reporting.workbook.reading.result import Reading, Record
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.words import (
    DITTO,
    date,
    is_none,
    number,
    squeezed,
    text_of,
    tidy,
    tidy_lines,
)

LONG_NUMBER = 10**15
_LONGEST_DITTO = 6  # characters, blanks included
_ERRORS = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")


@dataclass(frozen=True)
class Wanted:
    """One field as the reader needs to know it."""

    key: str
    label: str
    kind: str
    required: bool
    several: bool
    refers_to: str


@dataclass
class Cell:
    text: str
    raw: Any
    row: int
    column: int
    merge: tuple[int, int, int, int] | None


@dataclass
class CellReader:
    """Reads single cells of one block; what is wrong with one goes into ``reading``."""

    block: Block
    reading: Reading
    exact: bool = False
    #: Whether the line of a row was read without a look at its cells, and the last of those so far.
    is_plain: Callable[[int], bool] = lambda _: False
    last_plain: int = -1
    _above: dict[str, Cell] = field(default_factory=dict)
    _looked: dict[str, int] = field(default_factory=dict)  # row down to which plain lines were

    def cell(self, row: int, column: int) -> Cell | None:
        view = self.block.grid
        merge = view.anchors.get((row, column))
        if merge is not None:
            if merge[0] < self.block.first:
                merge = None
                raw: Any = view.own(row, column)
            else:
                raw = view.own(merge[0], merge[1])
        else:
            raw = view.own(row, column)
        text = text_of(raw)
        return Cell(text, raw, row, column, merge)

    def line(self, row: int) -> dict[str, list[Cell]]:
        """The cells of a line by field."""
        return {
            key: [cell for column in columns if (cell := self.cell(row, column)) is not None]
            for key, columns in self.block.columns.items()
        }

    def value(self, wanted: Wanted, cell: Cell, record: Record) -> Any:
        where = record.cells.get(wanted.key, record.where)
        raw, text = cell.raw, cell.text
        if isinstance(raw, str) and "#" in raw and _ERRORS.fullmatch(raw.strip()):
            self.reading.problem(
                where,
                "error",
                f"{where}“{wanted.label}”是公式出错的结果“{raw.strip()}”，请改正后重新上传。",
                wanted.key,
            )
            return ""
        if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= LONG_NUMBER:
            self.reading.problem(
                where, "error",
                f"{where}“{wanted.label}”是以数字存放的长号码，末几位已被表格软件改掉；"
                "请把单元格设为文本后重新填写。", wanted.key,
            )  # fmt: skip
            return ""
        self._formula(wanted, cell, where)
        self._struck(wanted, cell, where)
        if self.exact:
            return text
        ditto = len(text) <= _LONGEST_DITTO and squeezed(text) in DITTO
        if ditto and (above := self._cell_above(wanted.key)) is not None:
            return self.value(wanted, above, record)
        if ditto:
            self.reading.problem(
                where,
                "error",
                f"{where}写着“{text.strip()}”，但上面没有可以照抄的内容，请写明。",
                wanted.key,
            )
        else:
            self._above[wanted.key] = cell
        if wanted.kind == "date":
            return date(raw) or tidy(text)
        if wanted.kind == "number":
            found = number(raw)
            return tidy(text) if found is None else found
        if is_none(text):
            return ""
        if wanted.kind == "long_text" or wanted.several or wanted.refers_to == "village":
            return tidy_lines(text)
        return tidy(text)

    def _cell_above(self, key: str) -> Cell | None:
        """The last cell of that field with words of its own."""
        above = self._above.get(key)
        looked = max(above.row if above else self.block.first - 1, self._looked.get(key, -1))
        self._looked[key] = self.last_plain
        for row in range(self.last_plain, looked, -1):
            if self.is_plain(row):
                cell = self.cell(row, self.block.columns[key][0])
                if cell is not None and cell.text.strip():
                    self._above[key] = cell
                    return cell
        return above

    def _struck(self, wanted: Wanted, cell: Cell, where: str) -> None:
        """A cell crossed out in a line that is not: the value stays, and it is asked. Of one crossed out in part it is said."""
        grid = self.block.grid.grid
        if (cell.row, cell.column) in grid.part_struck:
            self.reading.problem(
                where,
                "warning",
                f"{where}“{wanted.label}”有部分文字划掉，划掉的没有读入，请核对。",
                wanted.key,
            )
        struck = grid.struck
        if struck and (cell.row, cell.column) in struck and cell.text.strip():
            self.reading.problem(
                where, "question",
                f"{where}“{wanted.label}”加了删除线，“{tidy(cell.text)[:30]}”是否作废？请确认或改正。",
                wanted.key, [{"name": tidy(cell.text)}],
            )  # fmt: skip

    def _formula(self, wanted: Wanted, cell: Cell, where: str) -> None:
        formulas = self.block.grid.grid.formulas
        if formulas and formulas.get(where.rpartition("!")[2]) and cell.text.strip():
            self.reading.problem(
                where,
                "warning",
                f"{where}“{wanted.label}”由公式算出，读入的是上次保存的结果，请核对。",
                wanted.key,
            )


class Places(Mapping[str, str]):
    """The place of each field of one plain line, said when it is asked for."""

    __slots__ = ("_block", "_row")

    def __init__(self, block: Block, row: int) -> None:
        self._block, self._row = block, row

    def __getitem__(self, key: str) -> str:
        return self._block.grid.cell(self._row, self._block.columns[key][0])

    def __iter__(self) -> Iterator[str]:
        return iter(self._block.columns)

    def __len__(self) -> int:
        return len(self._block.columns)


class Typed(Mapping[str, str]):
    """What was typed into the fields of one plain line, read from its cells when it is asked for."""

    __slots__ = ("_block", "_keys", "_row")

    def __init__(self, block: Block, row: int, keys: Sequence[str]) -> None:
        self._block, self._row, self._keys = block, row, keys

    def __getitem__(self, key: str) -> str:
        return text_of(self._block.grid.own(self._row, self._block.columns[key][0]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def joined(texts: list[Any], wanted: Wanted) -> Any:
    """Several columns of one field as one value: a list of names by 、, sentences by ；."""
    if not texts:
        return ""
    if len(texts) == 1:
        return texts[0]
    if wanted.kind == "long_text":
        return "；".join([str(text).rstrip("；;。 ") for text in texts[:-1]] + [str(texts[-1])])
    return "、".join(str(text) for text in texts)


def empty_formulas(block: Block, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Cells of the table that hold a formula without a stored result: (place, key)."""
    formulas = block.grid.grid.formulas
    if not formulas:
        return
    for key, columns in block.columns.items():
        for column in columns:
            for row in range(block.first, block.last):
                where = block.grid.cell(row, column)
                stored = formulas.get(where.rpartition("!")[2])
                if stored is False and not text_of(block.grid.own(row, column)).strip():
                    yield where, key
