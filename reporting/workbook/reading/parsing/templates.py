"""Workbooks of a template that was read before: only what is new in them is looked at.

A city's 2,500 forms are one workbook filled in 2,500 times. Most of its parts are the same bytes in
each of them; of the others much is: what stands around the rows of a sheet, and the tags between words
(``gaps``). What was found out about a part counts for equal bytes and for nothing else, never for a
name, a size or a checksum. Whatever was not seen before is told as the long way tells it, or is in any
way unlike: then the file is read as if nothing had been (``read`` says ``None``). The long way judges,
refuses, and has ``keep`` remember what turned out to be plain.
"""

import contextlib
import functools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import (
    gaps,
    listings,
    outlines,
    plain_rows,
    plain_sheets,
    properties,
    recoded,
    xlsx_parts,
    xlsx_styles,
    zips,
)
from reporting.workbook.reading.parsing.grids import (
    Document,
    Grid,
    Laid,
    Template,
    too_merged,
    trimmed,
)
from reporting.workbook.reading.parsing.listings import Listing
from reporting.workbook.reading.parsing.outlines import Outline
from reporting.workbook.reading.parsing.refusal import Refused

MOST_KEPT = 8 << 20  # bytes of what is remembered; then the memory begins again
_LARGEST = 256 << 10  # bytes of a part that differs from file to file
_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/sheet\d{1,3}\.xml")
# No reader takes these for what they are, or not every reader; line ends and _x000D_ are the long way's.
_NO_SIGNS = bytes({*range(32), 127, ord("&"), ord(">")} - {9, 10})
_BLANKS = plain_rows.BLANKS.encode()
_BLANK_ENDS = tuple(f"{blank}<" for blank in plain_rows.BLANKS) + tuple(
    f"<{blank}" for blank in plain_rows.BLANKS
)
_TEXTS_AROUND = re.compile(
    rb"(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>\s*)?"
    rb"<sst\b[ -%'-;=?-~]*>\x00</sst>\s*",
    re.IGNORECASE,
)


@dataclass
class _Around:
    """What is around the rows of a sheet, and the ways in which these were laid out."""

    like: Grid
    printed: list[str]
    #: None for one that is not filled in again.
    laid: dict[gaps.Layout, Laid | None] = field(default_factory=dict)


@dataclass
class _Frame:
    """The parts that are the same in each file, and what they say."""

    sheets: list[tuple[str, int]]  # their names, and the numbers of their parts
    notes: list[str]
    boxes: list[str]  # words of text boxes
    styles: xlsx_styles.Styles
    gaps: gaps.Gaps
    outlines: dict[tuple[bytes, ...], Outline] = field(default_factory=dict)
    #: What is around the rows of a sheet: by its bytes, and by what these say.
    around: dict[tuple[str, bytes, bytes], _Around] = field(default_factory=dict)
    said: dict[str, _Around] = field(default_factory=dict)
    templates: dict[tuple[Laid, ...], Template] = field(default_factory=dict)


@dataclass
class _Shape:
    """Containers that list the same parts."""

    sheets: list[int]  # numbers of the parts that differ from file to file
    strings: int | None
    properties: list[int]
    fixed: list[int]
    frames: dict[tuple[bytes | int, ...], _Frame] = field(default_factory=dict)


_shapes: dict[tuple[bytes, ...], _Shape] = {}
_held = gaps.Held()


# -- A file of a known template ----------------------------------------------------------------------
def read(data: bytes, most_rows: int) -> Document | None:
    """The workbook, where all that judges it was read before; else ``None``."""
    listing = listings.plain(data)
    shape = _shapes.get(listing.shape) if listing else None
    if listing is None or shape is None:
        return None
    frame = shape.frames.get(listing.same(shape.fixed))
    if frame is None:
        return None
    with contextlib.suppress(plain_rows.NotPlain, Refused):
        document = _document(listing, shape, frame, most_rows)
        if _held.size > MOST_KEPT:
            forget()
        return document
    return None


def _document(listing: Listing, shape: _Shape, frame: _Frame, most_rows: int) -> Document:
    said: dict[str, str] = {}
    for number in shape.properties:
        said |= _said(frame, _unpacked(listing.part(number)))
    strings: Sequence[str] = ()
    if shape.strings is not None:
        strings = _strings(_unpacked(listing.part(shape.strings)))
    document = Document("xlsx", [], [*frame.boxes], properties.cut(said), [*frame.notes])
    laid: list[Laid] = []
    for name, number in frame.sheets:
        content = _unpacked(listing.part(number))
        begin = content.find(plain_sheets.ROWS) + len(plain_sheets.ROWS)
        end = content.rfind(plain_sheets.END)
        if begin < len(plain_sheets.ROWS) or end < begin:
            raise plain_rows.NotPlain
        around = _around(frame, name, content, begin, end)
        rows = plain_rows.Rows(strings, frame.styles, most_rows)
        grid = _grid(frame, around, rows, content[begin:end])
        document.grids.append(grid)
        document.paragraphs += around.printed
        laid += [grid.laid] if grid.laid else []
    if laid and len(laid) == len(document.grids):
        document.template = _template(frame, document, tuple(laid))
    return document


def _template(frame: _Frame, document: Document, laid: tuple[Laid, ...]) -> Template:
    found = frame.templates.get(laid)
    if found is None:
        said = [*document.paragraphs], [*document.notes], [*laid]
        found = frame.templates[laid] = Template(document.kind, *said)
    return found


def _grid(frame: _Frame, around: _Around, rows: plain_rows.Rows, content: bytes) -> Grid:
    layout, words = frame.gaps.parted(content)
    if layout.last > rows.most_rows + xlsx_parts.TITLES:
        raise plain_rows.NotPlain
    joined, rows.escaped = plain_rows.decoded(b"<".join(words))  # none of them holds that sign
    if ">" in joined:
        raise plain_rows.NotPlain
    blanks = joined[:1] in plain_rows.BLANKS or joined[-1:] in plain_rows.BLANKS
    blanks = blanks or (
        any(sign in joined for sign in plain_rows.BLANKS)
        and any(end in joined for end in _BLANK_ENDS)
    )
    laid = _laid(around, layout, len(words)) if layout.again else None
    if laid is not None and not rows.escaped:
        crossing = _as_they_cross(layout, words, blanks=blanks)
        if crossing is not None:
            return laid.holding(crossing)
    texts = joined.split("<")
    cells: list[plain_rows.Cell] = texts
    if blanks:
        cells = [text.strip(plain_rows.BLANKS) for text in texts]
    if rows.escaped:
        cells = plain_rows.unescaped(cells)
    for sort, numbers in layout.sorts.items():
        if len(numbers) == len(texts):
            cells = list(rows.values(sort, texts))
            break
        for number, cell in zip(
            numbers, rows.values(sort, [texts[at] for at in numbers]), strict=True
        ):
            cells[number] = cell
    if laid is not None and (written := _written(laid, cells)) is not None:
        return laid.filled(written)
    cells.append("")
    like = around.like
    grid = Grid(
        like.name,
        trimmed([list(map(cells.__getitem__, line)) for line in layout.rows]),
        [*like.merges],
    )
    grid.hidden_columns = {*like.hidden_columns}
    return grid


def _laid(around: _Around, layout: gaps.Layout, count: int) -> Laid | None:
    if layout not in around.laid:
        days, whole = (layout.sorts.get(sort, []) for sort in ("day", "number"))
        laid = Laid(around.like, layout.rows, count, days, whole)
        filled = Grid("", [["甲"] * len(line) for line in layout.rows], around.like.merges)
        around.laid[layout] = None if too_merged(filled) else laid
    return around.laid[layout]


def _as_they_cross(layout: gaps.Layout, words: list[bytes], *, blanks: bool) -> bytes | None:
    """Words that say themselves, days and whole numbers as ``Laid`` has them; ``None`` where there are others."""
    if "shared" in layout.sorts:
        return None
    said = [word.strip(_BLANKS) for word in words] if blanks else [*words]
    for sort, numbers in layout.sorts.items():
        tell = _CROSSING.get(sort)  # a text with blanks that count stands as it is
        for at in numbers:
            said[at] = tell(words[at]) if tell else words[at]
    return None if (blanks or layout.sorts) and b"" in said else b"<".join(said)


@functools.lru_cache(maxsize=4096)
def _day(word: bytes) -> bytes:
    """A day as it crosses; nothing for what is none."""
    return plain_rows.day(word.decode()).encode()


@functools.lru_cache(maxsize=4096)
def _whole(word: bytes) -> bytes:
    """A whole number as it crosses; nothing for what is none."""
    number = plain_rows.number(word.decode())
    return b"%d" % number if type(number) is int else b""


_CROSSING = {"day": _day, "number": _whole}


def _written(laid: Laid, cells: list[plain_rows.Cell]) -> list[str] | None:
    """The words that ``laid`` is filled in with; ``None`` where these do not say what ``cells`` do."""
    # Texts that sheets share, that had blanks around them or were written by entities may be odd.
    if "" in cells or any("<" in cell for cell in cells if type(cell) is str):
        return None
    cells = [*cells]
    for at in laid.days:
        cells[at] = cells[at]["d"]
    for at in laid.whole:
        if type(cells[at]) is not int:
            return None
        cells[at] = str(cells[at])
    return cells


def _around(frame: _Frame, name: str, content: bytes, begin: int, end: int) -> _Around:
    tail = content[end + len(plain_sheets.END) :]
    key = name, content[: begin - len(plain_sheets.ROWS)], tail
    found = frame.around.get(key)
    if found is None:
        if recoded.odd_dimension(content[: recoded.HEAD]):
            raise plain_rows.NotPlain
        like, printed = plain_sheets.around(*key[1:])
        like.name = name
        # Columns somebody made wider say nothing: the sheet is filled in like the others.
        found = frame.said.setdefault(repr((like, printed)), _Around(like, printed))
        frame.around[key] = found
        _held.size += 2 * (len(key[1]) + len(tail))
    return found


def _strings(content: bytes) -> Sequence[str]:
    begin, end = content.find(b"<si>"), content.rfind(b"</si>") + 5
    if begin < 0 or not _TEXTS_AROUND.fullmatch(content[:begin] + b"\0" + content[end:]):
        raise plain_rows.NotPlain
    return plain_sheets.strings_in(content)


def _said(frame: _Frame, content: bytes) -> dict[str, str]:
    """What a part of properties says."""
    pieces = gaps.WORDS.split(content)
    tags = tuple(pieces[::2])
    outline = frame.outlines.get(tags)
    if outline is None:
        outline = frame.outlines[tags] = outlines.of_properties(content)
        _held.size += 2 * len(content)
    words = pieces[1::2]
    for at, same in outline.fixed:
        if words[at] != same:
            raise plain_rows.NotPlain
    texts = _decoded(words)
    return {
        name: value if isinstance(value, str) else texts[value]
        for name, value in outline.said.items()
    }


def _decoded(words: Sequence[bytes]) -> list[str]:
    if not words:
        return []
    joined = b"<".join(words)  # none of them holds that sign
    if (
        len(joined.translate(None, _NO_SIGNS)) < len(joined)
        or b"_x" in joined
        or b"\xef\xbf\xbe" in joined
        or b"\xef\xbf\xbf" in joined
    ):
        raise plain_rows.NotPlain
    try:
        return joined.decode().split("<")
    except UnicodeDecodeError:
        raise plain_rows.NotPlain from None


def _unpacked(part: zips.Part) -> bytes:
    """Its bytes, where they are few, and as many as the list says."""
    packed, size, stored = part
    if size > _LARGEST or len(packed) > _LARGEST:
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
def keep(container: zips.Container, document: Document, boxes: list[str]) -> None:
    """Remember what the long way found out about a plain workbook, for files that are like it."""
    listing = listings.plain(container.data)
    if listing is None or sum(listing.sizes) > zips.FREE_BYTES // 2:
        return
    with contextlib.suppress(plain_rows.NotPlain, Refused):
        _keep(container, listing, document, boxes)


def _keep(
    container: zips.Container, listing: Listing, document: Document, boxes: list[str]
) -> None:
    shape = _shapes.get(listing.shape) or _shape_of(container.namelist(), listing)
    same = listing.same(shape.fixed)
    if same in shape.frames:
        return  # what is odd about the file is in its sheets
    found = xlsx_parts.sheet_parts(container).items()
    sheets = [(name, container.namelist().index(part)) for name, part in found]
    if sorted(at for _, at in sheets) != shape.sheets:
        raise plain_rows.NotPlain  # a sheet that the workbook does not name, or names twice
    styles = plain_sheets.styles_of(container, zips.whole(container, "xl/workbook.xml"))
    values = plain_rows.Rows((), styles, gaps.MOST_ROWS)
    frame = _Frame(sheets, list(document.notes), list(boxes), styles, gaps.Gaps(values, _held))
    # What is to be remembered must tell this file as the long way did.
    if repr(_document(listing, shape, frame, gaps.MOST_ROWS)) != repr(document):
        raise plain_rows.NotPlain
    _held.size += 2 * len(container.data)
    if _held.size > MOST_KEPT:
        forget()
    _shapes.setdefault(listing.shape, shape).frames[same] = frame


def _shape_of(names: list[str], listing: Listing) -> _Shape:
    if not all(map(str.isascii, names)) or len(names) != len(listing.sizes):
        raise plain_rows.NotPlain
    once = {_STRINGS, properties.CUSTOM, properties.CORE}
    if any(name not in once and name.lower() in {one.lower() for one in once} for name in names):
        raise plain_rows.NotPlain
    at = {name: number for number, name in enumerate(names)}
    sheets = [number for number, name in enumerate(names) if _SHEET.fullmatch(name)]
    # In the order in which their words are added up.
    said = [at[name] for name in (properties.CUSTOM, properties.CORE) if name in at]
    strings = at.get(_STRINGS)
    filled = {*sheets, *said, strings}
    fixed = [number for number in range(len(names)) if number not in filled]
    return _Shape(sheets, strings, said, fixed)


def forget() -> None:
    """Begin again."""
    _shapes.clear()
    _held.size = 0


def kept() -> int:
    """Bytes of what is remembered, more or less."""
    return _held.size
