"""催报: telling a unit's people at once that it still owes, at most once a day per unit and task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from notices import lamps, locks, wording
from notices.audiences import AUDIENCES, people_at
from notices.models import Reminder, Task, Urging
from notices.models.tasks import OPEN


@dataclass(frozen=True)
class Urged:
    """How many tasks were urged, had been urged that day already, or have nobody to tell."""

    sent: int = 0
    already: int = 0
    nobody: int = 0

    @property
    def words(self) -> str:
        """已催报 3 个单位；1 个单位今天已催过；…"""
        parts = [f"已催报 {self.sent} 个单位"] if self.sent else []
        if self.already:
            parts.append(f"{self.already} 个单位今天已催过，不重复催报")
        if self.nobody:
            parts.append(f"{self.nobody} 个单位没有可以签收的人员，请电话联系或先办理任职")
        return "；".join(parts) + "。" if parts else "没有需要催报的单位。"


@transaction.atomic
def urge(tasks: Iterable[Task], *, by: User | None, at: dt.datetime | None = None) -> Urged:
    """催报 of those of ``tasks`` that are still owed; the caller holds the right already.

    Told are the people who hold ``notices_sign`` exactly at the unit. A unit without any is not
    counted as urged, so that it can be once somebody sits there.
    """
    at = at or timezone.now()
    day = timezone.localdate(at)
    owed = list(locks.tasks(task.pk for task in tasks).filter(state__in=OPEN))
    done = set(Urging.objects.filter(task__in=owed, day=day).values_list("task_id", flat=True))
    told = people_at(AUDIENCES["filler"], (task.unit_id for task in owed), day)
    fresh = [task for task in owed if task.pk not in done]
    made = Urging.objects.bulk_create(
        Urging(task=task, day=day, at=at, by=by) for task in fresh if told.get(task.unit_id)
    )
    by_key = {task.pk: task for task in fresh}
    reminders = []
    for urging in made:
        task = by_key[urging.task_id]
        reminders += [
            Reminder(
                urging=urging,
                task=task,
                person_id=person,
                place=task.unit,
                due_on=task.due_on,
                audience="filler",
                lamp=lamps.of(task.due_on, day),
                words=_words(task),
                at=at,
            )
            for person in told[task.unit_id]
        ]
    Reminder.objects.bulk_create(reminders, batch_size=500)
    for urging in made:
        task = by_key[urging.task_id]
        audit.record(urging, "urge", by=by, unit=task.unit, detail={"day": str(day)})
    return Urged(len(made), len(done), len(fresh) - len(made))


def _words(task: Task) -> str:
    return f"催报：{task.unit}{wording.subject(task)}尚未报送，{wording.due(task)}".rstrip("，")[
        :300
    ]
