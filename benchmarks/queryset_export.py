"""T1: fifteen columns of submissions from the database to a workbook on disk.

The writers are those of :mod:`benchmarks.ledger_export`; here each is fed by the ORM, and the stock
export of django-import-export stands beside them.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from import_export.resources import modelresource_factory

from benchmarks import ledger_export
from benchmarks.country import Country
from benchmarks.open_model import OpenSubmission
from benchmarks.rounds import at_least, at_most, compared, interleave
from reporting.models import Submission

FIELDS = (
    "unit__name", "unit__short_name", "unit__area_name", "unit__division_code", "unit__pinyin",
    "unit__unit_type__name", "reviewer__name", "collection__annex", "unit__contact_email",
    "annex", "period", "state", "version", "due_on", "first_submitted_on",
)  # fmt: skip
OURS = "ours"
FLOOR = "floor: ORM fetch, raw XML"
STOCK = "import-export xlsx"
CONSTANT = "XlsxWriter constant_memory"
RUST = "rustpy-xlsxwriter"
NEEDS = {CONSTANT: "xlsxwriter", RUST: "rustpy_xlsxwriter"}


def submissions(size: int):
    return Submission.objects.unscoped(reason="a benchmark exports them all").order_by("pk")[:size]


def rows(size: int):
    """As an export of ours reads: tuples through a server-side cursor."""
    return submissions(size).values_list(*FIELDS).iterator(chunk_size=2000)


def stock(size: int, path: Path) -> None:
    resource = modelresource_factory(OpenSubmission, meta_options={"fields": FIELDS})()
    found = submissions(size).select_related("unit__unit_type", "reviewer", "collection")
    path.write_bytes(resource.export(queryset=found).xlsx)


def contenders() -> dict[str, Callable[[int, Path], None]]:
    """Those whose packages are here (requirements/bench.txt)."""
    writers = {
        OURS: ledger_export.ours,
        FLOOR: lambda found, path: ledger_export.floor(list(found), path),
        CONSTANT: ledger_export.xlsxwriter_constant,
        RUST: ledger_export.rustpy,
    }
    found: dict[str, Callable[[int, Path], None]] = {
        name: lambda size, path, write=write: write(rows(size), path)
        for name, write in writers.items()
        if name not in NEEDS or find_spec(NEEDS[name])
    }
    return {**found, STOCK: stock}


def run(country: Country, size: int, *, rounds: int = 5, weigh: bool = True) -> list[str]:
    """Printable rows: seconds and ratios of each, then what it adds to the memory of its process."""
    size = min(size, country.records)
    with tempfile.TemporaryDirectory() as folder:
        names = contenders()

        def job(name: str) -> Callable[[], object]:
            path = Path(folder) / f"{list(names).index(name)}.xlsx"
            return lambda: names[name](size, path)

        timings = interleave({name: job(name) for name in names}, rounds=rounds)
    memory = {name: peak_memory(name, size) for name in names} if weigh else {}
    own = timings[OURS]

    def cpu(name: str) -> float:
        return timings[name].cpu_median / own.cpu_median

    lines = [
        f"T1 ledger export, {size:,} × {len(FIELDS)}, queryset → xlsx; seconds, {rounds} rounds",
        *compared(timings, OURS),
        *(f"{name:<36}peak over idle {memory[name]:7.1f} MiB" for name in memory),
        at_least("CPU: ahead of import-export", cpu(STOCK), 15),
    ]
    if CONSTANT in names:
        lines.append(at_least("CPU: ahead of XlsxWriter constant_memory", cpu(CONSTANT), 5))
    if RUST in names:
        lines.append(at_least("CPU: ahead of rustpy-xlsxwriter", cpu(RUST), 1.2))
    lines.append(at_most("CPU: over the floor", 1 / cpu(FLOOR), 1.3))
    if memory:
        lines.append(f"  → memory: {memory[OURS]:.1f} MiB over idle (aim ≤ 40 MiB)")
    if memory and memory[OURS]:  # a small table hides in what was kept from the warm-up
        lines.append(at_least("memory: import-export", memory[STOCK] / memory[OURS], 15))
    return lines


def peak_memory(name: str, size: int) -> float:
    """MiB that a contender adds to a process that already wrote a small workbook."""
    command = [sys.executable, "-m", "benchmarks.peak", name, str(size)]
    done = subprocess.run(  # noqa: S603 -- our own module
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    return float(done.stdout)
