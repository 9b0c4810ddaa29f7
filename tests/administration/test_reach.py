"""Whom an administrator may administer: her subtree, no more than her rights, never herself."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from world import seat

from federation import accounts, appointments, handover, scope
from federation.administrators import Administrator
from federation.models import Appointment, AuditEvent, UnitGrant, User
from federation.scope import OutOfReach

DAY = dt.date(2014, 6, 1)
BEYOND = ("city", "province", "west", "west_post", "other_city", "other_county", "department")


def opened(org, posts, by, unit="town", post="officer", **more):
    return accounts.open_account(
        display_name="陈演丙午", unit=getattr(org, unit), post=getattr(posts, post),
        starts_on=DAY, by=by, **more,
    )  # fmt: skip


def truth():
    return (
        sorted(User.objects.values_list("username", "password", "is_active", "display_name")),
        sorted(Appointment.objects.values_list("user", "unit", "post", "starts_on", "basis")),
        UnitGrant.objects.count(),
        AuditEvent.objects.count(),
    )


def acts_on(user, org, posts, by):
    """Every act there is, on ``user``, towards a seat that ``by`` may give."""
    theirs = Appointment.objects.filter(user=user).select_related("unit", "post", "user").first()
    lent = {"starts_on": DAY, "ends_on": dt.date(2099, 1, 1)}
    free = seat(org, f"free{User.objects.count()}", "town", "officer").appointments.get()
    new = {"unit": org.town, "post": posts.officer}
    return {
        "appoint": lambda: appointments.appoint(user, **new, starts_on=DAY, by=by),
        "second": lambda: appointments.second(user, **new, **lent, by=by),
        "deputise": lambda: appointments.deputise(user, acting_for=free, **lent, by=by),
        "transfer": lambda: appointments.transfer(
            user, ending=[theirs], **new, from_day=DAY, by=by
        ),
        "end": lambda: appointments.end(theirs, from_day=DAY, by=by),
        "leave": lambda: handover.leave(user, from_day=DAY, by=by),
        "reset": lambda: accounts.reset_password(user, by=by),
        "disable": lambda: accounts.disable(user, by=by),
        "enable": lambda: accounts.enable(user, by=by),
        "change": lambda: accounts.change(user, display_name="改名演", phone="", by=by),
    }


def refusals(acts) -> dict:
    found = {}
    for name, act in acts.items():
        before = truth()
        try:
            with transaction.atomic():
                act()
                found[name] = "done"
        except (OutOfReach, PermissionDenied, ValidationError) as refusal:
            found[name] = type(refusal)
        assert found[name] == "done" or truth() == before
    return found


@pytest.mark.parametrize("unit", BEYOND)
def test_a_county_opens_no_account_beyond_itself(org, people, posts, unit):
    before = truth()

    with pytest.raises(OutOfReach):
        opened(org, posts, people.eastadmin, unit)

    assert truth() == before


@pytest.mark.parametrize("who", ["leader", "sibling", "sibling2", "other_city", "city", "sysadmin"])
def test_a_county_acts_on_nobody_beyond_itself(org, people, posts, who):
    """Parents, siblings, other cities: they are not there for her (404), whatever the act."""
    found = refusals(acts_on(getattr(people, who), org, posts, people.eastadmin))

    assert set(found.values()) == {OutOfReach}


def test_nobody_does_anything_to_herself(org, people, posts):
    found = refusals(acts_on(people.eastadmin, org, posts, people.eastadmin))

    assert set(found.values()) == {PermissionDenied}


@pytest.mark.parametrize("who", ["county", "leader", "audit", "volunteer", "nobody"])
def test_who_administers_nobody_does_nothing(org, people, posts, who):
    found = refusals(acts_on(people.post, org, posts, getattr(people, who)))

    assert set(found.values()) == {OutOfReach}


@pytest.mark.parametrize("post", ["system_admin", "security_admin", "audit_admin"])
def test_a_county_s_system_administrator_makes_no_administrator(org, people, posts, post):
    with pytest.raises(PermissionDenied, match="安全管理员"):
        opened(org, posts, people.eastadmin, "east", post)


def test_the_security_administrator_makes_administrators_and_nobody_else(org, people, posts):
    made, _ = opened(org, posts, people.secadmin, "west", "system_admin")

    assert scope.granted_paths(made, "federation_manage") == [org.west.path]
    with pytest.raises(PermissionDenied, match="系统管理员"):
        opened(org, posts, people.secadmin, "west", "officer")


@pytest.mark.parametrize("post", ["system_admin", "officer"])
def test_nobody_gets_the_password_of_one_who_may_more(org, people, posts, post):
    """An account seated elsewhere too, or an administrator's, is not a county's to take over."""
    user = people.post
    if post == "officer":
        Appointment.objects.create(user=user, unit=org.city, post=posts.officer, starts_on=DAY)
    else:
        user = seat(org, "second_admin", "east", post)

    acts = acts_on(user, org, posts, people.eastadmin)
    found = refusals({name: acts[name] for name in ("reset", "disable", "enable", "change")})

    assert set(found.values()) == {PermissionDenied}


def test_what_she_gives_is_never_more_than_lies_in_her_subtree(org, people, posts):
    made, _ = opened(org, posts, people.eastadmin, "east", "chair")

    reach = {
        action: scope.granted_paths(made, action)
        for action in ("reporting_view", "reporting_review", "federation_manage")
    }
    assert reach == {
        "reporting_view": [org.east.path],
        "reporting_review": [org.east.path],
        "federation_manage": [],
    }


@pytest.mark.parametrize(("unit", "post"), [("town", "village_chair"), ("east_post", "chair")])
def test_a_post_is_given_only_where_there_is_one(org, people, posts, unit, post):
    with pytest.raises(ValidationError, match="没有"):
        opened(org, posts, people.eastadmin, unit, post)


def test_whom_she_sees(org, people, posts):
    gone = seat(org, "gone", "town", "officer", ends_on=dt.date(2014, 5, 1))
    moved = seat(org, "moved", "town", "officer", ends_on=dt.date(2014, 5, 1))
    Appointment.objects.create(user=moved, unit=org.west, post=posts.officer, starts_on=DAY)

    seen = set(Administrator(people.eastadmin).accounts())

    hers = {"post", "post2", "committee", "county", "county2", "village", "volunteer"}
    assert seen == {getattr(people, name) for name in hers} | {people.eastadmin, gone}


def test_an_account_that_never_had_a_seat_is_the_top_s_to_see(org, people):
    top = seat(org, "top", "province", "system_admin")

    assert people.nobody in Administrator(top).accounts()
    assert people.nobody not in Administrator(people.sysadmin).accounts()
    root = User.objects.create_superuser("root", "test-password", display_name="运维演")
    assert root not in Administrator(top).accounts()
