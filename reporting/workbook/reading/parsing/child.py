"""The child that opens strange files: one file after another on standard input, grids on output.

Run as ``python -I child.py``. Its limits are set before the first byte is read: memory, processor
time a file, no file may grow. It holds no connection, knows no setting, and what it dies of is its
own: the parent (``sandbox``) says one sentence and starts another.

In: a line of JSON ``{"size", "most_rows"}`` and that many bytes. Out: lines of JSON, either
``{"refused": code, "sentence": …}``, or a short document whole (``{"document", "grids": [[head, rows], …]}``),
or one that is filled in like another (``{"like": number, "properties", "size"}`` and as many bytes of words, at
first with the ``template`` that has this number; number 0 begins anew),
or the document's head, then for each grid its head and its rows
in chunks, then ``{"end": true}``; ``peak`` is the most memory held, in kilobytes, ``seconds`` the
processor time used. A chunk is ``{"rows": […]}``, or ``{"packed": size}`` and that many bytes
(``grids.packed``). Asked with
``"mark"`` instead of ``most_rows``, the child answers with the workbook marked as told
(``{"copy": size}`` and that many bytes, then ``{"end": true}``).
"""

import gc
import importlib
import json
import os
import resource
import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reporting.workbook.reading.parsing.grids import Document, Template

MEMORY = 1 << 30  # bytes
SECONDS = 20  # of processor time, a file
_SWEEP = 16 << 20  # bytes read between two collections of garbage
_FILE = 100 << 10  # bytes that any file counts for
MOST_TOLD = 100  # templates that the other side remembers
_FEW = 500  # rows that cross in one line
_HELD = 64 << 10  # bytes that a pipe holds
_UNWEIGHED = 0.002  # seconds in which no file comes to hold much memory


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


_as_json = json.JSONEncoder(separators=(",", ":")).encode
_as_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode  # sooner read again
_status = -1  # where the kernel tells how much memory this child holds
_told: dict["Template", int] = {}  # that crossed, each by its number
_until = 0  # seconds of processor time after which it ends
_began = 0.0  # seconds of processor time this child had used when it was given the file


def limit_time() -> None:
    """Another ``SECONDS`` from now."""
    global _began, _until
    _began = time.process_time()
    until = int(_began) + 1 + SECONDS
    if until != _until:  # else it stands where it would be set
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
        _until = until


def stand_alone() -> None:
    """Make ``reporting.workbook.reading.parsing`` importable without what lies above it."""
    folder = Path(__file__).resolve().parent.parent
    for name in ("reporting.workbook.reading", "reporting.workbook", "reporting"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
        folder = folder.parent


#: The reader of each kind, as ``module.function``: only what the file needs is loaded.
READERS = {
    "xlsx": "spreadsheets.read_xlsx",
    "xlsb": "xlsb.read_xlsb",
    "xls": "spreadsheets.read_xls",
    "docx": "documents.read_docx",
    "doc": "doc.read_doc",
    "rtf": "rtf.read_rtf",
    "ods": "documents.read_ods",
    "odt": "documents.read_odt",
    "xml": "documents.read_xml",
    "flat": "documents.read_flat",
    "html": "pages.read_html",
    "sylk": "interchange.read_sylk",
    "dif": "interchange.read_dif",
    "text": "separated.read_text",
}
BROKEN = "文件已损坏，打不开。请用 Excel 或 Word 打开后另存，再上传；或请对方重发。"
MOST_MAILS = 2  # a mail that was attached to a mail


def load() -> None:
    """Import what reads the usual files, while their bytecode may still be kept by Python."""
    from reporting.workbook.reading.parsing import kinds, spreadsheets  # noqa: F401, PLC0415

    gc.freeze()
    gc.disable()


def parse(data: bytes, most_rows: int, mails: int = 0) -> "Document":
    from reporting.workbook.reading.parsing import kinds, markup, templates  # noqa: PLC0415 -- below

    if (again := templates.read(data, most_rows)) is not None:
        return again
    kind = kinds.kind_of(data)
    if kind == "mail":
        from reporting.workbook.reading.parsing import mails as letters  # noqa: PLC0415 -- below

        if mails >= MOST_MAILS:
            raise markup.deep()
        return letters.read_mail(
            data, most_rows=most_rows, parse=lambda part: parse(part, most_rows, mails + 1)
        )
    # After ``stand_alone``, and with the limits set.
    module, _, name = READERS[kind].partition(".")
    package = "reporting.workbook.reading.parsing"
    found: Document = getattr(importlib.import_module(f"{package}.{module}"), name)(
        data, most_rows=most_rows
    )
    return found


def answer(data: bytes, asked: dict[str, Any]) -> None:
    from reporting.workbook.reading.parsing.refusal import Refused  # noqa: PLC0415 -- as above

    try:
        if "mark" in asked:
            mark(data, asked["mark"])
        else:
            read(data, int(asked["most_rows"]))
    except Refused as refused:
        say({"refused": refused.code, "sentence": refused.sentence, **spent()})
    except MemoryError:
        say({
            "refused": "memory",
            "sentence": "文件展开后太大，没有读取。请把内容复制到一个新建的工作簿里再上传。",
        })  # fmt: skip
    except BaseException:  # whatever a reader trips over, be it in Rust, it says so and reads on
        say({"refused": "broken", "sentence": BROKEN, **spent()})


def mark(data: bytes, plan: dict[str, Any]) -> None:
    from reporting.workbook.reading.parsing.patching import patched  # noqa: PLC0415 -- as above

    copy = patched(data, plan)
    say({"copy": len(copy)}, copy)
    say({"end": True, **spent()})


def read(data: bytes, most_rows: int) -> None:
    from reporting.workbook.reading.parsing.grids import (  # noqa: PLC0415 -- as above
        chunks,
        packed,
        too_merged,
    )
    from reporting.workbook.reading.parsing.refusal import Refused  # noqa: PLC0415 -- as above

    document = parse(data, most_rows)
    if document.template is not None:
        say_filled(document, document.template)
        return
    for grid in document.grids:
        if too_merged(grid):
            raise Refused("far", f"“{grid.name}”里合并的单元格过多，没有读取。请取消合并后再上传。")
    if sum(len(grid.rows) for grid in document.grids) <= _FEW:
        grids = [(grid.head(), grid.rows) for grid in document.grids]
        whole = {"document": document.head(), "grids": grids, **spent()}
        try:
            sys.stdout.buffer.write(_as_text(whole).encode() + b"\n")
        except UnicodeEncodeError:  # half characters
            say(whole)
        return
    say({"document": document.head()})
    for grid in document.grids:
        say({"grid": grid.head()})
        for rows in chunks(grid.rows):
            content = packed(rows)
            if content is None:
                say({"rows": rows})
            else:
                say({"packed": len(content)}, content)
        grid.rows = []
    say({"end": True, **spent()})


def say_filled(document: "Document", template: "Template") -> None:
    """A document of which all but words and properties crossed before."""
    content = document.content()
    message = {"properties": document.properties, "size": len(content), **spent()}
    number = _told.get(template)
    if number is None:
        if len(_told) >= MOST_TOLD:
            _told.clear()
        number = _told[template] = len(_told)
        message["template"] = template.head()
    message["like"] = number
    say(message, content)


def spent() -> dict[str, float]:
    """What the file cost: ``seconds`` of processor time, and ``peak`` in kilobytes where it took any."""
    seconds = time.process_time() - _began
    told = {"seconds": round(seconds, 3)}
    return told if seconds < _UNWEIGHED and _status >= 0 else {"peak": peak(), **told}


def peak() -> int:
    """The most memory this child has held, in kilobytes; ``ru_maxrss`` would count the parent's."""
    global _status
    try:
        if _status < 0:  # stays open: 2,500 small files ask as often
            _status = os.open("/proc/self/status", os.O_RDONLY)
        _, _, most = os.pread(_status, 4096, 0).partition(b"VmHWM:")
    except OSError:
        return 0
    return int(most.split(None, 1)[0]) if most else 0


def say(message: dict, content: bytes = b"") -> None:
    line = _as_json(message).encode("ascii")
    sys.stdout.buffer.write(line + b"\n" + content)


def main() -> None:
    stand_alone()
    load()
    limit()
    from reporting.workbook.reading.parsing import zips  # noqa: PLC0415 -- after ``stand_alone``

    incoming = open(0, "rb", buffering=_HELD, closefd=False)  # noqa: SIM115 -- until the end
    unswept = 0
    while line := incoming.readline():
        asked = json.loads(line)
        size = int(asked["size"])
        limit_time()
        answer(incoming.read(size), asked)
        zips.forget()
        sys.stdout.buffer.flush()
        # A million cells hold no rings: looking for them takes as long as reading the sheet.
        unswept += size + _FILE
        if unswept > _SWEEP:
            gc.collect()
            gc.freeze()  # what is left over is remembered: it need not be looked through again
            unswept = 0


if __name__ == "__main__":
    main()
