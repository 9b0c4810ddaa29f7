"""A reading in words and as JSON."""

import re
from typing import Any

from reporting.workbook.reading.result import Reading

_TABLE = re.compile(r"表(\d+) (.+)")
_PLACES = (
    (re.compile(r"第(\d+)行第(\d+)列"), r"row \1 column \2"),
    (re.compile(r"第(\d+)至(\d+)行"), r"rows \1-\2"),
    (re.compile(r"第(\d+)行"), r"row \1"),
    (re.compile(r"第(\d+)列"), r"column \1"),
)


def place(where: str) -> str:
    """``表1 第3行`` of a Word table or a text as ``table 1 row 3``; a sheet's address as it is."""
    table = _TABLE.fullmatch(where)
    for words, plain in _PLACES if table else ():
        if table and words.fullmatch(table[2]):
            return f"table {table[1]} {words.sub(plain, table[2])}"
    return where


def summary(reading: Reading) -> str:
    """One line for a person."""
    unit = reading.unit.name or "（填报单位待确认）"
    return f"{reading.file}：{unit}，{len(reading.records)}条，跳过{len(reading.skipped)}行。"


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as ``manage.py annex read --json`` prints it."""
    unit = reading.unit
    return {
        "file": reading.file,
        "folder": reading.folder,
        "bundle": reading.bundle or None,
        "kind": reading.kind,
        "sha256": reading.digest,
        "unit": {
            "name": unit.name, "code": unit.code, "found_in": unit.found_in, "uuid": unit.uuid,
            "text": unit.text, "candidates": unit.candidates,
        },
        "submission": reading.submission,
        "because": reading.because,
        "supersedes": reading.supersedes,
        "late": reading.late,
        "nil": reading.nil,
        "refused": reading.refused or None,
        "tables": reading.tables,
        "records": [
            {
                "where": place(record.where),
                "values": record.values,
                "original": dict(record.original),
                "cells": {key: place(where) for key, where in record.cells.items()},
                "villages": [village.as_json() for village in record.villages],
                "unit": record.unit_text or None,
            }
            for record in reading.records
        ],
        "skipped": [
            {"where": place(skip.where), "text": skip.text, "why": skip.why} for skip in reading.skipped
        ],
        "problems": [
            {
                "where": place(problem.where), "level": problem.level, "message": problem.message,
                "field": problem.key or None, "candidates": list(problem.candidates),
            }
            for problem in reading.problems
        ],
    }  # fmt: skip
