"""The reminders of a notice as data: how many days before or after the due day, and who is told.

``Notice.ladder`` is a list of steps ``{"days": -3, "to": ["filler"]}``; None means :data:`DEFAULT`,
an empty list that nobody is reminded. A correction carries it on with the notice's other fields.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from federation import audit
from federation.models import User
from notices import locks, working_days
from notices.audiences import AUDIENCES
from notices.models import Notice

FURTHEST = 60  # days a step may lie from the due day
MOST = 12  # steps of one notice


@dataclass(frozen=True, order=True)
class Step:
    """``days`` after the due day (negative: before it); ``to`` are keys of AUDIENCES."""

    days: int
    to: tuple[str, ...]

    def told_on(self, due_on: dt.date) -> dt.date:
        """The working day on which it is told: before the due day rather early than late."""
        day = due_on + dt.timedelta(days=self.days)
        if self.days <= 0:
            return working_days.shifted(day, 0)
        while not working_days.is_working_day(day):
            day += dt.timedelta(days=1)
        return day

    @property
    def words(self) -> str:
        if not self.days:
            return "截止当天"
        return f"截止{'后' if self.days > 0 else '前'}第{abs(self.days)}天"


DEFAULT = (
    Step(-7, ("filler",)),
    Step(-3, ("filler",)),
    Step(-1, ("filler",)),
    Step(1, ("filler", "head")),
    Step(3, ("hook_up",)),
    Step(7, ("leader",)),
)


def steps_of(notice: Notice) -> tuple[Step, ...]:
    """The steps of ``notice`` in order. What the database holds was checked when it was written."""
    if notice.ladder is None:
        return DEFAULT
    return tuple(sorted(Step(row["days"], tuple(row["to"])) for row in notice.ladder))


def checked(rows: Any) -> list[dict[str, Any]]:
    """``rows`` as they are kept, in order; ``ValidationError`` with every sentence at once."""
    if not isinstance(rows, list) or len(rows) > MOST:
        raise ValidationError(f"提醒安排最多 {MOST} 个节点。")
    found: dict[int, tuple[str, ...]] = {}
    problems = []
    for place, row in enumerate(rows, start=1):
        days, to = row.get("days"), row.get("to") or []
        if not isinstance(days, int) or isinstance(days, bool) or abs(days) > FURTHEST:
            problems.append(f"第 {place} 个节点的天数应是 -{FURTHEST} 到 {FURTHEST} 之间的整数。")
        elif days in found:
            problems.append(f"{Step(days, ()).words}写了两次，请合为一个节点。")
        elif not to or set(to) - AUDIENCES.keys():
            problems.append(f"{Step(days, ()).words}：请选择提醒谁。")
        else:
            found[days] = tuple(key for key in AUDIENCES if key in to)
    if problems:
        raise ValidationError(problems)
    return [{"days": days, "to": list(found[days])} for days in sorted(found)]


@transaction.atomic
def change(notice: Notice, rows: list[dict[str, Any]] | None, *, by: User) -> Notice:
    """Set the ladder of a draft; None takes the usual one. Published, it is changed by a correction."""
    notice = locks.notice(notice)
    if not notice.is_draft:
        raise ValidationError("已发布的通知不能直接修改提醒安排，请先更正通知。")
    notice.ladder = None if rows is None else checked(rows)
    notice.save(update_fields=["ladder"])
    detail = {"steps": [step.days for step in steps_of(notice)]}
    audit.record(notice, "change_ladder", by=by, unit=notice.issuer, detail=detail)
    return notice
