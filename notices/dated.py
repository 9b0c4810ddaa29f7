"""What a person has in her calendar: days on which her units owe, and on which others owe to hers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Min

from federation import scope
from federation.models import User
from notices import rights, todo
from notices.board import CONDITIONS, Standing
from notices.models import Duty, NoticeState, Task, TaskQuerySet

A_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True)
class Deadline:
    """A due day of a duty that the person's own unit has issued: for how many, how many missing."""

    duty: Duty
    period: str
    due_on: dt.date
    expected: int
    missing: int


def own_tasks(user: User, start: dt.date, end: dt.date) -> TaskQuerySet:
    """Tasks of her own units due from ``start`` to ``end``, both included; one query."""
    if not scope.units_held(user, "notices_sign"):
        return Task.objects.none()
    return todo.mine(user).counted().filter(due_on__range=(start, end)).order_by("due_on", "pk")


def walk(user: User, today: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day worth turning to: of all tasks in her reach, and a year either way.

    One query. Beyond it every month is empty, and one could turn pages for two centuries.
    """
    tasks = Task.objects.visible_to(user)
    told = tasks.aggregate(first=Min("due_on"), last=Max("due_on"))
    near = today - A_YEAR, today + A_YEAR
    return min(told["first"] or today, near[0]), max(told["last"] or today, near[1])


def deadlines(user: User, start: dt.date, end: dt.date) -> list[Deadline]:
    """Due days of the duties she judges, as the rule has them; at most two queries."""
    if not scope.units_held(user, "notices_issue"):
        return []
    tasks = Task.objects.visible_to(user).counted()
    found = (
        tasks.filter(
            rights.judged_by(user, "duty"),
            duty__notice__state=NoticeState.PUBLISHED,
            rule_due_on__range=(start, end),
        )
        .order_by()
        .values("duty", "period", "rule_due_on")
        .annotate(
            expected=Count("pk"),
            missing=Count("pk", filter=CONDITIONS[Standing.MISSING]),
        )
    )
    rows = list(found)
    duties = Duty.objects.select_related("notice__issuer").in_bulk([row["duty"] for row in rows])
    made = [
        Deadline(duties[r["duty"]], r["period"], r["rule_due_on"], r["expected"], r["missing"])
        for r in rows
    ]
    return sorted(made, key=lambda each: (each.due_on, each.duty.pk, each.period))
