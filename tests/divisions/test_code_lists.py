"""Kinds of unit, honour levels, systems and 岗位 that a new portal starts with."""

import datetime as dt
import json

import pytest

from federation import code_lists, grants, scope
from federation.models import OrgUnit, Post, UnitType, User

pytestmark = pytest.mark.django_db
READING = {
    "reporting_view",
    "reporting_fill",
    "reporting_review",
    "reporting_export",
    "pairing_view",
}


def test_a_second_load_changes_nothing():
    assert code_lists.load() > 0

    assert code_lists.load() == 0


def test_a_row_added_by_hand_stays():
    code_lists.load()
    UnitType.objects.create(code="street-group", name="街道妇工组", group="committee")

    code_lists.load()

    assert UnitType.objects.filter(code="street-group").exists()


def test_every_action_of_every_post_exists():
    code_lists.load()

    for post in Post.objects.all():
        post.clean()


@pytest.mark.parametrize(
    ("code", "actions"),
    [
        ("system_admin", {"federation_view", "federation_manage"}),
        ("security_admin", {"federation_view", "federation_grant"}),
        ("audit_admin", {"federation_view", "federation_audit"}),
    ],
)
def test_no_administrator_reads_records(code, actions):
    code_lists.load()

    assert set(Post.objects.get(code=code).actions) == actions
    assert not actions & READING


def test_a_department_officer_reviews_nothing_by_her_post_alone():
    code_lists.load()

    assert set(Post.objects.get(code="department_officer").actions) == {
        "federation_view",
        "reporting_view",
        "notices_view",
        "notices_sign",
        "notices_issue",  # for what is sent to her own department
        "pairing_view",
    }


def test_a_township_reviews_nothing_and_the_county_unit_does():
    code_lists.load()

    reviewing = set(UnitType.objects.filter(reviews=True).values_list("code", flat=True))
    assert reviewing == {
        "province_federation",
        "city_federation",
        "county_federation",
        "womens_work_committee",
        "municipal_organs_committee",
    }


def test_changed_actions_reach_those_who_hold_the_post(tmp_path, monkeypatch, load_list):
    load_list()
    county = OrgUnit.objects.get(name="惠安县妇联")
    user = User.objects.create_user("volunteer", display_name="志愿者演甲子")
    grants.appoint(user, county, Post.objects.get(code="volunteer"), starts_on=dt.date(2014, 1, 1))
    assert not scope.may(user, "pairing_view", county)
    lists = json.loads(code_lists.FILE.read_text(encoding="utf-8"))
    (volunteer,) = (post for post in lists["posts"] if post["code"] == "volunteer")
    volunteer["actions"].append("pairing_view")
    newer = tmp_path / "code_lists.json"
    newer.write_text(json.dumps(lists), encoding="utf-8")
    monkeypatch.setattr(code_lists, "FILE", newer)

    assert code_lists.load() == 1

    assert scope.may(user, "pairing_view", county)
