"""Green, yellow, red: how near a task's day is. Said with a word each, never by colour alone."""

import datetime as dt

from notices.models import Reminder, Task

Lamp = Reminder.Lamp
SOON = dt.timedelta(days=3)
# The colours of the house (static/css/tokens.css) by lamp.
TONES = {Lamp.GREEN: "ok", Lamp.YELLOW: "warn", Lamp.RED: "late"}


def of(due_on: dt.date | None, today: dt.date) -> Lamp:
    """The lamp of something still owed by ``due_on``; without a day it stays green."""
    if due_on is None or today < due_on - SOON:
        return Lamp.GREEN
    return Lamp.YELLOW if today <= due_on else Lamp.RED


def of_task(task: Task, today: dt.date) -> Lamp:
    """Of a task: red when it is late, also when it was reported late; else yellow while it is owed soon."""
    if task.is_late(today):
        return Lamp.RED
    return of(task.due_on, today) if task.is_open else Lamp.GREEN
