"""Tables that tell their columns by where the lines stand (.doc, .rtf), brought to a grid.

Such a row knows its cells' edges only. Rows of one table are laid over each other: an edge that any
of them has parts the columns of all, so that a cell over two columns is seen to be one.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import xlsx_parts
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused

NEAR = 80  # twips: edges as close as this are one line, drawn by hand


@dataclass
class RuledRow:
    """Texts of the cells; their edges, one more than cells, or none where the file does not say."""

    cells: list[str] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    #: Cells that belong to the one on their left, and to the one above.
    across: set[int] = field(default_factory=set)
    down: set[int] = field(default_factory=set)
    struck: set[int] = field(default_factory=set)


def add_table(document: Document, rows: list[RuledRow]) -> None:
    """The table of ``rows``, if there are any, after what the document holds already."""
    if rows:
        number = len(document.grids) + 1
        document.grids.append(_grid_of(rows, number, len(document.paragraphs)))


def _grid_of(rows: list[RuledRow], number: int, after_paragraph: int) -> Grid:
    """The table as a grid of a document. Raises ``Refused`` for more columns than a table has."""
    grid = Grid(f"表{number}", sheet=False, after_paragraph=after_paragraph)
    known = [row for row in rows if row.edges]
    like = len({len(row.cells) for row in rows}) == 1
    lines = [] if like or len(known) < len(rows) else _lines(known)
    open_merges: dict[int, list[int]] = {}  # by left column: top, bottom, right
    for number_of_row, row in enumerate(rows):
        cells: list[Cell] = []
        for index, words in enumerate(row.cells):
            left = bisect_left(lines, row.edges[index] - NEAR) if lines else index
            right = bisect_left(lines, row.edges[index + 1] - NEAR) if lines else index + 1
            left = max(left, len(cells))
            right = max(right, left + 1)
            if right > xlsx_parts.MOST_COLUMNS:
                raise Refused(
                    "far",
                    f"{grid.name}超过{xlsx_parts.MOST_COLUMNS}列，没有读取。请删除右侧多余的列。",
                )
            cells += [""] * (right - len(cells))
            if index in row.across and left:
                for found in open_merges.values():
                    if found[2] == left - 1 and found[1] == number_of_row:
                        found[2] = right - 1
                continue
            if index in row.down and left in open_merges:
                open_merges[left][1] = number_of_row
                continue
            _close(grid, open_merges, left)
            cells[left] = words
            if index in row.struck:
                grid.struck.add((number_of_row, left))
            open_merges[left] = [number_of_row, number_of_row, right - 1]
        grid.rows.append(cells)
    for left in list(open_merges):
        _close(grid, open_merges, left)
    trimmed(grid.rows)
    return grid


def _lines(rows: list[RuledRow]) -> list[int]:
    lines: list[int] = []
    for edge in sorted({edge for row in rows for edge in row.edges}):
        if not lines or edge - lines[-1] > NEAR:
            lines.append(edge)
    return lines


def _close(grid: Grid, open_merges: dict[int, list[int]], left: int) -> None:
    found = open_merges.pop(left, None)
    if found and (found[1] > found[0] or found[2] > left):
        grid.merges.append((found[0], left, found[1], found[2]))
