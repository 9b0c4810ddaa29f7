"""A month as a calendar hangs on the wall: weeks from Monday, days off and make-up working days marked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from notices import working_days
from notices.spans import last_day

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Day:
    """``mark`` is 休 on a day off that is none of a weekend, 班 on a weekend that is worked."""

    date: dt.date
    in_month: bool
    mark: str = ""
    entries: list = field(default_factory=list)

    @property
    def weekday(self) -> str:
        return "一二三四五六日"[self.date.weekday()]

    @property
    def off(self) -> bool:
        return self.mark == "休" or (self.date.weekday() > 4 and self.mark != "班")


@dataclass(frozen=True)
class Month:
    first: dt.date

    @property
    def last(self) -> dt.date:
        return last_day(self.first.year, self.first.month)

    @property
    def starts_on(self) -> dt.date:
        """The Monday with which the page begins."""
        return self.first - dt.timedelta(days=self.first.weekday())

    @property
    def ends_on(self) -> dt.date:
        return self.last + dt.timedelta(days=6 - self.last.weekday())

    @property
    def before(self) -> dt.date:
        return (self.first - dt.timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> dt.date:
        return self.last + dt.timedelta(days=1)

    def turns(self, first: dt.date, last: dt.date) -> tuple[dt.date | None, dt.date | None]:
        """The months to turn to from here, back and forth: none beyond ``first`` and ``last``.

        From outside of these one comes back to them at once.
        """
        back = min(self.before, last.replace(day=1)) if self.first > first else None
        forth = max(self.after, first.replace(day=1)) if self.last < last else None
        return back, forth

    def weeks(self, entries: Iterable[tuple[dt.date, object]]) -> Iterator[list[Day]]:
        """Weeks of days, each with its ``entries`` in the order given."""
        by_day = defaultdict(list)
        for day, entry in entries:
            by_day[day].append(entry)
        monday = self.starts_on
        while monday <= self.last:
            days = [monday + dt.timedelta(days=n) for n in range(7)]
            yield [
                Day(day, day.month == self.first.month, mark_of(day), by_day[day]) for day in days
            ]
            monday += WEEK


def mark_of(day: dt.date) -> str:
    worked = working_days.is_working_day(day)
    if worked == (day.weekday() < 5):
        return ""
    return "班" if worked else "休"


def month_in(text: str, today: dt.date) -> Month:
    """The month that ``text`` (2014-05) names, else that of ``today``."""
    try:
        first = dt.datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 -- a month has no zone
    except ValueError:
        first = today
    # A year at the edge of what dates can say has no month before or after.
    return Month((first if 1900 <= first.year <= 2199 else today).replace(day=1))
