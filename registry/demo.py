"""The invented archives of the demo: 哈尔滨, every 专项, some stale, some twice, some under way elsewhere.

People are those of ``fixtures/demo/harbin_people.json``, as old today as they are there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from federation import demo, tree
from federation.models import OrgUnit, User
from registry import code_lists, identity_numbers
from registry.demo_around import Surroundings
from registry.models import (
    Carer,
    Consent,
    DuplicatePair,
    Enrolment,
    Household,
    Need,
    Person,
    Programme,
    Relation,
    Transfer,
    Zone,
)

FILE = settings.BASE_DIR / "fixtures" / "demo" / "harbin_people.json"
VILLAGE, NEXT_VILLAGE, CARER = "hrb-village", "hrb-village2", "hrb-carer"
DAYS = (20, 45, 75, 110, 160, 230, 400)  # since somebody last looked in; the last two are stale
NOTICE = "2016-1"


def read() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@transaction.atomic
def load(data: dict[str, Any]) -> tuple[int, int]:
    """Accounts, archives and what hangs on them; how many accounts and persons are new.

    After :func:`federation.demo.load` of 泉州, which brings the units. Does nothing where archives of
    the demo stand already, so that what people changed in it stays.
    """
    demo.require_demo()
    _, accounts = demo.load(data)
    code_lists.load()
    if Person.objects.unscoped(reason="the loader of the demo").filter(synthetic=True).exists():
        return accounts, 0
    people = _People(data)
    people.plant()
    Surroundings(data, people.units, people.today).plant()
    return accounts, len(people.rows)


class _People:
    """One loading: rows are made in blocks, in the order of the file."""

    def __init__(self, data: dict[str, Any]):
        self.today = timezone.localdate()
        self.years = self.today.year - data["counted_in"]
        self.said = data["people"]
        self.users = {u.username: u for u in User.objects.filter(synthetic=True)}
        codes = {one["village"] for key in ("people", "groups", "sites") for one in data[key]}
        found = OrgUnit.objects.filter(division_code__in=codes, synthetic=False)
        self.units = {unit.division_code: unit for unit in found}
        self.programmes = {row.code: row for row in Programme.objects.all()}
        self.rows: list[Person] = []

    def plant(self) -> None:
        self._households()
        self._persons()
        self._relations()
        self._enrolments()
        self._needs()
        self._consents()
        self._care()
        self._twice()
        self._under_way()

    # -- Who there is ---------------------------------------------------------------------------
    def _households(self) -> None:
        numbered = {one["household"]: one["village"] for one in self.said if "household" in one}
        rows = [
            Household(unit=self.units[village], number=number, address=address(n), synthetic=True)
            for n, (number, village) in enumerate(numbered.items())
        ]
        Household.objects.bulk_create(rows)
        self.households = {row.number: row for row in rows}

    def _persons(self) -> None:
        entered = self.users[VILLAGE]
        for n, one in enumerate(self.said):
            born_on = later(one["born"], self.years)
            looked = None if n % 23 == 5 else self.today - dt.timedelta(days=DAYS[n % len(DAYS)])
            row = Person(
                unit=self.units[one["village"]],
                household=self.households.get(one.get("household", "")),
                name=one["name"],
                sex=one["sex"],
                born_on=born_on,
                ethnicity="满族" if n % 11 == 0 else "汉族",
                id_number=number_born(one["number"], born_on) if n % 17 != 9 else "",
                phone=one.get("phone", ""),
                address=address(n),
                health=one.get("health", ""),
                verified_on=looked,
                verified_by=entered if looked else None,
                entered_by=entered,
                source="演示数据",
                synthetic=True,
            )
            row.pinyin, row.initials = tree.pinyin_key(row.name)
            self.rows.append(row)
        Person.objects.bulk_create(self.rows, batch_size=500)

    def _pairs(self) -> Iterator[tuple[Person, dict[str, Any]]]:
        return zip(self.rows, self.said, strict=True)

    def _relations(self) -> None:
        made: list[Relation] = []
        for n, (row, one) in enumerate(self._pairs()):
            if guardian := one.get("guardian"):
                temporary = guardian["called"] != "母亲"
                kind = Relation.Kind.TEMPORARY_GUARDIAN if temporary else Relation.Kind.GUARDIAN
                made.append(Relation(person=row, kind=kind, **guardian))
            made += [
                Relation(
                    person=row, kind=Relation.Kind.PARENT, called=called, name=parent(row, called),
                    away=True, away_place=one["away"][1],
                )
                for called in parents_away(one)
            ]  # fmt: skip
            if one.get("spouse_next"):
                other = self.rows[n + 1]
                made.append(Relation(person=row, kind=Relation.Kind.SPOUSE, other=other))
                made.append(Relation(person=other, kind=Relation.Kind.SPOUSE, other=row))
        Relation.objects.bulk_create(made, batch_size=500)
        kinds = (Relation.Kind.GUARDIAN, Relation.Kind.TEMPORARY_GUARDIAN)
        self.guardians = {row.person_id: row for row in made if row.kind in kinds}

    # -- What they belong to and lack -----------------------------------------------------------
    def _enrolments(self) -> None:
        begun = self.today.replace(month=1, day=15) - dt.timedelta(days=365)
        made = []
        for n, (row, one) in enumerate(self._pairs()):
            for code, said in one["programmes"].items():
                gone = n % 37 == 8
                reasons = self.programmes[code].exit_reasons
                made.append(
                    Enrolment(
                        person=row,
                        programme=self.programmes[code],
                        starts_on=begun,
                        ends_on=self.today - dt.timedelta(days=30) if gone else None,
                        exit_reason=reasons[0] if gone else "",
                        source="演示数据",
                        particulars=said,
                    )
                )
        Enrolment.objects.bulk_create(made, batch_size=500)

    def _needs(self) -> None:
        asked = [(row, one["need"]) for row, one in self._pairs() if "need" in one]
        Need.objects.bulk_create(
            (self._need(n, row, *said) for n, (row, said) in enumerate(asked)), batch_size=500
        )

    def _need(self, n: int, row: Person, category: str, text: str) -> Need:
        met = n % 5 == 2
        return Need(
            person=row,
            category=category,
            zone=Zone.HEALTH if category == Need.Category.HEALTH else Zone.OPEN,
            text=text,
            state="met" if met else ("under_way" if n % 5 == 3 else "open"),
            opened_on=self.today - dt.timedelta(days=60 + n % 90),
            closed_on=self.today - dt.timedelta(days=n % 50) if met else None,
            closed_by="演示：已落实" if met else "",
            recorded_by=self.users[VILLAGE],
        )

    def _consents(self) -> None:
        """Of most; who lacks one is seen to lack it."""
        Consent.objects.bulk_create(
            [
                Consent(
                    person=row,
                    basis=Consent.Basis.CONSENT,
                    by_guardian=row.needs_guardians_consent,
                    guardian=self.guardians.get(row.pk) if row.needs_guardians_consent else None,
                    purposes=["register", "contact", *(["health"] if "health" in one else [])],
                    notice_version=NOTICE,
                    given_on=self.today - dt.timedelta(days=300 - n % 100),
                    recorded_by=self.users[VILLAGE],
                )
                for n, (row, one) in enumerate(self._pairs())
                if n % 6
            ],
            batch_size=500,
        )

    def _care(self) -> None:
        village = self.users[VILLAGE].appointments.current().get().unit_id
        children = [row for row in self.rows if row.is_minor and row.unit_id == village]
        Carer.objects.bulk_create(
            Carer(
                person=row,
                user=self.users[CARER],
                starts_on=self.today - dt.timedelta(days=200),
                named_by=self.users[VILLAGE],
            )
            for row in children[:4]
        )

    # -- What asks for a decision ----------------------------------------------------------------
    def _twice(self) -> None:
        """Six archives a second time: three with the number of the first, three only much like it."""
        grown = [row for row in self.rows if not row.is_minor and row.phone is not None]
        first = grown[4:64:10]
        places = [grown[n + 1].unit for n in range(4, 64, 10)]
        again = []
        for n, (row, unit) in enumerate(zip(first, places, strict=True)):
            same = n % 2 == 0
            twin = Person(
                unit=unit, name=row.name, sex=row.sex, born_on=row.born_on,
                id_number=row.id_number.open() if same and row.id_number else "",
                phone="" if same else row.phone.open(), address=address(800 + n),
                entered_by=self.users[NEXT_VILLAGE], source="演示数据", synthetic=True,
            )  # fmt: skip
            twin.pinyin, twin.initials = row.pinyin, row.initials
            again.append(twin)
        Person.objects.bulk_create(again)
        DuplicatePair.objects.bulk_create(
            DuplicatePair(
                unit=self._above(low.unit, high.unit),
                low=low,
                high=high,
                why="number" if n % 2 == 0 and low.id_number else "near",
                points=100 if n % 2 == 0 else 80,
            )
            for n, (low, high) in enumerate(zip(first, again, strict=True))
        )
        self.rows += again

    @staticmethod
    def _above(one: OrgUnit, other: OrgUnit) -> OrgUnit:
        """The lowest unit above both."""
        path = one.path
        while not other.path.startswith(path):
            path = path[: -tree.STEP]
        return OrgUnit.objects.get(path=path)

    def _under_way(self) -> None:
        """Two offered to the next village, one to the village; one accepted for next week."""
        here, there = (
            self.users[name].appointments.current().get().unit for name in (VILLAGE, NEXT_VILLAGE)
        )
        ours = [row for row in self.rows if row.unit_id == here.pk and not row.is_minor]
        theirs = [row for row in self.rows if row.unit_id == there.pk and not row.is_minor]
        week = self.today + dt.timedelta(days=7)
        for row, to, by, state in (
            (ours[0], there, VILLAGE, Transfer.State.OFFERED),
            (theirs[0], here, NEXT_VILLAGE, Transfer.State.OFFERED),
            (ours[1], there, VILLAGE, Transfer.State.ACCEPTED),
        ):
            accepted = state == Transfer.State.ACCEPTED
            Transfer.objects.create(
                person=row, unit=row.unit, to_unit=to, effective_on=week, reason="演示：随家人搬迁",
                state=state, offered_by=self.users[by],
                answered_by=self.users[NEXT_VILLAGE] if accepted else None,
                answered_at=timezone.now() if accepted else None,
            )  # fmt: skip


def later(day: str, years: int) -> dt.date:
    """``day`` so many years on; who was born on 29 February, on the 28th."""
    born = dt.date.fromisoformat(day)
    return born.replace(year=born.year + years, day=min(born.day, 28))


def number_born(number: str, born_on: dt.date) -> str:
    """The number with another birthday, and the check digit that goes with it."""
    text = f"{number[:6]}{born_on:%Y%m%d}{number[14:17]}"
    return text + identity_numbers.check_digit(text)


def address(n: int) -> str:
    return f"演示屯{1 + n % 9}组{1 + n % 97}号"


def parents_away(one: dict[str, Any]) -> tuple[str, ...]:
    if "away" not in one:
        return ()
    return {"父亲外出": ("父亲",), "母亲外出": ("母亲",)}.get(one["away"][0], ("父亲", "母亲"))


def parent(row: Person, called: str) -> str:
    """An invented name: the father has the child's own first character."""
    return f"{row.name[0]}演{'甲戌' if called == '父亲' else '乙亥'}"
