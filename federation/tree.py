"""The materialised path: ranges for reading, and the only place that writes the tree.

A subtree is a *range* on the path, never ``LIKE``: on SQLite the LIKE form is a full scan, and on
PostgreSQL the range uses the plain unique index whatever the collation, because the upper bound
stays inside treebeard's alphabet (0-9, A-Z) and so sorts the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

if TYPE_CHECKING:
    from federation.models import OrgUnit

STEP = 4
WRITING = 5_107_014  # names the lock of lock(); any number nobody else takes
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def path_after(path: str) -> str | None:
    """The smallest path greater than every path below ``path``; None when there is none.

    ``0001`` → ``0002``, ``0001000Z`` → ``00010010``, ``ZZZZ`` → None.
    """
    head, last = path.rstrip(ALPHABET[-1]), ""
    if not head:
        return None
    last = ALPHABET[ALPHABET.index(head[-1]) + 1]
    return (head[:-1] + last).ljust(len(path), ALPHABET[0])


def within(path: str, field: str = "path") -> Q:
    """Condition for the subtree at ``path``, itself included; ``field`` names the path column."""
    after = path_after(path)
    condition = Q(**{f"{field}__gte": path})
    return condition & Q(**{f"{field}__lt": after}) if after else condition


def topmost(paths: Iterable[str]) -> list[str]:
    """``paths`` without those that lie below another of them, sorted."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def ancestor_paths(path: str, *, include_self: bool = True) -> list[str]:
    stop = len(path) if include_self else len(path) - STEP
    return [path[:end] for end in range(STEP, stop + 1, STEP)]


@lru_cache(maxsize=8192)
def pinyin_key(name: str) -> tuple[str, str]:
    """Full pinyin and initials of ``name`` in lower-case ASCII, to search and to sort by.

    Stored beside the name because neither SQLite nor PostgreSQL without ICU can sort by pinyin.
    """
    # The phrase dictionary takes up to a second to load, and most processes never name a unit.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    # What has no pinyin (digits, Latin) stands for itself, one character each.
    kept: Any = lambda text: list(text.lower())  # noqa: E731 -- typed wrongly upstream
    syllables = lazy_pinyin(name, style=Style.NORMAL, errors=kept)
    words = ["".join(ch for ch in word if ch.isascii() and ch.isalnum()) for word in syllables]
    return "".join(words)[:300], "".join(word[:1] for word in words)[:60]


def lock() -> None:
    """Hold the tree until the transaction ends: its paths are written by one at a time.

    Two branches moved at once could each end up below the other. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])


@transaction.atomic
def add(parent: OrgUnit | None, unit: OrgUnit) -> OrgUnit:
    """Put a new ``unit`` under ``parent`` (None: a root) and return it saved."""
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    lock()
    if parent is None:
        return Unit.objects.add_root(instance=unit)
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), instance=unit)


@transaction.atomic
def move(unit: OrgUnit, parent: OrgUnit) -> OrgUnit:
    """Hang ``unit`` with all below it last under ``parent``; scope follows at once. Returns it re-read.

    One UPDATE over the range of its paths: treebeard's finds them by LIKE, which reads the whole
    table on SQLite. Raises ``ValueError`` when ``parent`` lies below ``unit``.
    """
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    lock()
    node, target = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=parent.pk)
    if target.path.startswith(node.path):
        raise ValueError("a unit cannot hang below itself")
    if node.path[:-STEP] != target.path:
        path = path_after(_last_below(target)) or ""
        _require_room(path, target.path)
        Unit.objects.filter(within(node.path)).update(
            path=Concat(Value(path), Substr("path", len(node.path) + 1)),
            depth=F("depth") + (len(path) - len(node.path)) // STEP,
        )
        Unit.objects.filter(path=node.path[:-STEP]).update(numchild=F("numchild") - 1)
        Unit.objects.filter(pk=target.pk).update(numchild=F("numchild") + 1)
    return Unit.objects.get(pk=unit.pk)


def _last_below(stem: OrgUnit | None) -> str:
    """Path of the last unit directly below ``stem`` (None: of the last root); its zeroth if none."""
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    base = stem.path if stem else ""
    # A parent that never had a child needs no question.
    if stem is None or stem.numchild:
        siblings = Unit.objects.filter(depth=len(base) // STEP + 1)
        siblings = siblings.filter(within(base)) if base else siblings
        if last := siblings.order_by("path").last():
            return last.path
    return base + ALPHABET[0] * STEP


def _require_room(path: str, base: str) -> None:
    if len(path) != len(base) + STEP or not path.startswith(base):
        raise OverflowError(f"no room for another unit below path {base or 'root'}")


@transaction.atomic
def graft(branches: Iterable[tuple[OrgUnit | None, OrgUnit]]) -> list[OrgUnit]:
    """Put many new units under saved parents (None: as roots), last among their siblings, in order.

    For loaders: one statement per batch where ``add`` needs four per unit. A unit whose parent is
    itself new goes into a later call. Fills the search keys, which ``save()`` would have filled.
    """
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    lock()
    below: dict[int | None, list[OrgUnit]] = {}
    for parent, unit in branches:
        below.setdefault(parent.pk if parent else None, []).append(unit)
    parents = Unit.objects.select_for_update().in_bulk([pk for pk in below if pk is not None])
    grafted: list[OrgUnit] = []
    for pk, units in below.items():
        stem = parents[pk] if pk is not None else None
        path = _last_below(stem)
        for unit in units:
            path = path_after(path) or ""
            _require_room(path, stem.path if stem else "")
            unit.path, unit.depth, unit.numchild = path, len(path) // STEP, 0
            unit.pinyin, unit.initials = pinyin_key(unit.area_name or unit.short_name or unit.name)
            grafted.append(unit)
        if stem:
            stem.numchild += len(units)
    Unit.objects.bulk_create(grafted, batch_size=500)
    Unit.objects.bulk_update(parents.values(), ["numchild"], batch_size=200)
    return grafted
