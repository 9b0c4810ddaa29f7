"""Figures of the archives for the levels above, from which nobody can be told.

The smallest cell is one holding unit × programme × age group (× category, for needs). It is shown
exactly when it is 0 or at least 5, and otherwise known to lie between 1 and 4 and no closer. Every
figure above it, whatever is added up, is the sum of what its cells show: an exact number where all of
them are exact, else the two ends of a range. So everything shown is a function of the cells as shown:
put any other number from 1 to 4 into a withheld cell and no page changes, whichever pages somebody
lays beside each other (docs/decisions/0018).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, CharField, Count, Q, Value, When
from django.utils import timezone

from federation import scope, tree
from federation.models import OrgUnit, User
from registry.models import Need, NeedState, Person, Programme
from registry.models.persons import born_after

SMALL = 5
AGES = (("0", "14岁以下", 0), ("14", "14–17岁", 14), ("18", "18–59岁", 18), ("60", "60岁以上", 60))
UNKNOWN_AGE = "?"


@dataclass(frozen=True)
class Shown:
    """What may be known of a figure: between ``low`` and ``high``, both included."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Shown) -> Shown:
        return Shown(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        if self.low == self.high:
            return str(self.low)
        if (self.low, self.high) == (1, SMALL - 1):
            return f"<{SMALL}"
        return f"{self.low}–{self.high}"


NONE = Shown()


def cell(count: int) -> Shown:
    """One smallest cell as it is shown."""
    return Shown(1, SMALL - 1) if 0 < count < SMALL else Shown(count, count)


def total(cells: Iterable[Shown]) -> Shown:
    return sum(cells, NONE)


@dataclass(frozen=True)
class Cell:
    """One smallest cell: where, what, which age group, and what is shown of it."""

    path: str
    what: str
    age: str
    shown: Shown


def _age_group(day: dt.date, prefix: str = "") -> Case:
    """Database expression for the key of :data:`AGES` on ``day``."""
    born = f"{prefix}born_on"
    whens = [When(**{born: None}, then=Value(UNKNOWN_AGE))]
    for older, (key, _, _) in zip(AGES[1:], AGES, strict=False):
        whens.append(When(**{f"{born}__gt": born_after(older[2], day)}, then=Value(key)))
    return Case(*whens, default=Value(AGES[-1][0]), output_field=CharField())


def enrolled(user: User, unit: OrgUnit, day: dt.date | None = None) -> list[Cell]:
    """Persons enrolled on ``day`` at ``unit`` and below, by cell; one query, no rows of anybody."""
    day = day or timezone.localdate()
    running = Q(enrolments__ends_on=None) | Q(enrolments__ends_on__gte=day)
    rows = (
        Person.objects.counted_for(user)
        .active()
        .below(unit)
        .filter(running, enrolments__starts_on__lte=day)
        .order_by()
        .values("unit__path", "enrolments__programme__code", group=_age_group(day))
        .annotate(count=Count("pk", distinct=True))
    )
    wanted = ("unit__path", "enrolments__programme__code", "group", "count")
    return [Cell(path, code, age, cell(n)) for path, code, age, n in rows.values_list(*wanted)]


def unmet(user: User, unit: OrgUnit) -> list[Cell]:
    """Needs not met yet at ``unit`` and below, by category."""
    persons = Person.objects.counted_for(user).active().below(unit)
    rows = (
        persons.filter(needs__state__in=(NeedState.OPEN, NeedState.UNDER_WAY))
        .order_by()
        .values("unit__path", "needs__category")
        .annotate(count=Count("needs"))
    )
    wanted = ("unit__path", "needs__category", "count")
    return [Cell(path, category, "", cell(n)) for path, category, n in rows.values_list(*wanted)]


# -- Tables ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """A row of figures: a unit below, the unit's own, or the total."""

    label: str
    unit: OrgUnit | None
    figures: list[Shown]

    @property
    def together(self) -> Shown:
        return total(self.figures)


def by_unit(cells: list[Cell], unit: OrgUnit, columns: list[str]) -> list[Row]:
    """One row for what ``unit`` holds itself, one a unit right below, one for all."""
    below = {child.path: child for child in _children(unit)}
    keys = {unit.path: "本级", **{path: child.name for path, child in below.items()}}
    sums = {path: dict.fromkeys(columns, NONE) for path in keys}
    for one in cells:
        key = unit.path if one.path == unit.path else one.path[: len(unit.path) + tree.STEP]
        if key in sums and one.what in sums[key]:
            sums[key][one.what] += one.shown
    rows = [Row(name, below.get(path), list(sums[path].values())) for path, name in keys.items()]
    rows = [row for row in rows if row.unit is not None or row.together != NONE or len(rows) == 1]
    columns_of = zip(*(row.figures for row in rows), strict=True)
    return [*rows, Row("合计", None, [total(column) for column in columns_of])]


def _children(unit: OrgUnit) -> list[OrgUnit]:
    """Units right below, posts and departments left out where they hold no archives."""
    rows = OrgUnit.objects.filter(tree.within(unit.path)).filter(depth=unit.depth + 1)
    return list(rows.select_related("unit_type").order_by("path"))


def by_age(cells: list[Cell], columns: list[str]) -> list[Row]:
    rows = []
    for key, label, _ in (*AGES, (UNKNOWN_AGE, "出生日期不详", 0)):
        figures = [
            total(c.shown for c in cells if c.age == key and c.what == what) for what in columns
        ]
        if key != UNKNOWN_AGE or total(figures) != NONE:
            rows.append(Row(label, None, figures))
    return rows


def programmes() -> dict[str, str]:
    """Columns: the programmes in use, by code."""
    return dict(Programme.objects.filter(is_active=True).values_list("code", "name"))


def categories() -> dict[str, str]:
    return dict(Need.Category.choices)


def scope_of(user: User, unit: OrgUnit) -> bool:
    """Whether ``user`` may see the figures of ``unit``."""
    return scope.may(user, "registry_view", unit)
