"""Restoring: everything is proved first, then written in one transaction into an empty target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from administration.backup import Refused, manifest, media, postgres, settling, sqlite
from administration.backup.archive import Reader, proved
from administration.backup.sealing import CHUNK, Opener, read_key

TABLE = "table/"
NOT_EMPTY = (
    "数据库不是空的（{0} 里已有数据，共 {1} 张表），没有恢复；请另建空库，或换一个 DATABASE_URL。"
)


@dataclass(frozen=True)
class Restored:
    """What was put where. ``settled`` is None where the backup was only looked at."""

    manifest: dict[str, Any]
    rows: int
    files: int
    settled: settling.Settled | None


def restore(
    path: Path, key_file: Path, *, keep_sessions: bool = False, look_only: bool = False
) -> Restored:
    """Put the backup ``path`` into this portal's empty database and its folder of files.

    :class:`Refused` with a sentence, and nothing touched, unless all of it is sound and fits.
    """
    key = read_key(key_file)
    with _opened(path, key) as file:
        told = proved(file)
    if not look_only:
        manifest.require_this_portal(told)
        erased = settling.erased()
    rows = sum(count for count, _ in told["tables"].values())
    parts = {name: one for name, one in told["parts"].items() if media.NAME.fullmatch(name)}
    if look_only:
        return Restored(told, rows, len(parts), None)
    _require_empty()
    placing = media.Placing()
    placing.clash(parts)
    load = _postgres if connection.vendor == "postgresql" else _sqlite
    try:
        with _opened(path, key) as file:
            settled = load(file, told, placing, settling.Orders(erased, keep_sessions))
    except BaseException as error:
        placing.undo()
        if isinstance(error, DatabaseError):
            # What the database says of a row may quote it.
            raise Refused(
                f"恢复没有完成（{type(error).__name__}），数据库和文件目录都没有留下数据。"
            ) from None
        raise
    finally:
        ContentType.objects.clear_cache()
    settled.after_commit()
    return Restored(told, rows, len(parts), settled)


def _opened(path: Path, key: bytes) -> closing[BufferedReader]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Refused(f"读不到备份文件 {path}：{error.strerror}。") from None
    return closing(BufferedReader(_OfFile(file, key), CHUNK))


class _OfFile(Opener):
    """An opener that closes its file with itself."""

    def close(self) -> None:
        self._file.close()
        super().close()


# -- The target -----------------------------------------------------------------------------------
def _require_empty() -> None:
    """An empty database, or one that ``migrate`` has just made; where it is empty, it makes it."""
    names = set(connection.introspection.table_names())
    if connection.vendor == "sqlite":
        sqlite.database()
        if found := sqlite.filled():
            raise Refused(NOT_EMPTY.format(found[0], len(found)))
        return
    if names and "django_migrations" not in names:
        raise Refused(NOT_EMPTY.format(min(names), len(names)))
    if names:
        applied = set(map(".".join, MigrationRecorder(connection).applied_migrations()))
        if applied != manifest.known_migrations():
            raise Refused(
                "数据库的表结构与程序不是同一版；请另建空库，或先运行 manage.py migrate。"
            )
        postgres.must_see_every_row()
        if found := postgres.filled():
            raise Refused(NOT_EMPTY.format(found[0], len(found)))
        return
    call_command("migrate", verbosity=0, interactive=False)


def _postgres(
    file: BufferedReader,
    told: dict[str, Any],
    placing: media.Placing,
    orders: settling.Orders,
) -> settling.Settled:
    if connection.in_atomic_block:
        raise RuntimeError("a restore is one transaction of its own")
    with transaction.atomic():
        postgres.spell()
        postgres.must_see_every_row()
        standing = {table.name: table for table in postgres.tables()}
        if {name: list(table.columns) for name, table in standing.items()} != told["columns"]:
            raise Refused("数据库的表与备份里的对不上，没有恢复；请另建空库再试。")
        with postgres.triggers_lifted():
            postgres.clear()
            for name, blocks in Reader(file).parts():
                if name.startswith(TABLE):
                    table = name.removeprefix(TABLE)
                    postgres.put(table, told["columns"][table], blocks)
                elif media.NAME.fullmatch(name):
                    placing.put(name, blocks)
            postgres.number_on(told["sequences"])
        _prove_rows({name: list(postgres.sum_of(table)) for name, table in standing.items()}, told)
        if lagging := postgres.lagging():
            raise Refused(f"序列 {lagging[0]} 落在已有编号后面，没有恢复；请改用另一份备份。")
        ContentType.objects.clear_cache()
        return settling.settle(orders)


def _sqlite(
    file: BufferedReader,
    told: dict[str, Any],
    placing: media.Placing,
    orders: settling.Orders,
) -> settling.Settled:
    parts: Iterator[tuple[str, Iterator[bytes]]] = Reader(file).parts()
    _, database = next(parts)  # sqlite.write puts it first
    with sqlite.aside(database) as copy:
        _prove_rows(sqlite.sums(copy), told)
        for name, blocks in parts:
            if media.NAME.fullmatch(name):
                placing.put(name, blocks)
        ContentType.objects.clear_cache()
        with transaction.atomic():
            return settling.settle(orders)


def _prove_rows(found: dict[str, list], told: dict[str, Any]) -> None:
    wrong = sorted(name for name, one in told["tables"].items() if found.get(name) != one)
    if wrong:
        raise Refused(f"恢复后的 {wrong[0]} 表与备份清单不一致，已全部退回；请改用另一份备份。")
