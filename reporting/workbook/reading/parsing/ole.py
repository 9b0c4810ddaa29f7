"""The names in the directory of an OLE compound file (.xls, .doc, .et, .wps, an encrypted .xlsx)."""

import struct

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # from here on a sector number is a mark
_MOST_SECTORS = 4096  # of the directory: 16,384 entries of 512-byte sectors


def streams(data: bytes) -> list[str]:
    """Names of storages and streams, in the order of the directory; empty when it cannot be read."""
    if len(data) < 512:
        return []
    shift, first = struct.unpack_from("<H", data, 30)[0], struct.unpack_from("<I", data, 48)[0]
    if shift not in (9, 12):
        return []
    size = 1 << shift
    table = _allocation(data, size)
    names: list[str] = []
    sector, seen = first, 0
    while sector < _END and seen < _MOST_SECTORS:
        seen += 1
        start = (sector + 1) * size
        for at in range(start, min(start + size, len(data) - 127), 128):
            length = struct.unpack_from("<H", data, at + 64)[0]
            if data[at + 66] in (1, 2, 5) and 2 <= length <= 64:
                names.append(data[at : at + length - 2].decode("utf-16-le", "replace"))
        sector = table[sector] if sector < len(table) else _END
    return names


def _allocation(data: bytes, size: int) -> list[int]:
    """The chain of sectors: which follows which (header's 109 table sectors suffice for 6.8 MB)."""
    table: list[int] = []
    for sector in struct.unpack_from("<109I", data, 76):
        start = (sector + 1) * size
        if sector >= _END or start + size > len(data):
            break
        table += struct.unpack_from(f"<{size // 4}I", data, start)
    return table
