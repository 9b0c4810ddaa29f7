"""Tables of a Word document before 2007 (.doc, and .wps of WPS), by the published [MS-DOC] layout.

The text stands in pieces; what is a table is told by the properties of each paragraph: one that ends
in ``\\x07`` closes a cell, or a row where its properties say so, and then they hold the row's edges.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import ole, sprms
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.ruled import RuledRow, add_table

REMEDY = "请用 Word 或 WPS 打开，另存为“Word 文档（.docx）”后再上传。"
_WORD_97 = 0xC1
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_PAGE = 512
_LONGEST_TEXT = 8 << 20  # characters
_MOST_PARAGRAPHS = 2_000
_DROPPED: dict[int, str | None] = {
    **dict.fromkeys([*range(9), *range(14, 32)]),
    11: "\n",
    30: "-",
}


@dataclass
class _Runs:
    """Stretches of the stream with their properties, in order; stretches do not overlap."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    properties: list[sprms.Properties] = field(default_factory=list)

    def at(self, place: int) -> sprms.Properties:
        found = bisect_right(self.starts, place) - 1
        if found < 0 or place >= self.ends[found]:
            return sprms.NONE
        return self.properties[found]


@dataclass
class _Piece:
    first: int  # character
    start: int  # byte of the stream
    width: int  # bytes a character
    text: str


def read_doc(data: bytes, *, most_rows: int) -> Document:
    """Paragraphs and tables. Raises ``Refused`` for versions before 97, and for broken files."""
    main = ole.stream(data, "WordDocument")
    try:
        if len(main) < 900 or struct.unpack_from("<H", main)[0] != 0xA5EC:
            raise _broken()
        version, flags = struct.unpack_from("<H", main, 2)[0], struct.unpack_from("<H", main, 10)[0]
        if flags & _ENCRYPTED:
            raise Refused("password", "文件加了打开密码，读不出来。请取消密码后重新上传。")
        if version < _WORD_97:
            raise Refused("doc", f"这是很早的 Word 文档（95 版或更早），读不出来。{REMEDY}")
        table = ole.stream(data, "1Table" if flags & _TABLE_1 else "0Table")
        pieces = list(_pieces(main, table))
        counts = struct.unpack_from("<3i", main, 76)  # characters of the text, footnotes, headers
        if min(counts) < 0:
            raise _broken()
        reader = _Reader(
            _runs(main, table, 13, 13, sprms.of_paragraph, ole.stream(data, "Data")),
            _runs(main, table, 12, 1, sprms.of_characters, b""),
            most_rows,
        )
        reader.read(pieces, 0, counts[0])
        heads = counts[0] + counts[1]
        reader.read(pieces, heads, heads + min(counts[2], 20_000))
    except (struct.error, IndexError):
        raise _broken() from None
    return reader.document


def _broken() -> Refused:
    return Refused("broken", f"文件不完整，打不开，可能没有传完。{REMEDY}")


def _place(main: bytes, table: bytes, index: int) -> bytes:
    """The structure of that number in the list of the file's information block."""
    start, size = struct.unpack_from("<II", main, 154 + 8 * index)
    return table[start : start + size]


def _pieces(main: bytes, table: bytes) -> Iterator[_Piece]:
    said = _place(main, table, 33)
    at = 0
    while at < len(said) and said[at] == 1:  # properties of pieces of fast-saved files
        at += 3 + struct.unpack_from("<H", said, at + 1)[0]
    if at >= len(said) or said[at] != 2:
        raise _broken()
    body = said[at + 5 : at + 5 + struct.unpack_from("<I", said, at + 1)[0]]
    count = (len(body) - 4) // 12
    places = struct.unpack_from(f"<{count + 1}I", body)
    total = 0
    for number in range(count):
        start = struct.unpack_from("<I", body, 4 * (count + 1) + 8 * number + 2)[0]
        length = places[number + 1] - places[number]
        total += length
        if length < 0 or total > _LONGEST_TEXT or total > len(main):
            raise _broken()
        if start & 0x40000000:
            start = (start & 0x3FFFFFFF) // 2
            words = main[start : start + length].decode("cp1252", "replace")
            yield _Piece(places[number], start, 1, words)
        else:
            yield _Piece(places[number], start, 2, _units(main[start : start + 2 * length]))


def _units(raw: bytes) -> str:
    """A character a unit: a rare one stays two, so that places still count."""
    raw = raw[: len(raw) // 2 * 2]
    text = raw.decode("utf-16-le", "surrogatepass")
    if len(text) * 2 == len(raw):
        return text
    return "".join(
        "".join(
            map(chr, struct.unpack(f"<{len(raw[at : at + 65_536]) // 2}H", raw[at : at + 65_536]))
        )
        for at in range(0, len(raw), 65_536)
    )


def _runs(
    main: bytes, table: bytes, index: int, width: int, parse: sprms.Parse, further: bytes
) -> _Runs:
    """Properties by stretch, from the pages of 512 bytes that the table lists."""
    listed = _place(main, table, index)
    count = min((len(listed) - 4) // 8, len(main) // _PAGE + 1)
    found: list[tuple[int, int, sprms.Properties]] = []
    known: dict[bytes, sprms.Properties] = {}
    seen: set[int] = set()
    whole = (len(listed) - 4) // 8
    for number in range(count):
        page = struct.unpack_from("<I", listed, 4 * (whole + 1) + 4 * number)[0] & 0x3FFFFF
        block = main[page * _PAGE : (page + 1) * _PAGE]
        if len(block) < _PAGE or page in seen:
            continue
        seen.add(page)
        runs = block[-1]
        if 4 * (runs + 1) + width * runs > _PAGE:
            continue
        places = struct.unpack_from(f"<{runs + 1}I", block)
        for run in range(runs):
            at = 2 * block[4 * (runs + 1) + width * run]
            content = sprms.content(block, at, paragraph=width == 13) if at else b""
            if content not in known:
                known[content] = parse(content, further)
            found.append((places[run], places[run + 1], known[content]))
    found.sort(key=lambda run: run[0])
    return _Runs(*(list(column) for column in zip(*found, strict=True))) if found else _Runs()


class _Reader:
    def __init__(self, paragraphs: _Runs, characters: _Runs, most_rows: int) -> None:
        self.document = Document("doc")
        self.paragraphs, self.characters = paragraphs, characters
        self.most_rows = most_rows
        self.words: list[str] = []
        self.row = RuledRow()
        self.rows: list[RuledRow] = []
        self.struck = False
        self.fields: list[bool] = []  # of each open field: whether its result has begun

    def read(self, pieces: list[_Piece], first: int, last: int) -> None:
        for piece in pieces:
            low, high = max(first - piece.first, 0), min(last - piece.first, len(piece.text))
            run = low
            for at in range(low, high):
                if piece.text[at] in "\r\x07\x0c\x13\x14\x15":
                    self._text(piece, run, at)
                    self._mark(piece.text[at], piece.start + at * piece.width)
                    run = at + 1
            self._text(piece, run, max(high, run))
        if self.words:
            self._paragraph()
        self._end_table()
        self.fields.clear()

    def _text(self, piece: _Piece, first: int, last: int) -> None:
        """The text between two marks, without what was deleted or hidden."""
        if self.fields and not all(self.fields):
            return
        at = first
        while at < last:
            place = piece.start + at * piece.width
            number = bisect_right(self.characters.starts, place)
            end = last
            if number < len(self.characters.starts):
                end = min(last, at + -(-(self.characters.starts[number] - place) // piece.width))
            said = self.characters.at(place)
            end = max(end, at + 1)
            if not said.gone:
                self.words.append(piece.text[at:end])
                self.struck = self.struck or said.struck
            at = end

    def _mark(self, mark: str, place: int) -> None:
        if mark == "\x13":
            self.fields.append(False)
        elif mark == "\x14" and self.fields:
            self.fields[-1] = True
        elif mark == "\x15" and self.fields:
            self.fields.pop()
        elif mark in "\r\x0c":
            if self.paragraphs.at(place).in_table:
                self.words.append("\n")
            else:
                self._end_table()
                self._paragraph()
        elif mark == "\x07":
            said = self.paragraphs.at(place)
            if said.ends_row:
                self._end_row(said)
            else:
                if self.struck:
                    self.row.struck.add(len(self.row.cells))
                self.row.cells.append(self._said())
                if len(self.row.cells) > 1_000:
                    raise _broken()

    def _said(self) -> str:
        units = "".join(self.words).translate(_DROPPED)
        self.words, self.struck = [], False
        return (
            units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip("\n ")
        )

    def _end_row(self, said: sprms.Properties) -> None:
        self.words = []
        row, self.row = self.row, RuledRow()
        if len(said.edges) == len(row.cells) + 1:
            row.edges, row.across, row.down = list(said.edges), set(said.across), set(said.down)
        self.rows.append(row)
        if len(self.rows) > self.most_rows + 1_000:
            raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")

    def _end_table(self) -> None:
        if self.row.cells:
            self.rows.append(self.row)
            self.row = RuledRow()
        add_table(self.document, self.rows)
        self.rows = []

    def _paragraph(self) -> None:
        words = self._said()
        if words and len(self.document.paragraphs) < _MOST_PARAGRAPHS:
            self.document.paragraphs.append(words[:2_000])
