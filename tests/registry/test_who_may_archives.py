"""The person × place × action matrix for archives: who may do what with whose, as literals.

``O`` opens at once, ``R`` opens with a reason, ``.`` not found. For reveal and export ``Y`` or ``.``;
for edit ``Y`` or ``.``; for count what the figures of the unit say.
"""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from world import seat

from federation import grants
from registry import access, figures
from registry.models import Authorisation, Carer, Person
from registry.refusal import Refused

WHY = {"why": "verify", "text": "核对演示补助名单"}
# Who, and the unit whose figures she asks for. The county's second seat has 查阅授权 for the county.
PEOPLE = {
    "village": "east_village",
    "carer": "east_village",
    "other_carer": "east_village",
    "chair2": "east_village2",
    "town": "town",
    "children_town": "town",
    "county": "east",
    "county2": "east",
    "children_county": "east",
    "leader": "city",
    "rights_city": "city",
    "rights_authorised": "city",
    "other_city": "other_city",
    "children_other_city": "other_city",
    "expired": "east_village",
    "nobody": "east",
}
ACTIONS = ("list", "open", "reveal", "edit", "export", "count")
# Columns: list, open, reveal, edit, export of the child; then the same of the woman; then the count
# of 留守儿童 shown to her.
TABLE = {
    "village":             ("Y", "O", "Y", "Y", "Y", "Y", "O", "Y", "Y", "Y", "<5"),
    "carer":               ("Y", "O", ".", ".", ".", ".", ".", ".", ".", ".", "."),
    "other_carer":         (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."),
    "chair2":              (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "<5"),
    "town":                (".", ".", ".", ".", ".", "Y", "O", ".", "Y", "Y", "2–8"),
    "children_town":       ("Y", "R", ".", "Y", "Y", "Y", "O", ".", "Y", "Y", "2–8"),
    "county":              (".", ".", ".", ".", ".", "Y", "O", ".", "Y", "Y", "2–8"),
    "county2":             (".", ".", ".", ".", ".", "Y", "O", "Y", "Y", "Y", "2–8"),
    "children_county":     ("Y", "R", ".", "Y", "Y", "Y", "O", ".", "Y", "Y", "2–8"),
    "leader":              (".", ".", ".", ".", ".", "Y", "O", ".", "Y", "Y", "3–12"),
    "rights_city":         ("Y", "R", ".", "Y", "Y", "Y", "O", ".", "Y", "Y", "3–12"),
    "rights_authorised":   ("Y", "R", "Y", "Y", "Y", "Y", "O", "Y", "Y", "Y", "3–12"),
    "other_city":          (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "0"),
    "children_other_city": (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "0"),
    "expired":             (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."),
    "nobody":              (".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."),
}  # fmt: skip


@pytest.fixture
def everybody(org, people, carers, archives):
    """The seats of the table: a township officer, a carer of another child, an ended chair."""
    found = {**vars(people), **vars(carers)}
    found["town"] = seat(org, "town_officer", "town", "officer")
    found["rights_authorised"] = seat(org, "authorised", "city", "rights_officer")
    found["other_carer"] = seat(org, "other_carer", "town", "volunteer")
    today, day = timezone.localdate(), dt.timedelta(days=1)
    Carer(person=archives.child2, user=found["other_carer"], starts_on=today).save()
    found["expired"] = seat(org, "expired", "east_village", "village_chair")
    grants.end_appointment(found["expired"].appointments.get(), on=today - day)
    for user, unit in (("county2", org.east), ("rights_authorised", org.city)):
        Authorisation(
            unit=unit, user=found[user], given_by="郭演丁酉", purpose="演示督查", starts_on=today,
            ends_on=today, recorded_by=found["leader"],
        ).save()  # fmt: skip
    return found


def done(act) -> str:
    try:
        act()
    except (Refused, access.PermissionDenied):
        return "."
    return "Y"


def opens(client, person) -> str:
    """By the page: at once, after a reason, or not at all."""
    answer = client.get(reverse("registry:person", args=[person.uuid]))
    if answer.status_code == 302:
        where = answer["Location"]
        said = client.post(where, {**WHY, "idempotency_key": uuid.uuid4()})
        assert said.status_code == 302
        return "R" if client.get(said["Location"]).status_code == 200 else "."
    return "O" if answer.status_code == 200 else "."


def on_one(user, client, person) -> tuple[str, ...]:
    def reaches(action):
        return "Y" if Person.objects.visible_to(user, action).filter(pk=person.pk).exists() else "."

    listed = client.get(reverse("registry:persons"))
    shown = str(person.uuid) in listed.content.decode() if listed.status_code == 200 else False
    reveal = done(lambda: access.reveal(person, "phone", by=user, reason="核对演示名单"))
    return (
        "Y" if shown else ".",
        opens(client, person),
        reveal,
        reaches("edit"),
        reaches("export"),
    )


def counted(client, unit) -> str:
    answer = client.get(reverse("registry:figures"), {"unit": unit.uuid})
    if answer.status_code != 200:
        return "."
    rows = answer.context["tables"][0][3]
    return str(dict(rows[-1]["labelled"])["留守儿童"])


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_do_what_with_an_archive(who, everybody, org, archives):
    user, client = everybody[who], Client()
    client.force_login(user)

    answers = (
        *on_one(user, client, archives.child),
        *on_one(user, client, archives.woman),
        counted(client, getattr(org, PEOPLE[who])),
    )

    assert dict(zip(columns(), answers, strict=True)) == dict(
        zip(columns(), TABLE[who], strict=True)
    )


def columns() -> list[str]:
    each = [f"{action} {kept}" for kept in ("child", "woman") for action in ACTIONS[:-1]]
    return [*each, "count"]


def test_the_table_speaks_of_everybody():
    assert list(TABLE) == list(PEOPLE)


# A child moves from the eastern village to the western: before and after the day.
BEFORE = {"village": "O", "carer": "O", "chair_west": ".", "children_county": "R", "sibling": "."}
AFTER = {"village": ".", "carer": ".", "chair_west": "O", "children_county": ".", "sibling": "."}


def test_a_transferred_child_is_opened_by_where_she_is(everybody, org, archives):
    def seen():
        found = {}
        for who in BEFORE:
            client = Client()
            client.force_login(everybody[who])
            found[who] = opens(client, archives.child)
        return found

    assert seen() == BEFORE

    archives.child.unit = org.west_village
    archives.child.save()

    assert seen() == AFTER


def test_figures_follow_the_transfer(everybody, org, archives):
    archives.child.unit = org.west_village
    archives.child.save()
    rows = figures.enrolled(everybody["county"], org.east)
    assert [str(c.shown) for c in rows if c.what == "left_behind_child"] == ["<5"]  # child2 alone
