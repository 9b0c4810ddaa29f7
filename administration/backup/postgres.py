"""Rows of PostgreSQL out and in by ``COPY``, hashed on the way in an order that any server keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

from administration.backup import Refused

# What these say decides how a value is spelt; as pg_dump sets them.
SPELLING = """
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex';
    SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off
"""


READ = 1 << 16  # bytes handed to the server at a time


class Takes(Protocol):
    def write(self, block: bytes) -> None: ...


@dataclass(frozen=True)
class Table:
    """``order`` is SQL that puts the rows into one order, whatever the server's collation."""

    name: str
    columns: tuple[str, ...]
    order: str

    @property
    def listed(self) -> str:
        return ", ".join(map(quote, self.columns))


def quote(name: str) -> str:
    return connection.ops.quote_name(name)


def ask(statement: str, values: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def spell() -> None:
    """How values are spelt in this transaction; with ``row_security`` off a filtered read fails."""
    run(SPELLING)


def tables() -> list[Table]:
    """All tables of the portal's schema, extensions' left out."""
    rows = ask(
        "SELECT c.relname, a.attname, a.attcollation <> 0, a.attnum = ANY (k.conkey)"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
        " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
        " ORDER BY c.relname, a.attnum"
    )
    held: dict[str, list[tuple[str, bool, bool | None]]] = {}
    for table, column, collated, key in rows:
        held.setdefault(table, []).append((column, collated, key))
    return [_table(name, columns) for name, columns in held.items()]


def _table(name: str, columns: list[tuple[str, bool, bool | None]]) -> Table:
    key = [(column, collated) for column, collated, is_key in columns if is_key]
    parts = [f'{quote(c)} COLLATE "C"' if collated else quote(c) for c, collated in key]
    parts = parts or [f'{quote(column)}::text COLLATE "C"' for column, _, _ in columns]
    return Table(name, tuple(column for column, _, _ in columns), ", ".join(parts))


def must_see_every_row() -> None:
    """:class:`Refused` unless this role is above the row policies of every table."""
    hidden = ask(
        "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relkind = 'r' AND row_security_active(oid)"
    )
    if hidden[0][0]:
        raise Refused(
            f"当前数据库角色在 {hidden[0][0]} 张表上只看得到一部分行。"
            "请设好 DATABASE_ADMIN_URL（角色须有 BYPASSRLS）再运行。"
        )


def write_rows(table: Table, out: Takes) -> None:
    """The rows as ``COPY`` writes them, a line a row."""
    select = f"SELECT {table.listed} FROM {quote(table.name)} ORDER BY {table.order}"  # noqa: S608 -- names of the catalogue
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({select}) TO STDOUT", out)


def count(table: Table) -> int:
    return ask(f"SELECT count(*) FROM {quote(table.name)}")[0][0]  # noqa: S608


def put(table: str, columns: list[str], blocks: Iterator[bytes]) -> None:
    listed = ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {quote(table)} ({listed}) FROM STDIN", _Lines(blocks), READ)


class _Lines:
    """``blocks`` as a file that is read in pieces."""

    def __init__(self, blocks: Iterator[bytes]):
        self._blocks, self._held = blocks, b""

    def read(self, size: int) -> bytes:
        while not self._held:
            try:
                self._held = next(self._blocks)
            except StopIteration:
                return b""
        taken, self._held = self._held[:size], self._held[size:]
        return taken


class _Summed:
    """Takes rows for their number and SHA-256 alone."""

    def __init__(self) -> None:
        self.digest, self.lines = hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        self.digest.update(block)
        self.lines += block.count(b"\n")


def sum_of(table: Table) -> tuple[int, str]:
    """How many rows there are, and the SHA-256 over them in order."""
    summed = _Summed()
    write_rows(table, summed)
    return summed.lines, summed.digest.hexdigest()


# -- Sequences ------------------------------------------------------------------------------------
def sequences() -> dict[str, int]:
    """The last number each sequence gave; those that never gave one are left out.

    Sequences know no snapshot: asked after the rows were read, none lags behind them.
    """
    return dict(
        ask(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
    )


def number_on(last: dict[str, int]) -> None:
    """Part of the transaction, as ``setval`` is not."""
    for name, value in last.items():
        run(f"ALTER SEQUENCE {quote(name)} RESTART WITH {int(value) + 1}")


def lagging() -> list[str]:
    """Sequences whose next number is taken already."""
    owned = ask(
        "SELECT s.relname, t.relname, a.attname FROM pg_depend d"
        " JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
        " JOIN pg_class t ON t.oid = d.refobjid"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid"
        " WHERE s.relnamespace = current_schema()::regnamespace AND d.deptype IN ('a', 'i')"
    )
    found = []
    for sequence, table, column in owned:
        behind = ask(
            f"SELECT coalesce((SELECT max({quote(column)}) FROM {quote(table)}), 0)"  # noqa: S608
            f" >= last_value + is_called::int FROM {quote(sequence)}"
        )
        if behind[0][0]:
            found.append(sequence)
    return found


# -- An empty database ----------------------------------------------------------------------------
# What `migrate` itself writes.
MADE_BY_MIGRATE = ("django_migrations", "django_content_type", "auth_permission")


def filled() -> list[str]:
    """Tables that hold rows other than those ``migrate`` writes."""
    return [
        table.name
        for table in tables()
        if table.name not in MADE_BY_MIGRATE
        and ask(f"SELECT EXISTS (SELECT FROM {quote(table.name)})")[0][0]  # noqa: S608
    ]


def clear() -> None:
    """Take away what ``migrate`` wrote: the rows come with their own numbers."""
    for name in reversed(MADE_BY_MIGRATE):
        run(f"DELETE FROM {quote(name)}")  # noqa: S608


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Inside, the portal's own triggers are off: what they forbid is written once more as it was.

    Foreign keys are not among them: they are asked at the end, before the triggers come back.
    """
    standing: list[tuple[str, str, str]] = ask(
        "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
        " AND t.tgenabled <> 'D'"
    )
    back: dict[str, Any] = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
    for table, trigger, _ in standing:
        run(f"ALTER TABLE {quote(table)} DISABLE TRIGGER {quote(trigger)}")
    yield
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table, trigger, mode in standing:
        run(f"ALTER TABLE {quote(table)} {back[mode]} TRIGGER {quote(trigger)}")
    run("SET CONSTRAINTS ALL DEFERRED")
