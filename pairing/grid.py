"""Pairs by the months of a year: how each stands in every window, read from what the rules keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from federation.models import User
from pairing.models import Pairing, Rule, RuleWindow

# Columns: month, half-year and year, each by the day it ends on and how long it is.
MONTHS = tuple(f"m{month}" for month in range(1, 13))
HALVES = {6: "h1", 12: "h2"}
YEAR = "y"
COLUMNS = {
    **{f"m{month}": f"{month}月" for month in range(1, 13)},
    "h1": "上半年",
    "h2": "下半年",
    YEAR: "全年",
}


@dataclass(frozen=True)
class Standing:
    """How a pair stands in one window: ``state`` is met, late, open or not_owed.

    ``on`` is the day a log that mends it is preset with; ``kind`` is the code of the first kind of log
    that counts, "" where projects do.
    """

    rule: str
    state: str
    done: int
    back: int
    needed: int
    on: dt.date
    kind: str

    @property
    def mends(self) -> bool:
        """Whether a log may still be entered for it."""
        return self.state in ("late", "open")


def late(windows: QuerySet, day: dt.date) -> QuerySet:
    """``windows`` that were owed, are over on ``day`` and stayed short."""
    return windows.filter(owed=True, met=False, last_day__lt=day)


def of_year(windows: QuerySet, year: int) -> QuerySet:
    return windows.filter(first_day__gte=dt.date(year, 1, 1), last_day__lte=dt.date(year, 12, 31))


def with_late(pairs: QuerySet, windows: QuerySet, day: dt.date) -> QuerySet:
    """``pairs`` with at least one late window among ``windows``."""
    return pairs.filter(Exists(late(windows, day).filter(pairing=OuterRef("pk"))))


def of_life(pairs: QuerySet, year: int) -> QuerySet:
    """``pairs`` that run, or were ended in ``year`` or later."""
    ended = Q(state=Pairing.State.ENDED, ended_on__gte=dt.date(year, 1, 1))
    return pairs.filter(Q(state=Pairing.State.ACTIVE) | ended)


def cells(
    pairs: Iterable[Pairing], year: int, *, to: User, on: dt.date
) -> dict[int, dict[str, list[Standing]]]:
    """What stands in each column of each pair, by its key; one question. Windows to come are left out."""
    windows = of_year(RuleWindow.objects.visible_to(to), year)
    rows = windows.filter(pairing__in=[pair.pk for pair in pairs], first_day__lte=on)
    found: dict[int, dict[str, list[Standing]]] = {}
    for row in rows.select_related("rule").order_by("rule__position", "rule__code", "first_day"):
        in_pair = found.setdefault(row.pairing_id, {})
        in_pair.setdefault(column_of(row), []).append(standing(row, on))
    return found


def column_of(row: RuleWindow) -> str:
    """A quarter stands in the month it ends with."""
    month = row.last_day.month
    if row.rule.window == Rule.Window.YEAR:
        return YEAR
    return HALVES[month] if row.rule.window == Rule.Window.HALF_YEAR else f"m{month}"


def standing(row: RuleWindow, day: dt.date) -> Standing:
    if row.met:
        state = "met"
    elif not row.owed:
        state = "not_owed"
    else:
        state = "late" if row.last_day < day else "open"
    kinds = [code for code in row.rule.counts if code != Rule.PROJECT]
    return Standing(
        rule=row.rule.name,
        state=state,
        done=row.done,
        back=row.back,
        needed=row.rule.at_least,
        on=min(row.last_day, day),
        kind=kinds[0] if kinds else "",
    )
