"""Words beside a record, in a column that has no heading: nobody reads them, so that is said."""

import re
from collections.abc import Iterator

from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.views import Turned
from reporting.workbook.reading.words import is_none, squeezed, text_of, tidy

_MOST_TOLD = 50  # of one table; a column of remarks would bury all else
_SHOWN = 30  # characters
_SAYS_LITTLE = re.compile(r"[\W\d_一二三四五六七八九十]*")  # ticks, numbers and days


def tell(block: Block, records: Records, reading: Reading) -> None:
    """A warning at each such cell of the lines that are ``records``."""
    columns = _unheaded(block)
    if not columns:
        return
    view, more = block.grid, 0
    for told, (row, column) in enumerate(_beside(block, columns, records)):
        if told >= _MOST_TOLD:
            more += 1
            continue
        where, text = view.cell(row, column), tidy(text_of(view.own(row, column)))
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        reading.problem(where, "warning", f"{where}“{shown}”不在任何一栏下面，没有读入，请核对。")
    if more:
        reading.problem(
            view.grid.name, "warning",
            f"“{view.grid.name}”另有{more}处文字不在任何一栏下面，没有读入，请核对。",
        )  # fmt: skip


def _unheaded(block: Block) -> list[int]:
    """Columns of the table and right beside it over which nothing stands."""
    known = {*block.field_columns, *block.extras.values(), *block.others}
    found = [
        column
        for column in range(block.left, block.right + 1)
        if column not in known and _is_blank(block, column)
    ]
    if isinstance(block.grid, Turned):  # its titles and notes lie above and below the headings
        return found
    right = block.right + 1
    while right < block.grid.width and _is_blank(block, right):
        found.append(right)
        right += 1
    left = block.left
    while left and _is_blank(block, left - 1):
        left -= 1
    if left == 0:  # else they lie between two tables, and the one on the left tells
        found += range(block.left)
    return sorted(found)


def _is_blank(block: Block, column: int) -> bool:
    """Whether no line of the heading says anything there; a title that is merged down is none."""
    view = block.grid
    for row in range(block.top, block.first):
        merge = view.anchors.get((row, column))
        if not (merge and merge[0] < block.top) and text_of(view.shown(row, column)).strip():
            return False
    return column not in view.grid.hidden_columns


def _beside(block: Block, columns: list[int], records: Records) -> Iterator[tuple[int, int]]:
    view = block.grid
    for row in _rows(records):
        width = len(view.grid.rows[row])
        for column in columns:
            if column >= width:
                break
            merge = view.anchors.get((row, column))
            typed_here = merge is None or merge[:2] == (row, column)
            if typed_here and _is_telling(text_of(view.own(row, column))):
                yield row, column


def _is_telling(text: str) -> bool:
    plain = squeezed(text)
    return len(plain) > 1 and not _SAYS_LITTLE.fullmatch(plain) and not is_none(text)


def _rows(records: Records) -> Iterator[int]:
    """The rows of all ``records``, each once, without a look at those of plain lines."""
    upto = -1
    for _, part in records.parts():
        spans = (
            [(part.first, part.first + len(part) - 1)]
            if isinstance(part, Run)
            else [record.rows for record in part]
        )
        for first, last in spans:
            yield from range(max(first, upto + 1), last + 1)
            upto = max(upto, last)
