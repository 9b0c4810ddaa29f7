"""T4, T3: a register of persons read and checked; many small workbooks of villages merged.

``dev.py bench reading``. Ours opens each file in the limited
child, finds its table, checks every cell and looks for repeats. The peers are openpyxl's read of the
same bytes, which checks nothing, and a stock django-import-export resource in a dry run; the floor is
calamine's bare read. CPU counts the child too. Nothing is written by any of them.
"""

import io
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import openpyxl
import tablib
from import_export import fields, resources
from import_export.instance_loaders import BaseInstanceLoader
from python_calamine import CalamineWorkbook

from benchmarks.rounds import Timing, compared
from pairing.annexes import PairingSummary
from reporting import annexes, incoming
from reporting.annexes import Column, Field
from reporting.annexes.registers import LEDGER_BYTES, LEDGER_ROWS
from reporting.workbook import write_ledger

_OURS = "ours: read and checked"
_LABELS = (
    ("name", "姓名", "text"), ("village", "所在村", "text"), ("born_on", "出生日期", "date"), ("phone", "联系电话", "phone"),
    ("nation", "民族", "text"), ("school", "就读学校", "text"), ("grade", "年级", "text"), ("guardian", "监护人", "text"),
    ("relation", "与监护人关系", "text"), ("father", "父亲务工地点", "text"), ("mother", "母亲务工地点", "text"),
    ("health", "身体情况", "text"), ("aid", "帮扶情况", "long_text"), ("note", "需求", "long_text"),
)  # fmt: skip


class Roll(PairingSummary):
    """A register of fourteen columns; without a code of its own it is registered nowhere."""

    fields = tuple(
        Field(key, label, kind, required=key in ("name", "village"))  # type: ignore[arg-type]
        for key, label, kind in _LABELS
    )
    columns = tuple(Column(field.key, field.label) for field in fields)
    most_rows: ClassVar[int] = LEDGER_ROWS
    most_bytes: ClassVar[int] = LEDGER_BYTES

    @property
    def workbook_path(self) -> Path:
        return annexes.get("pairing-summary").workbook_path


class _Person:
    """What the stock resource fills: an object with the same fields and no table."""

    def __init__(self) -> None:
        self.pk = None


class Stock(resources.Resource):
    """import-export as its documentation has it: a field a column, rows one by one, a dry run."""

    name = fields.Field(column_name="姓名", attribute="name")
    village = fields.Field(column_name="所在村", attribute="village")

    class Meta:
        import_id_fields: ClassVar[list[str]] = []
        instance_loader_class = BaseInstanceLoader

    def init_instance(self, row: object = None) -> _Person:
        return _Person()

    def get_or_init_instance(self, instance_loader: object, row: object) -> tuple[_Person, bool]:
        return _Person(), True

    def get_instance(self, instance_loader: object, row: object) -> None:
        return None


for _key, _label, _kind in _LABELS[2:]:
    Stock.fields[_key] = fields.Field(column_name=_label, attribute=_key)


def register(rows: int) -> bytes:
    """The workbook of ``rows`` persons who never were."""
    out = io.BytesIO()
    write_ledger(
        out,
        title="演示花名册",
        properties={},
        headings=[label for _, label, _ in _LABELS],
        rows=(
            (f"演示{n}", f"演示{n % 300}村", "2008-05-25", f"1690000{n % 10_000:04}", "汉族", f"演示{n % 40}小学", f"{n % 6 + 1}年级",
             f"演监{n}", "祖母", "厦门市", "泉州市", "健康", "每月走访一次", f"图书{n % 9}册")
            for n in range(rows)
        ),
    )  # fmt: skip
    return out.getvalue()


def village_books(count: int) -> list[bytes]:
    """``count`` filled forms of six rows each."""
    annex = annexes.get("pairing-summary")
    return [
        annex.write(
            [{"post": f"演示{n}-{i}岗", "village": f"演示{n}村", "project_goal": "举办培训2期。"} for i in range(6)],
            unit_name=f"演示{n}县妇联",
            properties={"period": "2014"},
        )
        for n in range(count)
    ]  # fmt: skip


def ours(annex: annexes.Annex, books: list[bytes]) -> int:
    with incoming.Reader(annex) as reader:
        return sum(len(reader.read(book).records) for book in books)


def by_openpyxl(books: list[bytes]) -> int:
    count = 0
    for book in books:
        sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).worksheets[0]
        count += sum(1 for _ in sheet.iter_rows(values_only=True))
    return count


def by_import_export(books: list[bytes]) -> int:
    count = 0
    for book in books:
        # As its own XLSX format reads, but from the line of headings on: it takes line 1 for it.
        sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).worksheets[0]
        _, *lines = (row for row in sheet.iter_rows(values_only=True) if all(row))
        dataset = tablib.Dataset(
            *lines, headers=[label for _, label, _ in _LABELS][: len(lines[0])]
        )
        count += Stock().import_data(dataset, dry_run=True, use_transactions=False).total_rows
    return count


def by_calamine(books: list[bytes]) -> int:
    return sum(
        len(CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python())
        for book in books
    )


def _timed(contenders: dict[str, Callable[[], int]], rounds: int) -> dict[str, Timing]:
    """As ``rounds.interleave``, with the CPU of children that have ended."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            began, worked = time.perf_counter(), _worked()
            work()
            wall[name].append(time.perf_counter() - began)
            cpu[name].append(_worked() - worked)
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def _worked() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run(rows: int = 100_000, files: int = 2_500, *, rounds: int = 5) -> list[str]:
    """Printable rows: seconds a register, seconds a heap of workbooks."""
    roll, book = Roll(), [register(rows)]
    said = [
        f"T4 register of {rows:,} × {len(_LABELS)}, every cell checked; {len(book[0]) >> 10:,} KiB; s"
    ]
    timings = _timed(
        {
            _OURS: lambda: ours(roll, book),
            "floor: calamine's bare read": lambda: by_calamine(book),
            "openpyxl read-only, unchecked": lambda: by_openpyxl(book),
            "import-export resource, dry run": lambda: by_import_export(book),
        },
        rounds,
    )
    said += compared(timings, _OURS)
    said += _aim(timings, "import-export resource, dry run", 40)
    books = village_books(files)
    said.append(f"T3 {files:,} workbooks of villages merged, every cell checked; s")
    timings = _timed(
        {
            _OURS: lambda: ours(annexes.get("pairing-summary"), books),
            "floor: calamine's bare read": lambda: by_calamine(books),
            "openpyxl read-only, unchecked": lambda: by_openpyxl(books),
            "import-export resource, dry run": lambda: by_import_export(books),
        },
        rounds,
    )
    said += compared(timings, _OURS)
    said += _aim(timings, "openpyxl read-only, unchecked", 12)
    return said


def _aim(timings: dict[str, Timing], peer: str, aim: float) -> list[str]:
    ratio = timings[peer].cpu_median / max(timings[_OURS].cpu_median, 1e-9)
    ratio = statistics.median([ratio])
    word = "reached" if ratio >= aim else "missed"
    return [f"  → ahead of {peer}: {ratio:.2f}× in CPU (aim ≥ {aim}×, {word})"]
