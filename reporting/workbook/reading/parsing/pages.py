"""HTML tables, which many systems export under the name of .xls."""

import re
from html.parser import HTMLParser

from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, trimmed
from reporting.workbook.reading.parsing.markup import deep
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.parsing.separated import decoded
from reporting.workbook.reading.parsing.xlsx_parts import MOST_COLUMNS

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_VOID = {"br", "img", "input", "hr", "meta", "link", "col", "wbr", "area", "base", "param"}
_BREAKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6"}
_SILENT = {"script", "style", "head", "xml", "noscript", "template"}
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_FAKE = re.compile(rb"<!DOCTYPE[^>\[]*\[|<!ENTITY", re.IGNORECASE)


class _Tables(HTMLParser):
    def __init__(self, most_rows: int) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document("html")
        self.open: list[Grid] = []
        self.places: list[list[int]] = []  # row, column of each open table
        self.covered: list[set[tuple[int, int]]] = []
        self.words: list[str] = []
        self.around: list[list[str]] = []  # of each open table: what its outer cell said before it
        self.silent: list[str] = []
        self.in_cell = 0
        self.title = ""
        self.in_title = False
        self.struck = 0
        self.most_rows = most_rows
        self.pending: tuple[int, int] = (1, 1)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attributes}
        if tag == "title":
            self.in_title = True
        if tag in _SILENT:
            self.silent.append(tag)
        if self.silent:
            return
        if tag == "table":
            self._table(given)
        elif tag == "tr" and self.open:
            self._end_cell()
            self._row(given)
        elif tag in ("td", "th") and self.open:
            self._end_cell()
            self._cell(given)
        elif tag == "br":
            self.words.append("\n")
        elif tag in ("s", "strike", "del"):
            self.struck += 1
            if self.in_cell:
                self.open[-1].struck.add(tuple(self.places[-1]))  # type: ignore[arg-type]
        elif tag in _BREAKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self.in_title = False
        if self.silent:
            if tag == self.silent[-1]:
                self.silent.pop()
            return
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "table" and self.open:
            self._end_cell()
            self._end_table()
        elif tag in ("s", "strike", "del"):
            self.struck = max(self.struck - 1, 0)
        elif tag in _BREAKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self.in_title:
            self.title += data
        if not self.silent:
            self.words.append(data if self.in_cell else re.sub(r"\s+", " ", data))

    def finish(self) -> None:
        """Close what the page left open."""
        while self.open:
            self._end_cell()
            self._end_table()
        self.paragraph()

    def _break(self) -> None:
        if self.in_cell:
            self.words.append("\n")
        elif not self.open:
            self.paragraph()

    def paragraph(self) -> None:
        words = "".join(self.words).strip()
        self.words = []
        if words and not self.open and len(self.document.paragraphs) < 2_000:
            self.document.paragraphs.append(words[:2_000])

    def _table(self, given: dict[str, str]) -> None:
        if len(self.open) > 8:
            raise deep()
        if not self.open:
            self.paragraph()
        grid = Grid(f"表{len(self.document.grids) + 1}", sheet=False)
        grid.after_paragraph = len(self.document.paragraphs)
        grid.hidden = bool(_HIDDEN.search(given.get("style", "")))
        self.document.grids.append(grid)
        self.open.append(grid)
        self.places.append([-1, 0])
        self.covered.append(set())
        self.around.append(self.words if self.in_cell else [])
        self.words = []
        self.in_cell = 0

    def _end_table(self) -> None:
        grid = self.open.pop()
        self.places.pop()
        self.covered.pop()
        trimmed(grid.rows)
        self.words = [*self.around.pop(), "\n"]
        # Back in the cell of the outer table, whose words before are kept with it.
        self.in_cell = 1 if self.open and self.places[-1][0] >= 0 else 0

    def _row(self, given: dict[str, str]) -> None:
        place = self.places[-1]
        place[0] += 1
        place[1] = 0
        if place[0] > self.most_rows + 1_000:
            raise Refused("rows", f"表格超过{self.most_rows}行，没有读取。请分成几个文件上传。")
        while len(self.open[-1].rows) <= place[0]:
            self.open[-1].rows.append([])
        if _HIDDEN.search(given.get("style", "")):
            self.open[-1].hidden_rows.add(place[0])

    def _cell(self, given: dict[str, str]) -> None:
        place, covered = self.places[-1], self.covered[-1]
        if place[0] < 0:
            self._row({})
        while (place[0], place[1]) in covered:
            place[1] += 1
        across = _span(given.get("colspan"), MOST_COLUMNS)
        down = _span(given.get("rowspan"), self.most_rows)
        if place[1] >= MOST_COLUMNS:
            raise Refused("far", f"表格超过{MOST_COLUMNS}列，没有读取。请删除右侧多余的列。")
        if across * down > 1:
            top, left = place
            self.open[-1].merges.append((top, left, top + down - 1, left + across - 1))
            if down * across > 200_000:
                raise Refused("far", "有单元格合并了过多的行列，没有读取。请取消合并后再上传。")
            covered.update(
                (row, column)
                for row in range(top + 1, top + down)
                for column in range(left, left + across)
            )
        self.pending = (across, down)
        self.words = []
        self.in_cell = 1

    def _end_cell(self) -> None:
        if not self.open or not self.in_cell:
            return
        place = self.places[-1]
        lines = (re.sub(r"[ \t\r\n\f]+", " ", w).strip(" ") for w in self._lines())
        words: Cell = "\n".join(line for line in lines if line).replace("\xa0", " ").strip()
        row = self.open[-1].rows[place[0]]
        row.extend("" for _ in range(place[1] + 1 - len(row)))
        row[place[1]] = words
        place[1] += self.pending[0]
        self.words = []
        self.in_cell = 0

    def _lines(self) -> list[str]:
        """Line ends of the source are blanks; those of <br> and paragraphs are lines."""
        lines = [""]
        for word in self.words:
            if word == "\n":
                lines.append("")
            else:
                lines[-1] += word
        return lines


def _span(text: str | None, most: int) -> int:
    digits = re.match(r"\s*(\d{1,6})", text or "")
    return max(1, min(int(digits[1]), most)) if digits else 1


def read_html(data: bytes, *, most_rows: int, said: str = "") -> Document:
    """``said`` is the encoding a mail names for its page."""
    if _FAKE.search(data[:8192]):
        raise Refused(
            "entities",
            "文件里有不属于表格的定义（DOCTYPE），内容不可信，没有读取。"
            "请把内容复制到一个新建的工作簿里再上传。",
        )
    named = _CHARSET.search(data[:4096])
    text = decoded(data, named[1].decode("ascii") if named else said)
    parser = _Tables(most_rows)
    parser.feed(text)
    parser.close()
    parser.finish()
    document = parser.document
    if parser.title.strip():
        document.properties["title"] = parser.title.strip()[:200]
    if not any(grid.rows for grid in document.grids):
        raise Refused(
            "nothing", "这个网页文件里没有表格。请另存为“Excel 工作簿（.xlsx）”后再上传。"
        )
    return document
