"""What a person who leaves has under her hands here, a line a unit: never whose archives they are."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from federation.handover import Held, Holding, heirs
from federation.models import OrgUnit, User
from registry.models import DuplicatePair, Need, Person, Transfer


def held_by(user: User, units: list[OrgUnit]) -> list[Holding]:
    """See :mod:`federation.handover`."""
    needs = Need.objects.visible_to(user, "edit").unmet().filter(person__unit__in=units)
    stale = Person.objects.visible_to(user, "edit").stale().filter(unit__in=units)
    coming = Transfer.objects.visible_to(user, "edit").waiting().filter(to_unit__in=units)
    pairs = DuplicatePair.objects.visible_to(user).waiting().filter(unit__in=units)
    edit, judge = "registry_edit", "registry_adjudicate"
    return [
        _lines(user, "没有办结的困难需求", "项", needs, "person__unit", edit),
        _lines(user, "待核实的档案", "份", stale, "unit", edit),
        _lines(user, "待接收的档案转移", "份", coming, "to_unit", edit),
        _lines(user, "待核对的疑似重复", "对", pairs, "unit", judge),
    ]


def _lines(user: User, title: str, word: str, rows: QuerySet, unit: str, action: str) -> Holding:
    counted = list(
        rows.order_by().values(unit, f"{unit}__name").annotate(n=Count("pk")).order_by(unit)
    )
    others = heirs(user, action, _units(line[unit] for line in counted))
    items = [
        Held(f"{line[f'{unit}__name']}：{line['n']}{word}", others.get(line[unit], ()))
        for line in counted
    ]
    return Holding(title, items)


def _units(keys: Iterable[int]) -> list[OrgUnit]:
    return list(OrgUnit.objects.filter(pk__in=list(keys)))
