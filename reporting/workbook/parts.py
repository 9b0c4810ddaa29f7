"""The zip container of a workbook: parts that never change are compressed once and reused."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

# 1980-01-01 00:00, the earliest a zip can say: two workbooks of one snapshot do not differ by it.
_MOMENT = (0, 33)
_UTF8 = 0x800
_DEFLATED = 8
_LARGEST = 0xFFFFFFFF


@dataclass(frozen=True)
class Part:
    """One compressed file of the container."""

    name: str
    crc: int
    size: int
    packed: bytes

    @classmethod
    def of(cls, name: str, content: bytes, level: int = 6) -> "Part":
        deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
        return cls(name, zlib.crc32(content), len(content), packed)


def local_header(name: bytes, crc: int, packed: int, size: int) -> bytes:
    return (
        struct.pack(
            "<4sHHHHHLLLHH",
            b"PK\x03\x04", 20, _UTF8, _DEFLATED, *_MOMENT, crc, packed, size, len(name), 0,
        )
        + name
    )  # fmt: skip


def central_entry(name: bytes, crc: int, packed: int, size: int, offset: int) -> bytes:
    return (
        struct.pack(
            "<4sHHHHHHLLLHHHHHLL",
            b"PK\x01\x02", 20, 20, _UTF8, _DEFLATED, *_MOMENT, crc, packed, size, len(name),
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
        header = local_header(name, part.crc, len(part.packed), part.size)
        out.write(header)
        out.write(part.packed)
        directory.append(central_entry(name, part.crc, len(part.packed), part.size, offset))
        offset += len(header) + len(part.packed)
        count += 1
    central = b"".join(directory)
    out.write(central)
    out.write(end_record(count, len(central), offset))
