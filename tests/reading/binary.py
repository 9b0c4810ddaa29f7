"""Old binary containers, written by hand: OLE compound files and the .xls inside them."""

import struct

SECTOR = 512
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole(streams: dict[str, bytes]) -> bytes:
    """A compound file of version 3 with ``streams``, each at least 4,096 bytes so that none is mini."""
    padded = {name: content.ljust(4096, b"\x00") for name, content in streams.items()}
    chains: list[int] = []
    starts, body = {}, b""
    for name, content in padded.items():
        count = -(-len(content) // SECTOR)
        starts[name] = len(chains)
        chains += [len(chains) + n + 1 for n in range(count - 1)] + [_END]
        body += content.ljust(count * SECTOR, b"\x00")
    entries = [_entry("Root Entry", 5, 1 if streams else _FREE, _FREE, _END, 0)]
    names = list(padded)
    for number, name in enumerate(names, start=1):
        right = number + 1 if number < len(names) else _FREE
        entries.append(_entry(name, 2, _FREE, right, starts[name], len(padded[name])))
    while len(entries) % 4:
        entries.append(b"\x00" * 68 + struct.pack("<III", _FREE, _FREE, _FREE) + b"\x00" * 48)
    directory = len(chains)
    count = len(entries) // 4
    chains += [directory + n + 1 for n in range(count - 1)] + [_END]
    body += b"".join(entries)
    tables = 1
    while (len(chains) + tables) * 4 > tables * SECTOR:
        tables += 1
    first = len(chains)
    chains += [_TABLE] * tables
    table = struct.pack(f"<{len(chains)}I", *chains).ljust(tables * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
    head += struct.pack("<IIIIIIIII", 0, tables, directory, 0, 4096, _END, 0, _END, 0)
    head += struct.pack("<109I", *range(first, first + tables), *[_FREE] * (109 - tables))
    return head + body + table


def _entry(name: str, sort: int, child: int, right: int, start: int, size: int) -> bytes:
    words = name.encode("utf-16-le") + b"\x00\x00"
    return (
        words.ljust(64, b"\x00")
        + struct.pack("<HBB", len(words), sort, 1)
        + struct.pack("<III", _FREE, right, child if sort == 5 else _FREE)
        + b"\x00" * 36
        + struct.pack("<IQ", start, size)
    )


_ERRORS = {"#REF!": 0x17, "#N/A": 0x2A, "#DIV/0!": 0x07}


def xls(rows, *, hidden_rows=(), struck=(), streams=None, small=False, more=b"") -> bytes:
    """A BIFF8 workbook of one sheet; text, numbers, and errors as ``ValueError("#REF!")``.

    ``struck`` are the (row, column) of cells struck out, from 0. ``small`` keeps the book in the sectors that small streams share; ``more`` are records at its end.
    """
    globals_ = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    globals_ += _record(0x0042, struct.pack("<H", 1200))
    if struck:
        # No font is number 4: the fifth is 5, and strikes out. Format 1 has it, 0 the font beside it.
        for strike in (0, 0, 0, 0, 8, 0):
            font = struct.pack("<5H6B", 200, strike, 0x7FFF, 400, 0, 0, 0, 134, 0, 1, 0) + b"A"
            globals_ += _record(0x0031, font)
        for number in (6, 5):
            globals_ += _record(0x00E0, struct.pack("<H18x", number))
    name = "汇总表".encode("utf-16-le")
    bound = struct.pack("<IBBBB", 0, 0, 0, 3, 1) + name
    length = len(globals_) + len(_record(0x0085, bound)) + 4
    globals_ += _record(0x0085, struct.pack("<I", length) + bound[4:]) + _record(0x000A, b"")
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    width = max(map(len, rows))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for number in range(len(rows)):
        flags = 0x120 if number + 1 in hidden_rows else 0x100
        sheet += _record(0x0208, struct.pack("<HHHHHHHH", number, 0, width, 255, 0, 0, flags, 15))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            style = int((number, column) in struck)
            if isinstance(value, int | float):
                sheet += _record(0x0203, struct.pack("<HHHd", number, column, style, value))
            elif isinstance(value, ValueError):
                code = _ERRORS[str(value)]
                sheet += _record(0x0205, struct.pack("<HHHBB", number, column, style, code, 1))
            elif value:
                words = value.encode("utf-16-le")
                sheet += _record(
                    0x0204, struct.pack("<HHHHB", number, column, style, len(words) // 2, 1) + words
                )
    sheet += more + _record(0x000A, b"")
    if small:
        return small_ole("Workbook", globals_ + sheet)
    return ole({"Workbook": globals_ + sheet, **(streams or {})})


def small_ole(name: str, content: bytes) -> bytes:
    """A compound file whose one stream is below 4,096 bytes and stands in the stream of the root."""
    assert len(content) < 4096
    count = -(-len(content) // 64)
    shared = content.ljust(-(-len(content) // SECTOR) * SECTOR, b"\x00")
    sectors = len(shared) // SECTOR
    chains = [number + 1 for number in range(sectors - 1)] + [_END]  # of the shared stream
    small = [number + 1 for number in range(count - 1)] + [_END]
    chains += [_END, _END, _TABLE]  # the small chains, the directory, this table
    entries = _entry("Root Entry", 5, 1, _FREE, 0, len(shared))
    entries += _entry(name, 2, _FREE, _FREE, 0, len(content))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
    head += struct.pack("<IIIIIIIII", 0, 1, sectors + 1, 0, 4096, sectors, 1, _END, 0)
    head += struct.pack("<109I", sectors + 2, *[_FREE] * 108)
    return (
        head
        + shared
        + struct.pack(f"<{count}I", *small).ljust(SECTOR, b"\xff")
        + entries.ljust(SECTOR, b"\x00")
        + struct.pack(f"<{len(chains)}I", *chains).ljust(SECTOR, b"\xff")
    )


def _record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content
