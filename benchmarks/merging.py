"""T3: 2,500 filled forms of villages read, checked and merged into one workbook.

Part of ``dev.py bench reading``. Three forms: 附件2 with six lines and with thirty, of three columns, and
the register of left-behind children that a village fills in, thirty lines of eighteen columns, which
is as large as the form of the design's own trial. Every one of them was changed by hand.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from django.db import transaction

from benchmarks import stock_import
from benchmarks.ledger_export import peak_of
from benchmarks.readers import CALAMINE, DRY_RUN, OPENPYXL, by_calamine, by_openpyxl
from benchmarks.rounds import at_least, at_most, compared, cpu_ratio, with_children
from federation import code_lists, divisions
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from pairing.annexes import PairingSummary
from registry.models import Programme
from registry.register_forms import RegisterForm
from reporting import annexes, incoming
from reporting.incoming import village_register
from reporting.incoming.bundles import Sent
from reporting.workbook import write_ledger

LINES = (6, 30)  # of an 附件2
CHILDREN = 30  # in a village's register
_READ = "ours: read and checked"
_MERGED = "ours: read, checked, merged, written"
_UNZIPPED = "floor: unzipped, nothing read"
_SHEET = "xl/worksheets/sheet1.xml"
_PEER_FILES = 250


class Heap(NamedTuple):
    """Files of one annex, and who reads them."""

    lines: int
    annex: annexes.RegisterAnnex
    books: list[bytes]
    area: OrgUnit
    unit: OrgUnit | None  # whose return they are, where the files do not say

    @property
    def sent(self) -> list[Sent]:
        return [Sent("演示.xlsx", book) for book in self.books]


def run(files: int, rounds: int) -> list[str]:
    """Printable rows: seconds a heap of ``files`` workbooks."""
    said: list[str] = []
    with transaction.atomic():
        code_lists.load_all()
        divisions.load(divisions.CITIES["quanzhou"])
        city = OrgUnit.objects.get(division_code="350500000000", unit_type__group="federation")
        for lines in LINES:
            said += _measured(_summaries(city, files, lines), rounds)
        said += _measured(_registers(city, files), rounds)
        transaction.set_rollback(True)
    return said


def _measured(heap: Heap, rounds: int) -> list[str]:
    books = heap.books
    few = books[:_PEER_FILES]
    memory = peak_of(lambda: merged(heap))
    timings = with_children(
        {
            _MERGED: lambda: merged(heap),
            _READ: lambda: read(heap),
            _UNZIPPED: lambda: unzipped(books),
            CALAMINE: lambda: by_calamine(books),
            OPENPYXL: lambda: by_openpyxl(books),
            DRY_RUN: lambda: stock_import.dry_run(few),
        },
        rounds,
        {DRY_RUN: len(books) / len(few)},
    )
    title = (
        f"T3 {len(books):,} workbooks of {heap.lines} lines × {len(heap.annex.fields)} merged, every "
        f"cell checked; s; the dry run reads {len(few)} and is counted up"
    )
    return [
        title,
        *compared(timings, _MERGED),
        at_least(f"CPU: ahead of {OPENPYXL}", cpu_ratio(timings, OPENPYXL, _MERGED), 12),
        at_most("CPU: the read over unzipping alone", cpu_ratio(timings, _READ, _UNZIPPED), 6),
        f"  → CPU: the read alone ahead of {OPENPYXL}: {cpu_ratio(timings, OPENPYXL, _READ):.2f}×",
        f"  → memory: {memory:.0f} MiB over idle, without the child (aim ≤ 700 MiB)",
    ]


# -- Contenders ------------------------------------------------------------------------------------
def read(heap: Heap) -> int:
    with incoming.Reader(heap.annex, area=heap.area, unit=heap.unit) as reader:
        return sum(len(reading.records) for reading in reader.read_all(heap.sent))


def merged(heap: Heap) -> int:
    """All rows in one workbook, each with whose it is."""
    fields = heap.annex.fields
    with incoming.Reader(heap.annex, area=heap.area, unit=heap.unit) as reader:
        return write_ledger(
            io.BytesIO(),
            title=heap.annex.title,
            properties={},
            headings=[*(field.label for field in fields), "填报单位"],
            rows=_rows(heap, reader),
        )


def _rows(heap: Heap, reader: incoming.Reader) -> Iterator[Sequence[object]]:
    for reading in reader.read_all(heap.sent):
        if len(reading.records) != heap.lines:
            raise AssertionError(reading.problems)
        columns = [_shown(field, reading.records.column(field.key)) for field in heap.annex.fields]
        yield from zip(*columns, repeat(reading.unit.name, heap.lines), strict=True)


def _shown(field: annexes.Field, column: list[Any]) -> list[str]:
    """A column as it stands on paper."""
    if field.kind == "choice":
        labels = {value: field.display(value) for value in set(column)}
        return [labels[value] for value in column]
    if field.kind == "village":
        return [value["text"] if value else "" for value in column]
    return column


def unzipped(books: list[bytes]) -> int:
    count = 0
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as container:
            count += sum(len(container.read(part)) for part in container.namelist())
    return count


# -- The files -------------------------------------------------------------------------------------
def _summaries(city: OrgUnit, count: int, lines: int) -> Heap:
    """附件2 of ``lines`` each, sent by the city's counties."""
    annex = PairingSummary()
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
        books.append(_changed(annex.write(rows, unit_name=unit.name, properties=properties)))
    return Heap(lines, annex, books, city, None)


def _changed(book: bytes) -> bytes:
    """As after somebody typed into it: the seal over its rows no longer fits."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, content.replace("2期".encode(), "3期".encode()) if part == _SHEET else content)  # fmt: skip
    return out.getvalue()


def _registers(city: OrgUnit, count: int) -> Heap:
    """The register of one programme, filled in by as many villages of the city."""
    form = RegisterForm(Programme.objects.get(code="left_behind_child"))
    villages = village_register.listed(city).villages
    headings = [field.label + ("*" if field.required else "") for field in form.fields]
    books = []
    for n in range(count):
        village = villages[n % len(villages)]
        rows = [_child(n, i, village) for i in range(CHILDREN)]
        out = io.BytesIO()
        write_ledger(
            out,
            title=form.title,
            headings=headings,
            rows=[[row.get(field.key, "") for field in form.fields] for row in rows],
            properties={},
        )
        books.append(out.getvalue())
    return Heap(CHILDREN, form, books, city, city)


def _child(n: int, i: int, village: village_register.Village) -> dict[str, object]:
    return {
        "name": f"演童{n}之{i}", "sex": "女" if i % 2 else "男", "born_on": dt.date(2008, 1 + i % 12, 1 + (n + i) % 28),
        "village": f"{village.county}{village.town}{village.short}", "address": f"{village.short}{i + 1}号",
        "ethnicity": "汉族", "starts_on": dt.date(2014, 9, 1), "guardian": f"演监{n}之{i}",
        "guardian_called": ("祖母", "祖父", "外祖母")[i % 3], "guardian_phone": f"1690000{(n * 30 + i) % 10_000:04}",
        "p_parents_away": ("双亲外出", "父亲外出", "母亲外出")[i % 3], "p_work_place": ("厦门市", "深圳市")[i % 2],
        "p_school": f"{village.town}中心小学", "p_care_level": ("较好", "一般", "较差")[i % 3],
        "p_priority": "否" if i % 5 else "是",
    }  # fmt: skip
