"""Sheets that are laid out as one read before: the same table in the same place, filled in otherwise.

A city's 2,500 forms have one heading, one note below and lines between. Where all of a sheet but the
cells of its plain lines is the same, cell by cell, as in a sheet that was read, and these cells are
plain words whatever stands around them, the table is where it was and comes to these lines. What is
the same is compared each time; nothing but the layout is taken from the earlier file. Any other sheet
is read as if it were the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reporting.workbook.reading.cells import LONG_NUMBER, Wanted
from reporting.workbook.reading.columns import ISO_DAY, fits, plain_anywhere, run_of
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.parsing.grids import Cell, Grid, Laid
from reporting.workbook.reading.records import Run
from reporting.workbook.reading.result import Skipped
from reporting.workbook.reading.tables import Block
from reporting.workbook.reading.views import View
from reporting.workbook.reading.words import is_squeezed, text_of

if TYPE_CHECKING:
    from reporting.workbook.reading.registers import Read

_MOST_ROWS = 200  # of a sheet that is remembered
MOST_LAYOUTS, _MOST_TEXTS = 500, 20_000  # then the memory begins again
_Around = tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]


@dataclass(eq=False)
class Layout:
    """What was found around the lines: nothing of it depends on what these say."""

    block: Block
    skipped: list[Skipped]
    outside: list[tuple[str, str]]
    #: Whether no word below could be taken for a heading together with one in the lines.
    closed: bool

    def over(self, grid: Grid) -> Block:
        """The table of another sheet that is laid out so."""
        return self.block.over(View.laid_out_as(self.block.grid, grid))


_Pick = Callable[[list[str]], Sequence[str]]  # of the words of a sheet


@dataclass(eq=False)
class Lines:
    """Where the lines of a sheet stand that comes again filled in otherwise."""

    block: Block  # of the first of them
    first: int
    end: int
    around: _Pick
    columns: list[_Pick]  # by field
    cells: _Pick  # line by line
    #: What was found around the lines, by the words there.
    layouts: dict[Sequence[str], Layout] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.end - self.first


@dataclass
class Alike:
    """The layouts of one batch of files, for one annex; ``exact`` as in ``rows``."""

    fields: Sequence[Wanted]
    headings: Headings
    _spans: dict[Any, list[tuple[int, int]]] = field(default_factory=dict)
    _layouts: dict[Any, Layout] = field(default_factory=dict)
    _lines: dict[tuple[Laid, bool], Lines | None] = field(default_factory=dict)
    _plain: set[str] = field(default_factory=set)  # squeezed texts that are so anywhere
    _days: set[str] = field(default_factory=set)  # and texts that are so in a column of days
    _longest: int = 0  # letters of the longest text ever looked at
    _particular: list[Wanted] = field(init=False)  # fields that not every such text fits

    def __post_init__(self) -> None:
        self._particular = [
            wanted
            for wanted in self.fields
            if wanted.required or wanted.kind in ("number", "date") or wanted is self.fields[0]
        ]

    @property
    def count(self) -> int:
        return len(self._layouts)

    def read(self, grid: Grid, *, exact: bool) -> tuple[Block, Run, Layout] | None:
        """Its table and its lines, where it is laid out as another; else ``None``."""
        frame = _frame(grid, exact)
        for first, end in self._spans.get(frame, ()) if frame else ():
            around = _around(grid.rows, first, end)
            layout = around and self._layouts.get((frame, first, end, around))
            if not layout:
                continue
            columns = self._columns(layout.block, grid.rows[first:end])
            if columns is None:
                return None
            block = layout.over(grid)
            run = _run(block, first, columns)
            if not self._are_plain(run, [layout], exact=exact):
                return None
            self._learn(grid, first, end, layout, exact=exact)
            return block, run, layout
        return None

    # -- Several sheets filled in alike ----------------------------------------------------------
    def lines_of(self, grid: Grid, *, exact: bool) -> tuple[Lines, Layout] | None:
        """Where its lines stand, where one laid out like it was read; whether they are plain is not told."""
        lines = self._lines.get((grid.laid, exact)) if grid.laid else None
        layout = lines.layouts.get(lines.around(grid.words)) if lines else None
        return (lines, layout) if lines and layout else None

    def together(
        self, lines: Lines, layouts: Sequence[Layout], sheets: Sequence[list[str]], *, exact: bool
    ) -> Run | None:
        """The lines of several sheets, those of one below those of the other; ``None`` as ``read``.

        Each has its layout: what stands around the lines may differ, but not what the columns are.
        """
        columns: dict[str, list[str]] = {}
        for wanted, pick in zip(self.fields, lines.columns, strict=True):
            column = columns[wanted.key] = []
            for words in sheets:
                column += pick(words)
        run = _run(lines.block, lines.first, columns)
        return run if self._are_plain(run, layouts, exact=exact) else None

    def _learn(self, grid: Grid, first: int, end: int, layout: Layout, *, exact: bool) -> None:
        laid = grid.laid
        if laid is None:
            return
        held = sum(len(lines.layouts) if lines else 1 for lines in self._lines.values())
        if held >= MOST_LAYOUTS:
            self._lines.clear()
        if (laid, exact) not in self._lines:
            self._lines[laid, exact] = self._lines_among(laid, first, end, layout.block)
        lines = self._lines[laid, exact]
        if lines and (first, end, layout.block.columns) == (
            lines.first,
            lines.end,
            lines.block.columns,
        ):
            lines.layouts[lines.around(grid.words)] = layout

    def _lines_among(self, laid: Laid, first: int, end: int, block: Block) -> Lines | None:
        columns: list[_Pick] = []
        for wanted in self.fields:
            at = block.columns[wanted.key][0]
            numbers = [line[at] if at < len(line) else -1 for line in laid.lines[first:end]]
            if wanted.kind == "date" and not set(laid.whole).isdisjoint(numbers):
                return None
            columns.append(_pick(numbers))
        around = [number for line in (*laid.lines[:first], *laid.lines[end:]) for number in line]
        around = [number for number in around if number >= 0]
        cells = [
            line[at] if at < len(line) else -1
            for line in laid.lines[first:end]
            for at in range(block.right + 1)
        ]
        return Lines(block, first, end, _pick(around, kept=True), columns, _pick(cells))

    def _columns(self, block: Block, rows: list[list[Cell]]) -> dict[str, list[str]] | None:
        """What the lines say by field; ``None`` where that is not told at once."""
        across = list(zip_longest(*rows, fillvalue=""))
        if len(across) > block.right + 1:
            return None
        columns: dict[str, list[str]] = {}
        for wanted in self.fields:
            at = block.columns[wanted.key][0]
            column = _texts(wanted, across[at]) if at < len(across) else [""] * len(rows)
            if column is None:
                return None
            columns[wanted.key] = column
        return columns

    def _are_plain(self, run: Run, layouts: Sequence[Layout], *, exact: bool) -> bool:
        """Whether all texts of ``run`` are so; then it is told how long they may be."""
        first, texts = self.fields[0], run.texts
        new = run.words - self._plain
        squeezed = True
        if new:
            told = plain_anywhere(new, self.headings)
            if told is None:
                return False
            # The name of a line, which is never blank, keeps it from going on with the headings above.
            closed = all(layout.closed for layout in layouts)
            if told.holding and not (closed and told.holding.isdisjoint(texts[first.key])):
                return False
            squeezed = told.squeezed
            self._longest = max(self._longest, *map(len, new))
            self._remember(new - told.holding, squeezed=squeezed)
        if not all(self._fit(wanted, texts[wanted.key], exact) for wanted in self._particular):
            return False
        run.longest = self._longest if squeezed else None
        return True

    def _remember(self, plain: set[str], *, squeezed: bool) -> None:
        """Those that are as words are compared; the few others are looked at each time."""
        if not squeezed:
            plain = set(filter(is_squeezed, plain))
        if len(self._plain) + len(plain) > _MOST_TEXTS:
            self._plain.clear()
        self._plain |= plain

    def _fit(self, wanted: Wanted, texts: set[str], exact: bool) -> bool:
        """As ``fits``: the same days come again in every file."""
        first = wanted is self.fields[0]
        if wanted.kind != "date" or first or exact:
            return fits(wanted, texts, first=first, exact=exact)
        new = texts - self._days
        if not fits(wanted, new, first=False, exact=False):
            return False
        if len(self._days) > _MOST_TEXTS:
            self._days.clear()
        self._days |= new - {""}
        return True

    def keep(self, grid: Grid, read: "Read", *, exact: bool) -> None:
        """Remember how a sheet is laid out that was read, where its lines had no part in that."""
        frame = _frame(grid, exact)
        runs = [part for _, part in read.records.parts()]
        if frame is None or len(read.blocks) != 1 or len(runs) != 1 or type(read.view) is not View:
            return
        block, run = read.blocks[0], runs[0]
        if not isinstance(run, Run) or run.looked_at or run.named_town or run.units:
            return
        first, end = run.first, run.first + len(run)
        if read.part.problems or read.part.nil or not self._is_simple(block, read.view):
            return
        if first != block.first or not read.view.merged_rows.isdisjoint(range(block.top, end)):
            return
        around = _around(grid.rows, first, end)
        if around is None:
            return
        if len(self._layouts) >= MOST_LAYOUTS:
            self._layouts.clear()
            self._spans.clear()
        spans = self._spans.setdefault(frame, [])
        if (first, end) not in spans:
            spans.append((first, end))
        below = {cell for row in grid.rows[end:] for cell in row if cell}
        closed = not self.headings.likely(below)
        layout = Layout(block, [*read.skipped], [*read.outside], closed)
        self._layouts[frame, first, end, around] = layout
        self._learn(grid, first, end, layout, exact=exact)

    def _is_simple(self, block: Block, view: View) -> bool:
        """Whether a heading of one line names a field over each column, that of the name first."""
        name = self.fields[0]
        columns = [block.columns.get(wanted.key, ()) for wanted in self.fields]
        return (
            block.first == block.top + 1
            and block.left == 0
            and view.width == block.right + 1 == len(view.grid.rows[block.top])
            and sorted(column for found in columns for column in found) == list(range(view.width))
            and all(len(found) == 1 for found in columns)
            and name.required
            and block.columns[name.key] == [0]
        )


def _run(block: Block, first: int, columns: dict[str, list[str]]) -> Run:
    run = run_of(block, first, columns, {key: set(column) for key, column in columns.items()})
    run.whole = True
    return run


def _pick(numbers: list[int], *, kept: bool = False) -> _Pick:
    """A function that gives the words of these ``numbers``, a blank for -1; hashable where ``kept``."""
    if -1 in numbers:
        return lambda words: [words[at] if at >= 0 else "" for at in numbers]
    if len(numbers) > 1:
        step = numbers[1] - numbers[0]
        if not kept and step > 0 and numbers == [*range(numbers[0], numbers[-1] + 1, step)]:
            return itemgetter(slice(numbers[0], numbers[-1] + 1, step))
        return itemgetter(*numbers)
    return lambda words: tuple(words[at] for at in numbers)


def _texts(wanted: Wanted, cells: Sequence[Cell]) -> list[str] | None:
    """What cells say, days and numbers as they are shown; ``None`` where that is not told at once."""
    sorts = set(map(type, cells))
    if sorts == {str}:
        return list(cells)
    if not sorts <= {str, dict, int} or (int in sorts and wanted.kind == "date"):
        return None
    days = {cell.get("d", "") for cell in cells if type(cell) is dict}
    if not all(map(ISO_DAY.fullmatch, days)):
        return None
    if int not in sorts:
        return [cell if type(cell) is str else cell["d"] for cell in cells]
    if any(type(cell) is int and abs(cell) >= LONG_NUMBER for cell in cells):
        return None
    return [cell if type(cell) is str else text_of(cell) for cell in cells]


def _frame(grid: Grid, exact: bool) -> tuple[Any, ...] | None:
    """What a sheet is beside its cells; ``None`` for one that is not remembered."""
    if (
        len(grid.rows) > _MOST_ROWS
        or grid.hidden
        or grid.hidden_rows
        or grid.hidden_columns
        or grid.struck
        or grid.part_struck
        or grid.formulas
    ):
        return None
    return grid.name, grid.sheet, tuple(grid.merges), len(grid.rows), exact


def _around(rows: list[list[Cell]], first: int, end: int) -> _Around | None:
    """The lines above and below; ``None`` where they hold anything but texts."""
    above, below = tuple(map(tuple, rows[:first])), tuple(map(tuple, rows[end:]))
    try:
        for line in (*above, *below):
            "".join(line)
    except TypeError:
        return None
    return above, below
