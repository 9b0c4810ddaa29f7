"""T4: a register of persons read, checked and written; then T3, many forms (``merging``).

``dev.py bench reading``. Ours opens each file in the limited child, finds its table, checks every
cell, looks names up and tells repeats. Peers and floors stand beside it in the lines they print; a
peer that takes minutes is given ``PEER_ROWS`` rows and counted up. CPU counts the child too, but not
the database server. What is written is rolled back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from benchmarks import bulk, merging, stock_import
from benchmarks.ledger_export import peak_of
from benchmarks.readers import CALAMINE, DRY_RUN, OPENPYXL, by_calamine, by_openpyxl
from benchmarks.roll import KEYS, LABELS, Person, Roll, persons, register
from benchmarks.rounds import at_least, at_most, compared, cpu_ratio, with_children
from reporting import annexes, incoming

PEER_ROWS = 10_000
_OURS = "ours: read and checked"
_WRITTEN = "ours: read, checked and written"
_READ_COPY = "floor: calamine, then COPY"
_ROW_BY_ROW = "import-export, validated, row by row"
_BULK = "import-export, validated, use_bulk"
_UNCHECKED = "import-export, use_bulk, unchecked"

Work = Callable[[], object]


def run(rows: int = 100_000, files: int = 2_500, *, rounds: int = 5) -> list[str]:
    """Printable rows: seconds a register, seconds a heap of workbooks."""
    return [*_register(rows, rounds), *merging.run(files, rounds)]


# -- One register ----------------------------------------------------------------------------------
def _register(rows: int, rounds: int) -> list[str]:
    roll, book = Roll(), register(rows)
    few = min(rows, PEER_ROWS)
    small = register(few)
    counted = dict.fromkeys((OPENPYXL, DRY_RUN, _ROW_BY_ROW, _BULK, _UNCHECKED), rows / few)
    size = f"{rows:,} × {len(LABELS)}"
    kept = f"; peers read {few:,} and are counted up" if few < rows else ""
    said = [f"T4 register of {size}, every cell checked; {len(book) >> 10:,} KiB; s{kept}"]
    memory = peak_of(lambda: ours(roll, [book]))
    timings = with_children(
        {_OURS: lambda: ours(roll, [book]), **_readers([small], book)}, rounds, counted
    )
    said += compared(timings, _OURS)
    # No aim of the design: this peer neither checks nor writes.
    said.append(f"  → CPU: ahead of {DRY_RUN}: {cpu_ratio(timings, DRY_RUN, _OURS):.2f}×")
    said.append(
        f"  → memory: {memory:.0f} MiB over idle, without the child (aim ≤ 250 MiB at 100,000)"
    )
    said.append(f"T4 register of {size} into a table, all or nothing; s{kept}")
    with _table():
        timings = with_children(
            {
                _WRITTEN: lambda: _undone(lambda: _write(roll, book)),
                _READ_COPY: lambda: _undone(lambda: _copy(book, rows)),
                _ROW_BY_ROW: lambda: _undone(lambda: _stock(stock_import.RowByRow, small)),
                _BULK: lambda: _undone(lambda: _stock(stock_import.InBulk, small)),
                _UNCHECKED: lambda: _undone(lambda: _stock(stock_import.Unchecked, small)),
            },
            rounds,
            counted,
        )
    said += compared(timings, _WRITTEN)
    said += [
        at_least(f"CPU: ahead of {name}", cpu_ratio(timings, name, _WRITTEN), bound)
        for name, bound in ((_ROW_BY_ROW, 40), (_BULK, 15), (_UNCHECKED, 7))
    ]
    said.append(at_most("CPU: over the floor", 1 / cpu_ratio(timings, _READ_COPY, _WRITTEN), 2))
    return said + _errors(roll, book, register(rows, bad=True), size, rounds)


def _errors(roll: Roll, book: bytes, bad: bytes, size: str, rounds: int) -> list[str]:
    imported, clean = "ours: no error, imported", "ours: no error, read and checked"
    spoilt = "ours: one cell in a hundred is wrong"
    with _table():
        timings = with_children(
            {
                imported: lambda: _undone(lambda: _write(roll, book)),
                clean: lambda: ours(roll, [book]),
                spoilt: lambda: ours(roll, [bad]),
            },
            rounds,
            {},
        )
    return [
        f"T4b register of {size}, every wrong cell named and nothing written; s",
        *compared(timings, imported),
        at_most("CPU: over the clean import", cpu_ratio(timings, spoilt, imported), 1),
        f"  → CPU: over the clean read alone: {cpu_ratio(timings, spoilt, clean):.2f}×",
    ]


def _write(roll: Roll, book: bytes) -> None:
    with incoming.Reader(roll) as reader:
        records = reader.read(book).records
    bulk.fill_columns(Person, KEYS, [records.column(key) for key in KEYS])


def _copy(book: bytes, rows: int) -> None:
    by_calamine([book])
    bulk.fill(Person, KEYS, persons(rows))


def _stock(kind: type, book: bytes) -> None:
    stock_import.written(kind, book)


@contextmanager
def _table() -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Person)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Person)


def _undone(work: Work) -> None:
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


# -- Contenders ------------------------------------------------------------------------------------
def ours(annex: annexes.Annex, books: list[bytes]) -> int:
    with incoming.Reader(annex) as reader:
        return sum(len(reader.read(book).records) for book in books)


def _readers(books: list[bytes], whole: bytes | None = None) -> dict[str, Work]:
    """What others do with the same bytes; the floor reads ``whole`` where the peers are given less."""
    return {
        CALAMINE: lambda: by_calamine([whole] if whole else books),
        OPENPYXL: lambda: by_openpyxl(books),
        DRY_RUN: lambda: stock_import.dry_run(books),
    }
