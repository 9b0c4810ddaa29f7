"""Tables and paragraphs of RTF, as Word, WPS and 写字板 save them.

RTF is a stream of words with a stack: ``\\trowd`` begins the shape of a row, ``\\cellx`` gives its
edges, ``\\cell`` ends a cell and ``\\row`` the row. Everything that is no text of the page (fonts,
pictures, what was deleted) is a group that is passed over.
"""

import codecs
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from reporting.workbook.reading.parsing import markup
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.ruled import RuledRow, add_table

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_ROW_END = re.compile(rb"\\row\b")
_MOST_DEPTH = 200
_MOST_TOKENS = 4_000_000
_PASSED_OVER = {
    *(
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pict",
        b"object",
        b"fldinst",
        b"themedata",
    ),
    *(b"listtable", b"listoverridetable", b"revtbl", b"rsidtbl", b"generator", b"footnote"),
    *(b"annotation", b"atnid", b"atnauthor", b"bkmkstart", b"bkmkend", b"datastore", b"xmlnstbl"),
    *(b"latentstyles", b"colorschememapping", b"pgdsctbl", b"nonshppict", b"pntext", b"listtext"),
    *(b"sp", b"shprslt", b"background", b"do", b"objdata", b"filetbl", b"blipuid", b"xe", b"tc"),
}
_KEPT = {b"shppict", b"shptxt", b"nesttableprops", b"shpinst"}  # marked as optional, and read
_SIGNS = {
    b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"~": " ", b"_": "-", b"emspace": " ",
}  # fmt: skip
_CHARSETS = {134: "gb18030", 136: "big5", 128: "cp932", 129: "cp949"}
_CODEPAGES = {936: "gb18030", 950: "big5", 65001: "utf-8"}


@dataclass(frozen=True)
class _State:
    silent: bool = False
    deleted: bool = False
    struck: bool = False
    in_table: bool = False
    skip: int = 1  # characters that follow \\u for programs that know no Unicode
    encoding: str = ""


class _Reader:
    def __init__(self, most_rows: int) -> None:
        self.document = Document("rtf")
        self.most_rows = most_rows
        self.state, self.stack = _State(), [_State()]
        self.fonts: dict[int, str] = {}
        self.font = 0
        self.in_fonts = 0  # the depth at which the list of fonts was opened
        self.encoding = "cp1252"
        self.raw = bytearray()
        self.words: list[str] = []
        self.to_skip = 0
        self.optional = False
        self.row, self.shape = RuledRow(), RuledRow()
        self.joins = (False, False)
        self.rows: list[RuledRow] = []
        self.struck = False

    def read(self, data: bytes) -> None:
        tokens, left = _TOKEN.finditer(data), _MOST_TOKENS
        while token := next(tokens, None):
            left -= 1
            if not left:
                raise markup.deep()
            word, argument, byte, sign, brace, text = token.groups()
            if byte:
                self._bytes(bytes((int(byte, 16),)))
            elif text:
                self._bytes(text)
            elif brace == b"{":
                self._flush()
                self.to_skip = 0
                if len(self.stack) > _MOST_DEPTH:
                    raise markup.deep()
                self.stack.append(self.state)
            elif brace == b"}":
                self._flush()
                self.to_skip = 0
                if len(self.stack) > 1:
                    self.state = self.stack.pop()
                if len(self.stack) < self.in_fonts:
                    self.in_fonts = 0
            elif word == b"bin":  # so many bytes of a picture follow, whatever they look like
                tokens = _TOKEN.finditer(data, token.end() + max(int(argument or 0), 0))
            elif word:
                self._flush()
                self._word(word, int(argument) if argument else None)
            elif sign:
                self._flush()
                if sign == b"*":
                    self.optional = True
                elif sign in b"\\{}":
                    self._bytes(sign)
                elif sign in _SIGNS:
                    self._say(_SIGNS[sign])
        self._flush()
        self._paragraph()
        self._end_table()

    # -- Text ------------------------------------------------------------------------------------
    def _bytes(self, content: bytes) -> None:
        left = min(self.to_skip, len(content))
        self.to_skip -= left
        if not self.state.silent:
            self.raw += content[left:]

    def _flush(self) -> None:
        if self.raw:
            encoding = self.state.encoding or self.encoding
            self._say(self.raw.decode(encoding, "replace"))
            self.raw.clear()

    def _say(self, text: str) -> None:
        if not (self.state.silent or self.state.deleted):
            self.words.append(text)
            self.struck = self.struck or self.state.struck

    def _said(self) -> str:
        words = "".join(self.words).encode("utf-16-le", "surrogatepass")
        self.words = []
        return words.decode("utf-16-le", "replace").strip("\n ")

    # -- Words -----------------------------------------------------------------------------------
    def _word(self, word: bytes, argument: int | None) -> None:
        optional, self.optional = self.optional, False
        if word == b"fonttbl":
            self.in_fonts = len(self.stack)
        if word in _PASSED_OVER or (optional and word not in _KEPT):
            self.state = replace(self.state, silent=True)
        elif self.in_fonts:
            if word == b"f":
                self.font = argument or 0
            elif word == b"fcharset" and argument in _CHARSETS and len(self.fonts) < 10_000:
                self.fonts[self.font] = _CHARSETS[argument]
        elif self.state.silent:
            pass
        elif word == b"u":
            self._say(chr((argument or 0) & 0xFFFF))
            self.to_skip = self.state.skip
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        elif word in _ROWS:
            _ROWS[word](self, argument)
        elif word == b"ansicpg":
            self.encoding = _CODEPAGES.get(argument or 0) or _known(f"cp{argument}")
        elif word == b"uc":
            self.state = replace(self.state, skip=min(max(argument or 0, 0), 16))
        elif word in (b"f", b"af"):
            self.state = replace(self.state, encoding=self.fonts.get(argument or 0, ""))
        elif word in (b"deleted", b"v"):
            self.state = replace(self.state, deleted=argument != 0)
        elif word in (b"strike", b"striked"):
            self.state = replace(self.state, struck=argument != 0)
        elif word == b"plain":
            self.state = replace(self.state, deleted=False, struck=False, encoding="")

    def par(self, _: int | None) -> None:
        if self.state.in_table or self.row.cells:
            self._say("\n")
        else:
            self._end_table()
            self._paragraph()

    def pard(self, _: int | None) -> None:
        self.state = replace(self.state, in_table=False)

    def intbl(self, _: int | None) -> None:
        if not self.rows and not self.row.cells and self.words:
            self._paragraph()
        self.state = replace(self.state, in_table=True)

    def trowd(self, _: int | None) -> None:
        if not self.row.cells and not self.state.in_table:
            self._paragraph()
        self.shape, self.joins = RuledRow(), (False, False)

    def cellx(self, argument: int | None) -> None:
        if len(self.shape.edges) > 1_000:
            raise markup.deep()
        for joined, cells in zip(self.joins, (self.shape.across, self.shape.down), strict=True):
            if joined:
                cells.add(len(self.shape.edges))
        self.shape.edges.append(argument or 0)
        self.joins = (False, False)

    def clmrg(self, _: int | None) -> None:
        self.joins = (True, self.joins[1])

    def clvmrg(self, _: int | None) -> None:
        self.joins = (self.joins[0], True)

    def cell(self, _: int | None) -> None:
        if self.struck:
            self.row.struck.add(len(self.row.cells))
            self.struck = False
        self.row.cells.append(self._said())
        if len(self.row.cells) > 1_000:
            raise markup.deep()

    def end_row(self, _: int | None) -> None:
        row, self.row = self.row, RuledRow()
        shape, count = self.shape, len(row.cells)
        if len(shape.edges) == count:
            # The first cell's left edge is not told: it stands left of whatever is.
            row.edges = [min(0, *shape.edges) - 1_000, *shape.edges]
            row.across, row.down = set(shape.across), set(shape.down)
            if any(a > b for a, b in pairwise(row.edges)):
                row.edges = []
        if row.cells:
            self.rows.append(row)
        if len(self.rows) > self.most_rows + 1_000:
            raise _too_long(self.most_rows)

    def nested(self, _: int | None) -> None:
        self._say("\n")

    def _end_table(self) -> None:
        if self.row.cells:
            self.end_row(None)
        add_table(self.document, self.rows)
        self.rows = []

    def _paragraph(self) -> None:
        words = self._said()
        if words:
            self._end_table()
            if len(self.document.paragraphs) < 2_000:
                self.document.paragraphs.append(words[:2_000])


_ROWS = {
    b"par": _Reader.par, b"sect": _Reader.par, b"page": _Reader.par, b"pard": _Reader.pard,
    b"intbl": _Reader.intbl, b"trowd": _Reader.trowd, b"cellx": _Reader.cellx,
    b"clmrg": _Reader.clmrg, b"clvmrg": _Reader.clvmrg, b"cell": _Reader.cell,
    b"row": _Reader.end_row, b"nestcell": _Reader.nested, b"nestrow": _Reader.nested,
}  # fmt: skip


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "cp1252"


def _too_long(most_rows: int) -> Refused:
    return Refused("rows", f"表格超过{most_rows}行，没有读取。请分成几个文件上传。")


def read_rtf(data: bytes, *, most_rows: int) -> Document:
    """Never raises but ``Refused``: unknown words are passed over, and depth has an end."""
    if sum(1 for _ in _ROW_END.finditer(data)) > most_rows + 1_000:
        raise _too_long(most_rows)
    reader = _Reader(most_rows)
    reader.read(data)
    return reader.document
