"""How pairs stand on the rules of their bundles: for pages, for the stored rows, for the recount.

Everything is counted from logs that stand, terms and projects, for any number of pairs by the same
few queries. Stored rows (:class:`RuleWindow`) are what :func:`recounts` says, written at every change
and every night; they exist so that lists may filter and sum.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from federation import row_security
from federation.models import OrgUnit
from pairing.models import Pairing, Rule, RuleWindow
from pairing.tallies import Tallies, Tally, members_of, rows_of, rules_of, stretches_of
from pairing.windows import (
    Days,
    Window,
    active_days,
    active_on,
    months_of,
    window_at,
    windows_between,
)
from registry.models import Helper

AT_A_TIME = 500  # pairs of one transaction of the night
HALVES = {True: "上半年", False: "下半年"}


@dataclass(frozen=True)
class Ribbon:
    """A rule as a pair's page shows it: ``state`` met, open, late or not_owed; ``due`` its last day."""

    name: str
    state: str
    done: int
    needed: int
    due: dt.date
    over: bool = False


# -- Questions ------------------------------------------------------------------------------------
def recount(pair: Pairing) -> list[Window]:
    """Every window of ``pair`` that has begun and in which it was active, from what happened."""
    return recounts([pair])[pair.pk]


def windows_of(pair: Pairing, first: dt.date, last: dt.date) -> list[Window]:
    """The windows of ``pair`` that touch ``first`` … ``last``."""
    return recounts([pair], first=first, last=last)[pair.pk]


def ribbons(pairs: Iterable[Pairing], *, on: dt.date) -> dict[int, list[Ribbon]]:
    """The rules of each pair in the windows of the day ``on``; the same queries for any number."""
    today = timezone.localdate()
    found = recounts(pairs, first=on, last=on)
    return {pk: [_ribbon(window, today) for window in windows] for pk, windows in found.items()}


def recounts(
    pairs: Iterable[Pairing], *, first: dt.date | None = None, last: dt.date | None = None
) -> dict[int, list[Window]]:
    """Windows of many pairs by rule and day, of all time until today or of the days named."""
    pairs = list(pairs)
    rules = rules_of(pairs)
    stretches = stretches_of(pairs)
    tallies = Tallies(pairs, rules, first, last)
    until = last or timezone.localdate()
    return {
        pair.pk: [
            _window(rule, days, held, tallies.of(pair, rule))
            for rule in rules[pair.kind_id]
            for days in _begun(rule, held, first, until)
        ]
        for pair in pairs
        for held in [stretches[pair.pk]]
    }


def _begun(rule: Rule, held: list[Days], first: dt.date | None, until: dt.date) -> list[Days]:
    """Windows of ``rule`` in force at their first day, in which a pair so ``held`` was active."""
    if not held:
        return []
    begin = max(first or held[0][0], window_at(rule.window, held[0][0])[0])
    return [
        days
        for days in windows_between(rule.window, begin, until)
        if (rule.from_on is None or rule.from_on <= days[0])
        and (rule.until is None or days[0] <= rule.until)
        and active_days(held, days)
    ]


def _window(rule: Rule, days: Days, held: list[Days], tally: Tally) -> Window:
    long_enough = active_days(held, days) * 100 >= rule.least_share * ((days[1] - days[0]).days + 1)
    done, back = _counts(rule, days, tally)
    both = rule.direction == Rule.Direction.BOTH
    return Window(
        rule,
        *days,
        owed=active_on(held, days[1]) and long_enough,
        done=done,
        back=back,
        met=done >= rule.at_least and (not both or back >= rule.at_least),
        over=rule.at_most is not None and done > rule.at_most,
    )


def _counts(rule: Rule, days: Days, tally: Tally) -> tuple[int, int]:
    """How often what the rule counts was done; for both directions, there and back."""
    there, back = Rule.Direction.TO_RECIPIENT, Rule.Direction.TO_HELPER
    ways = {
        Rule.Direction.ANY: ("", there, back),
        Rule.Direction.BOTH: (there,),
    }.get(Rule.Direction(rule.direction), (rule.direction,))
    whole_year = rule.window == Rule.Window.YEAR
    done = returned = 0
    for code in rule.counts:
        if code == Rule.PROJECT:
            months = [(days[0].year, 0)] if whole_year else list(months_of(days))
            done += sum(tally[code, "", year, month] for year, month in months)
            continue
        for year, month in months_of(days):
            done += sum(tally[code, way, year, month] for way in ways)
            if rule.direction == Rule.Direction.BOTH:
                returned += tally[code, back, year, month]
    return done, returned


def _ribbon(window: Window, today: dt.date) -> Ribbon:
    rule, needed, done = window.rule, window.rule.at_least, window.done
    if rule.direction == Rule.Direction.BOTH:
        done, needed = min(done, needed) + min(window.back, needed), 2 * needed
    name = rule.name
    if rule.window == Rule.Window.HALF_YEAR and name.startswith("半年"):
        name = HALVES[window.first_day.month == 1] + name.removeprefix("半年")
    return Ribbon(name, window.state(today), done, needed, window.last_day, window.over)


# -- Stored rows ----------------------------------------------------------------------------------
@transaction.atomic
def refresh(*pairs: Pairing, former: Mapping[str, int] | None = None) -> int:
    """Make the stored windows of these pairs, and of those counted with them, equal to a recount.

    Call in the transaction of every change of logs, terms or projects. ``former`` is the helper whom
    the pairs had before (``helper_unit`` or ``helper`` → key): what is left of hers is counted anew as
    well. How many rows changed.
    """
    with row_security.everything(reason="what a pair has done is counted for all who look at it"):
        held = _held({pair.pk for pair in pairs})
        sides = held + [_beside(pair, former) for pair in held if former]
        beside = members_of(sides, rules_of(held))
        # Pairs of one helper are counted by whoever holds the helper: taken after the pair, always.
        if beside:
            _hold_helpers(sides)
            known = {pair.pk for pair in held}
            held += list(rows_of(Pairing).filter(pk__in=set(beside) - known).order_by("pk"))
        return _store(held)


def refresh_all() -> int:
    """The same for every pair that is or was active: opens the windows that have begun meanwhile."""
    with row_security.everything(reason="the night's recount of all pairs"):
        begun = rows_of(Pairing).filter(state__in=(Pairing.State.ACTIVE, Pairing.State.ENDED))
        keys = list(begun.order_by("pk").values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(keys), AT_A_TIME):
        changed += refresh(*(Pairing(pk=pk) for pk in keys[start : start + AT_A_TIME]))
    return changed


def _held(keys: set[int]) -> list[Pairing]:
    rows = rows_of(Pairing).select_for_update(of=("self",)).filter(pk__in=keys)
    return list(rows.order_by("pk"))


def _beside(pair: Pairing, former: Mapping[str, int]) -> Pairing:
    """Stands for the pairs that are left to the helper whom ``pair`` had before."""
    helpers = {f"{side}_id": former.get(side) for side in ("helper_unit", "helper")}
    return Pairing(kind_id=pair.kind_id, **helpers)


def _hold_helpers(pairs: list[Pairing]) -> None:
    for rows, keys in (
        (OrgUnit.objects, {pair.helper_unit_id for pair in pairs if pair.helper_unit_id}),
        (rows_of(Helper), {pair.helper_id for pair in pairs if pair.helper_id}),
    ):
        held = rows.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        list(held.values_list("pk", flat=True))


def _store(pairs: list[Pairing]) -> int:
    wanted = {
        (pk, window.rule.pk, window.first_day): window
        for pk, windows in recounts(pairs).items()
        for window in windows
    }
    told = ("last_day", "owed", "done", "back", "met", "over")
    gone, changed = [], []
    for row in rows_of(RuleWindow).filter(pairing__in=[pair.pk for pair in pairs]).order_by():
        window = wanted.pop((row.pairing_id, row.rule_id, row.first_day), None)
        if window is None:
            gone.append(row.pk)
        elif any(getattr(row, name) != getattr(window, name) for name in told):
            for name in told:
                setattr(row, name, getattr(window, name))
            changed.append(row)
    new = [
        RuleWindow(
            pairing_id=pk,
            rule_id=rule,
            first_day=first,
            **{name: getattr(window, name) for name in told},
        )
        for (pk, rule, first), window in wanted.items()
    ]
    rows = rows_of(RuleWindow)
    if gone:
        rows.filter(pk__in=gone).delete()
    if changed:
        rows.bulk_update(changed, told, batch_size=1000)
    if new:
        rows.bulk_create(new, batch_size=2000)
    return len(gone) + len(changed) + len(new)
