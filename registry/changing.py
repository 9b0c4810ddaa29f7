"""死亡、迁出、退出、恢复: an archive leaves the registers and comes back, each with date and reason.

The newest change can be taken back; that puts state, enrolments and carers exactly as they were. Needs
stay as they are: what was asked for is asked for, and what was met was met.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import OrgUnit, User
from registry.models import Carer, Enrolment, Person, PersonChange, PersonState, Transfer
from registry.refusal import Overtaken, Refused

Kind = PersonChange.Kind
STATES = {
    Kind.DEATH: PersonState.DEAD,
    Kind.MOVE: PersonState.MOVED,
    Kind.EXIT: PersonState.EXITED,
    Kind.RETURN: PersonState.ACTIVE,
}
AWAY = (PersonState.DEAD, PersonState.MOVED, PersonState.EXITED)


def possible(person: Person) -> list[str]:
    """The kinds of change that may befall ``person`` as she stands."""
    if person.state == PersonState.ACTIVE:
        return [Kind.DEATH, Kind.MOVE, Kind.EXIT]
    return [Kind.RETURN] if person.state in AWAY else []


def last_change(person: Person) -> PersonChange | None:
    """The newest change that stands; the only one that can be taken back."""
    return person.changes.filter(undone_at=None).order_by("-pk").first()


def locked(person: Person, *, by: User, version: int | None = None) -> Person:
    """``person`` as it is now, held until the act is done; she must be ``by``'s to keep."""
    found = Person.objects.visible_to(by, "edit").select_related("unit")
    person = found.select_for_update(of=("self",)).get(pk=person.pk)
    if version is not None and person.version != version:
        raise Overtaken
    return person


@transaction.atomic
def change(
    person: Person, *, kind: str, on: dt.date, reason: str, by: User, version: int | None = None
) -> PersonChange:
    """Her standing from ``on``. What she belonged to ends that day, or begins again."""
    person = locked(person, by=by, version=version)
    if kind not in possible(person):
        raise Refused(f"档案为“{person.get_state_display()}”，不能再办这项变动。")
    _check_day(person, kind, on)
    if person.transfers.open().exists():
        raise Refused("这份档案正在转移，请先撤回转移，再办变动。")
    before = standing(person)
    if kind == Kind.RETURN:
        before["made"], before["enrolments"] = _enrol_again(person, on)
    else:
        before["enrolments"] = _end_enrolments(person, on, Kind(kind).label)
        before["carers"] = end_carers(person, on)
    person.state, person.state_since = STATES[Kind(kind)], on
    person.version += 1
    person.save(update_fields=["state", "state_since", "version"])
    made = PersonChange(person=person, kind=kind, on=on, reason=reason, by=by, before=before)
    made.save()
    audit.record(person, f"person_{kind}", by=by, unit=person.unit, detail={"on": str(on)})
    return made


def _check_day(person: Person, kind: str, on: dt.date) -> None:
    if on > timezone.localdate():
        raise Refused("日期不能在今天之后，请改日期。")
    if person.born_on and on < person.born_on:
        raise Refused("日期在出生日期之前，请改日期。")
    if kind == Kind.RETURN and person.state_since and on < person.state_since:
        raise Refused(f"恢复日期不能早于离册日期 {person.state_since}，请改日期。")


def standing(person: Person) -> dict:
    """What putting a change back needs; nothing private."""
    return {
        "state": person.state,
        "state_since": str(person.state_since) if person.state_since else None,
        "unit": person.unit_id,
        "household": person.household_id,
    }


def _end_enrolments(person: Person, on: dt.date, why: str) -> list[dict]:
    """Ends what would go on after ``on``, or begin; how each stood."""
    rows = person.enrolments.exclude(ends_on__lte=on).select_for_update().order_by("pk")
    ended = []
    for row in rows:
        was = str(row.ends_on) if row.ends_on else None
        ended.append({"pk": row.pk, "ends_on": was, "exit_reason": row.exit_reason})
        row.ends_on, row.exit_reason = max(on, row.starts_on), why
        row.save(update_fields=["ends_on", "exit_reason"])
    return ended


def end_carers(person: Person, last_day: dt.date) -> list[dict]:
    """Nobody is her carer after ``last_day``; how each stood."""
    ended = []
    for row in person.carers.exclude(ends_on__lte=last_day).select_for_update().order_by("pk"):
        ended.append({"pk": row.pk, "ends_on": str(row.ends_on) if row.ends_on else None})
        row.ends_on = last_day
        row.save(update_fields=["ends_on"])
    return ended


def _enrol_again(person: Person, on: dt.date) -> tuple[list[int], list[dict]]:
    """Begins anew, from ``on``, what her leaving had ended; the time between stays empty. What ended
    no earlier than that goes on. What is new, and how the others stood."""
    left = last_change(person)
    ended = [held["pk"] for held in (left.before.get("enrolments", []) if left else [])]
    made, reopened = [], []
    for old in person.enrolments.filter(pk__in=ended).select_related("programme").order_by("pk"):
        if person.enrolments.filter(programme=old.programme, ends_on=None).exists():
            continue
        if old.ends_on and old.ends_on >= on:
            reopened.append(
                {"pk": old.pk, "ends_on": str(old.ends_on), "exit_reason": old.exit_reason}
            )
            old.ends_on, old.exit_reason = None, ""
            old.save(update_fields=["ends_on", "exit_reason"])
            continue
        new = Enrolment(
            person=person, programme=old.programme, starts_on=on, source=f"恢复（{old.source}）"[:120],
            particulars=old.particulars,
        )  # fmt: skip
        new.save()
        made.append(new.pk)
    return made, reopened


# -- Taking back -----------------------------------------------------------------------------------
@transaction.atomic
def undo(change: PersonChange, *, reason: str, by: User, version: int | None = None) -> Person:
    """Exactly as it was before ``change``, which must be the newest that stands."""
    person = locked(change.person, by=by, version=version)
    newest = last_change(person)
    if newest is None or newest.pk != change.pk:
        raise Refused("只能撤销最近一次变动；请先撤销在它之后的。")
    if person.state == PersonState.MERGED:
        raise Refused("这份档案已并入另一份，请先拆分。")
    if person.transfers.open().exists():
        raise Refused("这份档案正在转移，请先撤回转移。")
    unit = person.unit
    _put_back(person, newest.before)
    newest.undone_at, newest.undone_by, newest.undone_reason = timezone.now(), by, reason
    newest.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    audit.record(person, "undo_person_change", by=by, unit=unit, detail={"kind": newest.kind})
    return person


def _put_back(person: Person, before: dict) -> None:
    person.enrolments.filter(pk__in=before.get("made", [])).delete()
    for rows in ("enrolments", "carers"):
        kept = {row.pk: row for row in getattr(person, rows).all()}
        for held in before.get(rows, []):
            row = kept.get(held["pk"])
            if row is not None:
                _restore(row, {name: held[name] for name in held if name != "pk"})
    person.state = before["state"]
    person.state_since = _day(before["state_since"])
    if person.unit_id != before["unit"]:
        person.unit = OrgUnit.objects.get(pk=before["unit"])
        person.household_id = before["household"]
        person.transfers.filter(uuid=before["transfer"]).update(
            state=Transfer.State.WITHDRAWN, answer="已撤销转移"
        )
    person.version += 1
    person.save(update_fields=["state", "state_since", "unit", "household", "version"])


def _restore(row: Enrolment | Carer, was: dict) -> None:
    for name, value in was.items():
        setattr(row, name, _day(value) if name == "ends_on" else value)
    row.save(update_fields=list(was))


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
