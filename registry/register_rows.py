"""The rows of an uploaded register, checked: what is wrong with each cell, and what each would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit, User
from registry import identity_numbers, masking, phone_numbers
from registry.models import Enrolment, Person, Programme
from registry.models.persons import ADULT, born_after
from registry.register_forms import PARTICULAR

NEW, ENROL, SAME = "建档并纳入", "已有档案，纳入专项", "已在册，不变"


@dataclass
class Checked:
    """One row: values as they would be stored, its person where she is known, what it does."""

    where: str
    values: dict[str, Any]
    person: Person | None = None
    does: str = NEW


@dataclass
class Outcome:
    rows: list[Checked] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)  # place, words; nothing private

    def fault(self, where: str, words: str) -> None:
        self.faults.append((where, masking.scan(words)))


class Checks:
    """Checks rows ``{"where", "cells", "values"}`` for one programme, below one unit, for one person."""

    def __init__(self, programme: Programme, unit: OrgUnit, by: User):
        self.programme, self.by, self.unit = programme, by, unit
        self.today = timezone.localdate()
        found = scope.granted_units(by, "registry_edit").below(unit).open_now()
        self.units = {str(one.uuid): one for one in found.select_related("unit_type")}
        zone = scope.granted_units(by, "registry_children").below(unit)
        self.zone = set(zone.values_list("pk", flat=True))
        self.numbers: dict[str, str] = {}

    def check(self, rows: Sequence[dict[str, Any]]) -> Outcome:
        outcome = Outcome()
        for row in rows:
            before = len(outcome.faults)
            checked = self._row(row, outcome)
            if len(outcome.faults) == before:
                outcome.rows.append(checked)
        return outcome

    def _row(self, row: dict[str, Any], outcome: Outcome) -> Checked:
        said, cells = row["values"], row["cells"]
        checked = Checked(row["where"], {})

        def read(key: str, reader: Callable[[], Any]) -> None:
            try:
                checked.values[key] = reader()
            except ValidationError as error:
                place = cells.get(key) or row["where"]
                outcome.fault(place, f"{place}{error.messages[0]}")

        number = None
        read("id_number", lambda: self._number(said.get("id_number", ""), row))
        number = checked.values.get("id_number")
        read("born_on", lambda: self._born_on(said.get("born_on", ""), number))
        read("sex", lambda: self._sex(said.get("sex", ""), number))
        for key in ("phone", "guardian_phone"):
            if said.get(key):
                read(key, lambda key=key: phone_numbers.checked(said[key]))
        read("village", lambda: self._village(said.get("village")))
        read("starts_on", lambda: self._day(said.get("starts_on")) or self.today)
        for key in ("name", "address", "ethnicity", "note", "guardian", "guardian_called"):
            checked.values[key] = said.get(key) or ""
        checked.values["particulars"] = {}
        for one in self.programme.particulars:
            read(f"{PARTICULAR}{one['key']}", lambda one=one: self._particular(one, said, checked))
        if {"born_on", "sex", "village", "starts_on"} <= set(checked.values):
            read("name", lambda: self._whole(checked))
        return checked

    # -- One cell --------------------------------------------------------------------------------
    def _number(self, typed: str, row: dict[str, Any]) -> identity_numbers.IdentityNumber | None:
        if not typed:
            return None
        number = identity_numbers.checked(typed)
        first = self.numbers.setdefault(number.text, row["where"])
        if first != row["where"]:
            raise ValidationError(f"的身份证号与{first}那一行相同，请核对是否重复填写。")
        return number

    def _born_on(self, typed: str, number: Any) -> dt.date:
        day = self._day(typed)
        if number is not None:
            if day and day != number.born_on:
                raise ValidationError("的出生日期与身份证号不符，请按证件核对。")
            return number.born_on
        if day is None:
            raise ValidationError("：身份证号和出生日期至少填一项。")
        if not dt.date(1900, 1, 1) <= day <= self.today:
            raise ValidationError("的出生日期不合理，请核对。")
        return day

    def _sex(self, typed: str, number: Any) -> str:
        if number is not None:
            if typed and typed != number.sex:
                raise ValidationError("的性别与身份证号不符，请按证件核对。")
            return number.sex
        if not typed:
            raise ValidationError("：没有身份证号的，请填写性别。")
        return typed

    def _day(self, typed: Any) -> dt.date | None:
        return dt.date.fromisoformat(typed) if typed else None

    def _village(self, said: Any) -> OrgUnit:
        if not said:
            if self.unit.unit_type.level == "village" and str(self.unit.uuid) in self.units:
                return self.units[str(self.unit.uuid)]
            raise ValidationError("没有写明居住的村（社区），请补上。")
        found = self.units.get(said.get("unit") or "")
        if found is None:
            raise ValidationError(
                "所写的村（社区）不能确定是哪一个，请写全称，并在前面写明乡镇（街道）。"
            )
        return found

    def _particular(self, one: dict[str, Any], said: dict[str, Any], checked: Checked) -> None:
        value = said.get(f"{PARTICULAR}{one['key']}")
        if value in (None, ""):
            return
        if one["kind"] == "number":
            try:
                value = int(str(value).strip().removesuffix(".0"))
            except ValueError:
                raise ValidationError(f"“{one['label']}”应填整数。") from None
        elif one["kind"] == "yes_no":
            value = value == "yes"
        checked.values["particulars"][one["key"]] = value

    # -- The whole row ---------------------------------------------------------------------------
    def _whole(self, checked: Checked) -> str:
        """The name, where the row as a whole may be: age, zone, and whether she is here already."""
        held = checked.values
        if definition := self.programme.definition_on(held["starts_on"]):
            why = definition.why_not(sex=held["sex"], born_on=held["born_on"], on=held["starts_on"])
            if why:
                raise ValidationError(f"：{why}")
        if held["born_on"] > born_after(ADULT) and held["village"].pk not in self.zone:
            raise ValidationError("：未成年人的档案由儿童、权益工作岗位和所在村（社区）登记。")
        checked.person = self._known(held)
        if checked.person is not None:
            if checked.person.unit_id != held["village"].pk:
                raise ValidationError(
                    f"：此人的档案在{checked.person.unit}，迁居的请在档案上办理转移。"
                )
            enrolled = Enrolment.objects.visible_to(self.by, "edit").current()
            there = enrolled.filter(person=checked.person, programme=self.programme).exists()
            checked.does = SAME if there else ENROL
        return held["name"]

    def _known(self, held: dict[str, Any]) -> Person | None:
        """Her archive where she who uploads reaches it; of any other nothing is said here."""
        if not held.get("id_number"):
            return None
        reached = Person.objects.visible_to(self.by, "edit").active().select_related("unit")
        return reached.numbered(held["id_number"].text).order_by("pk").first()
