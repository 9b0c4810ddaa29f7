"""附件 in: a file as an office mailed it, read into rows with their source; nothing is written.

``read(path_or_bytes, annex, area=…, unit=…)`` gives a :class:`Reading`: whose return it is, the
records with original texts beside values, what was skipped and why, and every problem at its cell.
``Reader`` does the same for many files with one child process and the register read once.
``as_json`` is a reading as ``manage.py annex read --json`` prints it. What a file means beside what
came before is :mod:`reporting.file_meaning`'s to propose.
"""

from reporting.incoming.reader import Reader, read
from reporting.incoming.said import as_json, summary
from reporting.workbook.reading.result import (
    LEVELS,
    Problem,
    Reading,
    Record,
    Resolved,
    SenderUnit,
)

__all__ = [
    "LEVELS",
    "Problem",
    "Reader",
    "Reading",
    "Record",
    "Resolved",
    "SenderUnit",
    "as_json",
    "read",
    "summary",
]
