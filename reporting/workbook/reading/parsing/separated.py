"""Text with separators: .csv and .txt, in the encodings that offices have."""

import codecs
import csv
import io
import re

from reporting.workbook.reading.parsing.grids import Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.xlsx_parts import MOST_COLUMNS

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNS = (",", "\t", ";", "|", "，", "；")
_RUNS = re.compile(r"(?<=\S)[ \u3000]{2,}(?=\S)")
_RULE = re.compile(r":?[-=+]{2,}:?")
_TOLD = re.compile(r"\"?sep=(.)\"?\n", re.IGNORECASE)  # as Excel is told of it
_LONGEST_LINE = 20_000  # separators; such a line would be taken apart for nothing
_LONGEST_FIELD = 1 << 20


def decoded(data: bytes, said: str = "") -> str:
    """Text in the encoding its bytes prove. Raises ``Refused`` when none of ours fits.

    UTF-8 goes before GB18030, since Chinese in GB18030 is hardly ever valid UTF-8; what the file
    says of itself is believed last.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _by(data, encoding) or _unknown()
    if b"\x00" in data[:2000]:
        even, odd = data[0:2000:2].count(b"\x00"), data[1:2000:2].count(b"\x00")
        for encoding in ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le"):
            if (text := _by(data, encoding)) and text.count("\x00") == 0:
                return text
        return _unknown()
    for encoding in ("utf-8", "gb18030", said, "big5"):
        try:
            known = codecs.lookup(encoding).name if encoding else ""
        except LookupError:
            continue
        if known and (text := _by(data, known)) is not None and _plausible(text):
            return text
    return _unknown()


def _by(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _plausible(text: str) -> bool:
    """Whether it reads as text: hardly any control or private-use characters."""
    sample = text[:20_000]
    odd = sum(
        (char < " " and char not in "\t\r\n\f") or "\ue000" <= char <= "\uf8ff" or char == "\ufffd"
        for char in sample
    )
    return odd * 50 <= len(sample)


def _unknown() -> str:
    raise Refused(
        "encoding",
        "文件不是表格，或文字编码无法识别。请用 Excel 或 WPS 打开，"
        "另存为“Excel 工作簿（.xlsx）”后再上传。",
    )


def read_text(data: bytes, *, most_rows: int) -> Document:
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    told = _TOLD.match(text)
    if told:
        text = text[told.end() :]
    separator = told[1] if told else _separator(text)
    if not told and not any(sign in text for sign in _SIGNS) and _RUNS.search(text):
        text, separator = _RUNS.sub("\t", text), "\t"
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _LONGEST_LINE and line.count(separator) > _LONGEST_LINE:
            raise Refused(
                "far", f"第{number}行超过{MOST_COLUMNS}列，没有读取。请检查分隔符后再上传。"
            )
    csv.field_size_limit(_LONGEST_FIELD)
    grid = Grid("表1", sheet=False)
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            if len(grid.rows) > most_rows + 1_000:
                raise Refused("rows", f"文件超过{most_rows}行，没有读取。请分成几个文件上传。")
            if len(row) > MOST_COLUMNS and any(cell.strip() for cell in row[MOST_COLUMNS:]):
                raise Refused(
                    "far", f"第{len(grid.rows) + 1}行超过{MOST_COLUMNS}列，没有读取。请检查分隔符。"
                )
            cells = [_cell(cell) for cell in row[:MOST_COLUMNS]]
            grid.rows.append([] if _is_rule(cells) else cells)
    except csv.Error:
        raise Refused(
            "long",
            f"第{len(grid.rows) + 1}行有过长的内容或不成对的引号，没有读取。请检查后再上传。",
        ) from None
    trimmed(grid.rows)
    if not grid.rows:
        raise Refused("empty", "文件里没有内容，请重新选择，或请对方重发。")
    return Document("csv", [grid])


def _is_rule(cells: list[str]) -> bool:
    """Whether a line is drawn below the heading, as tables in plain text have it: |---|:--:|"""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(map(_RULE.fullmatch, filled))


def _cell(text: str) -> str:
    # ="0591" is how some systems keep a spreadsheet from reading digits as a number.
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1]
    return text.strip("\ufeff")


def _separator(text: str) -> str:
    """The sign that parts most lines into the same number of cells."""
    lines = [line for line in text[:50_000].split("\n") if line.strip()][:50]
    best, score = ",", 0.0
    for sign in _SIGNS:
        counts = [line.count(sign) for line in lines]
        some = [count for count in counts if count]
        if len(some) * 2 < len(lines):
            continue
        usual = max(set(some), key=some.count)
        now = some.count(usual) * (1.0 if sign in ",\t" else 0.5)
        if now > score:
            best, score = sign, now
    return best
