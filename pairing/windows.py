"""Windows of rules in the calendar of Asia/Shanghai, and the days on which a pair was active."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pairing.models import Rule

MONTHS = {
    Rule.Window.MONTH: 1,
    Rule.Window.QUARTER: 3,
    Rule.Window.HALF_YEAR: 6,
    Rule.Window.YEAR: 12,
}
ENDLESS = dt.date.max
Days = tuple[dt.date, dt.date]  # first and last, both inclusive


@dataclass(frozen=True)
class Window:
    """How a pair stands on one rule from ``first_day`` to ``last_day``; see :class:`RuleWindow`."""

    rule: Rule
    first_day: dt.date
    last_day: dt.date
    owed: bool
    done: int
    back: int
    met: bool
    over: bool

    def state(self, today: dt.date) -> str:
        """``met``, ``not_owed``, ``open`` until its last day is over, ``late`` afterwards.

        What was done counts as done, also where nothing was owed.
        """
        if self.met:
            return "met"
        if not self.owed:
            return "not_owed"
        return "late" if self.last_day < today else "open"


def window_at(window: str, day: dt.date) -> Days:
    """The window of that kind in which ``day`` lies."""
    months = MONTHS[Rule.Window(window)]
    first = dt.date(day.year, (day.month - 1) // months * months + 1, 1)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first, dt.date(year, month + 1, 1) - dt.timedelta(days=1)


def windows_between(window: str, first: dt.date, last: dt.date) -> Iterator[Days]:
    """Every window of that kind that touches ``first`` … ``last``."""
    while first <= last:
        days = window_at(window, first)
        yield days
        first = days[1] + dt.timedelta(days=1)


def months_of(days: Days) -> Iterator[tuple[int, int]]:
    """(year, month) of each month of a window."""
    year, month = days[0].year, days[0].month
    while (year, month) <= (days[1].year, days[1].month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def union(terms: Iterable[tuple[dt.date, dt.date | None]]) -> list[Days]:
    """Terms as stretches that neither overlap nor touch, in order; no end is :data:`ENDLESS`."""
    stretches: list[Days] = []
    for first, end in sorted((first, end or ENDLESS) for first, end in terms):
        before = stretches[-1] if stretches else None
        if before and (before[1] == ENDLESS or first <= before[1] + dt.timedelta(days=1)):
            stretches[-1] = (before[0], max(before[1], end))
        else:
            stretches.append((first, end))
    return stretches


def active_on(stretches: list[Days], day: dt.date) -> bool:
    return any(first <= day <= last for first, last in stretches)


def active_days(stretches: list[Days], days: Days) -> int:
    """On how many days of a window the pair was active."""
    overlaps = ((max(first, days[0]), min(last, days[1])) for first, last in stretches)
    return sum((last - first).days + 1 for first, last in overlaps if first <= last)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = window_at(Rule.Window.MONTH, dt.date(year, month + 1, 1))[1]
    return last.replace(day=min(day.day, last.day))
