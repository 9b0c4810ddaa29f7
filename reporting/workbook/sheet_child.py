"""The child of ``sheet_reading``: a workbook on standard input, JSON on standard output.

Run by itself (``python -I sheet_child.py ROWS COLUMNS``); imports nothing of ours, so that it starts
quickly and holds no connection. Its limits are set before a byte is read.
"""

import datetime as dt
import json
import resource
import sys
from io import BytesIO

MEMORY = 1024 * 1024 * 1024
SECONDS = 10


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def text(value: object) -> str:
    """A cell as a person reads it: 13800000000 without point, a date as 2014-06-01."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value).strip()


def answer(rows: int, columns: int) -> dict[str, object]:
    from python_calamine import (  # noqa: PLC0415 -- after the limits
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    book = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    if not shown:
        return {"error": "文件里没有看得见的工作表，请用下载的模板。"}
    sheet = book.get_sheet_by_name(shown[0])
    if sheet.total_height > rows:
        return {"error": f"表里有{sheet.total_height}行，一次最多{rows}行，请分几次导入。"}
    if sheet.total_width > columns:
        return {"error": f"表里有{sheet.total_width}列，最多{columns}列，请用下载的模板。"}
    found = [[text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    while found and not any(found[-1]):
        found.pop()
    return {"name": shown[0], "rows": found}


if __name__ == "__main__":
    limit()
    json.dump(answer(int(sys.argv[1]), int(sys.argv[2])), sys.stdout, ensure_ascii=True)
