"""Sealing everything anew with the current key: row by row, in batches, from wherever it was stopped.

What is left to do is asked of the rows themselves (their tokens name their key), so a run that was
killed is simply begun again. Each value and its blind index change in one statement, and only if
nobody saved the row meanwhile; whoever did used the current key already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from federation import row_security
from federation.encryption.fields import BlindIndexField, EncryptedTextField
from federation.encryption.keys import VERSION, KeyProblem, ring

REASON = "keys are changed for all rows"
Progress = Callable[[str, int, int], None]  # of which column, how many done, of how many


@dataclass(frozen=True)
class Column:
    """One sealed column, and the indexes made from it."""

    field: EncryptedTextField
    indexes: tuple[BlindIndexField, ...]

    @property
    def words(self) -> str:
        return f"{self.field.model._meta.verbose_name}·{self.field.verbose_name}"

    @property
    def table(self) -> str:
        return _quoted(self.field.model._meta.db_table)

    @property
    def name(self) -> str:
        return _quoted(self.field.column)

    @property
    def key(self) -> str:
        return _quoted(self.field.model._meta.pk.column)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


def columns() -> Iterator[Column]:
    """Every sealed column of every model."""
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        fields = model._meta.local_concrete_fields
        for field in fields:
            if isinstance(field, EncryptedTextField):
                made_of = [
                    f for f in fields if isinstance(f, BlindIndexField) and f.of == field.name
                ]
                yield Column(field, tuple(made_of))


def sealed_with(column: Column, key_id: str) -> int:
    return _count(column, "LIKE", key_id)


def not_sealed_with(column: Column, key_id: str) -> int:
    return _count(column, "NOT LIKE", key_id)


def _count(column: Column, comparison: str, key_id: str) -> int:
    with row_security.everything(reason=REASON), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {column.table} WHERE {column.name} {comparison} %s",  # noqa: S608
            [f"{VERSION}.{key_id}.%"],
        )
        return cursor.fetchone()[0]


def reseal(*, batch: int, progress: Progress) -> list[str]:
    """Seal whatever is not sealed with the current key; the values that do not open, by place.

    Goes through all columns until a whole pass finds nothing: a save that had begun under the old key
    may have landed behind us.
    """
    while True:
        done = 0
        damaged: list[str] = []
        for column in columns():
            fresh, bad = _reseal(column, batch, progress)
            done, damaged = done + fresh, [*damaged, *bad]
        if not done:
            return damaged


def _reseal(column: Column, batch: int, progress: Progress) -> tuple[int, list[str]]:
    todo = not_sealed_with(column, ring().current.id)
    done, after, damaged = 0, 0, []
    while rows := _batch(column, after, batch):
        after = rows[-1][0]
        changes = []
        for pk, row, token in rows:
            try:
                changes.append(_change(column, pk, row, token))
            except KeyProblem:
                damaged.append(f"{column.words}（表 {column.field.model._meta.db_table}，行 {pk}）")
        done += _write(column, changes)
        progress(column.words, done, todo)
    return done, damaged


def _batch(column: Column, after: int, size: int) -> list[tuple[Any, Any, str]]:
    with row_security.everything(reason=REASON), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column.key}, uuid, {column.name} FROM {column.table}"  # noqa: S608
            f" WHERE {column.key} > %s AND {column.name} NOT LIKE %s"
            f" ORDER BY {column.key} LIMIT %s",
            [after, f"{VERSION}.{ring().current.id}.%", size],
        )
        return cursor.fetchall()


def _change(column: Column, pk: int, row: Any, token: str) -> list[Any]:
    bound_to = column.field.bound_to_row(row if isinstance(row, uuid.UUID) else uuid.UUID(row))
    value = ring().open(token, bound_to)
    digests = [index.digest(value) for index in column.indexes]
    return [ring().seal(value, bound_to), *digests, pk, token]


def _write(column: Column, changes: list[list[Any]]) -> int:
    if not changes:
        return 0
    settings = [column.name, *(_quoted(index.column) for index in column.indexes)]
    statement = (
        f"UPDATE {column.table} SET {', '.join(f'{name} = %s' for name in settings)}"  # noqa: S608
        f" WHERE {column.key} = %s AND {column.name} = %s"
    )
    with (
        row_security.everything(reason=REASON),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.executemany(statement, changes)
        return cursor.rowcount


def mentioned_elsewhere(key_id: str) -> list[str]:
    """JSON columns that hold a token of ``key_id``: what a merge remembers, and the like."""
    found = []
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, models.JSONField) or model._meta.proxy:
                continue
            with row_security.everything(reason=REASON), connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*) FROM {_quoted(model._meta.db_table)}"  # noqa: S608
                    f" WHERE CAST({_quoted(field.column)} AS text) LIKE %s",
                    [f"%{VERSION}.{key_id}.%"],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{model._meta.verbose_name}·{field.verbose_name}")
    return found
