"""The demo's units and accounts: invented, marked, and able to sign in."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from federation import code_lists, demo, scope, tree
from federation.models import Appointment, OrgUnit, UnitGrant, UnitType, User


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


def test_the_demo_holds_158_bodies_and_one_account_for_each(accounts, demo_data):
    bodies = OrgUnit.objects.filter(synthetic=True)

    assert bodies.filter(unit_type__code="civilized_post").count() == 108
    assert bodies.filter(unit_type__code="organ_committee").count() == 50
    assert not bodies.filter(unit_type__code="civilized_post", post_level=None).exists()
    leaders = Appointment.objects.filter(user__username__startswith="gang")
    assert sorted(leaders.values_list("unit", flat=True)) == sorted(
        bodies.values_list("pk", flat=True)
    )
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


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
    for administrator in ("sysadmin", "secadmin", "audit"):
        assert not scope.may(user[administrator], "reporting_view")
    assert user["quanyi"].appointments.current().count() == 2


def test_outside_a_demo_nothing_is_loaded(db, settings, demo_data):
    settings.DEMO = False

    with pytest.raises(CommandError, match="不是演示环境"):
        call_command("load_demo")

    assert (User.objects.count(), OrgUnit.objects.count()) == (0, 0)


def test_a_real_account_of_the_same_name_stops_the_load_and_stays(db, demo_data):
    real = User.objects.create_user("city", password="real-one-2014", display_name="真实账号")

    with pytest.raises(ValidationError, match="已有同名的真实账号：city"):
        demo.load(demo_data)

    assert list(User.objects.all()) == [real]
    assert OrgUnit.objects.count() == 0


def test_a_real_unit_of_the_same_name_stops_the_load_and_stays(db, demo_data):
    code_lists.load()
    kind = UnitType.objects.get(code="civilized_post")
    name = demo_data["posts"][0]["name"]
    real = tree.add(None, OrgUnit(name=name, short_name=name, unit_type=kind))

    with pytest.raises(ValidationError, match="已有同名的真实组织"):
        demo.load(demo_data)

    assert list(OrgUnit.objects.all()) == [real]


def test_the_accounts_are_listed_without_loading_anything(db, demo_data, capsys):
    call_command("load_demo", accounts=True)

    out = capsys.readouterr().out
    assert demo.PASSWORD in out
    assert "gang0001…gang0158 158个文明岗、妇委会的岗负责人" in out
    assert User.objects.count() == 0
