"""How a task is named in a sentence that stands by itself: in a reminder, a mail, a 督办单."""

import datetime as dt

from django.utils import timezone

from notices.models import Task
from notices.spans import Cycle, Span


def subject(task: Task) -> str:
    """“活动情况”, with its period where the duty has one: “季度报表”（2014年第二季度）."""
    if task.duty.rhythm is Cycle.ONCE:
        return f"“{task.duty}”"
    return f"“{task.duty}”（{Span(task.covers_from, task.covers_to, task.period).words}）"


def day(day: dt.date) -> str:
    """5月25日, with the year when it is not this one."""
    year = "" if day.year == timezone.localdate().year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def due(task: Task) -> str:
    """截止 5月25日，5月26日起逾期: dates, never day counts. Empty where no day is set."""
    if task.due_on is None:
        return ""
    return f"截止 {day(task.due_on)}，{day(task.due_on + dt.timedelta(days=1))}起逾期"
