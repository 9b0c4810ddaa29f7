"""The second wall: PostgreSQL shows a transaction only the rows of the person it works for.

``visible_to`` decides reach; this turns a query that forgot it from a leak into an empty list. Each
table of a :class:`ScopedModel` gets one policy: its unit is among the ids that the transaction
carries, or, for a row reached through a parent, the parent is visible. Without ids there are no
rows. It guards against our own mistakes; whoever can run SQL can set the variable.

Switched on by ``ROW_SECURITY=on`` after ``manage.py row_security apply`` (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from federation import tree
from federation.models import OrgUnit, UnitGrant, User
from federation.scope import ScopedModel

POLICY = "fulian_reach"
# Rows are added to these, and no more: the role of the pages gets no other right there.
APPEND_ONLY = ("federation_auditevent", "federation_auditseal")
Quote = Callable[[str], str]


def enabled() -> bool:
    return bool(settings.ROW_SECURITY) and connection.vendor == "postgresql"


# -- For whom a transaction works -----------------------------------------------------------------
def variable(app_label: str) -> str:
    """The transaction's variable with the ids of the units whose rows of one app it may see."""
    return f"fulian.units_{app_label}"


def guarded_apps() -> list[str]:
    return sorted({model._meta.app_label for model in guarded_models()})


@contextmanager
def acting_for(user: User) -> Iterator[None]:
    """Inside, the database shows and takes the rows within ``user``'s reach, of any action.

    One transaction. Its variables end with it, so that the next request on the same connection
    starts with none. Does nothing while the setting is off. A unit founded inside is not yet among
    the ids.
    """
    if not enabled():
        yield
        return
    with _put_back(_names()):
        _carry_reach_of(user)
        yield


@contextmanager
def everything(*, reason: str) -> Iterator[None]:
    """Inside, the rows of all units: for work of the house itself, which acts for no person.

    Chores, and what follows from a change of units; ``reason`` is for who reads the code. One
    transaction, its variables put back at the end. Does nothing while the setting is off.
    """
    if len(reason) < 8:
        raise ValueError("everything() needs a reason that a reader can judge")
    if not enabled():
        yield
        return
    with _put_back([variable(label) for label in guarded_apps()]):
        units = connection.ops.quote_name(OrgUnit._meta.db_table)
        ids = f"(SELECT coalesce(string_agg(id::text, ','), '') FROM {units})"  # noqa: S608 -- our own words
        columns = ", ".join(f"set_config(%s, {ids}, true)" for _ in guarded_apps())
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns}", [variable(label) for label in guarded_apps()])
        yield


@contextmanager
def _put_back(names: list[str]) -> Iterator[None]:
    """A transaction that ends with the variables ``names`` as they were.

    Inside somebody's transaction the end of ours is only a savepoint, which keeps them unless it is
    undone.
    """
    within = connection.in_atomic_block
    with transaction.atomic():
        before = _carried(names) if within else {}
        yield
        if not connection.needs_rollback:
            for name, value in before.items():
                _carry(name, value)


def _names() -> list[str]:
    return [*(variable(label) for label in guarded_apps()), "role"]


def _carried(names: list[str]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(['current_setting(%s, true)'] * len(names))}", names)
        return dict(zip(names, (value or "" for value in cursor.fetchone()), strict=True))


def _carry(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _carry_reach_of(user: User) -> None:
    """Two questions: her grants, and the ids below them, which never leave the database."""
    reach = _paths_by_app(user)
    columns, values = [], []
    for label in guarded_apps():
        inside, bounds = _within(reach.get(label, []))
        units = connection.ops.quote_name(OrgUnit._meta.db_table)
        ids = f"(SELECT coalesce(string_agg(id::text, ','), '') FROM {units} WHERE {inside})"  # noqa: S608 -- our own words
        columns.append(f"set_config(%s, {ids}, true)")
        values += [variable(label), *bounds]
    if settings.ROW_SECURITY_ROLE:
        columns.append("set_config('role', %s, true)")
        values.append(settings.ROW_SECURITY_ROLE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", values)


def _within(paths: list[str]) -> tuple[str, list[str]]:
    """The ranges of :func:`federation.tree.within` in SQL."""
    parts, bounds = [], []
    for path in paths:
        after = tree.path_after(path)
        parts.append("path >= %s AND path < %s" if after else "path >= %s")
        bounds += [path, after] if after else [path]
    return " OR ".join(parts) or "false", bounds


def _paths_by_app(user: User) -> dict[str, list[str]]:
    """The topmost paths of ``user``'s grants today, by the app whose actions they are."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return {}
    grants = UnitGrant.objects.in_force(timezone.localdate()).filter(user_id=user.pk)
    found: dict[str, set[str]] = {}
    for codename, path in grants.values_list("permission__codename", "content_object__path"):
        found.setdefault(codename.partition("_")[0], set()).add(path)
    return {label: tree.topmost(paths) for label, paths in found.items()}


class RowSecurityMiddleware:
    """Puts a request into one transaction that carries its person's reach.

    An answer of 500 and above undoes it. Without the setting there is no such transaction.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        if not settings.ROW_SECURITY:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not enabled():
            return self.get_response(request)
        with acting_for(request.user):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


# -- Tables and policies --------------------------------------------------------------------------
@dataclass(frozen=True)
class State:
    """How one table stands in the database. ``sound``: forced, and its policy is ours of today."""

    table: str
    enabled: bool
    forced: bool
    policy: str | None
    wanted: str

    @property
    def sound(self) -> bool:
        return self.enabled and self.forced and self.policy == self.wanted


def guarded_models() -> list[type[ScopedModel]]:
    return [
        m
        for m in apps.get_models()
        if issubclass(m, ScopedModel) and m._meta.managed and m.behind_the_wall
    ]


def condition(model: type[ScopedModel], quote: Quote | None = None) -> str:
    """What makes a row of ``model`` visible. An id array, computed once a query, and never a
    function called for each row: that is a thousand times slower."""
    quote = quote or connection.ops.quote_name
    first, _, rest = model.scope_unit.partition("__")
    field: Any = model._meta.get_field(first)
    column = _column(model, first, quote)
    if not rest:
        carried = f"current_setting('{variable(model._meta.app_label)}', true)"
        ids = f"((SELECT string_to_array({carried}, ',')::bigint[])::bigint[])"
        columns = [column, *(_column(model, name, quote) for name in model.also_read_at)]
        return " OR ".join(f"{one} = ANY {ids}" for one in columns)
    parent = field.related_model
    if not issubclass(parent, ScopedModel) or parent.scope_unit != rest:
        raise ImproperlyConfigured(
            f"{model._meta.label} is scoped by a way its parent does not go."
        )
    table, key = quote(parent._meta.db_table), quote(parent._meta.pk.column)
    return f"EXISTS (SELECT 1 FROM {table} AS parent WHERE parent.{key} = {column})"  # noqa: S608


def _column(model: type[ScopedModel], name: str, quote: Quote) -> str:
    field: Any = model._meta.get_field(name)
    return f"{quote(model._meta.db_table)}.{quote(field.column)}"


def states() -> list[State]:
    wanted = {model._meta.db_table: condition(model) for model in guarded_models()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
            " (SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p"
            "  WHERE p.polrelid = c.oid AND p.polname = %s)"
            " FROM pg_class c WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace"
            " ORDER BY c.relname",
            [POLICY, list(wanted)],
        )
        return [State(*found, wanted[found[0]]) for found in cursor.fetchall()]


def bypassed_by_us() -> bool:
    """Whether this connection's own role is above every policy (superuser, BYPASSRLS)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
        return cursor.fetchone()[0]


@transaction.atomic
def apply(role: str) -> list[str]:
    """Put every policy up, give ``role`` what the pages need; returns the tables. Repeatable."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in guarded_models():
            table, shows = quote(model._meta.db_table), condition(model)
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
            cursor.execute(
                f"CREATE POLICY {POLICY} ON {table} USING ({shows}) WITH CHECK ({shows})"
            )
            cursor.execute(f"COMMENT ON POLICY {POLICY} ON {table} IS %s", [shows])
        if role:
            _grant(cursor, quote(role))
    return [model._meta.db_table for model in guarded_models()]


def _grant(cursor: Any, role: str) -> None:
    """Rows of all tables, those to come included; of the audit trail to add and to read only."""
    every, owner = "SELECT, INSERT, UPDATE, DELETE", "IN SCHEMA public"
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    cursor.execute(f"GRANT {every} ON ALL TABLES {owner} TO {role}")
    cursor.execute(f"GRANT USAGE ON ALL SEQUENCES {owner} TO {role}")
    cursor.execute(f"ALTER DEFAULT PRIVILEGES {owner} GRANT {every} ON TABLES TO {role}")
    cursor.execute(f"ALTER DEFAULT PRIVILEGES {owner} GRANT USAGE ON SEQUENCES TO {role}")
    for table in APPEND_ONLY:
        cursor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {role}")


@transaction.atomic
def remove() -> list[str]:
    """Take every policy down; what ``role`` was given stays. Returns the tables. Repeatable."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in guarded_models():
            table = quote(model._meta.db_table)
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    return [model._meta.db_table for model in guarded_models()]
