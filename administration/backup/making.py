"""Making a backup: one snapshot of the rows, the files they own, one sealed file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from administration.backup import Refused, manifest, media, postgres, sqlite
from administration.backup.archive import Writer
from administration.backup.sealing import Sealer, read_key
from federation import audit


@dataclass(frozen=True)
class Made:
    path: Path
    rows: int
    tables: int
    files: int
    missing: int  # files that a row owns and the disk does not have

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def backup(target: Path, key_file: Path) -> Made:
    """Write rows and files, sealed under ``key_file``, to ``target``: whole or not at all.

    ``target`` may be a folder: the file is then called after the moment. People go on working.
    """
    key = read_key(key_file)
    if target.is_dir():
        target /= f"fulian-{timezone.now():%Y%m%dT%H%M%SZ}.backup"
    if target.exists():
        raise Refused(f"{target} 已经存在，没有改动；请另起文件名。")
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"{target.parent} 写不了：{error.strerror}。") from None
    try:
        with os.fdopen(handle, "wb") as out:
            sealer = Sealer(out, key)
            told = _write(Writer(sealer), target.parent)
            sealer.finish()
            out.flush()
            os.fsync(out.fileno())
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    _sync(target.parent)
    made = Made(
        target,
        rows=sum(rows for rows, _ in told["tables"].values()),
        tables=len(told["tables"]),
        files=sum(media.NAME.fullmatch(name) is not None for name in told["parts"]),
        missing=len(told["missing"]),
    )
    audit.record("备份", "make_backup", by=None, detail={"rows": made.rows, "files": made.files})
    return made


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(writer: Writer, folder: Path) -> dict[str, Any]:
    write_rows = _postgres if connection.vendor == "postgresql" else sqlite.write
    told = write_rows(writer, folder)
    if not any(rows for rows, _ in told["tables"].values()):
        raise Refused("数据库里一行也没有，没有做备份；请核对 DATABASE_URL。")
    writer.end(told)
    return told | {"parts": writer.sums}


def _postgres(writer: Writer, _folder: Path) -> dict[str, Any]:
    if connection.in_atomic_block:
        raise RuntimeError("a backup opens a snapshot of its own")
    with transaction.atomic():
        postgres.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        postgres.spell()
        postgres.must_see_every_row()
        told = manifest.beginning()
        # First the files: those of the snapshot are still there. Rows cannot run away.
        told["missing"] = media.write(writer)
        told["tables"], told["columns"] = {}, {}
        for table in postgres.tables():
            part = writer.begin(f"table/{table.name}")
            postgres.write_rows(table, part)
            rows, sum_ = part.lines, part.end()
            if rows != postgres.count(table):
                raise Refused(f"表 {table.name} 读出 {rows} 行，与同一时刻的行数不符，没有做备份。")
            told["tables"][table.name] = [rows, sum_.sha256]
            told["columns"][table.name] = table.columns
        told["sequences"] = postgres.sequences()
    return told
