"""建档 and 修改: what may stand in an archive, written with its line in the trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from registry import (
    changing,
    consents,
    duplicates,
    enrolling,
    families,
    identity_numbers,
    phone_numbers,
)
from registry.models import Carer, Person, PersonState
from registry.refusal import Refused

# Every field of the form, in the order of the paper.
FIELDS = (
    "name", "sex", "id_number", "born_on", "ethnicity", "education", "marriage",
    "registered_unit", "registered_place", "address", "phone", "health", "source", "note",
)  # fmt: skip
SECRETS = ("id_number", "phone", "address", "health")
ELSEWHERE = "未成年人的档案由其所在村（社区）或儿童、权益工作干部建立，请转告他们。"


@dataclass(frozen=True)
class Given:
    """Consent or duty as it is told while the archive is built."""

    basis: str
    purposes: tuple[str, ...]
    given_on: dt.date
    citation: str = ""


def labels() -> dict[str, str]:
    return {name: str(Person._meta.get_field(name).verbose_name) for name in FIELDS}


@transaction.atomic
def create(
    *,
    unit: OrgUnit,
    values: Mapping[str, Any],
    by: User,
    programmes: Iterable[enrolling.Asked] = (),
    guardian: Mapping[str, Any] | None = None,
    consent: Given | None = None,
) -> Person:
    """A new archive with its programmes; all of it or nothing.

    Who enters a minor at her own unit becomes the child's carer. Whether there is another archive
    of the number is not told here: it is looked for afterwards (``duplicates``).
    """
    if not scope.granted_units(by, "registry_edit").open_now().filter(pk=unit.pk).exists():
        raise OutOfReach("所选组织不在您的管辖范围内，未保存。")
    held = checked(values)
    person = Person(unit=unit, entered_by=by, verified_on=timezone.localdate(), verified_by=by)
    _write(person, {name: held[name] for name in held if name in consents.KEPT_ANYWAY})
    if person.is_minor and not scope.may(by, "registry_children", unit):
        raise ValidationError(ELSEWHERE)
    person.save()
    scope.prove(person, by, "edit")
    audit.record(person, "create_person", by=by, unit=unit)
    if person.is_minor and unit.pk in scope.units_held(by, "registry_edit"):
        Carer(person=person, user=by, starts_on=timezone.localdate(), named_by=by).save()
    _with(person, by=by, programmes=programmes, guardian=guardian, consent=consent)
    rest = {name: held[name] for name in held if name not in consents.KEPT_ANYWAY and held[name]}
    _check_may_keep(person, rest)
    _write(person, rest)
    person.save()
    duplicates.note(person, by)
    return person


def _with(person, *, by, programmes, guardian, consent) -> None:
    relation = families.relate(person, guardian, by=by) if guardian else None
    if consent is not None:
        young = person.needs_guardians_consent
        try:
            consents.record(
                person, by=by, basis=consent.basis, purposes=consent.purposes,
                given_on=consent.given_on, citation=consent.citation,
                guardian=relation if young else None,
            )  # fmt: skip
        except Refused as refused:
            raise ValidationError({"consent": str(refused)}) from refused
    for asked in programmes:
        enrolling.enrol(person, asked, by=by)


@transaction.atomic
def change(
    person: Person, values: Mapping[str, Any], *, by: User, version: int | None = None
) -> Person:
    """Write those of ``values`` that differ. The trail names the fields, never what stands in them."""
    person = changing.locked(person, by=by, version=version)
    if person.state != PersonState.ACTIVE:
        raise ValidationError(
            f"这份档案为“{person.get_state_display()}”，不能修改；请先办理“恢复”。"
        )
    held = checked({**_current(person), **values})
    differing = [name for name in values if _differs(person, name, held[name])]
    # A birthday or sex taken from the number is written with it.
    differing += [n for n in ("sex", "born_on") if n not in values and _differs(person, n, held[n])]
    if not differing:
        return person
    fresh = {name: held[name] for name in differing if held[name]}
    _check_may_keep(person, fresh)
    _write(person, {name: held[name] for name in differing})
    if person.is_minor and not scope.may(by, "registry_children", person.unit):
        raise ValidationError({"born_on": ELSEWHERE})
    person.version += 1
    person.save()
    scope.prove(person, by, "edit")
    words = labels()
    audit.record(
        person, "change_person", by=by, unit=person.unit,
        detail={"fields": [words[name] for name in FIELDS if name in differing]},
    )  # fmt: skip
    duplicates.note(person, by)
    return person


# -- What may stand in an archive ------------------------------------------------------------------
def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` brought to form; ``ValidationError`` by field, all faults at once."""
    held, faults = dict(values), {}
    if number := held.get("id_number"):
        try:
            faults |= _by_number(held, number)
        except ValidationError as error:
            faults["id_number"] = error.messages
    if phone := held.get("phone"):
        try:
            held["phone"] = phone_numbers.checked(phone)
        except ValidationError as error:
            faults["phone"] = error.messages
    if not held.get("name"):
        faults["name"] = ["请填写姓名。"]
    if not held.get("sex") and "sex" not in faults:
        faults["sex"] = ["请选择性别，或填写身份证号。"]
    born_on = held.get("born_on")
    if not born_on and "id_number" not in faults:
        faults["born_on"] = ["请填写出生日期，或填写身份证号；不知道日子的填到月，日写01。"]
    if born_on and not dt.date(1900, 1, 1) <= born_on <= timezone.localdate():
        faults["born_on"] = ["出生日期不合理，请核对。"]
    if faults:
        raise ValidationError(faults)
    return held


def _by_number(held: dict[str, Any], typed: str) -> dict[str, list[str]]:
    """Sex and birthday from the number where they are empty; contradictions, by field."""
    number = identity_numbers.checked(typed)
    held["id_number"], faults = number.text, {}
    if held.get("sex") and held["sex"] != number.sex:
        word = "男" if number.sex == "M" else "女"
        faults["sex"] = [f"与身份证号不一致：证件上为{word}。请核对证件，改正其中一处。"]
    if held.get("born_on") and held["born_on"] != number.born_on:
        faults["born_on"] = ["与身份证号中的出生日期不一致。请核对证件，改正其中一处。"]
    held["sex"], held["born_on"] = held.get("sex") or number.sex, number.born_on
    return faults


def _check_may_keep(person: Person, values: Mapping[str, Any]) -> None:
    try:
        consents.check_may_keep(person, values)
    except Refused as refused:
        raise ValidationError(str(refused), code="consent") from refused


def _current(person: Person) -> dict[str, Any]:
    return {name: _plain(person, name) for name in FIELDS}


def _plain(person: Person, name: str) -> Any:
    held = getattr(person, name)
    return (held.open() if held is not None else "") if name in SECRETS else held


def _differs(person: Person, name: str, value: Any) -> bool:
    return (_plain(person, name) or None) != (value or None)


def _write(person: Person, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(person, name, value)
    person.clean_fields(exclude={*SECRETS, "unit", "registered_unit", "household"})
