"""The archives of the acceptance world: in each village a woman, a child, a place and a helper.

What may be read by whom: ``archive`` words by who sees the archives of adults there; ``minor``,
``health`` and ``address`` words by none of the sixteen principals, who hold no post of the zone and
reveal nothing by reading.
"""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from administration.acceptance.names import Names, every
from administration.acceptance.people import People
from administration.acceptance.tree import Units
from registry import code_lists
from registry.models import (
    Authorisation,
    Consent,
    DuplicatePair,
    Enrolment,
    Erasure,
    Helper,
    Household,
    Need,
    Person,
    Programme,
    Relation,
    Site,
    SiteKind,
    Transfer,
    VolunteerTeam,
)

KINDS = ("archive", "minor", "health", "address")
# Of each village: what is planted of the woman and of the child.
WOMAN, CHILD = "woman", "child"


def villages(units: Units) -> list[str]:
    return sorted(key for key in units if len(key) == 4 and key.isalnum())


def build(names: Names, units: Units, people: People) -> None:
    code_lists.load()
    numbers = iter(names.identity_numbers())
    programmes = {row.code: row for row in Programme.objects.all()}
    kind = SiteKind.objects.get(code="womens_home")
    for key in villages(units):
        _village(names, units, key, (next(numbers), next(numbers)), programmes, kind)
    for city in "AB":
        _between(names, units, f"{city}111", people)


def _between(names: Names, units: Units, key: str, people: People) -> None:
    """What is going on about the woman of a village and her likeness in the next."""
    today, by = timezone.localdate(), people[f"{key[:2]}-officer"]
    beside = f"{key[:3]}2"
    low, high = (
        every(Person).get(uuid=names.uuid("person", f"{at}:{WOMAN}")) for at in (key, beside)
    )
    Consent(
        uuid=names.uuid("consent", key), person=low, basis=Consent.Basis.STATUTORY_DUTY,
        citation="验收依据", notice_version="1", given_on=today, recorded_by=by,
    ).save()  # fmt: skip
    Transfer(
        uuid=names.uuid("transfer", key), person=low, unit=low.unit, to_unit=units[beside],
        effective_on=today + dt.timedelta(days=30), reason="随子女居住",
        offered_by=by,
    ).save()  # fmt: skip
    DuplicatePair(
        uuid=names.uuid("duplicate", key), unit=units[key[:3]], low=low, high=high,
        why=DuplicatePair.Why.NEAR, points=60,
    ).save()  # fmt: skip
    Erasure(
        uuid=names.uuid("erasure", key), unit=high.unit, person=high, person_uuid=high.uuid,
        reason="保存期满", due_on=today + dt.timedelta(days=30), proposed_by=by,
    ).save()  # fmt: skip
    Authorisation(
        uuid=names.uuid("authorisation", key), unit=units[key[:2]], user=by, given_by="验收主席",
        purpose="验收查阅", starts_on=today, ends_on=today + dt.timedelta(days=30),
        recorded_by=people[f"{key[:2]}-vice"],
    ).save()  # fmt: skip


def _village(names, units, key, numbers, programmes, kind) -> None:
    unit, today = units[key], timezone.localdate()
    household = Household(
        uuid=names.uuid("household", key), unit=unit, address=names.canary(key, "address"),
        synthetic=True,
    )  # fmt: skip
    household.save()
    woman = _person(names, unit, key, WOMAN, numbers[0], dt.date(today.year - 41, 3, 8), household)
    child = _person(names, unit, key, CHILD, numbers[1], dt.date(today.year - 9, 6, 1), household)
    Enrolment(
        person=woman, programme=programmes["poor_woman"], starts_on=today,
        particulars={"cause": "缺技术", "living": names.canary(key, "archive:living")},
    ).save()  # fmt: skip
    Enrolment(person=child, programme=programmes["left_behind_child"], starts_on=today).save()
    Relation(
        uuid=names.uuid("relation", key), person=child, kind=Relation.Kind.TEMPORARY_GUARDIAN,
        name=names.canary(key, "minor:guardian"), phone=names.phone(f"guardian:{key}"),
    ).save()  # fmt: skip
    Need(
        uuid=names.uuid("need", key), person=woman, category=Need.Category.HEALTH,
        text=names.canary(key, "health:need"), opened_on=today,
    ).save()  # fmt: skip
    Site(
        uuid=names.uuid("site", key), unit=unit, kind=kind, name=names.canary(key, "archive:site"),
        phone=names.phone(f"site:{key}"), synthetic=True,
    ).save()  # fmt: skip
    VolunteerTeam(
        uuid=names.uuid("team", key),
        unit=unit,
        name=names.canary(key, "archive:team"),
        synthetic=True,
    ).save()
    Helper(
        uuid=names.uuid("helper", key), unit=unit, role=Helper.Role.CARING_MOTHER,
        name=names.canary(key, "archive:helper"), phone=names.phone(f"helper:{key}"), synthetic=True,
    ).save()  # fmt: skip


def _person(names, unit, key, who, number, born_on, household) -> Person:
    sort = "archive" if who == WOMAN else "minor"
    person = Person(
        uuid=names.uuid("person", f"{key}:{who}"),
        unit=unit,
        household=household,
        name=names.canary(key, f"{sort}:name"),
        sex="F",
        born_on=born_on,
        id_number=number,
        phone=names.phone(f"{who}:{key}"),
        address=names.canary(key, f"address:{who}"),
        health=names.canary(key, f"health:{who}"),
        note=names.canary(key, f"{sort}:note"),
        verified_on=timezone.localdate(),
        synthetic=True,
    )
    person.save()
    return person


def planted(key: str) -> Iterator[tuple[str, str]]:
    """(what of ``Names.canary``, kind of :data:`KINDS`) of everything planted in a village."""
    for what in (
        "archive:name", "archive:note", "archive:living", "archive:site", "archive:helper",
        "archive:team",
        "minor:name", "minor:note", "minor:guardian",
        "health:woman", "health:child", "health:need",
        "address", "address:woman", "address:child",
    ):  # fmt: skip
        yield what, what.partition(":")[0]
