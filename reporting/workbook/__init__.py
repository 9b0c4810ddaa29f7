"""The room that knows Excel. Nothing outside it imports an Excel library or writes a cell.

Text goes in through ``SafeWriter`` only. ``IssuedWorkbook`` fills official forms, ``write_ledger``
streams tables of any length, ``verify`` re-opens what was made, ``compare_layout`` says whether it
still looks as issued, ``lock`` puts a password on it, ``traces_of`` reads what tells whose it was,
``write_zip`` bundles many, ``read_sheet`` reads a small table somebody typed.
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
from reporting.workbook.locked import is_locked, lock, new_password, unlocked
from reporting.workbook.sheet_reading import Sheet, read_sheet
from reporting.workbook.text import SafeText, safe_text
from reporting.workbook.traces import Traces, traces_of
from reporting.workbook.verification import verify, verify_ledger

__all__ = [
    "Filled",
    "IssuedWorkbook",
    "Line",
    "SafeText",
    "SafeWriter",
    "Sheet",
    "Traces",
    "UnreadableWorkbook",
    "UnsafeValue",
    "WorkbookError",
    "WorkbookMismatch",
    "compare_layout",
    "is_locked",
    "lock",
    "new_password",
    "read_sheet",
    "safe_file_name",
    "safe_text",
    "traces_of",
    "unlocked",
    "verify",
    "verify_ledger",
    "write_ledger",
    "write_zip",
]
