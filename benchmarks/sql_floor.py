"""The floor of a page: the statements it sends, sent again as they are, and two bytes for an answer.

Nothing is built from the rows: no models, no forms, no template.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from benchmarks.accounts import PAGE, account
from federation.policy import PUBLIC

Statement = tuple[str, Sequence[Any]]


@cache
def statements(username: str) -> tuple[Statement, ...]:
    """What the list page of ``username`` asks of the database, session and account included."""
    client = Client()
    client.force_login(account(username))
    client.get(PAGE)  # fills the caches that live as long as the process
    sent: list[Statement] = []

    def note(execute, sql, params, many, context):
        sent.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(PAGE)
    if answer.status_code != 200:
        raise AssertionError(f"{PAGE} answered {answer.status_code}")
    return tuple(sent)


def sql_alone(request: HttpRequest, username: str) -> HttpResponse:
    with connection.cursor() as cursor:
        for sql, params in statements(username):
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
    return HttpResponse(b"51")


sql_alone = login_not_required(sql_alone)
sql_alone.policy = PUBLIC
