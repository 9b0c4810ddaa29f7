"""Tables of XML that nest: tables hold rows, rows hold cells, cells hold paragraphs.

Word, OpenDocument and Excel's XML of 2003 differ in names only, so one walk reads them all. Nothing
nests deeper than an office would.
"""

import re
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import markup, xlsx_parts
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused

_BREAKS = ("br", "cr", "line-break")
_BLANKS = re.compile(r"[ \t\r\n]+")
_WORDS = ("t", "tab", "s", "noBreakHyphen")  # of Word: where its text stands
_DELETED = ("del", "moveFrom", "delText", "instrText", "binData", "fldData")
_SKIPPED = (
    *("tracked-changes", "annotation", "Comment", "Styles", "note", "Fallback"),
    *("rt", "ruby-text", "styles", "master-styles", "font-face-decls"),
)
_WORD_FIELDS = ("sdt", "showingPlcHdr", "r", "vanish", "noBreakHyphen")
MOST_REPEATED = 1_000  # blank cells or rows that a file writes as one
MOST_CELLS = 4_000_000


@dataclass
class _Table:
    grid: Grid
    column: int = 0
    row: int = -1
    text: list[str] = field(default_factory=list)
    span: int = 1
    down: int = 1
    joins: str = ""
    columns: int = 0  # declared so far
    beside: bool = False  # whether the cell belongs to the one on its left
    repeat: int = 1
    row_repeat: int = 1
    value: Cell = ""
    taken: dict[int, int] = field(default_factory=dict)  # column → rows still covered from above
    open_merges: dict[int, list[int]] = field(default_factory=dict)


class Walk:
    """Collects grids and paragraphs while XML is read."""

    def __init__(self, kind: str, most_rows: int) -> None:
        self.document = Document(kind)
        self.tables: list[_Table] = []
        self.most_rows = most_rows
        self.cells = 0
        self.words: list[str] = []
        self.path: list[str] = []
        self.deleted = 0
        self.sheet_name = ""
        self.skipped = 0
        self.style_hidden: set[str] = set()
        self.style_now = ""
        self.placeholders: list[bool] = []  # of each open field to fill in: whether nobody has
        self.run_hidden = False

    # -- XML -------------------------------------------------------------------------------------
    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        table = self.tables[-1] if self.tables else None
        if name in _DELETED:
            self.deleted += 1
        elif name in _SKIPPED or name.endswith("PrChange"):
            self.skipped += 1
        elif self.skipped:
            return
        elif name in _WORD_FIELDS:
            self._word_field(name, attributes)
        elif name in ("tbl", "table", "Table"):
            self._table(attributes)
        elif table is None:
            self._outside(name, attributes)
        elif name in ("tr", "table-row", "Row"):
            self._row(table, attributes)
        elif name in ("tc", "table-cell", "covered-table-cell", "Cell"):
            self._cell(table, name, attributes)
        elif name == "gridSpan":
            table.span = _count(attributes.get("val"), 63)
        elif name == "vMerge":
            table.joins = attributes.get("val", "continue")
        elif name == "hMerge":
            table.beside = attributes.get("val", "continue") != "restart"
        elif name == "gridBefore":
            table.column += _count(attributes.get("val"), 63)
        elif name == "Data":
            table.text = []
            table.value = attributes.get("Type", "")
        elif name in _BREAKS:
            self.text("\n")
        elif name in ("tab", "s") and self.path[-2:-1] != ["tabs"]:
            self.text("\t" if name == "tab" else " " * _count(attributes.get("c", "1"), 200))
        elif name == "table-column":
            number = _count(attributes.get("number-columns-repeated"), 16_384)
            if attributes.get("visibility") in ("collapse", "filter"):
                last = min(table.columns + number, xlsx_parts.MOST_COLUMNS)
                table.grid.hidden_columns |= set(range(table.columns, last))
            table.columns += number
        elif name == "Column" and attributes.get("Hidden") == "1":
            table.grid.hidden_columns.add(_count(attributes.get("Index"), 256) - 1)
        elif (
            name == "strike"
            and attributes.get("val", "1") not in ("0", "false")
            and "tc" in self.path
            and "rPr" in self.path
        ):
            table.grid.struck.add((table.row, table.column))

    def _word_field(self, name: str, attributes: dict[str, str]) -> None:
        """Runs and fields of Word: what is hidden, or says only 单击此处输入文字, is no text."""
        if name == "sdt":
            self.placeholders.append(False)
        elif name == "showingPlcHdr" and self.placeholders and not self.placeholders[-1]:
            self.placeholders[-1] = True
            self.deleted += 1
        elif name == "r":
            self.run_hidden = False
        elif name == "vanish" and self.path[-3:-1] == ["r", "rPr"]:
            self.run_hidden = attributes.get("val", "1") not in ("0", "false")
        elif name == "noBreakHyphen":
            self.text("-")

    def _outside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self.style_now = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self.style_hidden.add(self.style_now)
        elif name == "Worksheet":
            self.sheet_name = attributes.get("Name", "")
        elif name == "Visible":
            self.words = []
        elif name in _BREAKS:
            self.words.append("\n")
        elif name in ("tab", "s") and "pPr" not in self.path:
            self.words.append("\t" if name == "tab" else " ")

    def end(self, name: str) -> None:
        self.path.pop()
        table = self.tables[-1] if self.tables else None
        if name in _DELETED:
            self.deleted -= 1
        elif name in _SKIPPED or name.endswith("PrChange"):
            self.skipped -= 1
        elif self.skipped:
            return
        elif name == "sdt" and self.placeholders:
            self.deleted -= self.placeholders.pop()
        elif name in ("p", "h"):
            self._paragraph(table)
        elif table is None:
            if name == "Visible" and "".join(self.words).strip() in (
                "SheetHidden",
                "SheetVeryHidden",
            ):
                if self.document.grids:
                    self.document.grids[-1].hidden = True
                self.words = []
        elif name in ("tc", "table-cell", "covered-table-cell", "Cell"):
            self._end_cell(table)
        elif name in ("tr", "table-row", "Row"):
            self._end_row(table)
        elif name in ("tbl", "table", "Table"):
            self._end_table()

    def text(self, text: str) -> None:
        if self.deleted or self.skipped or not (text := self._own_text(text)):
            return
        if self.tables:
            self.tables[-1].text.append(text)
        else:
            self.words.append(text)

    def _own_text(self, text: str) -> str:
        """What of it is the document's: not the blanks by which programs indent their XML."""
        kind = self.document.kind
        if text == "\n" and self.path[-1] in _BREAKS:
            return text
        if kind in ("ods", "odt"):
            if "p" not in self.path and "h" not in self.path:
                return ""
            return text if self.path[-1] in ("s", "tab") else _BLANKS.sub(" ", text)
        if kind == "xml":
            return text if not self.tables or "Data" in self.path else ""
        return text if self.path[-1] in _WORDS and not self.run_hidden else ""

    # -- Tables ----------------------------------------------------------------------------------
    def _table(self, attributes: dict[str, str]) -> None:
        if len(self.tables) > 8:
            raise markup.deep()
        sheet = self.document.kind in ("ods", "xml")
        number = len(self.document.grids) + len(self.tables) + 1
        name = attributes.get("name") or self.sheet_name or f"表{number}"
        if not sheet or self.tables:
            name = f"表{number}"
        grid = Grid(name, sheet=sheet and not self.tables)
        grid.after_paragraph = len(self.document.paragraphs)
        if attributes.get("display") == "false":
            grid.hidden = True
        grid.hidden = grid.hidden or attributes.get("style-name", "") in self.style_hidden
        self.tables.append(_Table(grid))
        if len(self.tables) == 1:
            self.document.grids.append(grid)

    def _end_table(self) -> None:
        table = self.tables.pop()
        for column in list(table.open_merges):
            _close(table, column)
        trimmed(table.grid.rows)
        if self.tables:  # a table inside a cell: its words belong to the cell
            words = [str(cell) for row in table.grid.rows for cell in row if cell != ""]
            self.tables[-1].text.append("\n".join(words))
            if table.grid.rows:
                self.document.grids.append(table.grid)

    def _row(self, table: _Table, attributes: dict[str, str]) -> None:
        if index := attributes.get("Index"):
            wanted = _count(index, 1_048_576) - 1
            if wanted > table.row + 1 + self.most_rows:
                raise Refused("far", "表格中间空了太多行，没有读取。请删除多余的空行后再上传。")
            while table.row + 1 < wanted:
                table.row += 1
                table.grid.rows.append([])
        table.row += 1
        table.column = 0
        table.row_repeat = _count(attributes.get("number-rows-repeated"), 1 << 20)
        table.grid.rows.append([])
        if (
            attributes.get("visibility") in ("collapse", "filter")
            or attributes.get("Hidden") == "1"
        ):
            table.grid.hidden_rows.add(table.row)
        if table.row > self.most_rows + 1_000:
            raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")

    def _end_row(self, table: _Table) -> None:
        for column, left in list(table.taken.items()):
            if left > 1:
                table.taken[column] = left - 1
            else:
                del table.taken[column]
        row = table.grid.rows[table.row]
        blank = not any(cell != "" for cell in row)
        extra = table.row_repeat - 1
        if extra and blank and extra >= MOST_REPEATED:
            return  # the empty rest of the sheet
        for _ in range(extra):
            if table.row > self.most_rows + 1_000:
                raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")
            table.row += 1
            self._weigh(len(row))
            table.grid.rows.append(list(row))

    def _cell(self, table: _Table, name: str, attributes: dict[str, str]) -> None:
        if name == "Cell" and (index := attributes.get("Index")):
            table.column = _count(index, 16_384) - 1
        if name != "covered-table-cell" and self.document.kind == "xml":
            while table.column in table.taken:
                table.column += 1
        table.text, table.joins, table.value, table.beside = [], "", "", False
        table.span = _count(attributes.get("number-columns-spanned"), 256)
        table.down = _count(attributes.get("number-rows-spanned"), 1 << 20)
        if name == "Cell":
            table.span = _count(attributes.get("MergeAcross"), 256, 0) + 1
            table.down = _count(attributes.get("MergeDown"), 1 << 20, 0) + 1
        table.repeat = _count(attributes.get("number-columns-repeated"), 16_384)
        if attributes.get("value-type") == "date":
            table.value = {"d": attributes.get("date-value", "").replace("T", " ")[:19]}
        elif attributes.get("value-type") in ("float", "percentage", "currency"):
            table.value = _number(attributes.get("value", ""))

    def _end_cell(self, table: _Table) -> None:
        words = "".join(table.text).strip("\n")
        value: Cell = words
        if isinstance(table.value, dict | int | float):
            value = table.value
        elif table.value == "Number":
            value = _number(words)
        elif table.value == "DateTime":
            value = {"d": words.replace("T00:00:00.000", "").replace("T", " ")[:19]}
        last = table.column + (table.repeat - 1 if self.document.kind in ("ods", "odt") else 0)
        if last >= xlsx_parts.MOST_COLUMNS and value != "":
            raise Refused(
                "far", f"表格超过{xlsx_parts.MOST_COLUMNS}列，没有读取。请删除右侧多余的列。"
            )
        span = table.span
        repeat = table.repeat if value != "" else min(table.repeat, xlsx_parts.MOST_COLUMNS)
        row = table.grid.rows[table.row]
        for _ in range(min(repeat, xlsx_parts.MOST_COLUMNS)):
            self._put(table, row, value)
            table.column += span if self.document.kind not in ("ods", "odt") else 1
        if table.repeat > repeat:
            table.column += table.repeat - repeat

    def _put(self, table: _Table, row: list[Cell], value: Cell) -> None:
        column = table.column
        if value != "":
            self._weigh(column + 1 - len(row) if column >= len(row) else 1)
            row.extend("" for _ in range(column + 1 - len(row)))
            row[column] = value
        if table.joins:
            if table.joins == "restart":
                _close(table, column)
                table.open_merges[column] = [table.row, table.row, table.span]
            elif column in table.open_merges:
                table.open_merges[column][1] = table.row
        else:
            _close(table, column)
        if table.beside and column:
            table.grid.merges.append((table.row, column - 1, table.row, column))
        if table.down > 1:
            for covered in range(column, column + table.span):
                table.taken[covered] = table.down
        if (table.span > 1 or table.down > 1) and not table.joins:
            table.grid.merges.append(
                (table.row, column, table.row + table.down - 1, column + table.span - 1)
            )

    def _paragraph(self, table: _Table | None) -> None:
        if table is not None:
            table.text.append("\n")
            return
        words = "".join(self.words).strip()
        self.words = []
        if words and len(self.document.paragraphs) < 2_000:
            self.document.paragraphs.append(words[:2_000])

    def _weigh(self, more: int) -> None:
        self.cells += more
        if self.cells > MOST_CELLS:
            raise Refused("cells", "表格过大，没有读取。请分成几个文件上传。")


def _close(table: _Table, column: int) -> None:
    found = table.open_merges.pop(column, None)
    if found and (found[1] > found[0] or found[2] > 1):
        table.grid.merges.append((found[0], column, found[1], column + found[2] - 1))


def _count(text: str | None, most: int, otherwise: int = 1) -> int:
    if text is None or not text.isdigit():
        return otherwise
    return max(min(int(text[:9]), most), otherwise)


def _number(text: str) -> Cell:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
