"""Invented people of the test world: archives of adults and minors, and those who care for them.

Numbers begin with 99, which no province has; phones with 1690000, which nobody was given.
"""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone
from world import once, seat

from federation.models import Appointment, UnitGrant, User
from registry import code_lists, identity_numbers
from registry.models import (
    Carer,
    Enrolment,
    Need,
    Person,
    Programme,
    ProgrammeDefinition,
    Relation,
    SiteKind,
)

# Seats of the registry, beside those of world.SEATS.
SEATS = {
    "carer": ("east_village", "volunteer"),
    "chair2": ("east_village2", "village_chair"),
    "chair_west": ("west_village", "village_chair"),
    "children_town": ("town", "children_officer"),
    "children_county": ("east", "children_officer"),
    "children_city": ("city", "children_officer"),
    "rights_city": ("city", "rights_officer"),
    "children_other_city": ("other_city", "children_officer"),
}


def number(born_on: dt.date, order: int = 1, division: str = "990505") -> str:
    """An identity number that checks; ``order`` odd for men."""
    text = f"{division}{born_on:%Y%m%d}{order:03}"
    return text + identity_numbers.check_digit(text)


def phone(n: int) -> str:
    return f"1690000{n:04}"


def years_ago(years: int, days: int = 0) -> dt.date:
    today = timezone.localdate()
    return today.replace(year=today.year - years, day=min(today.day, 28)) - dt.timedelta(days=days)


@pytest.fixture
def carers(org, people):
    """An account for each of :data:`SEATS`."""
    return once("carers", (User, Appointment, UnitGrant), lambda: build_carers(org), people)


def build_carers(org) -> SimpleNamespace:
    return SimpleNamespace(
        **{name: seat(org, name, unit, post) for name, (unit, post) in SEATS.items()}
    )


def build_programmes() -> SimpleNamespace:
    code_lists.load()
    return SimpleNamespace(**{row.code: row for row in Programme.objects.all()})


@pytest.fixture
def programmes(org):
    return once("programmes", (Programme, ProgrammeDefinition, SiteKind), build_programmes, org)


@pytest.fixture
def archives(org, people, carers, programmes):
    """``woman``, ``elder``, ``child`` (10, in the care of ``carers.carer``), ``teen`` (16) of
    ``org.east_village``; ``child2`` of east_village2; ``west_woman``, ``west_child`` of west_village."""
    return build_archives(org, people, carers, programmes)


def build_archives(org, people, carers, programmes) -> SimpleNamespace:
    made = SimpleNamespace()

    def person(key, unit, name, years, sex, order, **more):
        born_on = years_ago(years, days=order)
        row = Person(
            unit=unit,
            name=name,
            sex=sex,
            born_on=born_on,
            id_number=number(born_on, 2 * order + (sex == "M")),
            phone=phone(order),
            address=f"演示路{order}号",
            entered_by=people.village,
            verified_on=timezone.localdate(),
            verified_by=people.village,
            **more,
        )
        row.save()
        setattr(made, key, row)
        return row

    person("woman", org.east_village, "林演甲子", 40, "F", 11, health="患有演示病症甲")
    person("elder", org.east_village, "陈演乙丑", 72, "F", 12)
    person("child", org.east_village, "王演丙寅", 10, "F", 13, health="患有演示病症乙")
    person("teen", org.east_village, "李演丁卯", 16, "M", 14)
    person("child2", org.east_village2, "赵演戊辰", 9, "M", 15)
    person("west_woman", org.west_village, "周演己巳", 35, "F", 16)
    person("west_child", org.west_village, "吴演庚午", 8, "F", 17)
    today = timezone.localdate()
    for key, code in (
        ("woman", "poor_woman"), ("woman", "left_behind_woman"), ("woman", "two_cancers"),
        ("elder", "empty_nest_elder"), ("child", "left_behind_child"),
        ("teen", "child_in_difficulty"), ("child2", "left_behind_child"),
        ("west_woman", "poor_woman"), ("west_child", "left_behind_child"),
    ):  # fmt: skip
        Enrolment(
            person=getattr(made, key), programme=getattr(programmes, code), starts_on=today
        ).save()
    Relation(
        person=made.child,
        kind="temporary_guardian",
        called="姑姑",
        name="王演辛未",
        phone=phone(21),
    ).save()
    Relation(
        person=made.child, kind="parent", name="王演壬申", away=True, away_place="演示省外"
    ).save()
    Need(
        person=made.woman, category="training", text="想学演示养殖技术", opened_on=today,
        recorded_by=people.village,
    ).save()  # fmt: skip
    Carer(person=made.child, user=carers.carer, starts_on=today, named_by=people.village).save()
    return made
