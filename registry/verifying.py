"""核实: an archive was looked at and is right today."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from federation.scope import OutOfReach
from registry.models import Person, PersonState
from registry.refusal import Refused

MOST = 200  # archives verified at once: a page of the list, twice


@transaction.atomic
def verify(person: Person, *, by: User, on: dt.date | None = None) -> Person:
    """What the archive says was right on ``on`` (default today)."""
    return verify_all([person.uuid], by=by, on=on)[0]


@transaction.atomic
def verify_all(uuids: Iterable[UUID | str], *, by: User, on: dt.date | None = None) -> list[Person]:
    """All of ``uuids`` or none. A day before the last 核实 is refused: it would say less than is known."""
    day, wanted = on or timezone.localdate(), {str(uuid) for uuid in uuids}
    if day > timezone.localdate():
        raise Refused("核实日期不能在今天之后，请改日期。")
    if len(wanted) > MOST:
        raise Refused(f"一次最多核实 {MOST} 份，请分几次办理。")
    found = Person.objects.visible_to(by, "edit").filter(uuid__in=wanted)
    people = list(found.select_related("unit").select_for_update(of=("self",)).order_by("pk"))
    if len(people) != len(wanted):
        raise OutOfReach("所选的档案里有不归您维护的，一份也没有核实。")
    for person in people:
        _verify(person, day=day, by=by)
    return people


def _verify(person: Person, *, day: dt.date, by: User) -> None:
    if person.state != PersonState.ACTIVE:
        raise Refused(
            f"{person}为“{person.get_state_display()}”，不在册，不用核实；没有核实任何一份。"
        )
    if person.verified_on and person.verified_on > day:
        raise Refused(f"{person}在 {person.verified_on} 已经核实过，请改日期。")
    person.verified_on, person.verified_by, person.version = day, by, person.version + 1
    person.save(update_fields=["verified_on", "verified_by", "version"])
    audit.record(person, "verify_person", by=by, unit=person.unit, detail={"on": str(day)})
