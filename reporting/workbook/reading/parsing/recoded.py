"""Workbooks whose XML calamine cannot read as it is: in another encoding, or with an odd dimension."""

import codecs
import functools
import io
import re
import zipfile

from reporting.workbook.reading.parsing import markup, zips
from reporting.workbook.reading.parsing.refusal import Refused

_SAID = re.compile(rb"<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.-]{1,30})[\"']")
_DECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_KNOWN = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5"}
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*/>")
_PLAIN_DIMENSION = re.compile(rb"ref=[\"'][A-Z]{1,3}[1-9]\d{0,6}(?::[A-Z]{1,3}[1-9]\d{0,6})?[\"']")
HEAD = 4096
_LARGEST = 32 << 20  # bytes of all such parts; nobody saves a large workbook this way


def plain(data: bytes, container: zips.Container) -> tuple[bytes, zips.Container]:
    """The file as it is, or packed anew when a part of it needed to be written over."""
    changed: dict[str, bytes] = {}
    left = _LARGEST
    for info in container.infolist():
        name = info.filename.lower()
        if not name.endswith((".xml", ".rels")) or not info.file_size:
            continue
        part = zips.part(container, info.filename)
        look = _oddities_again if part.size <= zips.REMEMBERED else _oddities
        encoding, odd = look(part, name.startswith("xl/worksheets/"))
        if not (encoding or odd):
            continue
        left -= info.file_size
        if left < 0:
            raise Refused(
                "encoding", "文件的内部编码不常见，没有读取。请在 Excel 或 WPS 中另存后再上传。"
            )
        raw = b"".join(zips.pieces(container, info.filename))
        if not encoding:
            changed[info.filename] = raw.replace(odd, b"", 1)
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            raise Refused("broken", "文件已损坏，打不开。请重新上传，或请对方重发。") from None
        if markup.doctype_in(text[:4096].encode("utf-8", "replace")):
            raise markup.entities()
        changed[info.filename] = _DECLARED.sub("", text).encode("utf-8", "replace")
    if not changed:
        return data, container
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for info in container.infolist():
            content = changed.get(info.filename)
            if content is None:
                content = b"".join(zips.pieces(container, info.filename))
            made.writestr(info.filename, content)
    return packed.getvalue(), zips.weigh(packed.getvalue())


def _oddities(part: zips.Part, sheet: bool) -> tuple[str, bytes]:
    """The encoding to bring it from, and the tag to leave out; both nearly always empty."""
    head = next(zips.unpacked(part))[:HEAD]
    return _encoding_of(head), odd_dimension(head) if sheet else b""


# All parts but the sheets come again in each file of one template.
_oddities_again = functools.lru_cache(maxsize=256)(_oddities)


def odd_dimension(head: bytes) -> bytes:
    """The tag by which a sheet says how large it is, where it says so as calamine cannot read."""
    found = _DIMENSION.search(head)
    return found[0] if found and not _PLAIN_DIMENSION.search(found[0]) else b""


def _encoding_of(head: bytes) -> str:
    """Empty for what every reader knows: UTF-8, with a mark or without."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(b"<\x00"):
        return "utf-16-le"
    if head.startswith(b"\x00<"):
        return "utf-16-be"
    said = _SAID.match(head)
    return _KNOWN.get(said[1].decode("ascii").lower(), "") if said else ""
