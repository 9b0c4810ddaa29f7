"""The rows of an uploaded register, checked: what is wrong with each cell, and what each would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from federation import scope
from federation.encryption import blind_indexes
from federation.models import OrgUnit, User
from registry import identity_numbers, masking, phone_numbers
from registry.models import Enrolment, Person, Programme
from registry.models.persons import ADULT, IDENTITY, born_after
from registry.register_forms import PARTICULAR

# What must be read of a row before it is judged as a whole.
WHOLE = {"born_on", "sex", "village", "starts_on"}
NEW, ENROL, SAME = "建档并纳入", "已有档案，纳入专项", "已在册，不变"


@dataclass
class Checked:
    """One row: values as they would be stored, its person where she is known, what it does."""

    where: str
    values: dict[str, Any]
    person: Person | None = None
    does: str = NEW
    enrolled: bool = False
    faults: list[tuple[str, str]] = field(default_factory=list)  # place, words

    def read(self, key: str, place: str, reader: Callable[[], Any]) -> None:
        """What ``reader`` makes of a cell, or the fault at its place."""
        try:
            self.values[key] = reader()
        except ValidationError as error:
            self.faults.append((place, masking.scan(f"{place}{error.messages[0]}")))


@dataclass
class Outcome:
    rows: list[Checked] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)  # place, words; nothing private


class Checks:
    """Checks rows ``{"where", "cells", "values"}`` for one programme, below one unit, for one person.

    A long register is checked in several turns: a number is known from all that came before.
    """

    def __init__(self, programme: Programme, unit: OrgUnit, by: User):
        self.programme, self.by, self.unit = programme, by, unit
        self.today = timezone.localdate()
        found = scope.granted_units(by, "registry_edit").below(unit).open_now()
        self.units = {str(one.uuid): one for one in found.select_related("unit_type")}
        zone = scope.granted_units(by, "registry_children").below(unit)
        self.zone = set(zone.values_list("pk", flat=True))
        self.minor = born_after(ADULT)
        self.definitions = list(programme.definitions.order_by("-from_on"))
        self.numbers: dict[str, str] = {}

    def check(self, rows: Sequence[dict[str, Any]], *, unread: Set[str] = frozenset()) -> Outcome:
        """All faults of ``rows``, and what the others would do; a few questions, however many rows.

        ``unread`` are rows of whose number the reader has said that it is wrong: what is lacking
        because of it is not said as well.
        """
        outcome = Outcome()
        read = [(row["cells"], self._row(row, unread)) for row in rows]
        whole = [(cells, one) for cells, one in read if set(one.values) >= WHOLE]
        self._find(one for _, one in whole)
        for cells, one in whole:
            place = cells.get("name") or one.where
            one.read("name", place, lambda one=one: self._whole(one))
        for _, one in read:
            outcome.faults += one.faults
            if not one.faults and set(one.values) >= WHOLE:
                outcome.rows.append(one)
        return outcome

    def _row(self, row: dict[str, Any], unread: Set[str]) -> Checked:
        said, cells = row["values"], row["cells"]
        checked = Checked(row["where"], {})

        def read(key: str, reader: Callable[[], Any]) -> None:
            checked.read(key, cells.get(key) or row["where"], reader)

        read("id_number", lambda: self._number(said.get("id_number", ""), row))
        number = checked.values.get("id_number")
        # A number that is wrong, or could not be read at all, is one fault and not three.
        whole = "id_number" in checked.values and row["where"] not in unread
        if said.get("born_on") or whole:
            read("born_on", lambda: self._born_on(said.get("born_on", ""), number))
        if said.get("sex") or whole:
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
        rules = (one for one in self.definitions if one.from_on <= held["starts_on"])
        if definition := next(rules, None):
            why = definition.why_not(sex=held["sex"], born_on=held["born_on"], on=held["starts_on"])
            if why:
                raise ValidationError(f"：{why}")
        if held["born_on"] > self.minor and held["village"].pk not in self.zone:
            raise ValidationError("：未成年人的档案由儿童、权益工作岗位和所在村（社区）登记。")
        if checked.person is not None:
            if checked.person.unit_id != held["village"].pk:
                raise ValidationError(
                    f"：此人的档案在{checked.person.unit}，迁居的请在档案上办理转移。"
                )
            checked.does = SAME if checked.enrolled else ENROL
        return held["name"]

    def _find(self, rows: Iterable[Checked]) -> None:
        """Archives of the numbers where she who uploads reaches them; of any other nothing is said."""
        asked: dict[bytes, Checked] = {}
        for one in rows:
            if number := one.values.get("id_number"):
                asked |= dict.fromkeys(blind_indexes(IDENTITY, number.text), one)
        if not asked:
            return
        reached = Person.objects.visible_to(self.by, "edit").active().select_related("unit")
        found = reached.filter(id_number_index__in=list(asked))
        for person in found.order_by("-pk"):  # of several the one that was there first
            asked[bytes(person.id_number_index)].person = person
        known = [one for one in asked.values() if one.person is not None]
        enrolled = Enrolment.objects.visible_to(self.by, "edit").current()
        enrolled = enrolled.filter(person__in=[one.person for one in known])
        there = set(enrolled.filter(programme=self.programme).values_list("person_id", flat=True))
        for one in known:
            one.enrolled = one.person is not None and one.person.pk in there
