"""The zip container of a workbook: parts that never change are compressed once and reused."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from reporting.workbook.deflate import crc32, deflate, deflate_tightly

# 1980-01-01 00:00, the earliest a zip can say: two workbooks of one snapshot do not differ by it.
_MOMENT = (0, 33)
_UTF8 = 0x800
STORED, DEFLATED = 0, 8
_LARGEST = 0xFFFFFFFF


@dataclass(frozen=True)
class Part:
    """One file of the container, packed."""

    name: str
    method: int
    crc: int
    size: int
    packed: bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> "Part":
        stream = deflate()
        packed = stream.compress(content) + stream.flush()
        return cls(name, DEFLATED, crc32(content), len(content), packed)

    @classmethod
    def kept(cls, name: str, content: bytes) -> "Part":
        """Packed as tightly as possible: for a part that is used again and again."""
        return cls(name, DEFLATED, crc32(content), len(content), deflate_tightly(content))

    @classmethod
    def small(cls, name: str, content: bytes) -> "Part":
        """Not compressed: below a kilobyte setting up the compressor costs more than it saves."""
        return cls(name, STORED, crc32(content), len(content), content)


def local_header(name: bytes, method: int, crc: int, packed: int, size: int) -> bytes:
    return (
        struct.pack(
            "<4sHHHHHLLLHH",
            b"PK\x03\x04", 20, _UTF8, method, *_MOMENT, crc, packed, size, len(name), 0,
        )
        + name
    )  # fmt: skip


def central_entry(name: bytes, method: int, crc: int, packed: int, size: int, offset: int) -> bytes:
    return (
        struct.pack(
            "<4sHHHHHHLLLHHHHHLL",
            b"PK\x01\x02", 20, 20, _UTF8, method, *_MOMENT, crc, packed, size, len(name),
            0, 0, 0, 0, 0, offset,
        )
        + name
    )  # fmt: skip


def end_record(entries: int, size: int, offset: int) -> bytes:
    if offset + size > _LARGEST:
        raise OverflowError("a workbook part beyond 4 GB would need ZIP64")
    return struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, entries, entries, size, offset, 0)


def write_parts(out: BinaryIO, parts: Iterable[Part]) -> None:
    """Write ``parts``, in order, as one container."""
    offset, directory, count = 0, [], 0
    for part in parts:
        name = part.name.encode()
        header = local_header(name, part.method, part.crc, len(part.packed), part.size)
        out.write(header)
        out.write(part.packed)
        directory.append(
            central_entry(name, part.method, part.crc, len(part.packed), part.size, offset)
        )
        offset += len(header) + len(part.packed)
        count += 1
    central = b"".join(directory)
    out.write(central)
    out.write(end_record(count, len(central), offset))
