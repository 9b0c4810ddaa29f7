"""What a person who leaves has under her hands of pairs: never who is helped."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from federation.handover import Held, Holding, heirs
from federation.models import OrgUnit, User
from pairing.models import Liaison, Pairing


def held_by(user: User, units: list[OrgUnit]) -> list[Holding]:
    """See :mod:`federation.handover`."""
    open_pairs = Pairing.objects.visible_to(user, "log").open()
    return [
        _lines(user, "帮扶的结对", open_pairs.filter(unit__in=units), "unit"),
        _lines(
            user, "待受助方确认的结对",
            open_pairs.filter(recipient_unit__in=units, state="proposed", recipient_agreed_at=None),
            "recipient_unit",
        ),
        _carried(user, units),
    ]  # fmt: skip


def _lines(user: User, title: str, rows: QuerySet, unit: str) -> Holding:
    counted = list(
        rows.order_by().values(unit, f"{unit}__name").annotate(n=Count("pk")).order_by(unit)
    )
    others = heirs(user, "pairing_log", _units(line[unit] for line in counted))
    items = [
        Held(f"{line[f'{unit}__name']}：{line['n']}对", others.get(line[unit], ()))
        for line in counted
    ]
    return Holding(title, items)


def _carried(user: User, units: list[OrgUnit]) -> Holding:
    """Pairs she is 联系人 of: another is to be named; who else is it already is her heir."""
    hers = Liaison.objects.in_force().filter(user=user, pairing__state__in=Pairing.OPEN)
    rows = hers.select_related("pairing__kind", "pairing__unit", "pairing__recipient_unit")
    beside: dict[int, tuple[str, ...]] = {}
    others = (
        Liaison.objects.in_force().filter(pairing__in=hers.values("pairing")).exclude(user=user)
    )
    for other in others.select_related("user"):
        beside[other.pairing_id] = (*beside.get(other.pairing_id, ()), str(other.user))
    items = [Held(str(row.pairing), beside.get(row.pairing_id, ())) for row in rows]
    return Holding("担任联系人的结对", items)


def _units(keys: Iterable[int]) -> list[OrgUnit]:
    return list(OrgUnit.objects.filter(pk__in=list(keys)))
