"""A reading as it lies in the database: plain JSON, and back. Which files on disk belong to rows."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from reporting.models import IncomingFile
from reporting.workbook.reading.result import (
    Problem,
    Reading,
    Record,
    Resolved,
    SenderUnit,
    Skipped,
)

# PostgreSQL keeps neither NUL nor half a character, and hostile files hold both.
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_PLAIN = (
    "file", "kind", "digest", "tables", "properties", "nil", "refused", "refused_code",
    "own_template", "unchanged",
)  # fmt: skip


def dumped(reading: Reading) -> dict[str, Any]:
    """``reading`` without its document, as JSON that every database takes."""
    made = {name: getattr(reading, name) for name in _PLAIN}
    made["unit"] = dataclasses.asdict(reading.unit)
    made["records"] = [_record(record) for record in reading.records]
    made["skipped"] = [dataclasses.asdict(skip) for skip in reading.skipped]
    made["problems"] = [dataclasses.asdict(problem) for problem in reading.problems]
    return keepable(made)


def _record(record: Record) -> dict[str, Any]:
    return {
        "where": record.where, "values": record.values, "original": dict(record.original),
        "cells": dict(record.cells), "hidden": record.hidden, "town": record.town,
        "unit_text": record.unit_text, "rows": list(record.rows),
        "names": {key: [dataclasses.asdict(one) for one in found] for key, found in record.names.items()},
    }  # fmt: skip


def keepable(value: Any) -> Any:
    """``value`` without characters that no database keeps."""
    if not _ESCAPED.search(json.dumps(value)):
        return value
    return _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNKEPT.sub("", value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(held) for held in value]
    return value


def loaded(kept: dict[str, Any]) -> Reading:
    """The reading that :func:`dumped` wrote."""
    reading = Reading(**{name: kept[name] for name in _PLAIN})
    reading.unit = SenderUnit(**kept["unit"])
    reading.skipped = [Skipped(**skip) for skip in kept["skipped"]]
    reading.problems = [
        Problem(**{**one, "candidates": tuple(one["candidates"])}) for one in kept["problems"]
    ]
    for one in kept["records"]:
        names = {key: [Resolved(**name) for name in found] for key, found in one["names"].items()}
        first, last = one["rows"]
        reading.records.append(Record(**{**one, "names": names, "rows": (first, last)}))
    return reading


def owned() -> Iterator[UUID]:
    """Kept files that belong to rows here (federation/kept_files.py sweeps the others)."""
    everyone = IncomingFile.objects.unscoped(reason="which files on disk are anybody's")
    yield from everyone.values_list("file", flat=True)
