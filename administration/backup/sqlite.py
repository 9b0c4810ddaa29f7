"""The SQLite of a try-out: copied by ``VACUUM INTO``, which leaves what was deleted behind."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from administration.backup import Refused, manifest, media
from administration.backup.archive import Writer
from administration.backup.postgres import MADE_BY_MIGRATE

PART = "sqlite"
PATIENCE = 20  # seconds to wait for a writer


def database() -> Path:
    """The file. :class:`Refused` where the database is in memory only."""
    path = Path(str(connection.settings_dict["NAME"]))
    if "memory" in path.name:
        raise Refused("当前数据库只在内存里，没有可备份的文件。")
    return path


@contextmanager
def _folder_beside() -> Iterator[Path]:
    """A folder of the same disk that nobody else may open, gone at the end."""
    with tempfile.TemporaryDirectory(dir=database().parent, prefix=".backup-") as folder:
        yield Path(folder)


def write(writer: Writer, _folder: Path) -> dict[str, Any]:
    told = manifest.beginning()
    with _folder_beside() as folder:
        copy = folder / "copy.sqlite3"
        # By the portal's own connection: constraints call functions that only it has.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        told["tables"] = sums(copy)
        writer.part(PART, media.blocks_of(copy))
    told["missing"] = media.write(writer)
    return told


def _tables(held: sqlite3.Connection) -> list[str]:
    named = held.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in named.fetchall() if not name.startswith("sqlite_")]


def sums(path: Path) -> dict[str, list]:
    """How many rows each table has, and the SHA-256 over them in order."""
    found = {}
    with closing(sqlite3.connect(path)) as held:
        for table in _tables(held):
            digest, rows = hashlib.sha256(), 0
            for row in held.execute(f'SELECT * FROM "{table}" ORDER BY rowid'):  # noqa: S608 -- names of the catalogue
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
                rows += 1
            found[table] = [rows, digest.hexdigest()]
    return found


def filled() -> list[str]:
    """Tables that hold rows other than those ``migrate`` writes."""
    with closing(sqlite3.connect(database(), timeout=PATIENCE)) as held:
        return [
            table
            for table in _tables(held)
            if table not in MADE_BY_MIGRATE
            and held.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()[0]  # noqa: S608
        ]


@contextmanager
def aside(blocks: Iterator[bytes]) -> Iterator[Path]:
    """Inside, the portal works on a copy beside its database, made of ``blocks``.

    Left without an error, the copy becomes the database, in one transaction of SQLite's.
    """
    live = connection.settings_dict["NAME"]
    with _folder_beside() as folder:
        copy = folder / "copy.sqlite3"
        with copy.open("wb") as out:
            out.writelines(blocks)
        connection.close()
        connection.settings_dict["NAME"] = str(copy)
        try:
            yield copy
        finally:
            connection.close()
            connection.settings_dict["NAME"] = live
        with (
            closing(sqlite3.connect(copy)) as source,
            closing(sqlite3.connect(database(), timeout=PATIENCE)) as target,
        ):
            source.backup(target)
