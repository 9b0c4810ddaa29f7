"""The stretch of time a duty covers, cut into periods: 2014, 2014H1, 2014Q2, 2014-05."""

import calendar
import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass


class Cycle(enum.Enum):
    """How often a duty is owed; the months of one period."""

    ONCE = "once"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(self.value, 0)

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Cycle.ONCE: "一次",
    Cycle.MONTH: "每月",
    Cycle.QUARTER: "每季度",
    Cycle.HALF_YEAR: "每半年",
    Cycle.YEAR: "每年",
}


@dataclass(frozen=True, order=True)
class Span:
    """A covered period, both days included. ``code`` is how it is stored."""

    starts_on: dt.date
    ends_on: dt.date
    code: str

    @property
    def words(self) -> str:
        year = self.starts_on.year
        if self.code.endswith(("H1", "H2")):
            return f"{year}年{'上' if self.code[-1] == '1' else '下'}半年"
        if "Q" in self.code:
            return f"{year}年第{self.code[-1]}季度"
        if "-" in self.code:
            return f"{year}年{self.starts_on.month}月"
        if self.code == str(year):
            return f"{year}年"
        return f"{self.starts_on:%Y-%m-%d} 至 {self.ends_on:%Y-%m-%d}"


def last_day(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def span_at(cycle: Cycle, day: dt.date) -> Span:
    """The period of ``cycle`` that ``day`` lies in; ``cycle`` is not ONCE."""
    part = (day.month - 1) // cycle.months
    start = dt.date(day.year, part * cycle.months + 1, 1)
    end = last_day(day.year, (part + 1) * cycle.months)
    code = {
        Cycle.MONTH: f"{day:%Y-%m}",
        Cycle.QUARTER: f"{day.year}Q{part + 1}",
        Cycle.HALF_YEAR: f"{day.year}H{part + 1}",
        Cycle.YEAR: f"{day.year}",
    }[cycle]
    return Span(start, end, code)


def spans(cycle: Cycle, starts_on: dt.date, ends_on: dt.date) -> Iterator[Span]:
    """Every period of ``cycle`` that touches the window, in order; ONCE is the window itself."""
    if cycle is Cycle.ONCE:
        whole_year = starts_on == dt.date(starts_on.year, 1, 1) and ends_on == dt.date(
            starts_on.year, 12, 31
        )
        code = str(starts_on.year) if whole_year else f"{starts_on:%Y%m%d}"
        yield Span(starts_on, ends_on, code)
        return
    day = starts_on
    while day <= ends_on:
        span = span_at(cycle, day)
        yield span
        day = span.ends_on + dt.timedelta(days=1)
