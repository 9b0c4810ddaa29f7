"""Reminders that are due, gathered into one digest a person and day.

What is due is reckoned from the tasks' dates each time, so that nothing hangs on a process having
run on a certain day: a step whose day passed while the portal was down is told at the next digest,
with that day's words. A step that a later one of the same task and person has overtaken by then is
kept as told, and gets no line of its own.

Gathering is safe to run twice, at once, or to be killed anywhere: everything a batch of people is
told is written in one transaction, and the database holds each (task, due day, step, person) and
each (person, day) at most once.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from federation import row_security
from federation.models import HookUpLink
from notices import channels, ladder, lamps, wording, working_days
from notices.audiences import AUDIENCES, people_at
from notices.ladder import Step
from notices.models import Delivery, Digest, NoticeState, Reminder, Task
from notices.models.tasks import OPEN

logger = logging.getLogger("fulian.notices")
BEGINS, ENDS = dt.time(8, 30), dt.time(20, 0)  # told between these, on working days alone
LOOK_BACK = dt.timedelta(days=31)  # a step that long ago is history, not a reminder
HOLIDAYS = dt.timedelta(days=12)  # the longest stretch without a working day, and some
BATCH = 200  # people written together


def is_time(moment: dt.datetime) -> bool:
    """Whether people may be told anything at ``moment``: a working day from 08:30, quiet at night."""
    local = timezone.localtime(moment)
    return working_days.is_working_day(local.date()) and BEGINS <= local.time() < ENDS


@dataclass(frozen=True)
class Due:
    """One person to be told one step of one task."""

    task: Task
    step: Step
    audience: str
    place: int
    person: int

    @property
    def key(self) -> tuple[int, dt.date, int, int]:
        assert self.task.due_on  # only tasks with a day have steps  # noqa: S101
        return self.task.pk, self.task.due_on, self.step.days, self.person


# -- What is due -----------------------------------------------------------------------------------
def due(today: dt.date) -> list[Due]:
    """All steps due by ``today`` of tasks still owed, whether told already or not."""
    waiting = [(task, steps) for task in _owed(today) if (steps := _steps_due(task, today))]
    places = _places([task for task, _ in waiting], today)
    people = {
        key: people_at(audience, {unit for found in places[key].values() for unit in found}, today)
        for key, audience in AUDIENCES.items()
    }
    found: dict[tuple, Due] = {}
    for task, steps in waiting:
        for step in steps:
            for key in step.to:
                for place in places[key].get(task.pk, ()):
                    for person in people[key].get(place, ()):
                        one = Due(task, step, key, place, person)
                        found.setdefault(one.key, one)  # filler and head of one unit: told once
    return list(found.values())


def _owed(today: dt.date) -> Iterable[Task]:
    everyone = Task.objects.unscoped(reason="reminders go to whoever owes")
    reach = dt.timedelta(days=ladder.FURTHEST) + HOLIDAYS
    return (
        everyone.filter(
            state__in=OPEN,
            duty__notice__state=NoticeState.PUBLISHED,
            opens_on__lte=today,
            due_on__gte=today - reach - LOOK_BACK,
            due_on__lte=today + reach,
        )
        .select_related("duty__notice", "unit")
        .order_by("due_on", "pk")
    )


def _steps_due(task: Task, today: dt.date) -> list[Step]:
    assert task.due_on  # by the filter of _owed  # noqa: S101
    return [
        step
        for step in ladder.steps_of(task.duty.notice)
        if today - LOOK_BACK <= step.told_on(task.due_on) <= today
    ]


def _places(tasks: list[Task], today: dt.date) -> dict[str, dict[int, tuple[int, ...]]]:
    """Audience → task → the units whose people it means, by key."""
    hook_ups = _hook_ups({task.unit_id for task in tasks}, today)
    at: dict[str, dict[int, tuple[int, ...]]] = {
        "unit": {task.pk: (task.unit_id,) for task in tasks},
        "issuer": {task.pk: (task.duty.notice.issuer_id,) for task in tasks},
        "hook_up": {
            task.pk: hook_ups.get(task.unit_id) or _receiving(task) for task in tasks
        },
    }  # fmt: skip
    return {key: at[audience.at] for key, audience in AUDIENCES.items()}


def _hook_ups(units: set[int], today: dt.date) -> dict[int, tuple[int, ...]]:
    """Unit → departments that 挂钩 it today."""
    links = HookUpLink.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        kind=HookUpLink.Kind.LIAISON,
        unit__in=units,
        starts_on__lte=today,
    )
    found: dict[int, set[int]] = defaultdict(set)
    for unit, department in links.values_list("unit_id", "department_id"):
        found[unit].add(department)
    return {unit: tuple(sorted(departments)) for unit, departments in found.items()}


def _receiving(task: Task) -> tuple[int, ...]:
    department = task.duty.receiving_department_id
    return (department,) if department else ()


# -- Gathering -------------------------------------------------------------------------------------
def gather(at: dt.datetime | None = None) -> int:
    """Write today's digests of everybody who is to be told something; how many were made.

    Nothing at night and on days off. Who has today's digest already gets the rest tomorrow.
    """
    at = at or timezone.now()
    if not is_time(at):
        return 0
    today = timezone.localdate(at)
    per_person: dict[int, list[Due]] = defaultdict(list)
    with row_security.everything(reason="reminders go to whoever owes"):
        for one in due(today):
            per_person[one.person].append(one)
    urged = Reminder.objects.filter(digest=None, urging__isnull=False, person__is_active=True)
    people = {*per_person, *urged.values_list("person_id", flat=True)}
    people -= set(Digest.objects.filter(day=today).values_list("person_id", flat=True))
    made, waiting = 0, sorted(people)
    for start in range(0, len(waiting), BATCH):
        batch = {person: per_person.get(person, []) for person in waiting[start : start + BATCH]}
        try:
            made += _write(batch, today, at)
        except IntegrityError:
            # Another process is telling the same people; what it leaves out the next turn finds.
            logger.info("reminders: a batch is being told by another process")
    channels.queue_for_units(today)
    return made


@transaction.atomic
def _write(batch: dict[int, list[Due]], today: dt.date, at: dt.datetime) -> int:
    told = _told(batch)
    urged = Reminder.objects.filter(digest=None, urging__isnull=False, person__in=batch)
    urged_people = set(urged.values_list("person_id", flat=True))
    fresh = {
        person: [one for one in found if one.key not in told] for person, found in batch.items()
    }
    digests = {
        digest.person_id: digest
        for digest in Digest.objects.bulk_create(
            Digest(person_id=person, day=today, at=at)
            for person in batch
            if fresh[person] or person in urged_people
        )
    }
    rows = []
    for person, digest in digests.items():
        rows += _rows(fresh[person], digest, today, at)
    channels.mark_in_app(rows)
    Reminder.objects.bulk_create(rows, batch_size=500)
    for person, digest in digests.items():
        if person in urged_people:
            urged.filter(person=person).update(digest=digest)
    mailed = channels.mailed(list(digests.values()))
    Delivery.objects.bulk_create(
        Delivery(channel="email", day=today, digest=digest, next_at=at) for digest in mailed
    )
    return len(digests)


def _told(batch: dict[int, list[Due]]) -> set[tuple[int, dt.date, int, int]]:
    tasks = {one.task.pk for found in batch.values() for one in found}
    rows = Reminder.objects.filter(person__in=batch, task__in=tasks, urging=None)
    return {
        (row.task_id, row.due_on, row.step, row.person_id)
        for row in rows.only("task", "due_on", "step", "person")
        if row.due_on and row.step is not None
    }


def _rows(fresh: list[Due], digest: Digest, today: dt.date, at: dt.datetime) -> list[Reminder]:
    """One row a step; all but the last of a task are overtaken."""
    last: dict[int, int] = {}
    for one in fresh:
        last[one.task.pk] = max(one.step.days, last.get(one.task.pk, one.step.days))
    return [
        Reminder(
            task=one.task,
            person_id=one.person,
            place_id=one.place,
            due_on=one.task.due_on,
            step=one.step.days,
            audience=one.audience,
            digest=digest,
            overtaken=one.step.days < last[one.task.pk],
            lamp=lamps.of(one.task.due_on, today),
            words=_words(one),
            at=at,
        )
        for one in fresh
    ]


def _words(one: Due) -> str:
    task = one.task
    return f"{task.unit}{wording.subject(task)}：{wording.due(task)}"[:300]
