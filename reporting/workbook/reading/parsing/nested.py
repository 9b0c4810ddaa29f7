"""Tables of XML that nest: tables hold rows, rows hold cells, cells hold paragraphs.

Word, OpenDocument and Excel's XML of 2003 differ in names only, so one walk reads them all. Nothing
nests deeper than an office would.
"""

import re

from reporting.workbook.reading.parsing import markup, open_table, xlsx_parts
from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.parsing.open_table import OpenTable

_BREAKS = ("br", "cr", "line-break")
_BLANKS = re.compile(r"[ \t\r\n]+")
_WORDS = ("t", "tab", "s", "noBreakHyphen")  # of Word: where its text stands
_DELETED = ("del", "moveFrom", "delText", "instrText", "binData", "fldData")
_SKIPPED = (
    *("tracked-changes", "annotation", "Comment", "Styles", "note", "Fallback"),
    *("rt", "ruby-text", "styles", "master-styles", "font-face-decls"),
)
_WORD_FIELDS = ("sdt", "showingPlcHdr", "r", "vanish", "noBreakHyphen")


class Walk:
    """Collects grids and paragraphs while XML is read."""

    def __init__(self, kind: str, most_rows: int) -> None:
        self.document = Document(kind)
        self.tables: list[OpenTable] = []
        self.most_rows = most_rows
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
            table.begin_row(attributes)
        elif name in ("tc", "table-cell", "covered-table-cell", "Cell"):
            table.begin_cell(name, attributes)
        elif name == "gridSpan":
            table.span = open_table.count(attributes.get("val"), 63)
        elif name == "vMerge":
            table.joins = attributes.get("val", "continue")
        elif name == "hMerge":
            table.beside = attributes.get("val", "continue") != "restart"
        elif name == "gridBefore":
            table.column += open_table.count(attributes.get("val"), 63)
        elif name == "Data":
            table.text = []
            table.value = attributes.get("Type", "")
        elif name in _BREAKS:
            self.text("\n")
        elif name in ("tab", "s") and self.path[-2:-1] != ["tabs"]:
            self.text(
                "\t" if name == "tab" else " " * open_table.count(attributes.get("c", "1"), 200)
            )
        elif name == "table-column":
            number = open_table.count(attributes.get("number-columns-repeated"), 16_384)
            if attributes.get("visibility") in ("collapse", "filter"):
                last = min(table.columns + number, xlsx_parts.MOST_COLUMNS)
                table.grid.hidden_columns |= set(range(table.columns, last))
            table.columns += number
        elif name == "Column":
            first = open_table.count(attributes.get("Index"), 16_384, table.columns + 1) - 1
            table.columns = first + 1 + open_table.count(attributes.get("Span"), 16_384, 0)
            if attributes.get("Hidden") == "1":
                last = min(table.columns, xlsx_parts.MOST_COLUMNS)
                table.grid.hidden_columns |= set(range(first, last))
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
            table.end_cell()
        elif name in ("tr", "table-row", "Row"):
            table.end_row()
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
        self.tables.append(OpenTable(grid, self.document.kind, self.most_rows))
        if len(self.tables) == 1:
            self.document.grids.append(grid)

    def _end_table(self) -> None:
        grid = self.tables.pop().close()
        if self.tables:  # a table inside a cell: its words belong to the cell
            words = [str(cell) for row in grid.rows for cell in row if cell != ""]
            self.tables[-1].text.append("\n".join(words))
            if grid.rows:
                self.document.grids.append(grid)

    def _paragraph(self, table: OpenTable | None) -> None:
        if table is not None:
            table.text.append("\n")
            return
        words = "".join(self.words).strip()
        self.words = []
        if words and len(self.document.paragraphs) < 2_000:
            self.document.paragraphs.append(words[:2_000])
