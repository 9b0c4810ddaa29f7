"""保存期限: how long an archive is kept after its last programme ended, and what is then proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from federation import audit
from registry.models import Enrolment, Erasure, Person, PersonState

REASON = "超过保存年限"
NO_PROGRAMME = 3  # years, for whoever was in none and left


def due_on(last: dt.date, years: int) -> dt.date:
    """The day after ``years`` whole years from ``last``."""
    try:
        day = last.replace(year=last.year + years)
    except ValueError:  # 29 February
        day = dt.date(last.year + years, 2, 28)
    return day + dt.timedelta(days=1)


def overdue(today: dt.date | None = None) -> Iterator[tuple[Person, dt.date]]:
    """Archives whose years are over and nobody has proposed to erase yet, each with its day."""
    today = today or timezone.localdate()
    open_still = Enrolment.objects.unscoped(reason="the house looks at the years of all archives")
    open_still = open_still.filter(Q(ends_on=None) | Q(ends_on__gte=today))
    waiting = Erasure.objects.unscoped(reason="what is proposed is not proposed again").waiting()
    people = Person.objects.unscoped(reason="the house looks at the years of all archives")
    people = (
        people.exclude(state__in=(PersonState.MERGED, PersonState.ERASED))
        .exclude(pk__in=waiting.filter(person__isnull=False).values("person_id"))
        .annotate(last=Max("enrolments__ends_on"), years=Max("enrolments__programme__kept_years"))
        .filter(Q(last__lt=today) | Q(last=None, state_since__lt=today))
        .exclude(Q(pk__in=open_still.values("person_id")) & Q(state=PersonState.ACTIVE))
        .exclude(Q(last=None) & Q(state=PersonState.ACTIVE))
        .select_related("unit")
        .order_by("pk")
    )
    for person in people.iterator(chunk_size=500):
        ends = [day for day in (person.last, person.state_since) if day]
        day = due_on(max(ends), NO_PROGRAMME if person.years is None else person.years)
        if day <= today:
            yield person, day


def propose_due(today: dt.date | None = None) -> int:
    """Propose what is overdue, for two persons to take up and confirm; how many."""
    made = 0
    for person, day in overdue(today):
        with transaction.atomic():
            row = Erasure(
                unit=person.unit, person=person, person_uuid=person.uuid, reason=REASON, due_on=day
            )
            row.save()
            detail = {"archive": str(person.uuid), "due_on": str(day)}
            audit.record(row, "propose_erasure", by=None, unit=person.unit, detail=detail)
        made += 1
    return made
