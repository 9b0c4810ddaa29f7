"""T4, T3: a register of persons read, checked and written; many filled forms of villages merged.

``dev.py bench reading``. Ours opens each file in the limited child, finds its table, checks every
cell, looks names up and tells repeats. Peers and floors stand beside it in the lines they print; a
peer that takes minutes is given ``PEER_ROWS`` rows and counted up. CPU counts the child too, but not
the database server. What is written is rolled back.
"""

import gc
import io
import resource
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from django.db import connection, transaction
from python_calamine import CalamineWorkbook

from benchmarks import bulk, stock_import
from benchmarks.ledger_export import peak_kib
from benchmarks.roll import KEYS, LABELS, Person, Roll, persons, register
from benchmarks.rounds import Timing, at_least, at_most, compared
from federation import code_lists, divisions
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from reporting import annexes, incoming
from reporting.incoming import village_register

PEER_ROWS = 10_000
# A village's form, and one as long as a county's (the design's own trial filled thirty lines).
ROWS_OF_A_FORM = (6, 30)
_OURS = "ours: read and checked"
_WRITTEN = "ours: read, checked and written"
_CALAMINE = "floor: calamine's bare read"
_UNZIPPED = "floor: unzipped, nothing read"
_READ_COPY = "floor: calamine, then COPY"
_OPENPYXL = "openpyxl read-only, unchecked"
_DRY_RUN = "import-export resource, dry run"
_ROW_BY_ROW = "import-export, validated, row by row"
_BULK = "import-export, validated, use_bulk"
_UNCHECKED = "import-export, use_bulk, unchecked"
_SHEET = "xl/worksheets/sheet1.xml"

Work = Callable[[], object]


def run(rows: int = 100_000, files: int = 2_500, *, rounds: int = 5) -> list[str]:
    """Printable rows: seconds a register, seconds a heap of workbooks."""
    merged = [line for lines in ROWS_OF_A_FORM for line in _merged(files, lines, rounds)]
    return [*_register(rows, rounds), *merged]


# -- One register ----------------------------------------------------------------------------------
def _register(rows: int, rounds: int) -> list[str]:
    roll, book = Roll(), register(rows)
    few = min(rows, PEER_ROWS)
    small = register(few)
    counted = dict.fromkeys((_OPENPYXL, _DRY_RUN, _ROW_BY_ROW, _BULK, _UNCHECKED), rows / few)
    size = f"{rows:,} × {len(LABELS)}"
    kept = f"; peers read {few:,} and are counted up" if few < rows else ""
    said = [f"T4 register of {size}, every cell checked; {len(book) >> 10:,} KiB; s{kept}"]
    memory = _peak(lambda: ours(roll, [book]))
    timings = _timed(
        {_OURS: lambda: ours(roll, [book]), **_readers([small], book)}, rounds, counted
    )
    said += compared(timings, _OURS)
    said.append(at_least(f"CPU: ahead of {_DRY_RUN}", _ratio(timings, _DRY_RUN, _OURS), 40))
    said.append(
        f"  → memory: {memory:.0f} MiB over idle, without the child (aim ≤ 250 MiB at 100,000)"
    )
    said.append(f"T4 register of {size} into a table, all or nothing; s{kept}")
    with _table():
        timings = _timed(
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
        at_least(f"CPU: ahead of {name}", _ratio(timings, name, _WRITTEN), bound)
        for name, bound in ((_ROW_BY_ROW, 40), (_BULK, 15), (_UNCHECKED, 7))
    ]
    said.append(at_most("CPU: over the floor", 1 / _ratio(timings, _READ_COPY, _WRITTEN), 2))
    return said + _errors(roll, book, register(rows, bad=True), size, rounds)


def _errors(roll: Roll, book: bytes, bad: bytes, size: str, rounds: int) -> list[str]:
    imported, clean = "ours: no error, imported", "ours: no error, read and checked"
    spoilt = "ours: one cell in a hundred is wrong"
    with _table():
        timings = _timed(
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
        at_most("CPU: over the clean import", _ratio(timings, spoilt, imported), 1),
        f"  → CPU: over the clean read alone: {_ratio(timings, spoilt, clean):.2f}×",
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


# -- Many forms ------------------------------------------------------------------------------------
def _merged(files: int, rows: int, rounds: int) -> list[str]:
    annex = annexes.get("pairing-summary")
    with transaction.atomic():
        code_lists.load()
        divisions.load(divisions.CITIES["quanzhou"])
        city = OrgUnit.objects.get(division_code="350500000000", unit_type__group="federation")
        books = village_books(annex, city, files, rows)
        timings = _timed(
            {
                _OURS: lambda: ours(annex, books, city),
                _UNZIPPED: lambda: unzipped(books),
                **_readers(books),
            },
            rounds,
            {},
        )
        transaction.set_rollback(True)
    return [
        f"T3 {files:,} workbooks of {rows} lines merged, every cell checked; s",
        *compared(timings, _OURS),
        at_least(f"CPU: ahead of {_OPENPYXL}", _ratio(timings, _OPENPYXL, _OURS), 12),
        at_most("CPU: over unzipping alone", 1 / _ratio(timings, _UNZIPPED, _OURS), 6),
        at_most("CPU: over calamine's bare read", 1 / _ratio(timings, _CALAMINE, _OURS), 6),
    ]


def village_books(annex: annexes.Annex, city: OrgUnit, count: int, lines: int) -> list[bytes]:
    """``count`` forms of ``lines`` each, sent by the city's counties; every one was changed by hand."""
    units = [unit for unit in annex.respondents(city) if unit.unit_type.level == UnitLevel.COUNTY]
    villages = {
        unit.pk: [village.short for village in village_register.listed(unit).villages]
        for unit in units
    }
    books = []
    for n in range(count):
        unit = units[n % len(units)]
        names = villages[unit.pk] or ["演示村"]
        rows = [
            {"post": f"演示{n}-{i}岗", "village": names[(n + i) % len(names)], "project_goal": "举办培训2期。"}
            for i in range(lines)
        ]  # fmt: skip
        properties = {"period": "2014", "unit": str(unit.uuid)}
        books.append(_changed(annex.write(rows, unit_name=unit.name, properties=properties)))  # type: ignore[attr-defined]
    return books


def _changed(book: bytes) -> bytes:
    """As after somebody typed into it: the seal over its rows no longer fits."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, content.replace("2期".encode(), "3期".encode()) if part == _SHEET else content)  # fmt: skip
    return out.getvalue()


# -- Contenders ------------------------------------------------------------------------------------
def ours(annex: annexes.Annex, books: list[bytes], area: OrgUnit | None = None) -> int:
    with incoming.Reader(annex, area=area) as reader:
        return sum(len(reader.read(book).records) for book in books)


def _readers(books: list[bytes], whole: bytes | None = None) -> dict[str, Work]:
    """What others do with the same bytes; the floor reads ``whole`` where the peers are given less."""
    return {
        _CALAMINE: lambda: by_calamine([whole] if whole else books),
        _OPENPYXL: lambda: by_openpyxl(books),
        _DRY_RUN: lambda: stock_import.dry_run(books),
    }


def by_openpyxl(books: list[bytes]) -> int:
    count = 0
    for book in books:
        sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).worksheets[0]
        count += sum(1 for _ in sheet.iter_rows(values_only=True))
    return count


def by_calamine(books: list[bytes]) -> int:
    return sum(
        len(CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python())
        for book in books
    )


def unzipped(books: list[bytes]) -> int:
    count = 0
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as container:
            count += sum(len(container.read(part)) for part in container.namelist())
    return count


# -- Measuring -------------------------------------------------------------------------------------
def _timed(
    contenders: Mapping[str, Work], rounds: int, times: Mapping[str, float]
) -> dict[str, Timing]:
    """As ``rounds.interleave``, with the CPU of children that have ended; some count ``times`` over."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            gc.collect()
            began, worked = time.perf_counter(), _worked()
            work()
            wall[name].append((time.perf_counter() - began) * times.get(name, 1))
            cpu[name].append((_worked() - worked) * times.get(name, 1))
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def _worked() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _ratio(timings: Mapping[str, Timing], name: str, own: str) -> float:
    return timings[name].cpu_median / max(timings[own].cpu_median, 1e-9)


def _peak(work: Work) -> float:
    """MiB that ``work`` adds to this process at its highest."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = peak_kib()
    work()
    return (peak_kib() - before) / 1024
