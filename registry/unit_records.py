"""What a change of units means for archives: told before it is done, and followed when it is.

A closed unit hands its archives, households, sites and helpers to its successor; where there is none
they stay, and the units above keep them. A unit that moves takes them along: nothing is to be done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from federation.models import OrgUnit
from federation.scope import ScopedModel
from federation.unit_changes.effect import Fact
from registry import books
from registry.models import (
    DuplicatePair,
    Erasure,
    Helper,
    Household,
    Person,
    RegisterBook,
    Site,
    Transfer,
    VolunteerTeam,
)

ARCHIVES = "档案"
# What is handed over, and how it is counted.
HANDED: dict[type[ScopedModel], str] = {
    Person: "个人档案", Household: "家庭", Site: "阵地", VolunteerTeam: "志愿服务队", Helper: "帮扶力量",
}  # fmt: skip


def _all(model: type[ScopedModel]) -> QuerySet:
    return model.objects.unscoped(reason="a change of units concerns archives, not their words")


# -- What it means ---------------------------------------------------------------------------------
def facts(units: list[OrgUnit]) -> Iterable[Fact]:
    """How many archives and what else each of ``units`` holds. Counts alone, and no minor's."""
    counted = {
        word: Counter(_all(model).filter(unit__in=units).values_list("unit_id", flat=True))
        for model, word in HANDED.items()
    }
    for unit in units:
        aspects = [
            (word, str(counts[unit.pk])) for word, counts in counted.items() if counts[unit.pk]
        ]
        if aspects:
            yield Fact(ARCHIVES, str(unit.pk), unit.name, tuple(aspects))
    waiting = _all(Transfer).filter(state__in=("offered", "accepted"), to_unit__in=units)
    for unit, number in sorted(Counter(waiting.values_list("to_unit", flat=True)).items()):
        name = next(one.name for one in units if one.pk == unit)
        yield Fact(ARCHIVES, f"coming-{unit}", f"{name} 待转入", (("份数", str(number)),))


# -- Following it ----------------------------------------------------------------------------------
@transaction.atomic
def follow(units: QuerySet[OrgUnit]) -> None:
    """``units`` were closed by now: what they held is their successor's."""
    for unit in units.select_related("successor"):
        heir = _standing(unit)
        if unit.is_closed and heir is not None:
            _hand_over(unit, heir)


def _standing(unit: OrgUnit) -> OrgUnit | None:
    heir = unit.successor
    while heir is not None and heir.is_closed:
        heir = heir.successor
    return heir


def _hand_over(unit: OrgUnit, heir: OrgUnit) -> None:
    _close_books(unit)  # while the archives are still there to be counted
    for model in HANDED:
        _move(_all(model).filter(unit=unit), heir)
    _all(Person).filter(registered_unit=unit).update(registered_unit=heir)
    _all(Transfer).filter(state__in=("offered", "accepted"), to_unit=unit).exclude(
        unit=heir
    ).update(to_unit=heir)
    _all(Transfer).filter(state__in=("offered", "accepted"), unit__in=(unit, heir)).filter(
        to_unit__in=(unit, heir)
    ).update(state="withdrawn", answer="单位已合并，不用转移")
    _all(Transfer).filter(state__in=("offered", "accepted"), unit=unit).update(unit=heir)
    _all(DuplicatePair).filter(state="open", unit=unit).update(unit=heir)
    _all(Erasure).waiting().filter(unit=unit).update(unit=heir)


def _close_books(unit: OrgUnit) -> None:
    """A book is the year's record of the unit that kept it: it ends with the unit, and stays its own."""
    for book in _all(RegisterBook).filter(unit=unit, closed_on=None).select_related("unit"):
        book.counts = {**book.counts, **books.figures(book)}
        book.closed_on = max(timezone.localdate(), book.opened_on)
        book.save(update_fields=["counts", "closed_on"])


def _move(rows: QuerySet, heir: OrgUnit) -> None:
    """All at once; one by one where the successor has one of that name or number already."""
    try:
        with transaction.atomic():
            rows.update(unit=heir)
    except IntegrityError:
        for row in list(rows):
            _move_one(row, heir)


def _move_one(row: models.Model, heir: OrgUnit) -> None:
    before = OrgUnit.objects.get(pk=row.unit_id)  # type: ignore[attr-defined]
    row.unit = heir  # type: ignore[attr-defined]
    if isinstance(row, Household):
        row.number = f"{before.short_name}{row.number}"[:30]
    elif hasattr(row, "name"):
        row.name = f"{row.name}（{before.short_name}）"[:60]
    row.save()
