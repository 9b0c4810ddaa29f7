"""家庭、亲属与监护: who lives together, who is who to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from registry import changing, phone_numbers
from registry.models import Household, Person, Relation

FIELDS = ("kind", "called", "other", "name", "phone", "away", "away_place", "starts_on")


# -- Relations -------------------------------------------------------------------------------------
@transaction.atomic
def relate(
    person: Person, values: Mapping[str, Any], *, by: User, row: Relation | None = None
) -> Relation:
    """``values`` of a new relation of ``person``, or of ``row``: somebody registered, or a name."""
    person = changing.locked(person, by=by)
    new = row is None
    row = Relation(person=person) if row is None else _own(person, row)
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    _check(row, by)
    row.save()
    verb = "add_relation" if new else "change_relation"
    audit.record(person, verb, by=by, unit=person.unit, detail={"what": row.get_kind_display()})
    return row


def _check(row: Relation, by: User) -> None:
    faults = {}
    if row.other is not None:
        if row.other_id == row.person_id:
            faults["other"] = "不能选本人，请选另一个人。"
        elif not Person.objects.visible_to(by).filter(pk=row.other_id).exists():
            faults["other"] = "没有这个人的档案，请从列出的里面选。"
        row.name = ""
    elif not row.name:
        faults["name"] = "请填写姓名，或在上面选一份已建的档案。"
    if row.phone is not None and row.phone.fresh:
        try:
            row.phone = phone_numbers.checked(row.phone.open())
        except ValidationError as error:
            faults["phone"] = error.messages[0]
    if row.away_place and not row.away:
        row.away = True
    if row.starts_on and row.starts_on > timezone.localdate():
        faults["starts_on"] = "开始日期不能晚于今天，请改正。"
    if faults:
        raise ValidationError(faults)
    row.clean_fields(exclude={"person", "other", "phone", "phone_index"})


@transaction.atomic
def end_relation(row: Relation, *, on: dt.date, by: User) -> Relation:
    person = changing.locked(row.person, by=by)
    row = _own(person, row)
    if on > timezone.localdate() or (row.starts_on and on < row.starts_on):
        raise ValidationError({"on": "结束日期应在开始日期以后、今天以前，请改正。"})
    row.ends_on = on
    row.save()
    audit.record(
        person, "end_relation", by=by, unit=person.unit, detail={"what": row.get_kind_display()}
    )
    return row


def _own(person: Person, row: Relation) -> Relation:
    return person.relations.get(pk=row.pk)


# -- Households ------------------------------------------------------------------------------------
@transaction.atomic
def live_together(
    person: Person, *, values: Mapping[str, Any], by: User, with_whom: Person | None = None
) -> Household:
    """``person`` lives in the household of ``with_whom``, in that of the number, or in a new one."""
    person = changing.locked(person, by=by)
    home = person.household or _found(person, values.get("number", ""), with_whom, by)
    number = values.get("number", "")
    if number and Household.objects.visible_to(by, "edit").filter(
        unit=home.unit, number=number
    ).exclude(pk=home.pk).exists():  # fmt: skip
        raise ValidationError(
            {"number": "本村（社区）已有这个户编号，请核对；要并到那一户，请先退出这一户。"}
        )
    for name in ("number", "address", "note"):
        if values.get(name):
            setattr(home, name, values[name])
    home.version += 1 if home.pk else 0
    home.save()
    for member in filter(None, (person, with_whom)):
        if member.household_id != home.pk:
            member.household = home
            member.save(update_fields=["household"])
    if values.get("is_head"):
        home.head = person
        home.save(update_fields=["head"])
    audit.record(person, "change_household", by=by, unit=person.unit, detail={"what": "登记家庭"})
    return home


def _found(person: Person, number: str, with_whom: Person | None, by: User) -> Household:
    if with_whom is not None:
        with_whom = changing.locked(with_whom, by=by)
        if with_whom.unit_id != person.unit_id:
            raise ValidationError({"with_whom": "两人不在同一个村（社区），不能登记为一户。"})
        if with_whom.household is not None:
            return with_whom.household
    homes = Household.objects.visible_to(by, "edit")
    held = homes.filter(unit=person.unit, number=number).first() if number else None
    return held or Household(unit=person.unit)


@transaction.atomic
def move_out(person: Person, *, by: User) -> None:
    """She leaves the household; whose head she was has none until one is named."""
    person = changing.locked(person, by=by)
    home = person.household
    if home is None:
        raise ValidationError("没有登记家庭，不用退出。")
    person.household = None
    person.save(update_fields=["household"])
    if home.head_id == person.pk:
        home.head = None
        home.save(update_fields=["head"])
    audit.record(person, "change_household", by=by, unit=person.unit, detail={"what": "退出家庭"})
