"""Re-opening a finished workbook before anybody may download it."""

import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, BinaryIO
from zipfile import ZipFile

from reporting.workbook.cells import CHINA
from reporting.workbook.errors import WorkbookMismatch
from reporting.workbook.opened import opened
from reporting.workbook.text import safe_text

_MOST_NAMED = 5


def verify(data: bytes, expected: Mapping[str, str | int | Decimal]) -> None:
    """Compare a finished one-sheet workbook with what it was made from.

    ``expected`` holds every non-empty cell by address; what it holds as text must be text. Raises ``WorkbookMismatch``, naming the
    first cells, when a word differs, is missing or is too many; and when the file holds a formula,
    a comment, an outside link, or anything hidden.
    """
    try:
        with ZipFile(io.BytesIO(data)) as container:
            names = container.namelist()
        book = opened(io.BytesIO(data))
    except Exception as error:  # whatever a broken file raises means the same to the reader
        raise WorkbookMismatch("生成的文件打不开，未发布，请重新导出。") from error
    if any(re.search(r"comments|externalLinks|vbaProject|drawings", name) for name in names):
        raise WorkbookMismatch("生成的文件带有批注、图形、外部链接或宏，未发布，请重新导出。")
    sheet = book.worksheets[0]
    dimensions = [*sheet.row_dimensions.values(), *sheet.column_dimensions.values()]
    if len(book.worksheets) != 1 or sheet.sheet_state != "visible":
        raise WorkbookMismatch("生成的文件应只有一张可见的工作表，未发布，请重新导出。")
    if any(dimension.hidden for dimension in dimensions):
        raise WorkbookMismatch("生成的文件有隐藏的行或列，未发布，请重新导出。")

    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            number = not isinstance(expected.get(cell.coordinate, ""), str)
            if cell.data_type != ("n" if number else "s"):
                raise WorkbookMismatch(
                    f"生成的文件中单元格{cell.coordinate}不是文字，未发布，请重新导出。"
                )
            found[cell.coordinate] = cell.value
    wanted = {
        key: value if isinstance(value, str) else _stored(value) for key, value in expected.items()
    }
    if found != wanted:
        wrong = sorted(
            (key for key in {*found, *wanted} if found.get(key) != wanted.get(key)),
            key=lambda address: (len(address), address),
        )
        named = "、".join(wrong[:_MOST_NAMED])
        raise WorkbookMismatch(
            f"生成的文件有{len(wrong)}个单元格与数据不一致（{named}），未发布，请重新导出。"
        )


def verify_ledger(
    stream: BinaryIO, *, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Compare a finished ledger with its rows, in bounded memory; returns the number of rows.

    Slow beside writing it (some 10,000 rows a second): for ledgers people wait for anyway. Raises
    ``WorkbookMismatch``, naming the first row that differs.
    """
    try:
        book = opened(stream, read_only=True)
    except Exception as error:  # as above
        raise WorkbookMismatch("生成的文件打不开，未发布，请重新导出。") from error
    found = (row for sheet in book.worksheets for row in _ledger_rows(sheet, headings))
    count = 0
    for wanted, row in zip_longest(rows, found):
        if wanted is None or row is None or [_stored(value) for value in wanted] != list(row):
            raise WorkbookMismatch(f"生成的文件第{count + 1}条与数据不一致，未发布，请重新导出。")
        count += 1
    return count


def _ledger_rows(sheet: Any, headings: Sequence[str]) -> Iterator[tuple[object, ...]]:
    rows = sheet.iter_rows(min_row=2, max_col=len(headings), values_only=True)
    if list(next(rows, ())) != [_stored(heading) for heading in headings]:
        raise WorkbookMismatch("生成的文件表头与数据不一致，未发布，请重新导出。")
    yield from rows


def _stored(value: object) -> object:
    """A value as it reads back from a workbook."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return safe_text(value).text or None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(CHINA).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- cells have no zone
    return value
