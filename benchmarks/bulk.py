"""Many rows into an empty table, by the fastest way of each engine."""

import io
import itertools
from collections.abc import Iterable, Sequence

from django.core.management.color import no_style
from django.db import connection, models, transaction

_BATCH = 20_000


def fill(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write ``rows`` to the table of ``model``; ``columns`` are column names, booleans are 0 and 1.

    Values hold no tab, line end or backslash. The next id follows the largest written.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    left = iter(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        while batch := list(itertools.islice(left, _BATCH)):
            if connection.vendor == "postgresql":
                lines = ("\t".join(map(_text, row)) for row in batch)
                text = io.StringIO("\n".join(lines))
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", text)
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)  # noqa: S608 -- names of our models
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def fill_columns(
    model: type[models.Model], columns: Sequence[str], texts: Sequence[Sequence[str]]
) -> None:
    """``fill`` with texts a column at a time; an empty text is no value."""
    if connection.vendor != "postgresql":
        rows = zip(*texts, strict=True)
        fill(model, columns, ([text or None for text in row] for row in rows))
        return
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    filled = [[text or r"\N" for text in column] if "" in column else column for column in texts]
    lines = map("\t".join, zip(*filled, strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        while batch := list(itertools.islice(lines, _BATCH)):
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("\n".join(batch)))
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def settle(model: type[models.Model] | None = None) -> None:
    """Let the engine count what it holds, in one table or all, as one in use has long done."""
    table = connection.ops.quote_name(model._meta.db_table) if model else ""
    vacuum = "VACUUM " if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{vacuum}ANALYZE {table}")


def _text(value: object) -> str:
    return r"\N" if value is None else str(value)
