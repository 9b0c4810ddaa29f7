"""Days as a test asks for them: while it runs, never while it is collected, for midnight may lie between.

:func:`wait_out` keeps a test from being begun in the last moments of a day. All days are those of
the portal's own time zone.
"""

import datetime as dt
import time

from django.utils import timezone
from django.utils.timezone import localdate as today

__all__ = ["last_year", "this_year", "today", "wait_out"]


def this_year() -> int:
    return today().year


def last_year() -> int:
    return this_year() - 1


def wait_out(seconds: float) -> None:
    """Return at once, or after midnight if that is less than ``seconds`` away."""
    now = timezone.localtime()
    midnight = timezone.make_aware(
        dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time())
    )
    left = (midnight - now).total_seconds()
    if left < seconds:
        time.sleep(left)
