"""What a change of units alters, found by looking before and after: nothing is predicted.

A picture is taken of everything the change can touch; two pictures make an :class:`Effect`. Rooms
above add their own facts: an app config names a module as ``unit_records``, which offers
``facts(units)`` and ``follow(units)``.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone

from federation import scope, tree
from federation.models import Appointment, HookUpLink, OrgUnit, UnitGrant, User
from federation.permissions import known_actions

UNITS, PEOPLE, LINKS = "组织", "任职", "挂钩"


@dataclass(frozen=True)
class Fact:
    """One thing a change may alter. ``aspects`` are what may differ, in words; none: it is not there."""

    part: str
    key: str
    label: str
    aspects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Line:
    """One difference: what it is about, and each aspect as it was and as it will be."""

    part: str
    label: str
    changes: tuple[tuple[str, str, str], ...]  # aspect, before, after; "" where there was none


@dataclass(frozen=True)
class Sight:
    """A person who comes to see units she did not see, or no longer sees some."""

    user: int
    who: str
    actions: tuple[str, ...]
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """``words`` says the change in a sentence without its full stop."""

    words: str = ""
    lines: tuple[Line, ...] = ()
    sights: tuple[Sight, ...] = ()

    @property
    def parts(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.part, []).append(line)
        return found

    @property
    def gaining(self) -> list[Sight]:
        return [sight for sight in self.sights if sight.gained]

    @property
    def losing(self) -> list[Sight]:
        return [sight for sight in self.sights if sight.lost]

    @property
    def fingerprint(self) -> str:
        """The same for the same effect, however often it is tried: it names no new key."""
        return hashlib.sha256(repr((self.words, self.lines, self.sights)).encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """How many lines of each part, and how many people come to see more or less."""
        counted = {part: len(lines) for part, lines in self.parts.items()}
        sights = {"看到更多": len(self.gaining), "不再看到": len(self.losing)}
        return counted | {word: number for word, number in sights.items() if number}


@dataclass
class Picture:
    """Everything a change can touch, as it stands at one moment."""

    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    sight: dict[tuple[int, str], frozenset[int]] = field(default_factory=dict)


def rooms() -> list[ModuleType]:
    """The modules in which the rooms above say what of theirs belongs to a unit."""
    named = (getattr(config, "unit_records", None) for config in apps.get_app_configs())
    return [import_module(name) for name in named if name]


def picture(whole: Iterable[int], alone: Iterable[int] = ()) -> Picture:
    """What stands at the units ``whole`` and below them, and at the units ``alone``; all by key."""
    roots = tree.topmost(OrgUnit.objects.filter(pk__in=whole).values_list("path", flat=True))
    chosen = OrgUnit.objects.filter(scope.reach(roots, "path") | Q(pk__in=list(alone)))
    units = list(chosen.select_related("unit_type", "post_level", "line_system", "successor"))
    taken = Picture(names={unit.pk: unit.name for unit in units})
    seats = list(
        Appointment.objects.current()
        .filter(unit__in=chosen.order_by())
        .select_related("user", "unit", "post")
        .order_by("pk")
    )
    made = [*_unit_facts(units), *_seat_facts(seats), *_link_facts(_links_of(chosen))]
    for room in rooms():
        made += room.facts(units)
    taken.facts = {(fact.part, fact.key): fact for fact in made}
    taken.sight = _sight(units)
    return taken


def difference(before: Picture, after: Picture, words: str) -> Effect:
    lines = []
    for key in dict.fromkeys((*before.facts, *after.facts)):
        was, now = before.facts.get(key), after.facts.get(key)
        changes = _changes(dict(was.aspects) if was else {}, dict(now.aspects) if now else {})
        if changes:
            fact = was or now
            lines.append(Line(fact.part, fact.label, changes))  # type: ignore[union-attr]
    return Effect(words, tuple(lines), _sights(before, after))


def _changes(was: dict[str, str], now: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (aspect, was.get(aspect, ""), now.get(aspect, ""))
        for aspect in dict.fromkeys((*was, *now))
        if was.get(aspect, "") != now.get(aspect, "")
    )


# -- Facts of this room ---------------------------------------------------------------------------
def _unit_facts(units: list[OrgUnit]) -> Iterable[Fact]:
    paths = {path for unit in units for path in tree.ancestor_paths(unit.path, include_self=False)}
    names = dict(OrgUnit.objects.filter(path__in=paths).values_list("path", "name"))
    for unit in units:
        above = [names[path] for path in tree.ancestor_paths(unit.path, include_self=False)]
        state = "在册" if not unit.is_closed else "已撤销"
        if unit.successor:
            state += f"，由{unit.successor.name}承接"
        aspects = {
            "名称": unit.name,
            "简称": unit.short_name,
            "区划名称": unit.area_name,
            "曾用名": unit.aliases.replace("|", "、"),
            "区划代码": unit.division_code,
            "级别": str(unit.post_level or ""),
            "系统": str(unit.line_system or ""),
            "报送": "承担报送任务" if unit.owes_reports else "不承担报送任务",
            "资源优势": unit.strengths,
            "电子邮箱": unit.contact_email,
            "位置": " › ".join(above),
            "状态": state,
        }
        yield Fact(UNITS, str(unit.pk), unit.name, tuple(aspects.items()))


def _seat_facts(seats: list[Appointment]) -> Iterable[Fact]:
    for seat in seats:
        label = f"{seat.user} {seat.unit.name} {seat.post}"
        last = f"至{seat.ends_on:%Y-%m-%d}" if seat.ends_on else "在任"
        # A seat at a closed unit gives nothing any more, whatever its dates.
        aspects = () if seat.unit.is_closed else (("任职", last),)
        yield Fact(PEOPLE, str(seat.pk), label, aspects)


def _link_facts(links: QuerySet[HookUpLink]) -> Iterable[Fact]:
    for link in links:
        label = f"{link.department.name} {link.get_kind_display()} {link.unit.name}"
        aspects = (("挂钩", "有效"),)
        if link.unit.is_closed or link.department.is_closed:
            aspects = ()
        yield Fact(LINKS, str(link.pk), label, aspects)


def links_at(whole: Iterable[int]) -> QuerySet[HookUpLink]:
    """Hook-ups in force of the units ``whole`` and those below them, at either end."""
    roots = tree.topmost(OrgUnit.objects.filter(pk__in=whole).values_list("path", flat=True))
    return _links_of(OrgUnit.objects.filter(scope.reach(roots, "path")))


def _links_of(units: QuerySet[OrgUnit]) -> QuerySet[HookUpLink]:
    here = units.order_by().values("pk")
    return links_in_force().filter(Q(unit__in=here) | Q(department__in=here)).order_by("pk")


def links_in_force() -> QuerySet[HookUpLink]:
    today = timezone.localdate()
    return HookUpLink.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today
    ).select_related("department", "unit")


# -- Who sees what --------------------------------------------------------------------------------
def _sight(units: list[OrgUnit]) -> dict[tuple[int, str], frozenset[int]]:
    """Which of ``units`` each person sees today, by her key and the action; two queries."""
    here = sorted((unit.path, unit.pk) for unit in units)
    paths = [path for path, _ in here]
    tops = tree.topmost(paths)
    above = {path for top in tops for path in tree.ancestor_paths(top, include_self=False)}
    viewing = [action for action in known_actions() if action.endswith("_view")]
    grants = (
        UnitGrant.objects.in_force(timezone.localdate())
        .filter(permission__codename__in=viewing)
        .filter(
            Q(content_object__path__in=above) | scope.reach(tops, "content_object__path"),
        )
    )
    held: dict[tuple[int, str], set[str]] = {}
    wanted = ("user_id", "permission__codename", "content_object__path")
    for user, action, path in grants.values_list(*wanted):
        held.setdefault((user, action), set()).add(path)
    found = {}
    for key, granted in held.items():
        seen: set[int] = set()
        for path in tree.topmost(granted):
            after = tree.path_after(path)
            end = bisect_left(paths, after) if after else len(paths)
            seen |= {pk for _, pk in here[bisect_left(paths, path) : end]}
        found[key] = frozenset(seen)
    return found


def _sights(before: Picture, after: Picture) -> tuple[Sight, ...]:
    names = before.names | after.names
    grouped: dict[tuple[int, frozenset[int], frozenset[int]], list[str]] = {}
    for user, action in sorted({*before.sight, *after.sight}):
        was = before.sight.get((user, action), frozenset())
        now = after.sight.get((user, action), frozenset())
        if was != now:
            grouped.setdefault((user, now - was, was - now), []).append(action)
    who = _called({user for user, _, _ in grouped})
    words = known_actions()
    return tuple(
        Sight(
            user,
            who[user],
            tuple(words[action] for action in actions),
            tuple(sorted(names[pk] for pk in gained)),
            tuple(sorted(names[pk] for pk in lost)),
        )
        for (user, gained, lost), actions in sorted(grouped.items(), key=lambda item: item[0][0])
    )


def _called(people: set[int]) -> dict[int, str]:
    """What each person is called: her name, and where she sits or last sat."""
    named = {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
    seats = Appointment.objects.filter(user__in=people).select_related("unit", "post")
    latest = {seat.user_id: seat for seat in seats.order_by("starts_on", "pk")}
    return {
        pk: f"{name}（{latest[pk].unit.name} {latest[pk].post}）" if pk in latest else name
        for pk, name in named.items()
    }
