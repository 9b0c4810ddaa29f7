"""What others do with the bytes of workbooks that were sent: read them, and no more."""

import io

import openpyxl
from python_calamine import CalamineWorkbook

CALAMINE = "floor: calamine's bare read"
OPENPYXL = "openpyxl read-only, unchecked"
DRY_RUN = "import-export resource, dry run"


def by_openpyxl(books: list[bytes]) -> int:
    count = 0
    for book in books:
        sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).worksheets[0]
        count += sum(1 for _ in sheet.iter_rows(values_only=True))
    return count


def by_calamine(books: list[bytes]) -> int:
    return sum(
        len(CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python())
        for book in books
    )
