"""One change of the tree: who may ask for it, how it is tried, and how it is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, grants, row_security, scope, tree
from federation.models import OrgUnit, UnitChange, User
from federation.unit_changes import effect
from federation.unit_changes.effect import Effect

MANAGE = "federation_manage"
# An administrator reads no archive; what her change means for forms and tasks follows all the same.
FOLLOWS = "records follow their units, whoever may read them"
# These touch whoever sits at the unit, and so never the unit of her who asks.
FROM_ABOVE = frozenset({"move", "merge", "split", "close"})


class Superseded(Exception):
    """Somebody changed the same units since the preview; carries what would happen now."""

    def __init__(self, found: Effect):
        self.effect = found
        super().__init__("预览之后情况有变。")


def may_change(kind: str, unit: OrgUnit, by: User) -> str:
    """Why ``by`` may not change ``unit`` so, as a sentence; empty when she may."""
    if not scope.may(by, MANAGE, unit):
        return f"“{unit.name}”不在您管理的范围内。"
    seats = by.appointments.current().values_list("unit__path", flat=True)
    if kind in FROM_ABOVE and any(path.startswith(unit.path) for path in seats):
        return f"“{unit.name}”是您自己任职的组织或其上级，须由上级的管理员办理。"
    return ""


@dataclass
class Written:
    """What a change wrote: the units it concerns, its facts, and the sentence it is told by."""

    unit: OrgUnit
    words: str
    others: list[OrgUnit] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    new: list[OrgUnit] = field(default_factory=list)
    moved: list[OrgUnit] = field(default_factory=list)  # tops of the branches whose place is new
    people: list[User] = field(default_factory=list)  # to be given what is theirs now


@dataclass(kw_only=True)
class Change:
    """``unit`` is the one changed (the parent, for a new one); ``day`` is past or today.

    ``same_name`` says that a unit of the same name beside it is known and another one.
    """

    unit: OrgUnit
    by: User
    day: dt.date
    reason: str
    same_name: bool = False
    kind: ClassVar[str]

    def concerned(self) -> list[OrgUnit]:
        """The units whose whole branches the change can touch."""
        return [self.unit]

    def alone(self) -> list[OrgUnit]:
        """Units it can touch without what is below them."""
        return []

    def check(self) -> None:
        """Raise ``ValidationError`` or ``PermissionDenied``, in words that name the remedy."""
        raise NotImplementedError

    def write(self) -> Written:
        raise NotImplementedError

    # -- What every kind asks ---------------------------------------------------------------------
    def check_asking(self, *others: OrgUnit) -> None:
        """The unit and ``others`` are open, hers to manage, and the words are there."""
        for unit in (self.unit, *others):
            if unit.is_closed:
                raise ValidationError(
                    f"“{unit.name}”已于{unit.closed_on:%Y-%m-%d}撤销，不能再办理变更。",
                    code="closed",
                )
        refusals = [may_change(self.kind, self.unit, self.by)]
        refusals += [may_change("", unit, self.by) for unit in others]
        if refusal := next(filter(None, refusals), ""):
            raise PermissionDenied(refusal)
        if self.day > timezone.localdate():
            raise ValidationError({"day": "变更日期不能晚于今天；到那一天再办理。"})
        if not self.reason.strip():
            raise ValidationError({"reason": "请写明依据或原因，如批复的文号。"})

    def check_name(self, name: str, parent: OrgUnit, *, besides: Iterable[int] = ()) -> None:
        """No open unit directly below ``parent`` bears ``name``, unless that is known."""
        beside = children(parent).filter(name=name).exclude(pk__in=list(besides))
        if not self.same_name and beside.exists():
            raise ValidationError(
                f"“{parent.name}”下面已有“{name}”。若确是另一个组织，请勾选“确是另一个组织”后再继续。",
                code="same_name",
            )


def children(unit: OrgUnit):
    """Open units directly below ``unit``."""
    below = OrgUnit.objects.open_now().below(unit, include_self=False)
    return below.filter(depth=unit.depth + 1).select_related("unit_type")


@transaction.atomic
def rehearse(change: Change) -> Effect:
    """What ``change`` would do; everything is written and taken back. Raises as it would."""
    with row_security.everything(reason=FOLLOWS):
        found, _ = _do(change)
    transaction.set_rollback(True)
    return found


@transaction.atomic
def carry_out(change: Change, *, seen: str | None = None) -> UnitChange:
    """Do ``change`` and keep it; returns its record.

    ``seen`` is the fingerprint of the preview that was agreed to: where the effect is another by
    now, nothing is done and :class:`Superseded` is raised. Also raises what ``change.check`` does.
    """
    with row_security.everything(reason=FOLLOWS):
        found, written = _do(change)
    if seen is not None and seen != found.fingerprint:
        raise Superseded(found)
    kept = UnitChange.objects.create(
        kind=change.kind,
        unit=written.unit,
        words=written.words[:400],
        before=written.before,
        after=written.after | {"影响": found.counts},
        day=change.day,
        reason=change.reason.strip()[:300],
        by=change.by,
    )
    kept.others.set(written.others)
    detail = {"units": len(found.parts.get(effect.UNITS, ())), "reason": kept.reason[:200]}
    for unit in (written.unit, *written.others):
        audit.record(unit, f"{change.kind}_unit", by=change.by, unit=unit, detail=detail)
    return kept


def _do(change: Change) -> tuple[Effect, Written]:
    """Write ``change`` between two pictures. One at a time: the second finds what the first did."""
    tree.lock()
    for unit in (change.unit, *change.concerned()):
        unit.refresh_from_db()
    change.check()
    whole, alone = [u.pk for u in change.concerned()], [u.pk for u in change.alone()]
    before = effect.picture(whole, alone)
    fitting = [link.pk for link in effect.links_at(whole) if _fits(link)]
    written = change.write()
    _end_links_left_behind(fitting, change)
    # What hook-ups lent at a unit closed just now is in other people's hands.
    left = User.objects.filter(unitgrant__content_object__closed_on__isnull=False).distinct()
    grants.derive_all([*written.people, *left], by=change.by)
    if written.moved:
        paths = [unit.path for unit in OrgUnit.objects.filter(pk__in=[u.pk for u in written.moved])]
        for room in effect.rooms():
            room.follow(OrgUnit.objects.filter(scope.reach(paths, "path")))
    after = effect.picture([*whole, *(unit.pk for unit in written.new)], alone)
    return effect.difference(before, after, written.words), written


def _fits(link) -> bool:
    """A department answers for units below the federation it belongs to."""
    return link.unit.path.startswith(link.department.path[: -tree.STEP])


def _end_links_left_behind(fitting: list[int], change: Change) -> None:
    """Hook-ups whose department and unit no longer stand under one federation come to their end."""
    for link in effect.links_in_force().filter(pk__in=fitting):
        if not _fits(link):
            grants.end_hook_up(link, on=last_day(change.day), by=change.by)


def last_day(day: dt.date) -> dt.date:
    """The last day on which what a change of ``day`` ends was still in force."""
    return min(day, timezone.localdate()) - dt.timedelta(days=1)
