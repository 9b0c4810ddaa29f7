"""我的待办: what waits for one person, asked once here for the page, 工作台 and the count at the top.

Forms of the rooms above are counted there: a duty of kind 附件表格 is on the page, and not in the count.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from federation import scope
from federation.models import User
from federation.scope import ScopedQuerySet
from notices import rights
from notices.models import (
    Duty,
    Extension,
    Material,
    MaterialReport,
    NoticeReceipt,
    NoticeState,
    Task,
    TaskEvent,
    TaskQuerySet,
    TaskState,
)
from notices.models.tasks import OPEN

SHOWN = 200  # lines of one group; who has more works through the earliest first
LATELY = dt.timedelta(days=30)
AFTERWARDS = (TaskEvent.Kind.REPORTED, TaskEvent.Kind.DONE, TaskEvent.Kind.EXEMPTED)


def mine(user: User) -> TaskQuerySet:
    """Tasks of the units at exactly which ``user`` signs and answers."""
    return Task.objects.held_by(user, "sign").select_related("duty__notice__issuer", "unit")


def owed(user: User, today: dt.date) -> TaskQuerySet:
    """Of those, what is open and has begun."""
    return mine(user).filter(state__in=OPEN, opens_on__lte=today)


def to_sign(user: User) -> ScopedQuerySet:
    """签收 of notices in force that wait at her own units."""
    found = NoticeReceipt.objects.held_by(user, "sign")
    return found.filter(signed_at=None, ended_on=None, notice__state=NoticeState.PUBLISHED)


def to_judge(user: User) -> QuerySet[MaterialReport]:
    """Reports of materials that wait for her judgement; not what she wrote or handed in herself."""
    found = MaterialReport.objects.filter(
        rights.judged_by(user, "material__task__duty"),
        outcome=MaterialReport.Outcome.WAITING,
        material__in=Material.objects.visible_to(user),
    )
    return found.exclude(sent_by=user).exclude(written_by=user)


def to_decide(user: User) -> QuerySet[Extension]:
    """Requests for another day that wait for her answer."""
    found = Extension.objects.filter(
        rights.judged_by(user, "task__duty"),
        state=Extension.State.ASKED,
        task__in=Task.objects.visible_to(user),
    )
    return found.exclude(asked_by=user)


def waiting(user: User, today: dt.date) -> dict[str, QuerySet[Any]]:
    """What is counted at the top of every page, by name; nothing for who answers and judges nothing.

    A notice to be signed for stands for the tasks that wait for the signature.
    """
    parts: dict[str, QuerySet[Any]] = {}
    if scope.units_held(user, "notices_sign"):
        parts["tasks"] = no_forms(owed(user, today)).exclude(state="unsigned")
        parts["to_sign"] = to_sign(user)
    if scope.units_held(user, "notices_issue"):
        parts["to_judge"], parts["to_decide"] = to_judge(user), to_decide(user)
    return parts


def no_forms(tasks: QuerySet[Any]) -> QuerySet[Any]:
    """Without the forms of the rooms above."""
    return tasks.exclude(duty__deliverable=Duty.Deliverable.ANNEX)


@dataclass(frozen=True)
class Groups:
    """My tasks: ``late``, sent ``back``, due until Sunday, ``later`` or without a day, ``done`` lately."""

    late: list[Task] = field(default_factory=list)
    back: list[Task] = field(default_factory=list)
    week: list[Task] = field(default_factory=list)
    later: list[Task] = field(default_factory=list)
    done: list[Task] = field(default_factory=list)


def groups(user: User, today: dt.date | None = None) -> Groups:
    """Two questions. A task not begun yet stands among the later ones."""
    today = today or timezone.localdate()
    sunday = today + dt.timedelta(days=6 - today.weekday())
    found = Groups()
    for task in mine(user).filter(state__in=OPEN)[:SHOWN]:
        if task.is_late(today):
            found.late.append(task)
        elif task.state == TaskState.RETURNED:
            found.back.append(task)
        elif task.due_on is not None and task.due_on <= sunday:
            found.week.append(task)
        else:
            found.later.append(task)
    since = timezone.now() - LATELY
    lately = TaskEvent.objects.filter(kind__in=AFTERWARDS, at__gte=since).values("task")
    done = mine(user).exclude(state__in=(*OPEN, "void")).filter(pk__in=lately)
    found.done.extend(done.order_by("-reported_at", "-pk")[:20])
    return found
