"""The materialised path: ranges for reading, and the only place that writes the tree.

A subtree is a *range* on the path, never ``LIKE``: on SQLite the LIKE form is a full scan, and on
PostgreSQL the range uses the plain unique index whatever the collation, because the upper bound
stays inside treebeard's alphabet (0-9, A-Z) and so sorts the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from pypinyin import Style, lazy_pinyin

if TYPE_CHECKING:
    from federation.models import OrgUnit

STEP = 4
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
    syllables = lazy_pinyin(name, style=Style.NORMAL, errors=lambda text: list(text.lower()))
    words = ["".join(ch for ch in word if ch.isascii() and ch.isalnum()) for word in syllables]
    return "".join(words)[:300], "".join(word[:1] for word in words)[:60]


@transaction.atomic
def add(parent: OrgUnit | None, unit: OrgUnit) -> OrgUnit:
    """Put a new ``unit`` under ``parent`` (None: a root) and return it saved."""
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    if parent is None:
        return Unit.objects.add_root(instance=unit)
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), instance=unit)


@transaction.atomic
def move(unit: OrgUnit, parent: OrgUnit) -> OrgUnit:
    """Hang ``unit`` with all below it under ``parent``; scope follows at once. Returns it re-read."""
    from federation.models import OrgUnit as Unit  # noqa: PLC0415 -- the models import this module

    node, target = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=parent.pk)
    if node.path[:-STEP] != target.path:
        Unit.objects.move(node, target, pos="last-child")
    return Unit.objects.get(pk=unit.pk)
