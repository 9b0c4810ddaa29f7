"""Workbooks of a template that was read before: only what is new in them is looked at.

A city's 2,500 forms are one workbook filled in 2,500 times. Most of its parts are the same bytes in
each of them, and of the others the tags are: the same cells in the same places, with other words
between. What was found out about a part counts for equal bytes and for nothing else, never for a
name, a size or a checksum; what was found out about tags counts where every byte outside of the words
is the same, and the words hold no sign that could be a tag, an entity or a character no reader takes.
Whatever was not seen before, or is in any way unlike, is read as if nothing had been (``read`` says
``None``); the long way judges, refuses, and has ``keep`` remember what turned out to be plain.
"""

import contextlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple

from reporting.workbook.reading.parsing import (
    plain_rows,
    plain_sheets,
    properties,
    xlsx_parts,
    xlsx_styles,
    zips,
)
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused

LARGEST = 256 << 10  # bytes of a file that is remembered, or read this way
_MOST_PARTS = 64
MOST_KEPT = 8 << 20  # bytes of what is remembered; then the memory begins again
_MOST_ROWS = 2_000
_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/sheet\d{1,3}\.xml")
# Of a line in the list: its sign, versions and method; after time and checksum its lengths, packed and
# not, the lengths of names, attributes; where the part begins. Of a part: its sign, lengths of names.
_ENTRY, _HEADER = Struct("<4s8s8xLL14sL"), Struct("<4s22xHH")
_WORDS = re.compile(rb">([^<>]+)<")
# No reader takes these for what they are, or not every reader; line ends and _x000D_ are the long way's.
_NO_SIGNS = bytes({*range(32), 127, ord("&")} - {9, 10})
_NO_WORDS = (b"_x", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_HEAD = re.compile(
    rb"<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>\s*<\w|<\w",
    re.IGNORECASE,
)
_MARK = re.compile("\ue000(\\d+)\ue001")  # stands for words while it is found out what they are


class _Listing(NamedTuple):
    """The list of a container in the plainest shape there is."""

    #: What the list says of its parts beside their bytes, sizes, times and places.
    shape: tuple[bytes, ...]
    packed: list[bytes]
    sizes: list[int]

    def same(self, numbers: Sequence[int]) -> tuple[bytes | int, ...]:
        """The bytes of some parts, and how long they say they are."""
        return (*[self.packed[at] for at in numbers], *[self.sizes[at] for at in numbers])

    def part(self, number: int) -> zips.Part:
        stored = self.shape[3 * number][6:8] == b"\0\0"
        return zips.Part(self.packed[number], self.sizes[number], stored)


@dataclass
class _Outline:
    """What the tags of a filled part come to. Words are numbered as they stand between them."""

    #: Words that are none of a cell, a property or a shared text must be those that were read.
    fixed: list[tuple[int, bytes]] = field(default_factory=list)
    #: Of properties, by name: the number of the words, or what is said without any.
    said: dict[str, int | str] = field(default_factory=dict)
    #: Of shared texts: numbers of words; -1 for a blank one.
    texts: list[int] = field(default_factory=list)
    #: Words at whose ends blanks count, and those that are no text.
    sorts: list[tuple[int, plain_rows.Sort]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)  # as ``texts``, of a sheet


@dataclass
class _Frame:
    """The parts that are the same in each file, and what they say."""

    sheets: list[tuple[str, int]]  # their names, and the numbers of their parts
    styles: xlsx_styles.Styles
    notes: list[str]
    boxes: list[str]  # words of text boxes
    outlines: dict[tuple[int, tuple[bytes, ...]], _Outline] = field(default_factory=dict)
    #: What is around the rows of a sheet, by the same key.
    around: dict[tuple[int, tuple[bytes, ...]], plain_sheets.Read] = field(default_factory=dict)


@dataclass
class _Shape:
    """Containers that list the same parts."""

    filled: list[int]  # numbers of the parts that differ from file to file
    fixed: list[int]
    frames: dict[tuple[bytes | int, ...], _Frame] = field(default_factory=dict)


_shapes: dict[tuple[bytes, ...], _Shape] = {}
_kept = 0  # bytes


# -- A file of a known template ----------------------------------------------------------------------
def read(data: bytes, most_rows: int) -> Document | None:
    """The workbook, where all but its words was read before; else ``None``."""
    listing = _listing(data)
    shape = _shapes.get(listing.shape) if listing else None
    if listing is None or shape is None:
        return None
    frame = shape.frames.get(listing.same(shape.fixed))
    if frame is None:
        return None
    try:
        filled = {at: _filled(frame, at, listing.part(at)) for at in shape.filled}
        return _document(frame, filled, most_rows)
    except plain_rows.NotPlain:
        return None


def _document(frame: _Frame, filled: dict[int, "_Filled"], most_rows: int) -> Document:
    strings: list[str] = []
    said: dict[str, str] = {}
    for outline, words, _ in filled.values():
        for name, value in outline.said.items():
            said[name] = value if isinstance(value, str) else words[value]
        if outline.texts:
            strings = _texts(outline, words)
    document = Document("xlsx", [], [*frame.boxes], properties.cut(said), [*frame.notes])
    for name, number in frame.sheets:
        outline, words, key = filled[number]
        like, printed = frame.around[key]
        if len(outline.rows) > most_rows + xlsx_parts.TITLES:
            raise plain_rows.NotPlain
        cells: list[Cell] = [text.strip(plain_rows.BLANKS) for text in words]
        if outline.sorts:
            values = plain_rows.Rows(strings, frame.styles, most_rows)
            for at, sort in outline.sorts:
                cells[at] = values.value(sort, words[at])
        cells.append("")
        rows = trimmed([[cells[at] for at in row] for row in outline.rows])
        document.grids.append(
            Grid(name, rows, [*like.merges], hidden_columns={*like.hidden_columns})
        )
        document.paragraphs += printed
    return document


def _texts(outline: _Outline, words: list[str]) -> list[str]:
    texts = [text.strip(plain_rows.BLANKS) for text in words]
    for at, _ in outline.sorts:
        texts[at] = words[at]
    texts.append("")
    return [texts[at] for at in outline.texts]


_Key = tuple[int, tuple[bytes, ...]]
_Filled = tuple[_Outline, list[str], _Key]
_Told = tuple[plain_rows.Sort | None, str]


def _filled(frame: _Frame, number: int, part: zips.Part) -> _Filled:
    """What is known of the tags of a part, and the words between them."""
    pieces = _WORDS.split(_unpacked(part))
    key = number, tuple(pieces[::2])
    outline = frame.outlines.get(key)
    if outline is None:
        raise plain_rows.NotPlain
    words = pieces[1::2]
    for at, same in outline.fixed:
        if words[at] != same:
            raise plain_rows.NotPlain
    return outline, _decoded(words), key


def _decoded(words: Sequence[bytes]) -> list[str]:
    if not words:
        return []
    joined = b"<".join(words)  # none of them holds that sign
    if len(joined.translate(None, _NO_SIGNS)) < len(joined) or any(
        odd in joined for odd in _NO_WORDS
    ):
        raise plain_rows.NotPlain
    try:
        return joined.decode().split("<")
    except UnicodeDecodeError:
        raise plain_rows.NotPlain from None


def _unpacked(part: zips.Part) -> bytes:
    """Its bytes, where they are few, and as many as the list says."""
    packed, size, stored = part
    if size > zips.REMEMBERED or len(packed) > zips.REMEMBERED:
        raise plain_rows.NotPlain
    if not stored:
        try:
            packed = zlib.decompressobj(-15).decompress(packed, size + 1)
        except zlib.error:
            raise plain_rows.NotPlain from None
    if len(packed) != size:
        raise plain_rows.NotPlain
    return packed


def _listing(data: bytes) -> _Listing | None:
    """The list at the end of ``data``, where it holds nothing but what every program writes there."""
    end = len(data) - 22
    if (
        not 46 < end < LARGEST
        or data[end : end + 8] != b"PK\x05\x06\0\0\0\0"
        or data[-2:] != b"\0\0"
    ):
        return None
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    at = int.from_bytes(data[end + 16 : end + 20], "little")
    if (
        count > _MOST_PARTS
        or data[end + 8 : end + 10] != data[end + 10 : end + 12]
        or at + int.from_bytes(data[end + 12 : end + 16], "little") != end
        or data[end - 20 : end - 16] == b"PK\x06\x07"
    ):
        return None
    shape: list[bytes] = []
    packed: list[bytes] = []
    sizes: list[int] = []
    for _ in range(count):
        if at + _ENTRY.size > end:
            return None
        sign, method, length, size, more, start = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        # Of a part only its name is told further: no remark, nothing that a program adds of its own.
        if sign != b"PK\x01\x02" or more[2:6] != b"\0\0\0\0" or start + _HEADER.size > end:
            return None
        named = at + int.from_bytes(more[:2], "little")
        shape += (method, more, data[at:named])
        at = named
        sign, name, extra = _HEADER.unpack_from(data, start)
        if sign != b"PK\x03\x04":
            return None
        begin = start + _HEADER.size + name + extra
        packed.append(data[begin : begin + length])
        sizes.append(size)
    return _Listing(tuple(shape), packed, sizes) if at == end else None


# -- Remembering -------------------------------------------------------------------------------------
def keep(
    container: zips.Container, document: Document, printed: Sequence[list[str]], boxes: list[str]
) -> None:
    """Remember what the long way found out about a plain workbook, for files that are like it."""
    listing = _listing(container.data)
    if listing is None or sum(listing.sizes) > zips.FREE_BYTES // 2:
        return
    with contextlib.suppress(plain_rows.NotPlain, Refused):
        _keep(container, listing, document, printed, boxes)


def _keep(
    container: zips.Container,
    listing: _Listing,
    document: Document,
    printed: Sequence[list[str]],
    boxes: list[str],
) -> None:
    global _kept
    names = container.namelist()
    if not all(map(str.isascii, names)) or len(names) != len(listing.sizes):
        raise plain_rows.NotPlain
    once = (_STRINGS, properties.CUSTOM, properties.CORE)
    if any(zips.find(container, name) not in (None, name) for name in once):
        raise plain_rows.NotPlain
    sheets = [(name, names.index(part)) for name, part in xlsx_parts.sheet_parts(container).items()]
    filled = [at for at, name in enumerate(names) if name in once or _SHEET.fullmatch(name)]
    filled.sort(key=lambda at: names[at] == properties.CORE)  # as its words are added last
    if len({at for _, at in sheets}) < len(sheets) or not {at for _, at in sheets} <= {*filled}:
        raise plain_rows.NotPlain
    styles = plain_sheets.styles_of(container, zips.whole(container, "xl/workbook.xml"))
    outlines: dict[_Key, _Outline] = {}
    around: dict[_Key, plain_sheets.Read] = {}
    numbers = [at for _, at in sheets]
    for at in filled:
        content = _unpacked(listing.part(at))
        key = at, tuple(_WORDS.split(content)[::2])
        if at in numbers:
            grid = document.grids[numbers.index(at)]
            values = plain_rows.Rows((), styles, _MOST_ROWS)
            outlines[key] = _outline_of_sheet(content, values)
            like = Grid("", [], [*grid.merges], hidden_columns={*grid.hidden_columns})
            around[key] = like, list(printed[numbers.index(at)])
        elif names[at] in once:
            look = _outline_of_strings if names[at] == _STRINGS else _outline_of_properties
            outlines[key] = look(content)
        else:
            raise plain_rows.NotPlain  # a sheet that the workbook does not name
    found = _Frame(sheets, styles, list(document.notes), list(boxes), outlines, around)
    # What is to be remembered must tell this file as the long way did.
    again = {at: _filled(found, at, listing.part(at)) for at in filled}
    if repr(_document(found, again, _MOST_ROWS)) != repr(document):
        raise plain_rows.NotPlain
    more = len(container.data) + sum(2 * listing.sizes[at] for at in filled)
    if _kept + more > MOST_KEPT:
        forget()
    _kept += more
    fixed = [at for at in range(len(names)) if at not in filled]
    shape = _shapes.setdefault(listing.shape, _Shape(filled, fixed))
    frame = shape.frames.setdefault(listing.same(fixed), found)
    frame.outlines |= outlines
    frame.around |= around


def forget() -> None:
    """Begin again."""
    global _kept
    _shapes.clear()
    _kept = 0


def kept() -> int:
    """Bytes of what is remembered, more or less."""
    return _kept


def _parted(content: bytes) -> tuple[list[bytes], list[bytes], list[int]]:
    """What stands between words, the words, and where these begin; nothing but tags, and a head at most."""
    if not _HEAD.match(content) or b"<!" in content or content.find(b"<?", 1) >= 0:
        raise plain_rows.NotPlain
    pieces = _WORDS.split(content)
    return pieces[::2], pieces[1::2], [found.start(1) for found in _WORDS.finditer(content)]


def _outline_of_properties(content: bytes) -> _Outline:
    """Words that are no property's may be any, since nobody reads them; but blanks may be around it all."""
    between, words, _ = _parted(content)
    fixed = [(number, text) for number, text in enumerate(words) if not text.strip()]
    marked = [between[0]]
    for number, (text, piece) in enumerate(zip(words, between[1:], strict=True)):
        shown = f"\ue000{number}\ue001".encode() if text.strip() else text
        marked += (b">", shown, b"<", piece)
    said: dict[str, int | str] = {}
    for key, value in properties.said_in([b"".join(marked)]).items():
        found = _MARK.fullmatch(value)
        if found is None and "\ue000" in value:
            raise plain_rows.NotPlain
        said[key] = int(found[1]) if found else value
    return _Outline(fixed, said)


def _outline_of_strings(content: bytes) -> _Outline:
    _, words, starts = _parted(content)
    begin, end = content.find(b"<si>"), content.rfind(b"</si>") + 5
    if begin < 0:
        raise plain_rows.NotPlain
    found = plain_sheets.STRING.findall(plain_rows.decoded(content[begin:end])[0])
    told: list[_Told] = [("text" if kept else None, text) for kept, text in found]
    outline = _Outline()
    outline.texts = _numbered(outline, words, starts, (begin, end), told)
    return outline


def _outline_of_sheet(content: bytes, values: plain_rows.Rows) -> _Outline:
    between, words, starts = _parted(content)
    begin = content.find(plain_sheets.ROWS) + len(plain_sheets.ROWS)
    end = content.find(plain_sheets.END)
    # An odd dimension is looked for in the first bytes only, as far as words may push it.
    if end < 0 or any(b"dimension" in piece for piece in between[1:]):
        raise plain_rows.NotPlain
    outline = _Outline()
    places = list(values.places(content[begin:end]))
    told: list[_Told] = []
    for _, _, sort, kept, text in places:
        said = None if sort == "text" and not kept else sort
        told.append((said, "" if sort == "blank" else text))
    numbers = _numbered(outline, words, starts, (begin, end), told)
    last = places[-1][0] if places else 0
    if last > _MOST_ROWS:
        raise plain_rows.NotPlain
    outline.rows = [[] for _ in range(last)]
    for (row, column, *_), number in zip(places, numbers, strict=True):
        cells = outline.rows[row - 1]
        cells += [-1] * (column - len(cells))
        cells.append(number)
    return outline


def _numbered(
    outline: _Outline,
    words: list[bytes],
    starts: list[int],
    within: tuple[int, int],
    told: Sequence[_Told],
) -> list[int]:
    """The number of the words of each text that was told, -1 where it is blank; all others are fixed.

    With each its sort, unless it is a text at whose ends blanks do not count.
    """
    begin, end = within
    free = [at for at, start in enumerate(starts) if begin <= start < end]
    outline.fixed = [(at, words[at]) for at in range(len(words)) if not begin <= starts[at] < end]
    numbers: list[int] = []
    for sort, text in told:
        if not text:
            numbers.append(-1)
            continue
        at = free.pop(0) if free else -1
        if at < 0 or words[at] != text.encode():
            raise plain_rows.NotPlain
        numbers.append(at)
        if sort is not None:
            outline.sorts.append((at, sort))
    if free:
        raise plain_rows.NotPlain
    return numbers
