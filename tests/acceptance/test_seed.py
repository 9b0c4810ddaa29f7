"""``seed_acceptance`` and ``acl_matrix``: exact, the same each time, never beside anything real."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import resolve
from django.utils import timezone

from administration import acceptance, acl, pages
from federation import seals
from federation.models import UnitGrant, User
from federation.policy import SENSITIVITY
from reporting.jobs import files

pytestmark = pytest.mark.django_db


def test_the_tree_is_that_of_the_battery(stage):
    levels = [(unit["level"], unit["type"]) for unit in stage.said["tree"] if not unit["closed"]]

    assert levels.count(("city", "city_federation")) == 2
    assert levels.count(("county", "county_federation")) == 4
    assert levels.count(("township", "township_federation")) == 8
    # One village came over from the township that was merged away.
    assert levels.count(("village", "village_federation")) == 16 + 1
    gone = [unit["key"] for unit in stage.said["tree"] if unit["closed"]]
    assert gone == ["A13"]
    assert [unit["key"] for unit in stage.said["tree"] if unit["formerly"]] == ["A12"]
    codes = {unit["code"] for unit in stage.said["tree"]}
    assert {"3601", "36010"} <= codes


def test_all_sixteen_principals_stand_there(stage):
    names = [one["name"] for one in stage.said["principals"]]

    assert len(names) == 16
    assert [one["name"] for one in stage.said["principals"] if not one["username"]] == ["anonymous"]
    for one in stage.said["principals"]:
        user = User.objects.filter(username=one["username"]).first()
        if user:
            assert user.check_password(one["password"])
            assert user.is_active == one["active"]


def test_what_is_said_of_the_reach_of_each_is_what_her_grants_give(stage):
    keys = {unit["uuid"]: unit["key"] for unit in stage.said["tree"]}
    for name in stage.principals.keys() & stage.users.keys():
        user = stage.users[name]
        held = {
            keys[str(grant.content_object.uuid)]
            for grant in UnitGrant.objects.in_force(timezone.localdate())
            .filter(user=user, permission__codename="reporting_view")
            .select_related("content_object")
        } - {"A-dept", "B-dept"}
        assert held == set(stage.principals[name]["reads"]), name


def test_every_kind_of_record_is_there_and_every_file_on_disk(stage):
    kinds = {thing["kind"] for thing in stage.said["resources"]}

    assert kinds == {"unit", "collection", "submission", "row", "job", "query", "session",
                     "appointment", "audit", "notice", "task", "material_file", "extension",
                     "supervision", "incoming", "incoming_batch", "person", "pairing"}  # fmt: skip
    states = {thing["state"] for thing in stage.things("submission")}
    assert states == {"draft", "submitted", "returned", "approved", "consolidated"}
    for job in stage.things("job", state="done"):
        assert files.finished(job["file"]).stat().st_size > 1000


def test_every_canary_stands_somewhere_once_and_for_one_unit(stage):
    texts = [canary["text"] for canary in stage.said["canaries"]]

    assert len(set(texts)) == len(texts) > 80
    assert all(bool(c["unit"]) != bool(c["owner"]) for c in stage.said["canaries"])


def test_the_identity_numbers_are_well_formed_and_of_no_place(stage):
    numbers = stage.said["identity_numbers"]

    assert len(set(numbers)) == 500
    assert {number[:6] for number in numbers} == {"990000"}
    assert {len(number) for number in numbers} == {18}


def test_the_same_number_gives_the_same_uuids_and_words(stage):
    again = acceptance.seed()

    assert again == acceptance.seed()
    assert again["tree"] == stage.said["tree"]
    assert again["canaries"] == stage.said["canaries"]


def test_another_number_is_refused_where_a_seed_stands(stage):
    with pytest.raises(CommandError, match="不是空库"):
        call_command("seed_acceptance", seed=2)


# -- The list of pages -----------------------------------------------------------------------------
def test_every_page_says_what_it_is_about_and_how_private(stage):
    resources = pages.resources()

    wrong = [
        page.name
        for page in pages.pages()
        if page.policy.resource not in resources
        or page.policy.sensitivity not in SENSITIVITY
        or not page.policy.words
    ]

    assert wrong == []


def test_the_list_names_every_page_once_with_an_address_that_leads_to_it(stage):
    listed = acl.matrix()["urls"]

    assert [entry["name"] for entry in listed] == [page.name for page in pages.pages()]
    for entry in listed:
        assert entry["expected"], entry["name"]
        assert entry["sample_url"], entry["name"]
        assert resolve(entry["sample_url"]).view_name == entry["name"]


def test_what_a_page_takes_is_what_its_lines_answer(stage):
    for entry in acl.matrix()["urls"]:
        for line in entry["expected"]:
            refused = set(line["answers"].values()) <= {"405", "404", "403", "302:login", "401"}
            if line["method"] not in entry["methods"]:
                assert refused, (entry["name"], line["method"])


def test_the_list_is_printed_as_one_object(stage, capsys):
    call_command("acl_matrix", "--json")

    assert json.loads(capsys.readouterr().out)["urls"]


def test_the_audit_of_the_seed_can_be_sealed_and_holds(stage):
    assert seals.verify().broken is None
