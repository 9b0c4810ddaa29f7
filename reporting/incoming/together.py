"""Files filled in alike, read together: the lines of all of them as one table, parted at the end.

A city's villages send one form each, thirty lines long. What is asked of a column is asked once for a
dozen of them. Each file comes to what it comes to alone, which ``tests/reading/test_together.py`` holds
them to; one that could come to anything else is left to be read alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from reporting.annexes import RegisterAnnex
from reporting.annexes.cleaning import by_column
from reporting.incoming.checked import Checks
from reporting.incoming.questions import resolve_run
from reporting.incoming.repeats import any_alike
from reporting.incoming.whose import Whose, may_label
from reporting.workbook.reading import registers
from reporting.workbook.reading.alike import Alike, Layout, Lines
from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.columns import run_of
from reporting.workbook.reading.parsing.grids import Document, Template
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading
from reporting.workbook.reading.rows import stand_in_order

if TYPE_CHECKING:
    from reporting.annexes.cleaning import Errors
    from reporting.incoming.villages import Area

T = TypeVar("T")


class File(NamedTuple):
    """One of several that are read together."""

    reading: Reading
    document: Document
    layout: Layout


class Kind(NamedTuple):
    """What files have in common that are read together."""

    lines: Lines
    template: Template | None
    exact: bool


@dataclass
class Together:
    """Reads files of one kind for one annex, with what its ``Reader`` holds."""

    annex: RegisterAnnex
    wanted: Sequence[Wanted]
    alike: Alike
    whose: Whose
    checks: Checks
    #: Says of a file what is asked about its lines and what is wrong in them, by number; and whether
    #: no two of them say the same.
    tell: Callable[[Reading, set[int], dict[int, Errors], bool], None]

    def __post_init__(self) -> None:
        self.able = by_column(self.annex)
        self.keys = [field.key for field in self.annex.fields]
        self.villages = [wanted for wanted in self.wanted if wanted.refers_to == "village"]

    def kind_of(self, reading: Reading, document: Document) -> tuple[Kind, File] | None:
        """With whom a file is read; ``None`` for a file that is to be read alone."""
        if not self.able or len(document.grids) != 1:
            return None
        (grid,), exact = document.grids, reading.own_template
        known = self.alike.lines_of(grid, exact=exact)
        if known is None or registers.is_void(grid):
            return None
        lines, layout = known
        if exact:
            texts = lines.cells(grid.words)
            if self.annex.may_be_as_written(reading.properties, lines.first, len(lines), texts):
                return None
        return Kind(lines, document.template, exact), File(reading, document, layout)

    def read(self, kind: Kind, files: Sequence[File]) -> bool:
        """Fill the readings; ``False`` where the files must be read alone, and nothing is said of them."""
        sheets = [file.document.grids[0].words for file in files]
        layouts = [file.layout for file in files]
        whole = self.alike.together(kind.lines, layouts, sheets, exact=kind.exact)
        size = len(kind.lines)
        if whole is None or not (kind.exact or stand_in_order(whole, size, self.wanted)):
            return False
        self._say_whose(kind, files, whole)
        asking = _by_file(dict.fromkeys(self._resolve(files, whole, size), True), size)
        wrong = _by_file(self.checks.check(Records.of(whole)), size)
        differ = not any_alike(Records.of(whole), self.keys)
        place = registers.place_of(files[0].layout.over(files[0].document.grids[0]))
        for number, file in enumerate(files):
            reading = file.reading
            reading.records.add(_part(kind, file, whole, number))
            reading.skipped += file.layout.skipped[: registers.MOST_SKIPPED]
            reading.tables.append(place)
            self.tell(reading, {*asking.get(number, ())}, wrong.get(number, {}), differ)
        return True

    def _say_whose(self, kind: Kind, files: Sequence[File], whole: Run) -> None:
        labels = may_label(whole.words)
        for number, file in enumerate(files):

            def seen(file: File = file, number: int = number) -> list[registers.Read]:
                return [_seen(file, _part(kind, file, whole, number))]

            if labels:
                run = _part(kind, file, whole, number)
                if may_label({text for column in run.columns.values() for text in column}):
                    self.whose.table(file.reading, file.document, seen())
                    continue
            self.whose.table_alike(file.reading, file.document, file.layout, seen)

    def _resolve(self, files: Sequence[File], whole: Run, size: int) -> set[int]:
        """Look up all villages, those of one area at once; the lines about which something may be asked."""
        among: dict[int, tuple[Area, list[slice]]] = {}
        for number, file in enumerate(files):
            area = self.whose.area_of(file.reading.unit)
            among.setdefault(id(area), (area, []))[1].append(
                slice(number * size, (number + 1) * size)
            )
        if not self.villages:
            return set()
        if len(among) == 1:
            return resolve_run(whole, self.villages, next(iter(among.values()))[0])
        asking: set[int] = set()
        for area, spans in among.values():
            columns = {
                wanted.key: [text for span in spans for text in whole.columns[wanted.key][span]]
                for wanted in self.villages
            }
            some = whole.with_columns(columns)
            for at in resolve_run(some, self.villages, area):
                asking.add(spans[at // size].start + at % size)
            for key, names in some.names.items():
                _put(whole.names.setdefault(key, [[]] * len(whole)), spans, names)
            for key, values in some.columns.items():
                _put(whole.columns[key], spans, values)
        return asking


def _put(held: list[T], spans: list[slice], found: list[T]) -> None:
    """What was found of parts of a column, back where they were."""
    for number, span in enumerate(spans):
        size = span.stop - span.start
        held[span] = found[number * size : (number + 1) * size]


def _part(kind: Kind, file: File, whole: Run, number: int) -> Run:
    """The lines of one file."""
    span = slice(number * len(kind.lines), (number + 1) * len(kind.lines))
    columns = {key: column[span] for key, column in whole.columns.items()}
    block = file.layout.over(file.document.grids[0])
    run = run_of(block, kind.lines.first, columns, whole.texts)
    run.whole = True
    run.names = {key: found[span] for key, found in whole.names.items()}
    return run


def _seen(file: File, run: Run) -> registers.Read:
    """What the one sheet of a file came to, as if it had been read alone."""
    block = file.layout.over(file.document.grids[0])
    records = Records.of(run)
    part = Reading(file.reading.file)
    skipped, outside = [*file.layout.skipped], [*file.layout.outside]
    return registers.Read(block.grid, [block], records, skipped, part, outside)


def _by_file(told: Mapping[int, T], size: int) -> dict[int, dict[int, T]]:
    """What is told of lines of the whole, by file and by number of the line in it."""
    found: dict[int, dict[int, T]] = {}
    for at, said in told.items():
        found.setdefault(at // size, {})[at % size] = said
    return found
