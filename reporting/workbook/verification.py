"""Re-opening a finished workbook before anybody may download it."""

import io
import re
from collections.abc import Mapping
from zipfile import ZipFile

import openpyxl

from reporting.workbook.errors import WorkbookMismatch

_MOST_NAMED = 5


def verify(data: bytes, expected: Mapping[str, str]) -> None:
    """Compare a finished one-sheet workbook with what it was made from.

    ``expected`` holds every non-empty cell by address. Raises ``WorkbookMismatch``, naming the
    first cells, when a word differs, is missing or is too many; and when the file holds a formula,
    a comment, an outside link, or anything hidden.
    """
    try:
        with ZipFile(io.BytesIO(data)) as container:
            names = container.namelist()
        book = openpyxl.load_workbook(io.BytesIO(data))
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
            if cell.data_type != "s":
                raise WorkbookMismatch(
                    f"生成的文件中单元格{cell.coordinate}不是文字，未发布，请重新导出。"
                )
            found[cell.coordinate] = cell.value
    if found != dict(expected):
        wrong = sorted(
            (key for key in {*found, *expected} if found.get(key) != expected.get(key)),
            key=lambda address: (len(address), address),
        )
        named = "、".join(wrong[:_MOST_NAMED])
        raise WorkbookMismatch(
            f"生成的文件有{len(wrong)}个单元格与数据不一致（{named}），未发布，请重新导出。"
        )
