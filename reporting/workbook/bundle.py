"""Many workbooks in one zip, and file names that survive every desk they land on."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from reporting.workbook.text import FORBIDDEN

# Windows refuses these whatever the extension.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)
_UNSAFE = re.compile(f'[/\\\\:*?"<>|\u200b-\u200f\u2060\ufeff\u2028\u2029{FORBIDDEN}\t\n\r]')
# File systems stop at 255 bytes; Chinese takes three each, and room stays for a number.
_LONGEST_STEM = 200


def safe_file_name(name: str, *, fallback: str = "未命名") -> str:
    """``name`` as a file name for Windows, macOS and Linux alike: one component, no surprises."""
    name = unicodedata.normalize("NFC", _UNSAFE.sub("＿", name)).strip(" .")
    path = PurePosixPath(name or fallback)
    suffix = path.suffix if len(path.suffix) <= 6 else ""
    stem = name[: -len(suffix)] if suffix else (name or fallback)
    stem = stem.encode()[:_LONGEST_STEM].decode(errors="ignore").strip(" .") or fallback
    return f"_{stem}{suffix}" if _RESERVED.match(f"{stem}{suffix}") else f"{stem}{suffix}"


def write_zip(out: BinaryIO, files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Write ``files`` (name, content) into one zip, one at a time; returns the names given.

    Names are made safe and unique ("名称（2）.xlsx"); contents are stored as they are, since a
    workbook is compressed already.
    """
    taken: set[str] = set()
    names = []
    with ZipFile(out, "w", ZIP_STORED) as container:
        for wanted, content in files:
            name = _unique(safe_file_name(wanted), taken)
            # The UTF-8 flag is set by zipfile itself for a name beyond ASCII.
            info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            container.writestr(info, content)
            names.append(name)
    return names


def _unique(name: str, taken: set[str]) -> str:
    path = PurePosixPath(name)
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{path.stem}（{number}）{path.suffix}"
    taken.add(candidate.casefold())
    return candidate
