"""Weighing a zip container before any parser sees it: counts, sizes, names, and what it carries."""

import functools
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from reporting.workbook.reading.parsing.refusal import Refused

MOST_PARTS = 2_000
FREE_BYTES = 30 << 20  # this much unpacked is let pass whatever it was packed into
MOST_RATIO = 120  # times; a sheet of numbers reaches 30
MOST_BYTES = 400 << 20
_CHUNK = 1 << 20
REMEMBERED = 64 << 10  # bytes of a part that is kept for the next file
_MOST_HELD = 64  # small parts of the container that is open
_REMEDY = "请把内容复制到一个新建的工作簿里再上传。"
_MACROS = re.compile(r"vbaproject|vbadata|macrosheets/|/activex/|ctrlprops/.*\.bin", re.IGNORECASE)
_EMBEDDED = re.compile(r"(?:^|/)embeddings/|oleobject", re.IGNORECASE)
_LINKS = re.compile(r"(?:^|/)externallinks/|(?:^|/)connections\.xml$", re.IGNORECASE)


class Container(zipfile.ZipFile):
    """A container in memory, and its parts as far as somebody asked for them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.data = data
        self.parts: dict[str, Part] = {}  # small ones, by name


_last: Container | None = None


def opened(data: bytes) -> Container:
    """The container; the last one stays open, since a file's kind is asked before it is read."""
    global _last
    if _last is None or _last.data is not data:
        _last = None
        _last = Container(data)
    return _last


def forget() -> None:
    """Let go of the last container."""
    global _last
    _last = None


def weigh(data: bytes, *, most_bytes: int = MOST_BYTES) -> Container:
    """The container, opened, when nothing about its directory is hostile. Raises ``Refused``."""
    try:
        container = opened(data)
        listed = container.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise Refused(
            "broken", "文件不完整，打不开，可能没有传完。请重新上传，或请对方重发。"
        ) from None
    if len(listed) > MOST_PARTS:
        raise too_many(len(listed))
    names = [part.filename for part in listed]
    if len({name.lower() for name in names}) != len(names):
        raise Refused("twice", f"文件里有重名的部件，内容不可信，没有读取。{_REMEDY}")
    for part in listed:
        _name(part)
        if part.flag_bits & 1:
            raise Refused("password", "文件加了密码，读不出来。请取消密码后重新上传。")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("packing", f"文件的压缩方式不是表格常用的，没有读取。{_REMEDY}")
    total = sum(part.file_size for part in listed)
    packed = sum(part.compress_size for part in listed) or 1
    if total > most_bytes or (total > FREE_BYTES and total > MOST_RATIO * min(packed, len(data))):
        raise Refused(
            "bomb", f"文件展开后有{total >> 20} MB，远大于它应有的大小，没有读取。{_REMEDY}"
        )
    _carried(names)
    return container


def _name(part: zipfile.ZipInfo) -> None:
    parts = part.filename.replace("\\", "/").split("/")
    outside = ".." in parts or parts[0] == "" or ":" in parts[0]
    link = (part.external_attr >> 16) & 0o170000 == 0o120000
    if outside or link or "\x00" in part.orig_filename:
        raise Refused("path", f"文件里的部件名称指向文件之外，没有读取。{_REMEDY}")


def _carried(names: list[str]) -> None:
    for name in names:
        if _MACROS.search(name):
            raise Refused(
                "macro", "文件含有宏或控件，没有读取。请另存为“Excel 工作簿（.xlsx）”后再上传。"
            )
        if _EMBEDDED.search(name):
            raise Refused(
                "embedded", "文件里嵌入了别的文件或对象，没有读取。请删除嵌入的对象后再上传。"
            )
        if _LINKS.search(name):
            raise Refused(
                "links",
                "文件链接着别的工作簿或数据源，没有读取。"
                "请在 Excel 中“数据→编辑链接→断开链接”，保存后再上传。",
            )
        if name.lower().endswith((".zip", ".rar", ".7z", ".exe", ".dll", ".vbs", ".js", ".bat")):
            raise Refused("nested", f"文件里夹带着别的文件，没有读取。{_REMEDY}")


class Part(NamedTuple):
    """A part as it lies in the container."""

    packed: bytes
    size: int  # unpacked, as the list says
    stored: bool


def part(container: Container, name: str | zipfile.ZipInfo) -> Part:
    """The part ``name``, still packed."""
    if not isinstance(name, str):
        return _part(container.data, name)
    found = container.parts.get(name)
    if found is None:
        found = _part(container.data, container.getinfo(name))
        # Parts that lie over each other would be held as often as they are listed.
        if len(found.packed) <= REMEMBERED and len(container.parts) < _MOST_HELD:
            container.parts[name] = found
    return found


def _part(data: bytes, info: zipfile.ZipInfo) -> Part:
    # The directory may lie; what counts is where the packed bytes end.
    start = info.header_offset
    header = data[start : start + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Refused("broken", "文件不完整，打不开，可能没有传完。请重新上传，或请对方重发。")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    begin = start + 30 + names
    stored = info.compress_type == zipfile.ZIP_STORED
    return Part(data[begin : begin + info.compress_size], info.file_size, stored)


def pieces(container: Container, name: str | zipfile.ZipInfo) -> Iterator[bytes]:
    """The part ``name`` unpacked piece by piece; ``Refused`` when it is not what the list said."""
    return unpacked(part(container, name))


def unpacked(part: Part) -> Iterator[bytes]:
    """Its bytes, piece by piece. Small parts are kept: 2,500 files have one template's styles."""
    if part.size <= REMEMBERED and len(part.packed) <= REMEMBERED:
        return iter(_kept(part))
    return _unpacked(part)


@functools.lru_cache(maxsize=256)
def _kept(part: Part) -> tuple[bytes, ...]:
    return tuple(_unpacked(part))


def _unpacked(part: Part) -> Iterator[bytes]:
    packed, left, stored = part
    if stored:
        if len(packed) != left:
            raise _lie()
        for at in range(0, len(packed), _CHUNK):
            yield packed[at : at + _CHUNK]
        return
    unpack = zlib.decompressobj(-15)
    try:
        piece = unpack.decompress(packed, _CHUNK)
        while piece:
            left -= len(piece)
            if left < 0:
                raise _lie()
            yield piece
            piece = unpack.decompress(unpack.unconsumed_tail, _CHUNK)
    except zlib.error:
        raise Refused("broken", "文件已损坏，打不开。请重新上传，或请对方重发。") from None
    if left:
        raise _lie()


def too_many(count: int) -> Refused:
    return Refused("parts", f"文件里有{count}个部件，不像一张表格，没有读取。{_REMEDY}")


def _lie() -> Refused:
    return Refused("lie", f"文件里标明的大小与实际不符，内容不可信，没有读取。{_REMEDY}")


def whole(container: Container, name: str, *, most: int = 8 << 20) -> bytes:
    """A small part in one piece; empty when there is none."""
    found = find(container, name)
    if found is None:
        return b""
    if container.getinfo(found).file_size > most:
        raise Refused("bomb", f"文件里的“{name}”过大，没有读取。{_REMEDY}")
    return b"".join(pieces(container, found))


def find(container: zipfile.ZipFile, name: str) -> str | None:
    """The part of that name, however its letters are cased."""
    if name in container.NameToInfo:
        return name
    wanted = name.lower()
    return next((n for n in container.NameToInfo if n.replace("\\", "/").lower() == wanted), None)
