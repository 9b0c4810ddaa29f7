"""纳入专项 and 退出: who belongs to a programme, with what it asks beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import User
from registry import changing, consents
from registry.models import Enrolment, Person, PersonState, Programme, Sex, Zone
from registry.refusal import Refused

LONGEST = 100


@dataclass(frozen=True)
class Asked:
    """One programme, as it is asked for; ``override`` is why she belongs although she does not fit."""

    programme: Programme
    starts_on: dt.date
    source: str = ""
    particulars: Mapping[str, Any] = field(default_factory=dict)
    override: str = ""


def offered(user: User) -> Any:
    """Programmes she may enrol in: those of health are of the zone's posts alone."""
    active = Programme.objects.filter(is_active=True)
    zone = scope.may(user, "registry_children")
    return active if zone else active.exclude(zone=Zone.HEALTH)


def why_not(programme: Programme, *, sex: str, born_on: dt.date | None, on: dt.date) -> str:
    """ "" for who belongs by the definition in force on the day, or the sentence that says what lacks."""
    definition = programme.definition_on(on)
    return definition.why_not(sex=sex, born_on=born_on, on=on) if definition else ""


def word_of(programme: Programme) -> str:
    """What the trail calls it: that somebody is ill is not told there."""
    return "健康类专项" if programme.zone == Zone.HEALTH else programme.name


@transaction.atomic
def enrol(person: Person, asked: Asked, *, by: User) -> Enrolment:
    person = changing.locked(person, by=by)
    _check_active(person)
    programme = asked.programme
    if not offered(by).filter(pk=programme.pk).exists():
        raise ValidationError(f"您不能办理“{programme}”的登记。")
    if person.enrolments.filter(programme=programme, ends_on=None).exists():
        raise ValidationError(f"已经纳入“{programme}”，不用再纳入。")
    _check_day(person, asked.starts_on)
    why = why_not(programme, sex=Sex(person.sex), born_on=person.born_on, on=asked.starts_on)
    if why and not asked.override.strip():
        raise ValidationError({f"{programme.code}-override": f"{why}确需纳入的，请在此写明理由。"})
    row = Enrolment(
        person=person, programme=programme, starts_on=asked.starts_on, source=asked.source,
        particulars=_kept(person, programme, asked.particulars),
    )  # fmt: skip
    row.save()
    reason = {"reason": asked.override.strip()} if why else {}
    audit.record(
        person, "enrol", by=by, unit=person.unit, detail={"what": word_of(programme), **reason}
    )
    return row


@transaction.atomic
def change(
    row: Enrolment, *, starts_on: dt.date, source: str, particulars: Mapping[str, Any], by: User
) -> Enrolment:
    row = _locked(row, by=by)
    _check_day(row.person, starts_on)
    row.starts_on, row.source = starts_on, source
    row.particulars = _kept(row.person, row.programme, particulars)
    row.save()
    audit.record(
        row.person, "change_enrolment", by=by, unit=row.person.unit,
        detail={"what": word_of(row.programme)},
    )  # fmt: skip
    return row


@transaction.atomic
def leave(row: Enrolment, *, on: dt.date, reason: str, by: User) -> Enrolment:
    """She belongs no more from the day after ``on``."""
    row = _locked(row, by=by)
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请选择或写明退出原因。"})
    if not row.starts_on <= on <= timezone.localdate():
        raise ValidationError({"on": "退出日期应在纳入日期以后、今天以前，请改正。"})
    row.ends_on, row.exit_reason = on, reason[:40]
    row.save()
    audit.record(
        row.person, "leave_programme", by=by, unit=row.person.unit,
        detail={"what": word_of(row.programme), "reason": row.exit_reason},
    )  # fmt: skip
    return row


def _locked(row: Enrolment, *, by: User) -> Enrolment:
    person = changing.locked(row.person, by=by)
    _check_active(person)
    row = Enrolment.objects.visible_to(by, "edit").select_related("programme").get(pk=row.pk)
    row.person = person
    if row.ends_on is not None:
        raise ValidationError(f"已于 {row.ends_on} 退出“{row.programme}”，不能再改。")
    return row


def _check_active(person: Person) -> None:
    if person.state != PersonState.ACTIVE:
        raise ValidationError(f"这份档案为“{person.get_state_display()}”，请先办理“恢复”。")


def _check_day(person: Person, day: dt.date) -> None:
    if day > timezone.localdate() or (person.born_on and day < person.born_on):
        raise ValidationError({"starts_on": "纳入日期应在出生以后、今天以前，请改正。"})


def _kept(person: Person, programme: Programme, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the programme declares, and of that what is filled; health words need their ground."""
    held = {line["key"]: _checked(line, given.get(line["key"])) for line in programme.particulars}
    held = {key: value for key, value in held.items() if value not in (None, "")}
    if any(line.get("private") and line["key"] in held for line in programme.particulars):
        try:
            consents.check_may_keep(person, ["health"])
        except Refused as refused:
            raise ValidationError(str(refused), code="consent") from refused
    return held


def _checked(line: Mapping[str, Any], value: Any) -> Any:
    if value in (None, ""):
        return None
    if line["kind"] == "choice" and value not in line["choices"]:
        raise ValidationError(f"“{line['label']}”请从列出的里面选。")
    if line["kind"] == "yes_no":
        return bool(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)[:LONGEST]
