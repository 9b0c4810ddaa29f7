"""Ledgers 台账: tables of any length, streamed to a workbook in bounded memory.

The work is done a block of rows at a time and a column at a time, because most columns of a block
are plain: all text without a single character that needs care, or all small whole numbers. Those
are set between fixed XML without touching each cell. Any other column goes through ``SafeWriter``
cell by cell, so the rules of a cell are said in one place only.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import BinaryIO, cast
from xml.sax.saxutils import escape

from reporting.workbook import ledger_parts as parts
from reporting.workbook.cells import FIRST_DAY, MOST_DIGITS, SafeWriter, day_number
from reporting.workbook.container import Container
from reporting.workbook.errors import WorkbookError
from reporting.workbook.heights import text_width
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters
from reporting.workbook.text import TRIGGERS, safe_text

Progress = Callable[[int], None]

#: A spreadsheet's last row; a longer ledger goes on in a second sheet.
LAST_ROW = 1_048_576
_FIRST_ROW = 3  # below the title and the headings
_MOST_COLUMNS = 16_384
_BLOCK = 500
_NARROWEST, _WIDEST = 8.0, 40.0
_LARGEST_INT = 10**MOST_DIGITS - 1
# A text that begins like this goes through the writer; so does one with a blank or a mark of XML.
_CAREFUL_STARTS = frozenset(TRIGGERS)
_CAREFUL_MARKS = ("<", "&", ">", " ", "_")
_FIRST = itemgetter(0)  # letter of a text
_OFTEN = 4  # times each word of a column comes at least that is put between its tags once
# Texts up to here cannot pass the limit of a cell, however many UTF-16 units they take.
_MOST_CAREFREE = 16_000
_MOST_OF_MARK = 200  # characters: a header holds 255 with its codes
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_ledger(
    out: BinaryIO,
    *,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    properties: Mapping[str, object],
    progress: Progress | None = None,
    last_row: int = LAST_ROW,
    mark: str = "",
) -> int:
    """Write a table as a workbook to the seekable stream ``out``; returns the number of rows.

    Row 1 is the title over the whole width, row 2 the headings, frozen and repeated on paper. A row
    holds text, whole numbers, ``Decimal``, dates, moments, ``bool`` or ``None``, as many as there
    are headings. ``mark`` is printed above and below every page. ``progress`` is told the number of rows written after each block of 500. Raises
    ``UnsafeValue``, naming the cell, for a value no cell can hold unchanged.
    """
    if not 0 < len(headings) <= _MOST_COLUMNS:
        raise WorkbookError(f"表头应有1至{_MOST_COLUMNS}列。")
    writer = SafeWriter(quoted=parts.QUOTED, dated=parts.DATE, timed=parts.MOMENT)
    columns = [index_to_letters(n) for n in range(len(headings))]
    container = Container(out)
    left = iter(rows)
    done = 0
    bottoms: list[int] = []
    while True:
        first = list(islice(left, _BLOCK))
        if not first and bottoms:
            break
        container.open(f"xl/worksheets/sheet{len(bottoms) + 1}.xml")
        container.write(_sheet_head(title, headings, columns, first, writer).encode())
        number = _FIRST_ROW
        # Blocks are cut so that a sheet ends exactly at its last row.
        for block in chain([first], _blocks(left, last_row - _FIRST_ROW + 1 - len(first))):
            if not block:
                continue
            container.write(_block_xml(block, number, columns, writer))
            number += len(block)
            done += len(block)
            if progress:
                progress(done)
        bottoms.append(number - 1)
        container.write(_sheet_tail(columns, number - 1, mark).encode())
        if number <= last_row:
            break
    names = _sheet_names(title, len(bottoms))
    container.add("xl/workbook.xml", parts.workbook_xml(names, columns[-1], bottoms))
    for name, content in parts.fixed_parts(len(bottoms), title, properties).items():
        container.add(name, content)
    container.close()
    return done


def _blocks(rows: Iterator[Sequence[object]], room: int) -> Iterator[list[Sequence[object]]]:
    while room > 0:
        block = list(islice(rows, min(_BLOCK, room)))
        if not block:
            return
        room -= len(block)
        yield block


class _Row:
    """What all rows of a block have in common, and what is filled in between."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._fills: dict[int, Sequence[bytes]] = {}

    def say(self, same: bytes) -> None:
        """The same in every row."""
        last = len(self._pieces) - 1
        if last < 0 or last in self._fills:
            self._pieces.append(same)
        else:
            self._pieces[last] += same

    def fill(self, content: Sequence[bytes]) -> None:
        """One after the other in the rows of the block."""
        self._fills[len(self._pieces)] = content
        self._pieces.append(b"")

    def times(self, count: int) -> bytes:
        filled = self._pieces * count
        for offset, content in self._fills.items():
            filled[offset :: len(self._pieces)] = content
        return b"".join(filled)


def _block_xml(
    block: Sequence[Sequence[object]], first: int, columns: Sequence[str], writer: SafeWriter
) -> bytes:
    """The XML of a block, put together a column at a time."""
    numbers = [b"%d" % n for n in range(first, first + len(block))]
    try:
        by_column = list(zip(*block, strict=True))
    except ValueError:
        by_column = []
    if len(by_column) != len(columns):
        raise WorkbookError(f"第{first}行起有数据的列数与表头不符，应为{len(columns)}列。")
    row = _Row()
    row.say(b'<row r="')
    row.fill(numbers)
    row.say(b'">')
    for letters, values in zip(columns, by_column, strict=True):
        plain = _plain(values)
        if plain is None:
            cells = [
                writer.put(f"{letters}{n}", value, _style(value))
                for n, value in enumerate(values, first)
            ]
            row.fill(list(map(str.encode, cells)))
            continue
        before, texts, after = plain
        row.say(f'<c r="{letters}'.encode())
        row.fill(numbers)
        row.say(before)
        if texts:
            row.fill(texts)
            row.say(after)
    row.say(b"</row>")
    return row.times(len(block))


_TEXT = f'" s="{parts.TEXT}" t="inlineStr"><is><t>'.encode()
_END_OF_TEXT = b"</t></is></c>"
_BLANK = f'" s="{parts.TEXT}"/>'.encode()
_Plain = tuple[bytes, Sequence[bytes], bytes]


def _plain(values: Sequence[object]) -> _Plain | None:
    """A column that needs no care, as (XML before, texts, XML after) each value; else ``None``.

    Without texts, each cell is what stands before. Only the exact types count: a subclass may print
    itself otherwise.
    """
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return _words(cast("Sequence[str | None]", values))
    if kinds == {int}:
        whole = cast("Sequence[int]", values)
        if min(whole) >= -_LARGEST_INT and max(whole) <= _LARGEST_INT:
            return f'" s="{parts.NUMBER}"><v>'.encode(), [b"%d" % n for n in whole], b"</v></c>"
    if kinds == {dt.date} and min(cast("Sequence[dt.date]", values)) >= FIRST_DAY:
        dates = cast("Sequence[dt.date]", values)
        days = {date: b"%d" % day_number(date) for date in set(dates)}
        return f'" s="{parts.DATE}"><v>'.encode(), [days[date] for date in dates], b"</v></c>"
    return None


def _words(values: Sequence[str | None]) -> _Plain | None:
    """As ``_plain``: many columns of a register say the same few words, or nothing."""
    distinct = set(values)
    filled = [value for value in distinct if value]
    if not filled:
        return _BLANK, (), b""
    if not _carefree(filled):
        return None
    if len(distinct) == 1:
        return _TEXT + filled[0].encode() + _END_OF_TEXT, (), b""
    if len(filled) == len(distinct) and len(distinct) * _OFTEN > len(values):
        # None of them holds that sign, which no text that needs no care does.
        return _TEXT, "\0".join(cast("Sequence[str]", values)).encode().split(b"\0"), _END_OF_TEXT
    cells: dict[str | None, bytes] = {
        value: _TEXT + value.encode() + _END_OF_TEXT for value in filled
    }
    return b"", [cells.get(value, _BLANK) for value in values], b""


def _carefree(texts: Sequence[str]) -> bool:
    """Whether the cell writer would set every one of ``texts`` as it is, with nothing around it."""
    joined = "".join(texts)
    # isprintable is false for controls, surrogates, bidi marks, line ends and full-width blanks.
    if not joined.isprintable() or any(mark in joined for mark in _CAREFUL_MARKS):
        return False
    if not _CAREFUL_STARTS.isdisjoint(map(_FIRST, texts)):
        return False
    return len(joined) <= _MOST_CAREFREE or max(map(len, texts)) <= _MOST_CAREFREE


def _style(value: object) -> int:
    return parts.TEXT if value is None or isinstance(value, str | bool) else parts.NUMBER


def _sheet_head(
    title: str,
    headings: Sequence[str],
    columns: Sequence[str],
    sample: Sequence[Sequence[object]],
    writer: SafeWriter,
) -> str:
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{width:g}" customWidth="1"/>'
        for n, width in enumerate(_widths(headings, sample), start=1)
    )
    title_cells = writer.put("A1", title, parts.TITLE)
    heading_cells = "".join(
        writer.put(f"{letters}2", heading, parts.HEADING)
        for letters, heading in zip(columns, headings, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3" '
        'activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A3" '
        'sqref="A3"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f'<cols>{widths}</cols><sheetData><row r="1" ht="36" customHeight="1">{title_cells}</row>'
        f'<row r="2" ht="24" customHeight="1">{heading_cells}</row>'
    )


def _sheet_tail(columns: Sequence[str], bottom: int, mark: str) -> str:
    last = columns[-1]
    merged = f'<mergeCells count="1"><mergeCell ref="A1:{last}1"/></mergeCells>'
    return (
        f'</sheetData><autoFilter ref="A2:{last}{bottom}"/>{merged if last != "A" else ""}'
        '<pageMargins left="0.6" right="0.6" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        f"<headerFooter>{_printed('Header', mark)}"
        f"{_printed('Footer', mark, '&C第&P页　共&N页')}</headerFooter></worksheet>"
    )


def _printed(place: str, mark: str, more: str = "") -> str:
    """A header or footer: ``mark`` at its left, as text and never as one of its codes."""
    text = safe_text(mark).text.replace("&", "&&")[:_MOST_OF_MARK]
    said = f"&L{text}{more}" if text else more
    return f"<odd{place}>{escape(said)}</odd{place}>" if said else ""


def _widths(headings: Sequence[str], sample: Sequence[Sequence[object]]) -> list[float]:
    """Column widths in characters, from the headings and the first block."""
    widths = []
    for n, heading in enumerate(headings):
        cells = (row[n] for row in sample if n < len(row))
        texts = (value if isinstance(value, str) else str(value or "") for value in cells)
        widest = max(chain([text_width(heading) + 2], map(text_width, texts)))
        widths.append(round(min(max(widest * 2 + 2, _NARROWEST), _WIDEST), 1))
    return widths


def _sheet_names(title: str, count: int) -> list[str]:
    plain = "".join("＿" if char in "[]:*?/\\" else char for char in safe_text(title).text)
    plain = " ".join(plain.split()).strip("'")[:24] or "台账"
    return [plain, *(f"{plain}（{n}）" for n in range(2, count + 1))]
