"""What was read, as a plain workbook: for files that were none, or that cannot be changed in place."""

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from reporting.workbook import ledger_parts
from reporting.workbook.cells import SafeWriter
from reporting.workbook.container import Container
from reporting.workbook.errors import UnsafeValue
from reporting.workbook.heights import text_width
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters
from reporting.workbook.reading.registers import typed_table
from reporting.workbook.reading.words import text_of

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_NAME = 31
_NARROWEST, _WIDEST = 8.0, 50.0
_LETTER = "正文"  # the sheet of what stands around the tables of a document
# Style indexes; each + QUOTED is the same with the quote prefix.
_TEXT, _STRUCK, _DATE, _MOMENT = range(1, 5)  # 0 is bare
_QUOTED = 5
_WRAPPED = '<alignment vertical="center" wrapText="1"/>'
_FORMATS = (
    'numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    f'numFmtId="0" fontId="0" fillId="0" borderId="1" applyAlignment="1">{_WRAPPED}</xf>',
    f'numFmtId="0" fontId="1" fillId="0" borderId="1" applyAlignment="1">{_WRAPPED}</xf>',
    'numFmtId="164" fontId="0" fillId="0" borderId="1" applyNumberFormat="1"/>',
    'numFmtId="165" fontId="0" fillId="0" borderId="1" applyNumberFormat="1"/>',
)


def as_sheets(document: Document) -> list[Grid]:
    """The grids of ``document``; its paragraphs as one more, so that nothing said is lost."""
    sheets = list(document.grids)
    typed = None if sheets else typed_table(document)
    if typed is not None:
        return [typed]
    lines = [line for paragraph in document.paragraphs for line in paragraph.split("\n")]
    if lines:
        name = _LETTER if all(grid.name != _LETTER for grid in sheets) else f"{_LETTER}（文件）"
        sheets.append(Grid(name, [[line] if line.strip() else [] for line in lines]))
    return sheets or [Grid(_LETTER)]


def sheet_names(grids: Sequence[Grid]) -> dict[str, str]:
    """For each grid's name one that a workbook allows, and no other has."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for grid in grids:
        plain = _NOT_IN_A_NAME.sub("＿", grid.name)[:_LONGEST_NAME].strip("' ") or "表"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: _LONGEST_NAME - 4]}（{number}）"
        taken.add(name.casefold())
        names[grid.name] = name
    return names


def workbook_of(grids: Sequence[Grid], properties: Mapping[str, str]) -> bytes:
    """A workbook with a sheet for each of ``grids``: cells, merges, and what is hidden or struck out.

    Raises ``UnsafeValue`` for a text that no cell could hold.
    """
    out = io.BytesIO()
    container = Container(out)
    names = sheet_names(grids)
    listed = ""
    for number, grid in enumerate(grids, start=1):
        container.add(f"xl/worksheets/sheet{number}.xml", _sheet(grid).encode())
        hidden = ' state="hidden"' if grid.hidden else ""
        listed += f'<sheet name={quoteattr(names[grid.name])} sheetId="{number}"{hidden} r:id="rId{number}"/>'
    container.add(
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>{listed}</sheets></workbook>'.encode(),
    )
    own = {key: value for key, value in properties.items() if not key.startswith("file:")}
    parts = ledger_parts.fixed_parts(len(grids), "", own) | {"xl/styles.xml": _styles()}
    for name, content in parts.items():
        container.add(name, content)
    container.close()
    return out.getvalue()


def _sheet(grid: Grid) -> str:
    writer = SafeWriter(quoted=_QUOTED, dated=_DATE, timed=_MOMENT)
    rows = "".join(_row(grid, number, writer) for number in range(len(grid.rows)))
    merges = "".join(
        f'<mergeCell ref="{_address(top, left)}:{_address(bottom, right)}"/>'
        for top, left, bottom, right in _apart(grid)
    )
    merged = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}">{_columns(grid)}'
        f"<sheetData>{rows}</sheetData>{merged}</worksheet>"
    )


def _row(grid: Grid, number: int, writer: SafeWriter) -> str:
    hidden = ' hidden="1"' if number in grid.hidden_rows else ""
    cells = "".join(
        _cell(writer, _address(number, column), cell, (number, column) in grid.struck)
        for column, cell in enumerate(grid.rows[number])
        if cell != ""
    )
    return f'<row r="{number + 1}"{hidden}>{cells}</row>'


def _cell(writer: SafeWriter, address: str, cell: Cell, struck: bool) -> str:
    style = _STRUCK if struck else _TEXT
    if isinstance(cell, dict):
        text = str(cell.get("d", ""))
        try:
            moment = dt.datetime.fromisoformat(text)
            return writer.put(address, moment if len(text) > len("2014-05-25") else moment.date())
        except ValueError:
            return writer.put(address, text, style)
        except UnsafeValue:  # before the first day a workbook knows
            return writer.put(address, text, style)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        try:
            return writer.put(address, cell, style)
        except UnsafeValue:  # a number longer than a cell holds
            return writer.put(address, text_of(cell), style)
    return writer.put(address, text_of(cell), style)


def _columns(grid: Grid) -> str:
    made = ""
    for column in range(max((len(row) for row in grid.rows), default=0)):
        widest = max(
            (text_width(text_of(row[column])) for row in grid.rows[:500] if column < len(row)),
            default=0.0,
        )
        width = min(max(widest * 2 + 2, _NARROWEST), _WIDEST)  # an em is two digits wide
        hidden = ' hidden="1"' if column in grid.hidden_columns else ""
        made += f'<col min="{column + 1}" max="{column + 1}" width="{width:.1f}"{hidden} customWidth="1"/>'
    return f"<cols>{made}</cols>" if made else ""


def _apart(grid: Grid) -> list[tuple[int, int, int, int]]:
    """The merges that lie in the grid and over no other: two over one cell break a workbook."""
    taken: set[tuple[int, int]] = set()
    kept: list[tuple[int, int, int, int]] = []
    for top, left, bottom, right in grid.merges:
        area = (bottom - top + 1) * (right - left + 1)
        if not 1 < area <= 20_000:
            continue
        cells = {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)}
        if taken.isdisjoint(cells):
            taken |= cells
            kept.append((top, left, bottom, right))
    return kept


def _address(row: int, column: int) -> str:
    return f"{index_to_letters(column)}{row + 1}"


def _styles() -> bytes:
    font = '<font>{}<sz val="11"/><name val="宋体"/></font>'
    return ledger_parts.style_sheet(_FORMATS, (font.format(""), font.format("<strike/>")))
