"""A reading in words and as JSON."""

from typing import Any

from reporting.workbook.reading.result import Reading


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
                "where": record.where,
                "values": record.values,
                "original": dict(record.original),
                "cells": dict(record.cells),
                "villages": [village.as_json() for village in record.villages],
                "unit": record.unit_text or None,
            }
            for record in reading.records
        ],
        "skipped": [
            {"where": skip.where, "text": skip.text, "why": skip.why} for skip in reading.skipped
        ],
        "problems": [
            {
                "where": problem.where, "level": problem.level, "message": problem.message,
                "field": problem.key or None, "candidates": list(problem.candidates),
            }
            for problem in reading.problems
        ],
    }  # fmt: skip
