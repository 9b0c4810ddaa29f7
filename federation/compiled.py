"""Questions that every page asks: their SQL is put together once, and asked with other words.

Who is here, in which post, with which grants: to put such a question together takes several times as
long as to have it answered. Only questions whose shape never depends on what is asked belong here.
"""

from __future__ import annotations

import copy
import datetime as dt
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=Model)


class Compiled(Generic[M]):
    """``make(*blanks)`` is the queryset; the question is asked with a word for each of ``blanks``.

    Blanks are what no word and no constant of the question ever is: the places at which they come
    out in the SQL are those of the words. Words are numbers, texts, days, moments with a zone and
    uuids; never ``None``, which would make another question.
    """

    def __init__(self, make: Callable[..., QuerySet[M, Any]], *blanks: Any) -> None:
        self._make, self._blanks = make, blanks
        self._put: dict[str, tuple[Any, str, list[Any], dict[int, int]]] = {}

    def objects(self, *words: Any) -> list[M]:
        """The rows as objects, with what was asked to be selected along; one query."""
        compiler = self._with(words)
        rows = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            query=SimpleNamespace(get_compiler=lambda using: compiler),
            _known_related_objects={},
        )
        return list(ModelIterable(rows))

    def rows(self, *words: Any) -> list[tuple[Any, ...]]:
        """The rows of a ``values_list``; one query."""
        return list(self._with(words).results_iter(tuple_expected=True))

    def _with(self, words: tuple[Any, ...]) -> Any:
        if None in words:
            raise ValueError("a word of a compiled question is never None")
        connection = connections[DEFAULT_DB_ALIAS]
        compiler, sql, told, places = self._of(connection)
        filled = list(told)
        for place, at in places.items():
            filled[place] = _adapted(words[at], connection)
        asked = copy.copy(compiler)
        asked.connection = connection  # a thread has its own
        asked.as_sql = lambda: (sql, tuple(filled))
        return asked

    def _of(self, connection: Any) -> tuple[Any, str, list[Any], dict[int, int]]:
        put = self._put.get(connection.vendor)
        if put is None:
            compiler = self._make(*self._blanks).query.get_compiler(using=DEFAULT_DB_ALIAS)
            sql, told = compiler.as_sql()
            blanks = [_adapted(blank, connection) for blank in self._blanks]
            places = {place: blanks.index(one) for place, one in enumerate(told) if one in blanks}
            if set(places.values()) != set(range(len(blanks))):
                raise ValueError(f"blanks that are not in the question: {sql}")
            put = self._put[connection.vendor] = compiler, sql, list(told), places
        return put


def _adapted(word: Any, connection: Any) -> Any:
    """As a field of its kind would send it to the database."""
    if isinstance(word, dt.datetime):
        return connection.ops.adapt_datetimefield_value(word)
    if isinstance(word, dt.date):
        return connection.ops.adapt_datefield_value(word)
    if isinstance(word, uuid.UUID):
        return word if connection.features.has_native_uuid_field else word.hex
    return word
