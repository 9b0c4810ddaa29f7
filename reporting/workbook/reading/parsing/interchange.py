"""Two old ways of passing a table between programs: SYLK (.slk) and DIF."""

import re
from collections.abc import Iterator
from io import StringIO

from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.separated import decoded
from reporting.workbook.reading.parsing.xlsx_parts import MOST_COLUMNS

_FIELD = re.compile(r";(?!;)")
_MOST_CELLS = 4_000_000


def read_sylk(data: bytes, *, most_rows: int) -> Document:
    """Lines ``C;X…;Y…;K…``: column, row and value; what is not told is as before."""
    grid, column, row, cells = Grid("表1", sheet=True), 1, 1, 0
    for line in _lines(data):
        sort, *fields = _FIELD.split(line.replace(";;", "\0"))
        value: Cell = ""
        for field in fields:
            key, text = field[:1], field[1:].replace("\0", ";")
            if key == "X":
                column = _place(text, MOST_COLUMNS, f"超过{MOST_COLUMNS}列")
            elif key == "Y":
                row = _place(text, most_rows + 1_000, f"超过{most_rows}行")
            elif key == "K" and sort == "C":
                value = _value(text)
        if sort == "E":
            break
        if value != "":
            grid.rows.extend([] for _ in range(row - len(grid.rows)))
            cells += _put(grid.rows[row - 1], column - 1, value)
            _weigh(cells)
    return _document(grid, "sylk")


def read_dif(data: bytes, *, most_rows: int) -> Document:
    """Pairs of lines: a sort and number, then a text; ``BOT`` begins a row."""
    grid, lines, cells = Grid("表1", sheet=True), _lines(data), 0
    for line in lines:
        if line.strip() == "DATA":
            break
    next(lines, None), next(lines, None)
    for line in lines:
        sort, _, number = line.partition(",")
        text = next(lines, "").strip()
        if sort == "-1":
            if text == "EOD":
                break
            grid.rows.append([])
            if len(grid.rows) > most_rows + 1_000:
                _place("9" * 9, most_rows, f"超过{most_rows}行")
        elif grid.rows:
            if len(grid.rows[-1]) >= MOST_COLUMNS:
                _place("9" * 9, MOST_COLUMNS, f"超过{MOST_COLUMNS}列")
            value: Cell = text.removeprefix('"').removesuffix('"').replace('""', '"')
            if sort == "0":
                value = text == "TRUE" if text in ("TRUE", "FALSE") else _value(number)
            grid.rows[-1].append(value)
            cells += 1
            _weigh(cells)
    return _document(grid, "dif")


def _lines(data: bytes) -> Iterator[str]:
    """Line by line, whatever ends them: a list of all would weigh ten times the file."""
    return (line.rstrip("\n") for line in StringIO(decoded(data), newline=None))


def _place(text: str, most: int, said: str) -> int:
    number = int(text[:9]) if text[:9].isdecimal() else 1
    if number > most:
        raise Refused("far", f"表格{said}，没有读取。请删除多余的行列，或分成几个文件上传。")
    return max(number, 1)


def _value(text: str) -> Cell:
    if text.startswith('"'):
        return re.sub(r"\x1b :?", "\n", text.strip('"').replace('""', '"'))
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _put(row: list[Cell], column: int, value: Cell) -> int:
    """Set a cell; how many cells longer the row became."""
    longer = max(column + 1 - len(row), 0)
    row.extend("" for _ in range(longer))
    row[column] = value
    return longer


def _weigh(cells: int) -> None:
    if cells > _MOST_CELLS:
        raise Refused("cells", "表格过大，没有读取。请分成几个文件上传。")


def _document(grid: Grid, kind: str) -> Document:
    trimmed(grid.rows)
    if not grid.rows:
        raise Refused("empty", "文件里没有内容，请重新选择，或请对方重发。")
    return Document(kind, [grid])
