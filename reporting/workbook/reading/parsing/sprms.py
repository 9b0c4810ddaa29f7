"""Properties of paragraphs and characters of a .doc: single changes (sprm) one after another."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

#: Length of what follows a change, by the top three bits of its number; 6 says its own.
_LENGTHS = (1, 1, 2, 4, 2, 2, 0, 3)
_IN_TABLE, _ENDS_ROW, _ROW_OF_CELLS, _LONG_ROW = 0x2416, 0x2417, 0xD608, 0xD606
_DEPTH, _FURTHER = 0x6649, (0x6645, 0x6646)
_JOINED_DOWN = 0xD62B
_STRUCK, _DELETED, _HIDDEN = 0x0837, 0x0800, 0x083C
_TABS = 0xC615
_MOST_CELLS = 64


@dataclass(frozen=True)
class Properties:
    in_table: bool = False
    ends_row: bool = False
    edges: tuple[int, ...] = ()
    across: frozenset[int] = frozenset()
    down: frozenset[int] = frozenset()
    gone: bool = False  # deleted while changes were tracked, or hidden
    struck: bool = False


NONE = Properties()
Parse = Callable[[bytes, bytes], Properties]


def content(page: bytes, at: int, *, paragraph: bool) -> bytes:
    """The changes that stand at ``at`` of a page of properties."""
    size = page[at]
    if not paragraph:
        return page[at + 1 : at + 1 + size]
    if size:
        return page[at + 3 : at + 2 * size]  # after the number of the style
    return page[at + 4 : at + 2 + 2 * page[at + 1]] if at + 1 < len(page) else b""


def of_paragraph(changes: bytes, further: bytes) -> Properties:
    """``further`` is the stream that holds what is too long for a page."""
    found: dict[int, bytes] = {}
    joined: list[bytes] = []
    for number, value in _each(changes):
        found[number] = value
        if number == _JOINED_DOWN and len(value) == 2:
            joined.append(value)
        if number in _FURTHER and len(value) == 4:
            start = struct.unpack("<I", value)[0]
            if start + 2 <= len(further):
                size = struct.unpack_from("<H", further, start)[0]
                found |= dict(_each(further[start + 2 : start + 2 + size]))
    edges, across, down = _row(found.get(_ROW_OF_CELLS, b""))
    down |= {value[0] for value in joined if value[1] == 1}
    depth = found.get(_DEPTH, b"")
    return Properties(
        in_table=found.get(_IN_TABLE, b"\0") != b"\0" or depth.rstrip(b"\0") != b"",
        ends_row=found.get(_ENDS_ROW, b"\0") != b"\0",
        edges=edges,
        across=across,
        down=down,
    )


def of_characters(changes: bytes, _: bytes) -> Properties:
    found = dict(_each(changes))
    return Properties(
        gone=found.get(_DELETED) == b"\x01" or found.get(_HIDDEN) == b"\x01",
        struck=found.get(_STRUCK) == b"\x01",
    )


def _each(changes: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 < len(changes):
        number = struct.unpack_from("<H", changes, at)[0]
        at += 2
        length = _LENGTHS[number >> 13]
        if number in (_ROW_OF_CELLS, _LONG_ROW):
            if at + 2 > len(changes):
                return
            length = struct.unpack_from("<H", changes, at)[0] - 1
            at += 2
        elif length == 0:
            length = changes[at]
            at += 1
            if number == _TABS and length == 255:
                return  # tells its length otherwise, and stands near the end
        if length < 0:
            return
        yield number, changes[at : at + length]
        at += length


def _row(value: bytes) -> tuple[tuple[int, ...], frozenset[int], frozenset[int]]:
    """Edges in twips, cells joined to their left, and cells joined to those above."""
    count = value[0] if value else 0
    if not 0 < count < _MOST_CELLS or len(value) < 1 + 2 * (count + 1):
        return (), frozenset(), frozenset()
    edges = struct.unpack_from(f"<{count + 1}h", value, 1)
    if any(right < left for left, right in pairwise(edges)):
        return (), frozenset(), frozenset()
    across, down = set(), set()
    first = 0  # how the first of a run of joined cells is marked; programs differ in which is which
    at = 1 + 2 * (count + 1)
    for cell in range(count):
        if at + 2 > len(value):
            break
        flags = struct.unpack_from("<H", value, at)[0]
        joined = flags & 3
        if joined and first and joined != first:
            across.add(cell)
        else:
            first = joined
        if flags >> 5 & 3 == 1:
            down.add(cell)
        at += 20
    return edges, frozenset(across), frozenset(down)
