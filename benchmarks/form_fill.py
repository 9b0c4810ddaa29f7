"""T2: one official form filled, 附件1 as issued and a register of 30 rows.

Run alone: ``python -m benchmarks.form_fill``. The floors deflate the ready sheet XML and join the
parts, which no way of filling can avoid: once as we do, once at zlib's level 6 as libraries do.
"""

import copy
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping

import openpyxl

from benchmarks.rounds import compared, interleave
from reporting import annexes
from reporting.workbook.parts import DEFLATED, Part, write_parts

_OURS = "ours"
_CHANGING = {
    "xl/worksheets/sheet1.xml",
    "xl/workbook.xml",
    "docProps/core.xml",
    "docProps/custom.xml",
}
INTENT: Mapping[str, object] = {
    "post_name": "演示市国税局办税服务厅",
    "post_kind": "post",
    "post_level": "municipal",
    "leader_name": "演示甲",
    "leader_title": "主任",
    "leader_phone": "13800000000",
    "email": "demo@example.com",
    "existing_village": [],
    "intended_village": {"unit": None, "text": "演示镇新春社区"},
    "offered_support": ["material", "culture"],
    "project_goal": "扶持20户妇女发展家庭手工业，年内户均增收3000元；每季度到村开展一次讲座。" * 3,
}
ROWS = [
    {
        "post": f"演示第{n}文明岗",
        "village": "新春社区",
        "project_goal": "帮助10户妇女就业。" * (n % 4 + 1),
    }
    for n in range(30)
]


def form() -> bytes:
    return annexes.get("pairing-intent").write(INTENT, properties={"period": "2014"})


def register() -> bytes:
    annex = annexes.get("pairing-summary")
    return annex.write(ROWS, unit_name="演示市妇联", properties={"period": "2014"})


def form_openpyxl() -> bytes:
    annex = annexes.get("pairing-intent")
    book = openpyxl.load_workbook(annex.workbook_path)
    for address, text in annex.cells.items():
        book.active[address].value = text(INTENT) or book.active[address].value
    return _saved(book)


def register_openpyxl() -> bytes:
    """Fills and styles the rows; it does not even move the note and its merge."""
    annex = annexes.get("pairing-summary")
    book = openpyxl.load_workbook(annex.workbook_path)
    sheet = book.active
    sheet["A3"].value = "填报单位：演示市妇联"
    sheet.unmerge_cells("A12:C12")
    for number, row in enumerate(ROWS, start=annex.first_row):
        sheet.row_dimensions[number].height = 54
        for column, key in enumerate(("post", "village", "project_goal"), start=1):
            cell = sheet.cell(number, column, row[key])
            cell._style = copy.copy(sheet.cell(annex.first_row, column)._style)  # noqa: SLF001 -- openpyxl has no public way
    return _saved(book)


def _saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def floor_of(finished: bytes, pack: Callable[[str, bytes], Part]) -> Callable[[], bytes]:
    """Packing what changes and joining it with ready parts."""
    with zipfile.ZipFile(io.BytesIO(finished)) as container:
        contents = {name: container.read(name) for name in container.namelist()}
    ready = [Part.kept(name, data) for name, data in contents.items() if name not in _CHANGING]

    def run() -> bytes:
        out = io.BytesIO()
        changed = [pack(name, contents[name]) for name in contents if name in _CHANGING]
        write_parts(out, [*ready, *changed])
        return out.getvalue()

    return run


def _zlib_part(name: str, content: bytes) -> Part:
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = stream.compress(content) + stream.flush()
    return Part(name, DEFLATED, zlib.crc32(content), len(content), packed)


def run(size: int = 50, *, rounds: int = 5) -> list[str]:
    """Printable rows in milliseconds a form; ``size`` forms are filled in each round."""
    result = []
    for title, ours, peer in (
        ("T2 附件1, one page", form, form_openpyxl),
        ("T2 附件2, 30 rows", register, register_openpyxl),
    ):
        contenders = {
            _OURS: ours,
            "floor: deflate and join": floor_of(ours(), Part.of),
            "floor at zlib's level 6": floor_of(ours(), _zlib_part),
            "openpyxl load, fill, save": peer,
        }
        result.append(f"{title}; ms a form, {rounds} rounds of {size}")
        result += compared(interleave(contenders, rounds=rounds, repeat=size), _OURS, unit=0.001)
    return result


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    size = int(sys.argv[1]) if sys.argv[1:] else 50
    sys.stdout.write("\n".join(run(size)) + "\n")
