"""The columns of a register that leaves, for each of the three ways; what is private is masked here.

内部: as its page shows it. 上报: what the programme declares, in clear where that was allowed. 公示:
nothing that a label of the data dictionary calls private.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from federation import data_dictionary, scope
from federation.models import User
from registry import consents, masking
from registry.models import Carer, Enrolment, Person
from registry.register_choice import Choice, Mode

NAME, PLACE = "姓名", "居住地"
_CHUNK = 500


def _private(particular: dict[str, Any]) -> bool:
    return bool(particular.get("private"))


class Columns:
    """Headings and rows of one export as its requester may have them."""

    def __init__(self, choice: Choice, user: User):
        self.choice, self.user = choice, user
        self.particulars = [
            one for one in self._declared() if choice.mode != Mode.PUBLIC or self._publishable(one)
        ]
        self._zone = scope.units_held(user, "registry_children")
        cared = Carer.objects.in_force().filter(user=user)
        self._cared = set(cared.values_list("person_id", flat=True))

    def _declared(self) -> list[dict[str, Any]]:
        return list(self.choice.programme.particulars) if self.choice.programme else []

    def _publishable(self, particular: dict[str, Any]) -> bool:
        """Not private; of minors nothing that was written freely, which tells who it is."""
        of_minors = bool(self.choice.programme and self.choice.programme.zone)
        return not _private(particular) and not (of_minors and particular["kind"] == "text")

    # -- What stands above ---------------------------------------------------------------------
    def headings(self) -> list[str]:
        own = [one["label"] for one in self.particulars]
        match self.choice.mode:
            case Mode.INTERNAL:
                return [
                    NAME, "性别", "出生日期", "民族", PLACE, "身份证号", "联系电话", "住址", "健康状况",
                    "状态", "最近核实", "专项", "纳入日期", *own, "备注",
                ]  # fmt: skip
            case Mode.REPORT:
                return [
                    NAME,
                    "性别",
                    "身份证号",
                    "出生日期",
                    "民族",
                    PLACE,
                    "住址",
                    "联系电话",
                    "纳入日期",
                    *own,
                ]
            case _:
                return [NAME, "性别", PLACE, "专项", "纳入日期", *own]

    # -- What stands below ---------------------------------------------------------------------
    def rows(self, order: Sequence[int]) -> Iterator[list[Any]]:
        """The archives of ``order`` (their ids) as rows, in that order; the same at every call."""
        for start in range(0, len(order), _CHUNK):
            ids = order[start : start + _CHUNK]
            people = Person.objects.visible_to(self.user, "export").select_related("unit")
            found = consents.with_grounds(people).in_bulk(ids)
            enrolments: dict[int, list[Enrolment]] = {}
            for one in self.choice.enrolments(self.user).filter(person__in=ids).order_by("pk"):
                enrolments.setdefault(one.person_id, []).append(one)
            for pk in ids:
                if pk in found:
                    yield self._row(found[pk], enrolments.get(pk, []))

    def _row(self, person: Person, enrolments: list[Enrolment]) -> list[Any]:
        since = min((one.starts_on for one in enrolments), default=None)
        said = enrolments[-1].particulars if self.choice.programme and enrolments else {}
        # What rested on a consent that was withdrawn or ended leaves in no file.
        hidden = consents.hidden(person)
        gone = "phone" in hidden
        own = [
            "" if gone else self._particular(one, said.get(one["key"])) for one in self.particulars
        ]
        programmes = "、".join(dict.fromkeys(str(one.programme) for one in enrolments))
        sex, place = person.get_sex_display(), str(person.unit)
        match self.choice.mode:
            case Mode.INTERNAL:
                masked = [
                    "" if f in hidden else self._shown(person, f)
                    for f in ("id_number", "phone", "address", "health")
                ]
                return [
                    self._shown(person, "name"), sex, self._shown(person, "born_on"), person.ethnicity,
                    place, *masked, person.get_state_display(), person.verified_on, programmes, since,
                    *own, masking.scan(person.note),
                ]  # fmt: skip
            case Mode.REPORT:
                number, address, phone, name, born = (
                    "" if f in hidden else self._reported(person, f)
                    for f in ("id_number", "address", "phone", "name", "born_on")
                )
                return [
                    name,
                    sex,
                    number,
                    born,
                    person.ethnicity,
                    place,
                    address,
                    phone,
                    since,
                    *own,
                ]
            case _:
                return [self._published_name(person), sex, place, programmes, since, *own]

    def _opens(self, person: Person) -> bool:
        return person.unit_id in self._zone or person.pk in self._cared

    def _shown(self, person: Person, field: str) -> str:
        return masking.shown(person, field, to=self.user, opens=self._opens(person))

    def _reported(self, person: Person, field: str) -> Any:
        if not self.choice.clear:
            return self._shown(person, field)
        value = getattr(person, field)
        if value is None or isinstance(value, str | dt.date):
            return value
        return value.open()

    @staticmethod
    def _published_name(person: Person) -> str:
        return masking.text("minor_name", person.name) if person.is_minor else person.name

    def _particular(self, particular: dict[str, Any], value: Any) -> Any:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, int | float) and not _private(particular):
            return value
        text = str(value)
        if _private(particular) and not self.choice.clear:
            return masking.text(particular["private"], text)
        return text if self.choice.clear else masking.scan(text)


def leaks(rows: Iterable[Sequence[Any]]) -> bool:
    """Whether an identity number or a phone number stands in clear in one of ``rows``."""
    return any(
        isinstance(cell, str) and data_dictionary.scanned(cell) != cell
        for row in rows
        for cell in row
    )
