"""Working days by the State Council's calendar: holidays off, make-up weekends on.

The years a kept library knows come from it. A year it does not know yet is a file
``fixtures/holidays/<year>.csv`` with lines ``2027-02-17,休`` and ``2027-02-21,班``; a year that
neither knows counts Monday to Friday, and :func:`known` says so, that a page can say it too.
"""

import csv
import datetime as dt
from functools import cache

import chinese_calendar
from django.conf import settings

FOLDER = settings.BASE_DIR / "fixtures" / "holidays"
OFF, ON = "休", "班"


class CalendarFileError(ValueError):
    """A line of a holiday file is no day of its year with 休 or 班."""


@cache
def _file_of(year: int) -> dict[dt.date, bool] | None:
    """Day → whether it is worked, from the year's file; None where there is none."""
    path = FOLDER / f"{year}.csv"
    if not path.exists():
        return None
    days: dict[dt.date, bool] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.reader(file), start=1):
            if not line or line[0].startswith("#"):
                continue
            try:
                day, word = dt.date.fromisoformat(line[0].strip()), line[1].strip()
            except (ValueError, IndexError) as error:
                raise CalendarFileError(f"{path.name} 第 {number} 行读不懂：{line}") from error
            if day.year != year or word not in (OFF, ON):
                raise CalendarFileError(f"{path.name} 第 {number} 行应为本年日期和“休”或“班”。")
            days[day] = word == ON
    return days


def known(year: int) -> bool:
    """Whether the holidays of ``year`` have been announced to us."""
    return _file_of(year) is not None or _in_library(year)


def _in_library(year: int) -> bool:
    try:
        chinese_calendar.is_workday(dt.date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_working_day(day: dt.date) -> bool:
    # The file goes first: a county may have to correct the library before its next release.
    announced = _file_of(day.year)
    if announced is not None and day in announced:
        return announced[day]
    if announced is None and _in_library(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


def shifted(day: dt.date, working_days: int) -> dt.date:
    """The ``working_days``-th working day after ``day`` (before it when negative).

    0 gives ``day`` itself, or the working day before it when it is none.
    """
    step = dt.timedelta(days=1 if working_days > 0 else -1)
    left = abs(working_days)
    while left:
        day += step
        left -= is_working_day(day)
    while not is_working_day(day):
        day += step
    return day
