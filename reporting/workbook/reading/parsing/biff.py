"""What calamine does not tell of an .xls: hidden rows and columns, formulas, struck-out cells."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import ole

MOST_RECORDS = 3_000_000
_BEGIN, _END, _SHEET = 0x0809, 0x000A, 0x0085
_ROW, _COLUMNS, _FORMULA = 0x0208, 0x007D, 0x0006
_PASSWORD = 0x002F
_TRUTH = 0x0205
_FONT, _CELL_FORMAT = 0x0031, 0x00E0
_STRIKE = 0x0008
_NO_FONT = 4  # no font has this number
_SEVERAL = 0x00BD  # numbers side by side: 6 bytes each, the format before the number
#: Cells with a value: numbers, texts, truth values and errors, formulas.
_CELLS = {0x0203, 0x027E, 0x00BD, 0x00FD, 0x0204, 0x00D6, _TRUTH, _FORMULA, 0x0206, 0x0406}
ERRORS = {
    0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01
_LAST_COLUMN = 255
_MOST_NUMBERED = 0xFFFF  # of fonts, and of formats
_MOST_STRUCK = 200_000  # cells a sheet


@dataclass
class SheetFacts:
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    struck: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    last_row: int = -1
    last_column: int = -1


def facts(data: bytes) -> list[SheetFacts]:
    """By sheet, in the order of the workbook; empty when the file is of another make."""
    book = ole.stream(data, "Workbook") or ole.stream(data, "Book")
    starts: list[int] = []
    fonts: list[bool] = []  # whether each strikes out
    formats: list[int] = []  # number of the font of each
    at = 0
    while at + 4 <= len(book):
        sort, length = struct.unpack_from("<HH", book, at)
        body = at + 4
        at = body + length
        if at > len(book) or sort == _END:
            break
        if sort == _SHEET and length >= 4:
            starts.append(struct.unpack_from("<I", book, body)[0])
        elif sort == _FONT and length >= 4 and len(fonts) <= _MOST_NUMBERED:
            fonts.append(bool(struct.unpack_from("<H", book, body + 2)[0] & _STRIKE))
        elif sort == _CELL_FORMAT and length >= 2 and len(formats) <= _MOST_NUMBERED:
            formats.append(struct.unpack_from("<H", book, body)[0])
    fonts.insert(_NO_FONT, False)
    struck = {number for number, font in enumerate(formats) if font < len(fonts) and fonts[font]}
    return [_sheet(book, start, struck) for start in starts[:200]]


def locked(data: bytes) -> bool:
    """Whether the workbook opens by password only: its third or fourth record says so."""
    book = ole.stream(data, "Workbook") or ole.stream(data, "Book")
    at = 0
    for _ in range(12):
        if at + 4 > len(book):
            return False
        sort, length = struct.unpack_from("<HH", book, at)
        if sort == _PASSWORD:
            return True
        at += 4 + length
    return False


def _sheet(book: bytes, at: int, struck: set[int]) -> SheetFacts:
    found, depth, left = SheetFacts(), 0, MOST_RECORDS
    while at + 4 <= len(book) and left:
        left -= 1
        sort, length = struct.unpack_from("<HH", book, at)
        body = at + 4
        at = body + length
        if at > len(book):
            break
        if sort == _BEGIN:
            depth += 1
        elif sort == _END:
            depth -= 1
            if depth <= 0:
                break
        elif depth > 1:
            continue  # a chart inside the sheet
        elif sort == _ROW and length >= 16:
            if struct.unpack_from("<H", book, body + 12)[0] & _ROW_HIDDEN:
                found.hidden_rows.add(struct.unpack_from("<H", book, body)[0])
        elif sort == _COLUMNS and length >= 10:
            first, last, _, _, flags = struct.unpack_from("<5H", book, body)
            if flags & _COLUMN_HIDDEN:
                found.hidden_columns |= set(range(first, min(last, _LAST_COLUMN) + 1))
        elif sort in _CELLS and length >= 6:
            row, column = struct.unpack_from("<HH", book, body)
            found.last_row = max(found.last_row, row)
            found.last_column = max(found.last_column, column)
            if sort == _FORMULA:
                found.formulas.add((row, column))
            if struck and len(found.struck) < _MOST_STRUCK:
                found.struck |= {
                    (row, place)
                    for place, form in _formats(book, body, sort, length, column)
                    if form in struck
                }
            if code := _error_code(book, body, sort, length):
                found.errors[row, column] = ERRORS.get(code, "#N/A")
    return found


def _formats(
    book: bytes, body: int, sort: int, length: int, column: int
) -> Iterator[tuple[int, int]]:
    """The columns of a record's cells, each with the number of its format."""
    count = min((length - 6) // 6, _LAST_COLUMN + 1) if sort == _SEVERAL else 1
    for number in range(count):
        yield column + number, struct.unpack_from("<H", book, body + 4 + 6 * number)[0]


def _error_code(book: bytes, body: int, sort: int, length: int) -> int:
    """Of a cell that holds an error; 0 for all others."""
    if sort == _TRUTH and length >= 8 and book[body + 7]:
        return book[body + 6]
    if sort == _FORMULA and length >= 14:
        result = book[body + 6 : body + 14]
        return result[2] if result[0] == 2 and result[6:] == b"\xff\xff" else 0
    return 0
