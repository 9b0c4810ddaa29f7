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

from reporting.workbook.reading.parsing import (
    listings,
    outlines,
    plain_rows,
    plain_sheets,
    properties,
    xlsx_parts,
    xlsx_styles,
    zips,
)
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.listings import Listing
from reporting.workbook.reading.parsing.outlines import Outline
from reporting.workbook.reading.parsing.refusal import Refused

MOST_KEPT = 8 << 20  # bytes of what is remembered; then the memory begins again
_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/sheet\d{1,3}\.xml")
# No reader takes these for what they are, or not every reader; line ends and _x000D_ are the long way's.
_NO_SIGNS = bytes({*range(32), 127, ord("&")} - {9, 10})
_NO_WORDS = (b"_x", b"\xef\xbf\xbe", b"\xef\xbf\xbf")


@dataclass
class _Frame:
    """The parts that are the same in each file, and what they say."""

    sheets: list[tuple[str, int]]  # their names, and the numbers of their parts
    styles: xlsx_styles.Styles
    notes: list[str]
    boxes: list[str]  # words of text boxes
    outlines: dict[tuple[int, tuple[bytes, ...]], Outline] = field(default_factory=dict)
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
    listing = listings.plain(data)
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


def _texts(outline: Outline, words: list[str]) -> list[str]:
    texts = [text.strip(plain_rows.BLANKS) for text in words]
    for at, _ in outline.sorts:
        texts[at] = words[at]
    texts.append("")
    return [texts[at] for at in outline.texts]


_Key = tuple[int, tuple[bytes, ...]]
_Filled = tuple[Outline, list[str], _Key]
_Told = tuple[plain_rows.Sort | None, str]


def _filled(frame: _Frame, number: int, part: zips.Part) -> _Filled:
    """What is known of the tags of a part, and the words between them."""
    pieces = outlines.WORDS.split(_unpacked(part))
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


# -- Remembering -------------------------------------------------------------------------------------
def keep(
    container: zips.Container, document: Document, printed: Sequence[list[str]], boxes: list[str]
) -> None:
    """Remember what the long way found out about a plain workbook, for files that are like it."""
    listing = listings.plain(container.data)
    if listing is None or sum(listing.sizes) > zips.FREE_BYTES // 2:
        return
    with contextlib.suppress(plain_rows.NotPlain, Refused):
        _keep(container, listing, document, printed, boxes)


def _keep(
    container: zips.Container,
    listing: Listing,
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
    drawn: dict[_Key, Outline] = {}
    around: dict[_Key, plain_sheets.Read] = {}
    numbers = [at for _, at in sheets]
    for at in filled:
        content = _unpacked(listing.part(at))
        key = at, tuple(outlines.WORDS.split(content)[::2])
        if at in numbers:
            grid = document.grids[numbers.index(at)]
            values = plain_rows.Rows((), styles, outlines.MOST_ROWS)
            drawn[key] = outlines.of_sheet(content, values)
            like = Grid("", [], [*grid.merges], hidden_columns={*grid.hidden_columns})
            around[key] = like, list(printed[numbers.index(at)])
        elif names[at] in once:
            look = outlines.of_strings if names[at] == _STRINGS else outlines.of_properties
            drawn[key] = look(content)
        else:
            raise plain_rows.NotPlain  # a sheet that the workbook does not name
    found = _Frame(sheets, styles, list(document.notes), list(boxes), drawn, around)
    # What is to be remembered must tell this file as the long way did.
    again = {at: _filled(found, at, listing.part(at)) for at in filled}
    if repr(_document(found, again, outlines.MOST_ROWS)) != repr(document):
        raise plain_rows.NotPlain
    more = len(container.data) + sum(2 * listing.sizes[at] for at in filled)
    if _kept + more > MOST_KEPT:
        forget()
    _kept += more
    fixed = [at for at in range(len(names)) if at not in filled]
    shape = _shapes.setdefault(listing.shape, _Shape(filled, fixed))
    frame = shape.frames.setdefault(listing.same(fixed), found)
    frame.outlines |= drawn
    frame.around |= around


def forget() -> None:
    """Begin again."""
    global _kept
    _shapes.clear()
    _kept = 0


def kept() -> int:
    """Bytes of what is remembered, more or less."""
    return _kept
