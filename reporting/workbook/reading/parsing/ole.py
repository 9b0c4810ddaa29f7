"""The names in the directory of an OLE compound file (.xls, .doc, .et, .wps, an encrypted .xlsx)."""

import struct
from array import array
from collections.abc import Iterator

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # from here on a sector number is a mark
_HEAD = 512
_SMALLEST = 4096  # bytes; smaller streams share sectors
_MOST_SECTORS = 4096  # of the directory: 16,384 entries of 512-byte sectors
_MOST_OF_A_FILE = 1 << 20


def streams(data: bytes) -> list[str]:
    """Names of storages and streams, in the order of the directory; empty when it cannot be read."""
    return [name for name, _, _ in _entries(data)]


def stream(data: bytes, name: str) -> bytes:
    """A stream of that name, when it is large enough to stand in sectors of its own; else empty."""
    for found, start, size in _entries(data):
        if found == name and _SMALLEST <= size <= len(data):
            return b"".join(_sectors(data, start, _MOST_OF_A_FILE))[:size]
    return b""


def _entries(data: bytes) -> list[tuple[str, int, int]]:
    if len(data) < _HEAD:
        return []
    found = []
    for sector in _sectors(data, struct.unpack_from("<I", data, 48)[0], _MOST_SECTORS):
        for at in range(0, len(sector) - 127, 128):
            length = struct.unpack_from("<H", sector, at + 64)[0]
            if sector[at + 66] in (1, 2, 5) and 2 <= length <= 64:
                name = sector[at : at + length - 2].decode("utf-16-le", "replace")
                start, size = struct.unpack_from("<II", sector, at + 116)
                found.append((name, start, size))
    return found


def _sectors(data: bytes, first: int, most: int) -> Iterator[bytes]:
    """A chain of sectors; a circle ends after ``most``."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        return
    size, table = 1 << shift, _allocation(data, 1 << shift)
    sector, seen = first, 0
    while sector < _END and seen < most:
        start = (sector + 1) * size
        if start >= len(data):
            return
        yield data[start : start + size]
        seen += 1
        sector = table[sector] if sector < len(table) else _END


def _allocation(data: bytes, size: int) -> "array[int]":
    """The chain of sectors: which follows which. The header names 109 sectors of it, others the rest."""
    listed = [*struct.unpack_from("<109I", data, 76)]
    more, left = struct.unpack_from("<II", data, 68)
    while more < _END and 0 < left < _MOST_SECTORS:
        start = (more + 1) * size
        if start + size > len(data):
            break
        *further, more = struct.unpack_from(f"<{size // 4}I", data, start)
        listed += further
        left -= 1
    table = array("I")
    for sector in listed:
        start = (sector + 1) * size
        if sector >= _END or start + size > len(data):
            break
        table.frombytes(data[start : start + size])
    return table
