"""The directory and streams of an OLE compound file (.xls, .doc, .et, .wps, an encrypted .xlsx).

Nothing that a file says of itself is believed beyond the bytes it has: no chain of sectors is
followed further than its stream is long, and no stream is longer than the file.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # from here on a sector number is a mark
_HEAD = 512
_SMALLEST = 4096  # bytes; smaller streams share sectors
_SMALL_SECTOR = 64
_MOST_SECTORS = 4096  # of the directory: 16,384 entries of 512-byte sectors
_ROOT = 5
Entry = tuple[str, int, int, int]  # name, sort, first sector, size


def streams(data: bytes) -> list[str]:
    """Names of storages and streams, in the order of the directory; empty when it cannot be read."""
    return [name for name, _, _, _ in _entries(data)]


def sound(data: bytes) -> bool:
    """Whether every stream comes to an end; other readers would follow a circle for ever."""
    entries = _entries(data)
    if not entries:
        return False
    directory, cutoff, first_small = struct.unpack_from("<I4xII", data, 48)
    table = _allocation(data, 1 << struct.unpack_from("<H", data, 30)[0])
    starts = [start for _, sort, start, size in entries if size >= cutoff or sort == _ROOT]
    if not _ends(table, [directory, first_small, *starts]):
        return False
    small = array("I")
    for sector in _sectors(data, first_small, _MOST_SECTORS):
        small.frombytes(sector[: len(sector) // 4 * 4])
    return _ends(small, [entry[2] for entry in entries if entry[1] == 2 and entry[3] < cutoff])


def _ends(table: "array[int]", starts: Sequence[int]) -> bool:
    chain_of = array("I", bytes(4 * len(table)))  # which chain a sector was seen in, from 1
    for number, start in enumerate(starts, start=1):
        sector = start
        while sector < len(table) and not chain_of[sector]:
            chain_of[sector] = number
            sector = table[sector]
        if sector < len(table) and chain_of[sector] == number:
            return False
    return True


def stream(data: bytes, name: str) -> bytes:
    """The first stream of that name; empty when there is none or it says to be longer than the file."""
    entries = _entries(data)
    for found, sort, start, size in entries:
        if found == name and sort == 2 and 0 < size <= len(data):
            if size >= _SMALLEST:
                return _long(data, start, size)
            return _short(data, entries, start, size)
    return b""


def _long(data: bytes, start: int, size: int) -> bytes:
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    return b"".join(_sectors(data, start, -(-size // sector)))[:size]


def _short(data: bytes, entries: Sequence[Entry], start: int, size: int) -> bytes:
    """Small streams stand in small sectors inside the stream of the root."""
    root = next((entry for entry in entries if entry[1] == _ROOT), None)
    first, count = struct.unpack_from("<II", data, 60)
    if root is None or root[3] > len(data) or count > _MOST_SECTORS:
        return b""
    shared = _long(data, root[2], root[3])
    chain = array("I")
    for sector in _sectors(data, first, count):
        chain.frombytes(sector[: len(sector) // 4 * 4])
    found = bytearray()
    number = start
    while number < _END and len(found) < size:
        piece = shared[number * _SMALL_SECTOR : (number + 1) * _SMALL_SECTOR]
        if not piece:
            break
        found += piece
        number = chain[number] if number < len(chain) else _END
    return bytes(found[:size])


def _entries(data: bytes) -> list[Entry]:
    if len(data) < _HEAD:
        return []
    found = []
    for sector in _sectors(data, struct.unpack_from("<I", data, 48)[0], _MOST_SECTORS):
        for at in range(0, len(sector) - 127, 128):
            length = struct.unpack_from("<H", sector, at + 64)[0]
            if sector[at + 66] in (1, 2, _ROOT) and 2 <= length <= 64:
                name = sector[at : at + length - 2].decode("utf-16-le", "replace")
                start, size = struct.unpack_from("<II", sector, at + 116)
                found.append((name, sector[at + 66], start, size))
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
    most = len(data) // size + 1  # sectors there can be
    for sector in listed:
        start = (sector + 1) * size
        if sector >= _END or start + size > len(data) or len(table) > most:
            break
        table.frombytes(data[start : start + size])
    return table
