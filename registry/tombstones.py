"""Tombstones: whose archive was erased and when, in a file outside the database.

A backup holds everybody who had not been erased by then. ``manage.py restore`` reads this file and
erases again, so it is kept apart from the backups (``ERASURE_LOG_FILE``): a line an erasure, the
archive's uuid and the day, nothing else of the person.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings


class DamagedLog(Exception):
    """A line of the file is none of ours; carries the sentence."""


def log_file() -> Path:
    return Path(settings.ERASURE_LOG_FILE)


def append(person_uuid: UUID, day: dt.date) -> None:
    """Note an erasure and have it on disk before returning.

    The last thing in the transaction that erases: an erasure without its line would be undone by a
    restore; a line whose transaction fails after all is of one that is done again.
    """
    path = log_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # One write: lines of two processes do not run into each other.
        os.write(handle, f"{person_uuid} {day.isoformat()}\n".encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)


def read() -> dict[UUID, dt.date]:
    """Who was erased, with the first day noted. Raises :class:`DamagedLog`."""
    found: dict[UUID, dt.date] = {}
    path = log_file()
    if not path.exists():
        return found
    for number, line in enumerate(path.read_text("ascii", "replace").splitlines(), 1):
        one: tuple[UUID, dt.date] | None = None
        with suppress(ValueError):
            uuid, day = line.split()
            one = UUID(uuid), dt.date.fromisoformat(day)
        if one is None:
            raise DamagedLog(f"删除登记文件第 {number} 行读不懂，请先核对 ERASURE_LOG_FILE。")
        found.setdefault(*one)
    return found
