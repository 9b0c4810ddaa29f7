"""A .zip of tables taken apart within limits: names as their sender wrote them, one file at a time.

What is hostile about the whole (too many files, too much unpacked, names that lead out of the folder)
is ``Refused``; what is wrong with one file in it is told with that file.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.workbook.reading.parsing import zips
from reporting.workbook.reading.parsing.refusal import Refused

MOST_FILES = 1_000
MOST_BYTES = 512 << 20  # of all files unpacked
MOST_OF_ONE = 64 << 20
_LONGEST_END = 65_600  # bytes: the end of a zip with the longest comment
_LONGEST_ENTRY = 2_000  # bytes of the list that one file may take on average
_OFFICE = ("[content_types].xml", "mimetype", "xl/workbook.xml", "word/document.xml")
_OTHERS = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7z", b"\x1f\x8b\x08": "gz", b"BZh": "bz2"}
MAGIC = (b"PK", *_OTHERS)
_JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX/|\.|~\$|Thumbs\.db$|desktop\.ini$|\.DS_Store$)", re.IGNORECASE
)
_REMEDY = "请解压后直接上传里面的表格。"


@dataclass(frozen=True)
class Inside:
    """One file of an archive: its path there, and its bytes or the sentence why there are none."""

    path: str
    content: bytes = b""
    refused: str = ""
    code: str = ""


def archive_kind(data: bytes) -> str:
    """``zip`` for a bundle of files, RAR, 7z … for those that are not opened, else empty.

    A workbook or document is a zip too, and is none here.
    """
    for magic, kind in _OTHERS.items():
        if data.startswith(magic):
            return kind
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")) or _listed(data) > 4 * MOST_FILES:
        return ""  # refused where files are opened, before anything lists it
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            names = {name.replace("\\", "/").lower() for name in container.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return ""  # broken, and said so where files are opened
    return "" if any(name in names for name in _OFFICE) else "zip"


def _listed(data: bytes) -> int:
    """How many files the list at the end holds, by its number or by its length, before it is read."""
    end = data.rfind(b"PK\x05\x06", -_LONGEST_END)
    if end < 0:
        return 0
    count, length = struct.unpack_from("<HI", data[end : end + 22].ljust(22, b"\0"), 10)
    return max(int(count), int(length) // _LONGEST_ENTRY)


def refused_kind(kind: str) -> Refused:
    return Refused(
        "archive",
        f"这是 {kind} 压缩包，系统打不开。请先解压，再把里面的表格一起上传，或重新压缩成 .zip 后上传。",
    )


def files_in(data: bytes) -> Iterator[Inside]:
    """The files of a .zip in the order of their paths. Raises ``Refused`` for the whole.

    Folders, and what programs leave behind (__MACOSX, Thumbs.db, ~$ of an open workbook), are no files.
    """
    if (count := _listed(data)) > 4 * MOST_FILES:
        raise _many(count)
    try:
        container = zips.Container(data)
        listed = [(name_of(info), info) for info in container.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise Refused("broken", "压缩包不完整，打不开，可能没有传完，或是分卷压缩的一卷。请重新压缩成一个 .zip 后上传。") from None  # fmt: skip
    for path, info in listed:
        _check_path(path, info)
    files = [(path, info) for path, info in listed if not (path.endswith("/") or _JUNK.search(path))]  # fmt: skip
    if len(files) > MOST_FILES:
        raise _many(len(files))
    if not files:
        raise Refused("empty", "压缩包是空的，里面没有表格，请重新选择。")
    if all(info.flag_bits & 1 for _, info in files):
        raise Refused("password", f"压缩包加了密码，打不开。请取消密码重新压缩，或{_REMEDY[1:]}")
    total = sum(info.file_size for _, info in files)
    packed = min(sum(info.compress_size for _, info in files) or 1, len(data))
    if total > MOST_BYTES or (total > zips.FREE_BYTES and total > zips.MOST_RATIO * packed):
        raise Refused("bomb", f"压缩包解开后有{total >> 20} MB，远大于它应有的大小，没有打开。{_REMEDY}")  # fmt: skip
    for path, info in sorted(files, key=lambda each: each[0]):
        yield _file(container, path, info)


def _file(container: zips.Container, path: str, info: zipfile.ZipInfo) -> Inside:
    if info.flag_bits & 1:
        return Inside(path, b"", "这个文件在压缩包里加了密码，打不开，请取消密码。", "password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Inside(path, b"", f"这个文件在压缩包里的压缩方式不常见，打不开。{_REMEDY}", "packing")  # fmt: skip
    if info.file_size > MOST_OF_ONE:
        return Inside(path, b"", f"这个文件超过{MOST_OF_ONE >> 20} MB，没有读取。", "size")
    try:
        content = b"".join(zips.pieces(container, info))
    except Refused as refused:
        return Inside(path, b"", refused.sentence, refused.code)
    if zlib.crc32(content) != info.CRC:
        return Inside(path, b"", "这个文件在压缩包里已损坏，请对方重发。", "broken")
    if kind := archive_kind(content):
        return Inside(
            path, b"",
            f"压缩包里还套着一个压缩包（{kind}），没有打开。请把它解压，把里面的表格直接上传。", "nested",
        )  # fmt: skip
    return Inside(path, content)


def name_of(info: zipfile.ZipInfo) -> str:
    """The path as it was meant: UTF-8 where said or plainly so, else the GBK of Chinese Windows."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""  # it was decoded from the extra field already
        if raw:
            name = _unicode_path(info.extra, raw) or _decoded(raw)
    return name.replace("\\", "/").removeprefix("./")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in UTF-8 that some programs put beside the one in the system's own code."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        of_this_name = int.from_bytes(field[1:5], "little") == zlib.crc32(raw)
        if kind == 0x7075 and field[:1] == b"\x01" and of_this_name:
            return field[5:].decode("utf-8", "replace")
        at += 4 + size
    return ""


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _check_path(path: str, info: zipfile.ZipInfo) -> None:
    parts = path.split("/")
    link = (info.external_attr >> 16) & 0o170000 == 0o120000
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\x00" in path or link:
        raise Refused("path", f"压缩包里有文件名指向包外（“{path[:60]}”），内容不可信，没有打开。{_REMEDY}")  # fmt: skip


def _many(count: int) -> Refused:
    return Refused("parts", f"压缩包里有{count}个文件，一次最多{MOST_FILES}个，没有打开。请分成几个压缩包上传。")  # fmt: skip
