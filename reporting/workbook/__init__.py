"""The room that knows Excel. Nothing outside it imports an Excel library or writes a cell.

Text goes in through ``SafeWriter`` only. ``IssuedWorkbook`` fills official forms, ``write_ledger``
streams tables of any length, ``verify`` re-opens what was made, ``compare_layout`` says whether it
still looks as issued, ``write_zip`` bundles many, ``read_sheet`` reads a small table somebody typed.
"""

from reporting.workbook.bundle import safe_file_name, write_zip
from reporting.workbook.cells import SafeWriter
from reporting.workbook.errors import (
    UnreadableWorkbook,
    UnsafeValue,
    WorkbookError,
    WorkbookMismatch,
)
from reporting.workbook.issued import Filled, IssuedWorkbook, Line
from reporting.workbook.layout import compare_layout
from reporting.workbook.ledger import write_ledger
from reporting.workbook.sheet_reading import Sheet, read_sheet
from reporting.workbook.text import SafeText, safe_text
from reporting.workbook.verification import verify, verify_ledger

__all__ = [
    "Filled",
    "IssuedWorkbook",
    "Line",
    "SafeText",
    "SafeWriter",
    "Sheet",
    "UnreadableWorkbook",
    "UnsafeValue",
    "WorkbookError",
    "WorkbookMismatch",
    "compare_layout",
    "read_sheet",
    "safe_file_name",
    "safe_text",
    "verify",
    "verify_ledger",
    "write_ledger",
    "write_zip",
]
