"""谁能看到 says exactly whom the scope lets in; carers and authorisations are given by the zone's posts."""

import datetime as dt

import pytest
from battery import count
from days import today
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import seat

from federation import grants
from federation.models import AuditEvent, User
from registry import access, authorisations, readers
from registry import carers as acts
from registry.models import Authorisation, Carer, Person
from registry.refusal import Refused

WHY = "核实后落实演示补助"
DAY = dt.timedelta(days=1)


def in_reach(person):
    return {
        user.pk
        for user in User.objects.all()
        if Person.objects.visible_to(user).filter(pk=person.pk).exists()
    }


def listed(person):
    return {reader.user.pk for reader in readers.of(person)}


def test_the_list_is_whom_the_scope_lets_in(people, carers, archives):
    for person in vars(archives).values():
        assert listed(person) == in_reach(person)


POSTS = st.sampled_from(
    ["village_chair", "volunteer", "officer", "chair", "children_officer", "rights_officer"]
)
PLACES = {
    "village_chair": ("east_village", "east_village2", "west_village"),
    "volunteer": ("east_village", "town", "west_village"),
}
ABOVE = ("town", "east", "west", "city", "other_city", "province")


@pytest.mark.battery("days")
@settings(max_examples=count(4, full=40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seats=st.lists(st.tuples(POSTS, st.integers(0, 5), st.booleans()), max_size=5),
    named=st.lists(st.tuples(st.integers(0, 4), st.sampled_from((-1, 0, 1))), max_size=3),
    closed=st.booleans(),
)
def test_the_list_is_whom_the_scope_lets_in_whoever_sits_where(
    org, people, archives, seats, named, closed
):
    """Any seats, ended or not, any carers before, in and after their days, a unit closed into another."""
    with transaction.atomic():
        users = []
        for number, (post, place, ended) in enumerate(seats):
            places = PLACES.get(post, ABOVE)
            user = seat(org, f"any{number}", places[place % len(places)], post)
            if ended:
                grants.end_appointment(user.appointments.get(), on=today() - DAY)
            users.append(user)
        for index, when in named:
            if users and index < len(users):
                Carer.objects.unscoped(reason="a test names carers").get_or_create(
                    person=archives.child, user=users[index], starts_on=today() + when * DAY,
                    defaults={"ends_on": today() + when * DAY},
                )  # fmt: skip
        if closed:
            type(org.east_village).objects.filter(pk=org.east_village.pk).update(
                successor=org.east_village2, closed_on=today()
            )
        for person in (archives.child, archives.woman):
            assert listed(person) == in_reach(person)
        transaction.set_rollback(True)


def test_the_list_is_found_in_few_questions(archives, carers, django_assert_num_queries):
    with django_assert_num_queries(5):
        readers.of(archives.child)


def test_the_list_says_why(people, carers, archives):
    found = {str(reader.user): reader for reader in readers.of(archives.child)}

    assert found["carer演"].why == "本人的关爱责任人"
    assert found["rights_city演"].why.endswith("须写明事由")
    assert found["village演"].why == "任职可查看本单位的未成年人档案"
    assert found["village演"].reveals
    assert not found["rights_city演"].reveals


def test_the_last_ten_are_named_with_their_reasons(carers, archives):
    for _ in range(11):
        access.opened(archives.child, by=carers.carer)
    access.opened(archives.child, by=carers.rights_city, reason=WHY)

    found = readers.readings(archives.child)

    assert len(found) == 10
    assert (found[0].actor, found[0].detail["reason"]) == (carers.rights_city, WHY)


# -- Carers ----------------------------------------------------------------------------------------
def test_the_village_names_a_carer_and_ends_her(people, carers, archives):
    named = acts.name(archives.teen, user=carers.carer, by=people.village)
    assert access.may_open(carers.carer, archives.teen)

    acts.end(named, by=people.village)

    assert not access.may_open(carers.carer, archives.teen)
    verbs = AuditEvent.objects.filter(record=f"registry.person:{archives.teen.uuid}")
    assert list(verbs.order_by("id").values_list("verb", flat=True)) == ["name_carer", "end_carer"]


def test_who_may_name_a_carer(people, carers, archives):
    may = {
        name: acts.may_name(getattr(people, name, None) or getattr(carers, name), archives.child)
        for name in ("village", "children_town", "rights_city", "county", "carer", "chair2")
    }
    assert may == {
        "village": True, "children_town": True, "rights_city": True,
        "county": False, "carer": False, "chair2": False,
    }  # fmt: skip


def test_nobody_above_names_herself_to_get_past_the_reason(carers, archives):
    with pytest.raises(Refused, match="不能指定自己"):
        acts.name(archives.child, user=carers.rights_city, by=carers.rights_city)


def test_a_carer_holds_a_post_that_cares(people, archives):
    for user in (people.post, people.other_city, people.sysadmin):
        with pytest.raises(Refused, match="没有查看档案的岗位"):
            acts.name(archives.child, user=user, by=people.village)


# -- 查阅授权 ------------------------------------------------------------------------------------------
def given_to(user, by, unit, **more):
    said = {"given_by": "郭演丁酉", "purpose": "演示督查", "starts_on": today(), "ends_on": today()}
    return authorisations.give(user=user, by=by, unit=unit, **{**said, **more})


def test_an_authorisation_opens_masked_values_until_it_ends(org, people, carers, archives):
    row = given_to(people.county, carers.children_county, org.east)
    assert access.reveal(archives.woman, "phone", by=people.county, reason=WHY)

    authorisations.end(row, by=carers.children_county)

    with pytest.raises(Refused):
        access.reveal(archives.woman, "phone", by=people.county, reason=WHY)


@pytest.mark.parametrize(
    ("user", "by", "why"),
    [
        ("children_county", "children_county", "不能给自己"),
        ("other_city", "children_county", "没有可授权的岗位"),
        ("carer", "children_county", "没有可授权的岗位"),
    ],
)
def test_what_no_authorisation_is(user, by, why, org, people, carers, archives):
    of = {**vars(people), **vars(carers)}
    with pytest.raises(Refused, match=why):
        given_to(of[user], of[by], org.east)
    assert not Authorisation.objects.unscoped(reason="a test looks at all").exists()


def test_who_does_not_hold_the_zone_there_records_none(org, people, carers):
    for by, unit in ((people.county, org.east), (carers.children_county, org.west)):
        with pytest.raises(PermissionDenied):
            given_to(people.county2, by, unit)


def test_days_and_leader_are_checked(org, people, carers):
    by = carers.children_county
    for wrong in (
        {"ends_on": today() - DAY},
        {"ends_on": today() + 400 * DAY},
        {"given_by": people.county.display_name},
    ):
        with pytest.raises(Refused):
            given_to(people.county, by, org.east, **wrong)
