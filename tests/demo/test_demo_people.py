"""The demo's units and accounts: invented, marked, and able to sign in."""

import json
import re

import pytest
from django.test import Client

from federation import demo, scope
from federation.models import Appointment, OrgUnit, UnitGrant, User
from tests.committed import unsound_units

pytestmark = pytest.mark.django_db


def test_nobody_in_the_demo_is_real(demo_data):
    people = [(a["name"], a["phone"], a["email"]) for a in demo_data["accounts"]]
    people += [(p["leader_name"], p["leader_phone"], p["email"]) for p in demo_data["posts"]]

    for name, phone, email in people:
        assert re.fullmatch(r"\w演\w\w", name), name
        assert re.fullmatch(r"1690000\d{4}", phone), phone
        assert email.endswith("@example.com")
    assert not re.search(r"\d{17}[\dX]", json.dumps(demo_data))
    assert all("演示" in post["name"] for post in demo_data["posts"])
    assert len({name for name, _, _ in people}) == len(demo_data["accounts"])


def test_the_demo_holds_158_bodies_and_one_account_for_each(accounts):
    assert accounts == (158, 229)
    bodies = OrgUnit.objects.filter(synthetic=True)

    assert bodies.filter(unit_type__code="civilized_post").count() == 108
    assert bodies.filter(unit_type__code="organ_committee").count() == 50
    assert not bodies.filter(unit_type__code="civilized_post", post_level=None).exists()
    leaders = Appointment.objects.filter(user__username__startswith="gang")
    assert sorted(leaders.values_list("unit", flat=True)) == sorted(
        bodies.values_list("pk", flat=True)
    )
    assert unsound_units() == []


def test_a_second_load_adds_nothing(accounts, demo_data):
    grants = UnitGrant.objects.count()

    assert demo.load(demo_data) == (0, 0)
    assert UnitGrant.objects.count() == grants


@pytest.mark.parametrize(
    "username", ["city", "leader", "licheng", "shizhi2", "post1", "gang0158", "village", "harbin"]
)
def test_a_demo_account_signs_in_with_the_one_password(accounts, username):
    assert Client().login(username=username, password=demo.PASSWORD)


def test_each_account_reaches_what_its_appointment_says(accounts):
    user = {u.username: u for u in User.objects.filter(synthetic=True)}
    unit = {u.name: u for u in OrgUnit.objects.filter(depth__lte=3)}
    city, harbin = unit["泉州市妇联"], unit["哈尔滨市妇联"]
    post = OrgUnit.objects.get(name="鲤城区演示农技推广站")

    assert scope.may(user["city"], "reporting_export", city)
    assert scope.may(user["city"], "reporting_review", city)
    assert not scope.may(user["city"], "reporting_view", harbin)
    assert scope.may(user["licheng"], "reporting_review", unit["鲤城区妇联"])
    assert not scope.may(user["licheng"], "reporting_view", unit["丰泽区妇联"])
    assert scope.may(user["xuanchuan"], "reporting_view", unit["丰泽区妇联"])
    assert not scope.may(user["xuanchuan"], "reporting_review", unit["丰泽区妇联"])
    assert scope.may(user["post1"], "reporting_fill", post)
    assert not scope.may(user["gang0001"], "reporting_view", post)
    assert not scope.may(user["harbin"], "reporting_view", city)
    for administrator in ("sysadmin", "lichengadmin", "secadmin", "audit"):
        assert not scope.may(user[administrator], "reporting_view")
    assert user["quanyi"].appointments.current().count() == 2
