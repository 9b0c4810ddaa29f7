"""The parts of an Office file that are no sheets, looked through before anybody reads them."""

import functools
from collections.abc import Iterator

from reporting.workbook.reading.parsing import markup, zips
from reporting.workbook.reading.parsing.refusal import Refused

_TAIL = 4096
_MOST_OF_A_PART = 16 << 20  # bytes of what is neither a sheet nor its texts
_LONGEST = (1 << 20) - 1  # bytes of the text of one cell


def check_small_parts(container: zips.Container) -> None:
    """No part of XML declares a document type, nests without end or unpacks to more than it said."""
    for info in container.infolist():
        name = info.filename.lower()
        if not name.endswith((".xml", ".rels", ".vml")):
            continue
        if name.startswith("xl/worksheets/sheet") or name == "xl/sharedstrings.xml":
            continue  # scanned with the sheets
        part = zips.part(container, info.filename)
        look = _check_again if part.size <= zips.REMEMBERED else _check_part
        look(part, _sort_of(name))


def _sort_of(name: str) -> str:
    if name == "word/document.xml":
        return "document"
    loose = name.startswith(("customxml/", "xl/theme", "word/theme")) or name.endswith(".vml")
    return "unpacked only" if loose else "walked"


def _check_part(part: zips.Part, sort: str) -> None:
    first, rest = _peek(zips.unpacked(part))
    if markup.doctype_in(first[:_TAIL]):
        raise markup.entities()
    if sort == "document":
        return  # walked when it is read
    if part.size > _MOST_OF_A_PART:
        raise Refused("bomb", "文件里的格式说明过大，没有读取。请把内容复制到新建的工作簿里。")
    content = b"".join(_again(first, rest))
    if sort == "walked":
        markup.check(content)


# The styles and the theme of one template come again in each of 2,500 files.
_check_again = functools.lru_cache(maxsize=256)(_check_part)


def _peek(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    return next(pieces, b""), pieces


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def check_strings(container: zips.Container) -> None:
    """The table of shared texts unpacks to what it said and declares no document type."""
    name = zips.find(container, "xl/sharedStrings.xml")
    if name is None:
        return
    first, rest = _peek(zips.pieces(container, name))
    if markup.doctype_in(first[:_TAIL]):
        raise markup.entities()
    longest = 0
    for piece in _again(first, rest):
        longest = max(longest, longest_text(piece))
    if longest >= _LONGEST:
        raise Refused("long", "有单元格的文字长得不像表格内容，没有读取。请检查后重新上传。")


def longest_text(piece: bytes) -> int:
    """Longest run without a tag, for pieces where that could matter at all."""
    if len(piece) < _LONGEST or b"<" in piece[: len(piece) // 2]:
        return 0
    return max(len(run) for run in piece.split(b"<"))
