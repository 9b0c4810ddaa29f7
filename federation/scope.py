"""Who may reach which rows: said once here, asked everywhere.

``Model.objects.visible_to(user, action)`` is the one filter, and a single object is allowed exactly
if that queryset contains it; ``held_by`` is the part of it at one's own units. Nothing else in the portal decides reach.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, ClassVar, Self, cast

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone

from federation import tree
from federation.compiled import Compiled
from federation.models import OrgUnit, UnitGrant, User

Held = list[tuple[str, int, str, bool]]
MANY = 100  # ranges of paths in one condition
_asked: ContextVar[dict[int, Held] | None] = ContextVar("asked", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Within, the grants of a person are read once: for answers that only show.

    An act asks anew each time, since it waits for locks and what it was granted may have ended.
    Within another the outer one holds.
    """
    if _asked.get() is not None:
        yield
        return
    token = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(token)


def forget() -> None:
    """Grants have changed: whoever is within :func:`asked_once` asks anew from here to its end.

    Not only once: the change may yet be undone with its transaction.
    """
    if _asked.get() is not None:
        _asked.set(None)


def grants_of(user: User) -> Held:
    """(action, unit id, unit path, whether units lie below it) of every grant of ``user`` in force
    today; one query.

    A grant at a unit is one at each closed unit that it succeeded as well.
    """
    asked = _asked.get()
    if asked is not None and user.pk in asked:
        return asked[user.pk]
    held: set[tuple[str, int, str, bool]] = set()
    rows = _grants.rows(timezone.localdate(), user.pk)
    for action, unit, path, below, left_unit, left_path, left_below in rows:
        held.add((action, unit, path, below > 0))
        if left_unit:
            held.add((action, left_unit, left_path, left_below > 0))
    found = sorted(held)
    if asked is not None:
        asked[user.pk] = found
    return found


def _of_grants(day: dt.date, user: int) -> models.QuerySet[UnitGrant, Any]:
    wanted = ("content_object_id", "content_object__path", "content_object__numchild")
    left = [f"content_object__predecessors{part}" for part in ("", "__path", "__numchild")]
    grants = UnitGrant.objects.in_force(day).filter(user_id=user)
    return grants.values_list("permission__codename", *wanted, *left)


# Asked several times a request.
_grants: Compiled[UnitGrant] = Compiled(_of_grants, dt.date(1000, 1, 1), -1)


def units_held(user: User | AnonymousUser, action: str) -> set[int]:
    """Ids of the units at exactly which ``user`` may do ``action`` today; one query.

    For acts that belong to one level: reach says what one may look at, the node of a grant whose
    work one does. Empty for an anonymous or disabled account.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return set()
    return {unit for held, unit, _, _ in grants_of(user) if held == action}


def granted_paths(user: User | AnonymousUser, action: str) -> list[str]:
    """Topmost tree paths where ``user`` may do ``action`` (``<app>_<action>``) today; one query.

    Empty for an anonymous or disabled account. A superuser gets no more than her appointments give.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return []
    return tree.topmost(path for held, _, path, _ in grants_of(user) if held == action)


def granted_units(user: User | AnonymousUser, action: str) -> models.QuerySet[OrgUnit]:
    """Units at or below a grant of ``action``."""
    paths = granted_paths(user, action)
    return OrgUnit.objects.filter(reach(paths, "path")) if paths else OrgUnit.objects.none()


def roots(user: User | AnonymousUser, action: str) -> list[OrgUnit]:
    """The topmost units at which ``user`` holds ``action``, in the order of the tree."""
    paths = granted_paths(user, action)
    return list(OrgUnit.objects.filter(path__in=paths).select_related("unit_type")) if paths else []


def may(user: User | AnonymousUser, action: str, unit: OrgUnit | None = None) -> bool:
    """Whether ``user`` holds ``action`` at ``unit``, or anywhere at all when no unit is given."""
    paths = granted_paths(user, action)
    if unit is None:
        return bool(paths)
    return any(unit.path.startswith(path) for path in paths)


def ends_of(user: User | AnonymousUser) -> dict[str, int]:
    """Ids by path of the units of ``user``'s grants that have no other below them; one query."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return {}
    return {path: unit for _, unit, path, below in grants_of(user) if not below}


def reach(paths: list[str], field: str, ends: Mapping[str, int] = MappingProxyType({})) -> Q:
    """Condition that the path column ``field`` lies at or below one of ``paths``.

    Below one of ``ends`` lies nothing: there "at" is said, which an index by unit answers in order.
    ``field`` is then the path of a unit that the row names: ``unit__path``.
    """
    condition = Q(pk__in=[])
    for path in paths:
        if path in ends:
            condition |= Q(**{field.removesuffix("__path"): ends[path]})
        else:
            condition |= tree.within(path, field)
    return condition


def named(words: str, field: str) -> Q:
    """Condition that the path column ``field`` lies at or below a unit called ``words``."""
    called = OrgUnit.objects.matching(words)
    paths = tree.topmost(called.values_list("path", flat=True))
    if len(paths) <= MANY:
        return reach(paths, field)
    # "村" names thousands, and SQLite takes a thousand conditions at most.
    place = ExpressionWrapper(OuterRef(field), output_field=models.CharField())
    above = called.order_by().annotate(place=place).filter(place__startswith=F("path"))
    return Q(Exists(above))


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a unit. Composes: every earlier filter stays."""

    def visible_to(self, user: User, action: str = "view") -> Self:
        """Rows at which ``user`` holds this model's app's ``action`` today."""
        paths = granted_paths(user, f"{self.model._meta.app_label}_{action}")
        return self.filter(reach(paths, f"{self._unit}__path")) if paths else self.none()

    def held_by(self, user: User, action: str) -> Self:
        """Rows of the units at exactly which ``user`` holds the action: her own, not those below."""
        units = units_held(user, f"{self.model._meta.app_label}_{action}")
        return self.filter(**{f"{self._unit}__in": units}) if units else self.none()

    def below(self, unit: OrgUnit) -> Self:
        """Narrows to the subtree of ``unit``; does not permit."""
        return self.filter(tree.within(unit.path, f"{self._unit}__path"))

    def at(self, unit: OrgUnit) -> Self:
        return self.filter(**{self._unit: unit})

    @property
    def _unit(self) -> str:
        """Lookup from a row to its unit."""
        return cast("type[ScopedModel]", self.model).scope_unit

    @classmethod
    def as_manager(cls) -> Any:
        """A closed manager with this queryset's own questions."""
        return ScopedManager.from_queryset(cls)()


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Gives nothing unless scoped: ``objects.all()`` is empty, ``visible_to`` is the way in.

    Rows reached through a parent already in hand (``submission.rows``) are given, because the
    parent was fetched in scope. ``unscoped`` is the single escape and states its reason.
    """

    def get_queryset(self) -> models.QuerySet:
        queryset = super().get_queryset()
        return queryset if self._has_parent else queryset.none()

    @property
    def _has_parent(self) -> bool:
        return getattr(self, "instance", None) is not None

    def visible_to(self, user: User, action: str = "view") -> Any:
        return self.unscoped(reason="narrowed to the user's reach").visible_to(user, action)

    def held_by(self, user: User, action: str) -> Any:
        return self.unscoped(reason="narrowed to the user's own units").held_by(user, action)

    def unscoped(self, *, reason: str) -> Any:
        """All rows, for work that acts for nobody (jobs' claims, loaders, constraints)."""
        if len(reason) < 8:
            raise ValueError("unscoped() needs a reason that a reader can judge")
        return self.get_queryset() if self._has_parent else super().get_queryset()


class ScopedModel(models.Model):
    """Base of every model whose rows belong to a unit. ``scope_unit`` is the lookup to that unit."""

    scope_unit: ClassVar[str] = "unit"
    #: Whether row-level security guards the table too. A notice is sent to units that its issuer's
    #: unit does not contain; a model that says False holds nothing of a person.
    behind_the_wall: ClassVar[bool] = True
    #: Further units at which row-level security shows a row; ``visible_to`` of the model says so too.
    also_read_at: ClassVar[tuple[str, ...]] = ()
    objects: ClassVar = ScopedManager()

    class Meta:
        abstract = True


class OutOfReach(Exception):
    """A row would lie, or has come to lie, where its writer may not reach."""


def prove(row: ScopedModel, user: User, action: str = "view") -> ScopedModel:
    """Re-read ``row`` after saving, inside the transaction; raise OutOfReach when it slipped away.

    Limiting form choices is courtesy, this is the lock.
    """
    found = type(row).objects.visible_to(user, action).filter(pk=row.pk).first()
    if found is None:
        raise OutOfReach("所填组织不在您的管辖范围内，未保存。")
    return found
