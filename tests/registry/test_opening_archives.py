"""Opening an archive and revealing a value: who may, for what reason, and the line it leaves."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from federation.models import AuditEvent
from registry import access
from registry.models import Authorisation
from registry.refusal import Refused

WHY = "核实后落实演示补助"


def lines(verb):
    return AuditEvent.objects.filter(verb=verb).order_by("id")


def authorised(org, user, recorder, unit=None, **days):
    today = timezone.localdate()
    days = {"starts_on": today, "ends_on": today + dt.timedelta(days=30), **days}
    row = Authorisation(
        unit=unit or org.city, user=user, given_by="郭演丁酉", purpose="演示督查",
        recorded_by=recorder, **days,
    )  # fmt: skip
    row.save()
    return row


@pytest.mark.parametrize(
    ("who", "child", "woman"),
    [
        ("village", True, True),
        ("carer", True, False),
        ("volunteer", False, False),
        ("chair2", False, False),
        ("children_town", False, True),
        ("county", False, True),
        ("rights_city", False, True),
        ("leader", False, True),
        ("other_city", False, False),
    ],
)
def test_who_opens_without_a_reason(who, child, woman, people, carers, archives):
    user = getattr(people, who, None) or getattr(carers, who)

    opens = access.may_open(user, archives.child), access.may_open(user, archives.woman)

    assert opens == (child, woman)


def test_a_child_outside_ones_caring_unit_asks_for_a_reason(carers, archives):
    for words in ("", "看看", "  看  "):
        with pytest.raises(access.ReasonNeeded):
            access.opened(archives.child, by=carers.rights_city, reason=words)
    assert not lines("open_archive").exists()

    access.opened(archives.child, by=carers.rights_city, reason=WHY)

    line = lines("open_archive").get()
    assert (line.actor, line.unit) == (carers.rights_city, archives.child.unit)
    assert line.record == f"registry.person:{archives.child.uuid}"
    assert line.detail == {"caring": False, "reason": WHY}


def test_a_reason_is_sent_by_post_and_holds_for_an_hour(client, carers, archives, time_machine):
    child, asks, session, now = archives.child, carers.rights_city, {}, timezone.now()
    client.force_login(asks)
    for address in ("?reason=aid", "open/?why=aid&text=落实演示补助"):
        answer = client.get(f"/persons/{child.uuid}/{address}")
        assert child.name not in answer.content.decode()
    assert not lines("open_archive").exists()

    time_machine.move_to(now, tick=False)
    access.give_reason(session, child, WHY, by=asks)

    for minutes, told in ((59, WHY), (60, ""), (180, "")):
        time_machine.move_to(now + dt.timedelta(minutes=minutes), tick=False)
        assert access.reason_given(session, child) == told


def test_the_carer_opens_as_one_who_cares(carers, archives):
    access.opened(archives.child, by=carers.carer)

    assert lines("open_archive").get().detail == {"caring": True}


def test_what_is_out_of_reach_is_not_opened_and_leaves_no_line(people, archives):
    with pytest.raises(PermissionDenied):
        access.opened(archives.child, by=people.county, reason=WHY)
    assert not lines("open_archive").exists()


@pytest.mark.parametrize(
    "words", ["联系王演丙寅的姑姑", "核对 16900000013", "990505201001011234号"]
)
def test_a_reason_names_nobody_and_holds_no_number(words, carers, archives):
    with pytest.raises(Refused, match="不要写"):
        access.opened(archives.child, by=carers.rights_city, reason=words)


def test_the_holding_unit_sees_one_field_for_a_reason(people, archives):
    with pytest.raises(Refused, match="事由"):
        access.reveal(archives.woman, "phone", by=people.village, reason="看")

    value = access.reveal(archives.woman, "phone", by=people.village, reason=WHY)

    assert value == archives.woman.phone.open()
    line = lines("reveal").get()
    assert line.detail == {"field": "phone", "reason": WHY, "caring": True}
    assert line.unit == archives.woman.unit


def test_elsewhere_an_authorisation_in_force_is_needed(org, people, archives):
    today, day = timezone.localdate(), dt.timedelta(days=1)
    tried = {
        "none": lambda: None,
        "past": lambda: authorised(
            org, people.county, people.county2, starts_on=today - 9 * day, ends_on=today - day
        ),
        "coming": lambda: authorised(
            org, people.county, people.county2, starts_on=today + day, ends_on=today + 9 * day
        ),
        "elsewhere": lambda: authorised(org, people.county, people.county2, unit=org.west),
        "ended": lambda: Authorisation.objects.unscoped(reason="a test ends it").filter(
            pk=authorised(org, people.county, people.county2).pk
        ).update(ended_at=timezone.now()),
        "another's": lambda: authorised(org, people.county2, people.county),
    }  # fmt: skip
    for set_up in tried.values():
        set_up()
        with pytest.raises(Refused, match="授权"):
            access.reveal(archives.woman, "id_number", by=people.county, reason=WHY)

    given = authorised(org, people.county, people.county2, unit=org.east)

    assert access.reveal(archives.woman, "id_number", by=people.county, reason=WHY)
    assert lines("reveal").get().detail["authorisation"] == str(given.uuid)


def test_health_is_for_the_posts_of_the_zone(org, people, carers, archives):
    authorised(org, people.county, people.county2)
    with pytest.raises(Refused, match="健康"):
        access.reveal(archives.woman, "health", by=people.county, reason=WHY)

    authorised(org, carers.rights_city, people.leader)
    assert access.reveal(archives.woman, "health", by=carers.rights_city, reason=WHY)


def test_a_carer_and_the_unit_of_another_reveal_nothing(people, carers, archives):
    for user in (carers.carer, people.other_city, people.sibling, people.sysadmin):
        with pytest.raises(PermissionDenied):
            access.reveal(archives.child, "phone", by=user, reason=WHY)
    assert not lines("reveal").exists()


def test_a_hundred_sights_are_a_hundred_lines_and_one_alarm(people, archives):
    for _ in range(100):
        access.reveal(archives.woman, "phone", by=people.village, reason=WHY)

    assert lines("reveal").count() == 100
    assert lines("many_reveals").get().detail == {"count": 31}
