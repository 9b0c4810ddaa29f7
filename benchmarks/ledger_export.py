"""T1: a ledger of 15 columns from rows in memory to a workbook on disk.

Run alone: ``python -m benchmarks.ledger_export 100000``. The floor sets the same XML around values
it does not look at, and deflates it at the same level: what is left when nothing is checked.
"""

import datetime as dt
import gc
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl

from benchmarks.rounds import compared, interleave
from reporting.workbook import write_ledger
from reporting.workbook.container import Container

COLUMNS = (
    "县", "乡镇", "村", "姓名", "编号", "出生日期", "电话", "监护人", "次数", "走访日期",
    "走访人", "内容", "级别", "金额", "备注",
)  # fmt: skip
Row = tuple[object, ...]
_OURS = "ours"


def sample_rows(count: int, seed: int = 1) -> list[Row]:
    """Invented rows: 11 texts, 2 whole numbers, 2 dates, the remark blank in one row of three."""
    chance = random.Random(seed)
    words = "东西南北中新旧上下大小金石溪山湖头厝埔林泉晋惠安德永春"

    def word(length: int) -> str:
        return "".join(chance.choices(words, k=length))

    day = dt.date(2014, 1, 1)
    return [
        (
            word(3) + "县", word(3) + "镇", word(3) + "村", word(3), number,
            day - dt.timedelta(days=chance.randrange(6000)), f"138{number:08d}", word(3),
            chance.randrange(90), day + dt.timedelta(days=chance.randrange(365)), word(3),
            word(24), "市级", f"{chance.randrange(90)}元", word(8) if number % 3 else None,
        )
        for number in range(count)
    ]  # fmt: skip


def ours(rows: Iterable[Row], path: Path) -> None:
    with path.open("wb") as out:
        write_ledger(out, title="走访台账", headings=COLUMNS, rows=rows, properties={})


def openpyxl_plain(rows: list[Row], path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("走访台账")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(row)
    book.save(path)


def xlsxwriter_constant(rows: Iterable[Row], path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415 -- requirements/bench.txt; the tests run without it

    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("走访台账")
    sheet.write_row(0, 0, COLUMNS)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)
    book.close()


def rustpy(rows: Iterable[Row], path: Path) -> None:
    import rustpy_xlsxwriter  # noqa: PLC0415 -- requirements/bench.txt; the tests run without it

    records = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    rustpy_xlsxwriter.write_worksheet(records, str(path), sheet_name="走访台账")


def floor(rows: list[Row], path: Path) -> None:
    letters = [chr(65 + n) for n in range(len(COLUMNS))]
    cell = '<c r="{}%d" t="inlineStr"><is><t>%s</t></is></c>'
    line = '<row r="%d">' + "".join(cell.format(letter) for letter in letters) + "</row>"
    with path.open("wb") as out:
        container = Container(out)
        container.open("xl/worksheets/sheet1.xml")
        for start in range(0, len(rows), 500):
            block = []
            for number, row in enumerate(rows[start : start + 500], start=start):
                values: list[object] = [number]
                for value in row:
                    values += (number, value)
                block.append(line % tuple(values))
            container.write("".join(block).encode())
        container.close()


CONTENDERS: dict[str, Callable[[list[Row], Path], None]] = {
    _OURS: ours,
    "floor: raw XML, nothing checked": floor,
    "rustpy-xlsxwriter": rustpy,
    "XlsxWriter constant_memory": xlsxwriter_constant,
    "openpyxl write-only": openpyxl_plain,
}


def peak_memory(name: str, size: int) -> float:
    """MiB that a contender adds to a process that already holds its imports and no rows."""
    command = [sys.executable, "-m", "benchmarks.ledger_export", "--peak", name, str(size)]
    done = subprocess.run(  # noqa: S603 -- this very module
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    return float(done.stdout)


def peak_kib() -> int:
    """Highest resident size of this process. ``ru_maxrss`` would begin at its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def peak_of(work: Callable[[], object]) -> float:
    """MiB that ``work`` adds to this process at its highest."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = peak_kib()
    work()
    return (peak_kib() - before) / 1024


def _print_peak(name: str, size: int) -> None:
    class Stream:
        """Rows made as they are asked for, so that only the writer's memory is seen."""

        def __iter__(self):
            for start in range(0, size, 1000):
                yield from sample_rows(min(1000, size - start), seed=start)

        def __len__(self):
            return size

        def __getitem__(self, part: slice):
            return sample_rows(max(0, min(part.stop, size) - part.start), seed=part.start)

    with tempfile.TemporaryDirectory() as folder:
        CONTENDERS[name](sample_rows(10), Path(folder) / "warm.xlsx")
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
        before = peak_kib()
        CONTENDERS[name](Stream(), Path(folder) / "peak.xlsx")  # type: ignore[arg-type]
        after = peak_kib()
    sys.stdout.write(f"{(after - before) / 1024:.1f}")


def run(size: int = 100_000, *, rounds: int = 5) -> list[str]:
    """Printable rows: every contender's seconds and ratios, then memory and file sizes."""
    rows = sample_rows(size)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{number}.xlsx" for number, name in enumerate(CONTENDERS)}

        def job(name: str) -> Callable[[], object]:
            return lambda: CONTENDERS[name](rows, paths[name])

        timings = interleave({name: job(name) for name in CONTENDERS}, rounds=rounds)
        with zipfile.ZipFile(paths[_OURS]) as container:
            if container.testzip() is not None:
                raise AssertionError("our ledger does not unpack")
        sizes = {name: path.stat().st_size / 2**20 for name, path in paths.items()}
    result = [
        f"T1 ledger, {size:,} × {len(COLUMNS)}, rows in memory → file; seconds, {rounds} rounds"
    ]
    result += compared(timings, _OURS)
    memory = {name: peak_memory(name, size) for name in CONTENDERS}
    result += [
        f"{name:<36}peak over idle {memory[name]:7.1f} MiB   file {sizes[name]:5.1f} MiB"
        for name in CONTENDERS
    ]
    return result


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _print_peak(sys.argv[2], int(sys.argv[3]))
    else:
        size = int(sys.argv[1]) if sys.argv[1:] else 100_000
        sys.stdout.write("\n".join(run(size)) + "\n")
