"""An issued sheet taken apart: what is kept byte for byte, and the rows to be filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element
from zipfile import BadZipFile, ZipFile

from defusedxml.ElementTree import fromstring

from reporting.workbook.cells import text_xml
from reporting.workbook.errors import UnreadableWorkbook
from reporting.workbook.heights import Space
from reporting.workbook.opened import opened
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DATA = re.compile(r"<sheetData\s*/>|<sheetData>.*?</sheetData>", re.DOTALL)
_MERGES = re.compile(r"<mergeCells.*?</mergeCells>", re.DOTALL)
_SIZE = re.compile(r"<dimension[^>]*/>")
_XFS = re.compile(r'<cellXfs count="(\d+)">(.*?)</cellXfs>', re.DOTALL)
_XF = re.compile(r"<xf\b[^>]*?(?:/>|>.*?</xf>)", re.DOTALL)
SHEET = "xl/worksheets/sheet1.xml"
#: Stands in ``before`` where the size of the produced sheet is to be said.
BLANK_SIZE = "<dimension/>"
STYLES = "xl/styles.xml"
WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True)
class IssuedRow:
    """One row as issued. ``cells`` maps column letters to (style index, words as ``<is>``)."""

    number: int
    height: float
    cells: Mapping[str, tuple[int, str]]
    words: Mapping[str, str]


@dataclass(frozen=True)
class Merge:
    left: str
    top: int
    right: str
    bottom: int

    def covers(self, column: str, row: int) -> bool:
        return self.top <= row <= self.bottom and column_number(self.left) <= column_number(
            column
        ) <= column_number(self.right)


@dataclass(frozen=True)
class IssuedSheet:
    """A workbook of one sheet as issued, with styles doubled: index + ``quoted`` is the same style
    with the quote prefix. ``files`` are its parts, ``before``/``between``/``after`` the sheet's
    XML around its rows and merges."""

    title: str
    rows: Mapping[int, IssuedRow]
    merges: tuple[Merge, ...]
    widths: Mapping[str, float]
    spaces: Mapping[tuple[str, int], Space]
    print_area: tuple[str, int, str, int] | None
    quoted: int
    before: str
    between: str
    after: str
    files: Mapping[str, bytes] = field(repr=False)


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def split_address(address: str) -> tuple[str, int]:
    """``"B12"`` as ``("B", 12)``."""
    letters = address.rstrip("0123456789")
    return letters, int(address[len(letters) :])


def _double_styles(styles: str) -> tuple[str, int]:
    found = _XFS.search(styles)
    if not found:
        raise UnreadableWorkbook("表样缺少单元格样式，请用表格软件重新保存后再放入。")
    formats = _XF.findall(found[2])
    quoted = [re.sub(r'\squotePrefix="\d"', "", xf) for xf in formats]
    quoted = [xf.replace("<xf ", '<xf quotePrefix="1" ', 1) for xf in quoted]
    block = f'<cellXfs count="{2 * len(formats)}">{"".join(formats + quoted)}</cellXfs>'
    return styles[: found.start()] + block + styles[found.end() :], len(formats)


def _issued_row(element: Element, sheet: Worksheet) -> IssuedRow:
    number = int(element.attrib["r"])
    cells, words = {}, {}
    for cell in element.iter(f"{_MAIN}c"):
        column, _ = split_address(cell.attrib["r"])
        value = sheet[cell.attrib["r"]].value
        if value is not None and not isinstance(value, str):
            raise UnreadableWorkbook(f"表样的单元格{cell.attrib['r']}不是文字，不能作为固定表样。")
        if value:
            words[column] = value
        cells[column] = (int(cell.get("s", 0)), text_xml(value) if value else "")
    default = sheet.sheet_format.defaultRowHeight or 15
    return IssuedRow(number, float(element.get("ht", default)), cells, words)


def _spaces(
    sheet: Worksheet, widths: Mapping[str, float], merges: tuple[Merge, ...]
) -> dict[tuple[str, int], Space]:
    spaces = {}
    for row in sheet.iter_rows():
        for cell in row:
            column, number = index_to_letters(cell.column - 1), cell.row
            width = widths[column]
            for merge in merges:
                if (merge.left, merge.top) == (column, number):
                    first, last = column_number(merge.left), column_number(merge.right)
                    width = sum(widths[index_to_letters(n - 1)] for n in range(first, last + 1))
            indent = int(cell.alignment.indent or 0)
            spaces[column, number] = Space(width, float(cell.font.sz or 11), indent)
    return spaces


def load_sheet(path: Path) -> IssuedSheet:
    """Read an issued workbook. Raises ``UnreadableWorkbook`` for what cannot be filled by splicing:
    several sheets, formulas, hidden rows, columns or sheets, comments, outside links."""
    try:
        with ZipFile(path) as container:
            files = {name: container.read(name) for name in container.namelist()}
        book = opened(path)
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise UnreadableWorkbook(f"表样{path.name}打不开，请检查文件是否完整。") from error
    sheet = book.worksheets[0]
    unwanted = [name for name in files if re.search(r"comments|externalLinks|vbaProject", name)]
    if len(book.sheetnames) != 1 or SHEET not in files or unwanted:
        raise UnreadableWorkbook(f"表样{path.name}应只有一张工作表，且不带批注、外部链接和宏。")
    hidden = sheet.sheet_state != "visible"
    hidden |= any(d.hidden for d in sheet.row_dimensions.values())
    hidden |= any(d.hidden for d in sheet.column_dimensions.values())
    if hidden or any(c.data_type == "f" for row in sheet.iter_rows() for c in row):
        raise UnreadableWorkbook(f"表样{path.name}不能有隐藏的内容或公式。")

    source = files[SHEET].decode()
    data = _DATA.search(source)
    if not data:
        raise UnreadableWorkbook(f"表样{path.name}没有内容。")
    tail = source[data.end() :]
    merged = _MERGES.search(tail)
    between, after = (tail[: merged.start()], tail[merged.end() :]) if merged else ("", tail)
    root = fromstring(source)
    rows = {row.number: row for row in (_issued_row(e, sheet) for e in root.iter(f"{_MAIN}row"))}
    merges = tuple(
        Merge(
            index_to_letters(r.min_col - 1), r.min_row, index_to_letters(r.max_col - 1), r.max_row
        )
        for r in sheet.merged_cells.ranges
    )
    widths = {
        index_to_letters(n - 1): float(sheet.column_dimensions[index_to_letters(n - 1)].width)
        for n in range(1, sheet.max_column + 1)
    }
    area = None
    if sheet.print_area:
        first, last = str(sheet.print_area).split("!")[-1].replace("$", "").split(":")
        area = (*split_address(first), *split_address(last))
    styles, quoted = _double_styles(files[STYLES].decode())
    files[STYLES] = styles.encode()
    return IssuedSheet(
        sheet.title, rows, merges, widths, _spaces(sheet, widths, merges), area, quoted,
        _SIZE.sub(BLANK_SIZE, source[: data.start()]), between, after, files,
    )  # fmt: skip
