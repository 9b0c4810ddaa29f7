"""One table while its XML is read: rows, cells, spans and merges as they come."""

from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import xlsx_parts
from reporting.workbook.reading.parsing.grids import Cell, Grid, trimmed
from reporting.workbook.reading.parsing.refusal import Refused

MOST_REPEATED = 1_000  # blank cells or rows that a file writes as one
MOST_CELLS = 4_000_000


@dataclass
class OpenTable:
    """What is known of a table between two tags; attributes are those of the tag just opened."""

    grid: Grid
    kind: str  # of the document
    most_rows: int
    column: int = 0
    row: int = -1
    text: list[str] = field(default_factory=list)
    span: int = 1
    down: int = 1
    joins: str = ""
    cells: int = 0  # held so far
    gap: int = 0  # blank rows that were passed over, until something follows
    columns: int = 0  # declared so far
    beside: bool = False  # whether the cell belongs to the one on its left
    repeat: int = 1
    row_repeat: int = 1
    value: Cell = ""
    taken: dict[int, int] = field(default_factory=dict)  # column → rows still covered from above
    open_merges: dict[int, list[int]] = field(default_factory=dict)

    def close(self) -> Grid:
        """The grid, with the merges that were still open."""
        for column in list(self.open_merges):
            self._close(column)
        trimmed(self.grid.rows)
        return self.grid

    def begin_row(self, attributes: dict[str, str]) -> None:
        if index := attributes.get("Index"):
            wanted = count(index, 1_048_576) - 1
            if wanted > self.row + 1 + self.most_rows:
                raise Refused("far", "表格中间空了太多行，没有读取。请删除多余的空行后再上传。")
            while self.row + 1 < wanted:
                self.row += 1
                self.grid.rows.append([])
        self.row += 1
        self.column = 0
        self.row_repeat = count(attributes.get("number-rows-repeated"), 1 << 20)
        self.grid.rows.append([])
        if (
            attributes.get("visibility") in ("collapse", "filter")
            or attributes.get("Hidden") == "1"
        ):
            self.grid.hidden_rows.add(self.row)
        if self.row > self.most_rows + 1_000:
            raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")

    def end_row(self) -> None:
        for column, left in list(self.taken.items()):
            if left > 1:
                self.taken[column] = left - 1
            else:
                del self.taken[column]
        row = self.grid.rows[self.row]
        blank = not any(cell != "" for cell in row)
        extra = self.row_repeat - 1
        if extra and blank and extra >= MOST_REPEATED:
            self.gap += extra  # mostly the empty rest of the sheet
            return
        for _ in range(extra):
            if self.row > self.most_rows + 1_000:
                raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")
            self.row += 1
            self._weigh(len(row))
            self.grid.rows.append(list(row))

    def begin_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Cell" and (index := attributes.get("Index")):
            self.column = count(index, 16_384) - 1
        if name != "covered-table-cell" and self.kind == "xml":
            while self.column in self.taken:
                self.column += 1
        self.text, self.joins, self.value, self.beside = [], "", "", False
        self.span = count(attributes.get("number-columns-spanned"), 256)
        self.down = count(attributes.get("number-rows-spanned"), 1 << 20)
        if name == "Cell":
            self.span = count(attributes.get("MergeAcross"), 256, 0) + 1
            self.down = count(attributes.get("MergeDown"), 1 << 20, 0) + 1
        self.repeat = count(attributes.get("number-columns-repeated"), 16_384)
        if attributes.get("value-type") == "date":
            self.value = {"d": attributes.get("date-value", "").replace("T", " ")[:19]}
        elif attributes.get("value-type") in ("float", "percentage", "currency"):
            self.value = _number(attributes.get("value", ""))

    def end_cell(self) -> None:
        words = "".join(self.text).strip("\n")
        value: Cell = words
        if isinstance(self.value, dict | int | float):
            value = self.value
        elif self.value == "Number":
            value = _number(words)
        elif self.value == "DateTime":
            value = {"d": words.replace("T00:00:00.000", "").replace("T", " ")[:19]}
        last = self.column + (self.repeat - 1 if self.kind in ("ods", "odt") else 0)
        if last >= xlsx_parts.MOST_COLUMNS and value != "":
            raise Refused(
                "far", f"表格超过{xlsx_parts.MOST_COLUMNS}列，没有读取。请删除右侧多余的列。"
            )
        span = self.span
        repeat = self.repeat if value != "" else min(self.repeat, xlsx_parts.MOST_COLUMNS)
        row = self.grid.rows[self.row]
        for _ in range(min(repeat, xlsx_parts.MOST_COLUMNS)):
            self._put(row, value)
            self.column += span if self.kind not in ("ods", "odt") else 1
        if self.repeat > repeat:
            self.column += self.repeat - repeat

    def _put(self, row: list[Cell], value: Cell) -> None:
        column = self.column
        if value != "":
            self._fill_gap()
            self._weigh(column + 1 - len(row) if column >= len(row) else 1)
            row.extend("" for _ in range(column + 1 - len(row)))
            row[column] = value
        if self.joins:
            if self.joins == "restart":
                self._close(column)
                self.open_merges[column] = [self.row, self.row, self.span]
            elif column in self.open_merges:
                self.open_merges[column][1] = self.row
        else:
            self._close(column)
        if self.beside and column:
            self.grid.merges.append((self.row, column - 1, self.row, column))
        if self.down > 1:
            for covered in range(column, column + self.span):
                self.taken[covered] = self.down
        if (self.span > 1 or self.down > 1) and not self.joins:
            self.grid.merges.append(
                (self.row, column, self.row + self.down - 1, column + self.span - 1)
            )

    def _fill_gap(self) -> None:
        """The blank rows passed over before this one count as rows after all."""
        gap, self.gap = self.gap, 0
        if not gap:
            return
        if gap > self.most_rows:
            raise Refused("far", "表格中间空了太多行，没有读取。请删除多余的空行后再上传。")
        self.grid.rows[self.row : self.row] = [[] for _ in range(gap)]
        if self.row in self.grid.hidden_rows:
            self.grid.hidden_rows.remove(self.row)
            self.grid.hidden_rows.add(self.row + gap)
        self.row += gap

    def _close(self, column: int) -> None:
        found = self.open_merges.pop(column, None)
        if found and (found[1] > found[0] or found[2] > 1):
            self.grid.merges.append((found[0], column, found[1], column + found[2] - 1))

    def _weigh(self, more: int) -> None:
        self.cells += more
        if self.cells > MOST_CELLS:
            raise Refused("cells", "表格过大，没有读取。请分成几个文件上传。")


def count(text: str | None, most: int, otherwise: int = 1) -> int:
    """The number an attribute gives, between ``otherwise`` and ``most``."""
    if text is None or not text.isdigit():
        return otherwise
    return max(min(int(text[:9]), most), otherwise)


def _number(text: str) -> Cell:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
