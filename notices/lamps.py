"""Green, yellow, red: how near a task's day is. Said with a word each, never by colour alone."""

import datetime as dt

from notices.models import Reminder

Lamp = Reminder.Lamp
SOON = dt.timedelta(days=3)


def of(due_on: dt.date | None, today: dt.date) -> Lamp:
    """The lamp of something still owed by ``due_on``; without a day it stays green."""
    if due_on is None or today < due_on - SOON:
        return Lamp.GREEN
    return Lamp.YELLOW if today <= due_on else Lamp.RED
