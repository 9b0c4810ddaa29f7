"""What a change of units means for pairs: told before it is done, and followed when it is.

A closed unit hands its pairs to its successor on either side. Terms and logs hang on the pair, so the
count goes on. Where the successor has the same pair already, the younger of the two ends that day and
keeps what was entered for it. Without a successor pairs stay, and the units above keep them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from federation.models import OrgUnit
from federation.unit_changes.effect import Fact
from pairing.acting import Act, save, told
from pairing.models import Pairing
from pairing.pairs import close

PAIRS = "结对"
SIDES = ("unit", "recipient_unit")


def _pairs() -> QuerySet:
    return Pairing.objects.unscoped(reason="a change of units concerns pairs, not their words")


# -- What it means ---------------------------------------------------------------------------------
def facts(units: list[OrgUnit]) -> Iterable[Fact]:
    """How many pairs in hand each of ``units`` helps in, and is helped in."""
    in_hand = _pairs().open()
    helps, helped = (
        Counter(in_hand.filter(**{f"{side}__in": units}).values_list(side, flat=True))
        for side in SIDES
    )
    for unit in units:
        counts = (("帮扶", helps[unit.pk]), ("受助", helped[unit.pk]))
        aspects = tuple((word, str(count)) for word, count in counts if count)
        if aspects:
            yield Fact(PAIRS, str(unit.pk), unit.name, aspects)


# -- Following it ----------------------------------------------------------------------------------
def follow(units: QuerySet[OrgUnit]) -> None:
    """``units`` were closed by now: their pairs are their successors'."""
    for unit in units.select_related("successor"):
        heir = _standing(unit)
        if not unit.is_closed or heir is None:
            continue
        for pair in _pairs().filter(Q(unit=unit) | Q(recipient_unit=unit)).order_by("pk"):
            _hand_over(pair, unit, heir)
        _hand_over_profiles(unit, heir)


def _hand_over_profiles(unit: OrgUnit, heir: OrgUnit) -> None:
    """What it offers and needs; the successor's own word of a year stands."""
    said = set(heir.support_profiles.values_list("side", "year"))
    for profile in unit.support_profiles.all():
        if (profile.side, profile.year) not in said:
            profile.unit = heir
            profile.save(update_fields=["unit"])


def _standing(unit: OrgUnit) -> OrgUnit | None:
    heir = unit.successor
    while heir is not None and heir.is_closed:
        heir = heir.successor
    return heir


def _hand_over(pair: Pairing, unit: OrgUnit, heir: OrgUnit) -> None:
    for side in (*SIDES, "helper_unit"):
        if getattr(pair, f"{side}_id") == unit.pk:
            setattr(pair, side, heir)
    in_hand = pair.state in Pairing.OPEN
    if pair.helper_unit_id and pair.helper_unit_id == pair.recipient_unit_id:
        # Helper and recipient became one unit: the pair ends where it was.
        if in_hand:
            _stop(pair, "帮扶方与受助方已合并")
        return
    if in_hand and _same(pair).exists():
        _stop(pair, "单位合并后已有同样的结对")
        in_hand = False
    pair.version += 1
    pair.save(update_fields=[*SIDES, "helper_unit", "version"])
    if in_hand:
        told(pair, Act.CHANGE, by=None, reason=f"{unit.name}并入{heir.name}")


def _same(pair: Pairing) -> QuerySet:
    keys = ("kind", "helper_unit", "helper", "recipient_unit", "household", "person", "site")
    return _pairs().open().exclude(pk=pair.pk).filter(**{k: getattr(pair, f"{k}_id") for k in keys})


def _stop(pair: Pairing, words: str) -> None:
    stands = _pairs().get(pk=pair.pk)
    if stands.state == Pairing.State.ACTIVE:
        close(stands, timezone.localdate(), words)
    else:
        stands.state = Pairing.State.DECLINED
        save(stands, "state")
    told(stands, Act.END, by=None, reason=words, on=str(timezone.localdate()))
    for name in ("state", "ended_on", "end_reason", "version"):
        setattr(pair, name, getattr(stands, name))
