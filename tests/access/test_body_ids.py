"""An id in the body is judged like one in the address, and no extra field is ever obeyed."""

import datetime as dt
import uuid

import pytest
from battery import share
from django.db import transaction
from world import of, seat

from federation import grants
from federation.models import Post
from reporting.models import Job, Submission, SubmissionEvent, SubmissionRow
from tests.access import matrix
from tests.access import scene as stage
from tests.access.test_repeats import ACTS, doers

pytestmark = pytest.mark.django_db
UNKNOWN = "00000000-0000-4000-8000-000000000000"
GARBAGE = ("", "1", "①", "' OR 1=1 --", "../..", "null", "x" * 300, "\x00")


def sent(submission, **more) -> dict:
    return {"idempotency_key": str(uuid.uuid4()), "version": submission.version, **more}


def units_beyond(org) -> dict[str, str]:
    """Units the clerk of the eastern county has no hand in, and what is no unit at all."""
    names = ("west", "west_post", "other_city", "other_post", "city", "province", "department")
    return {name: str(getattr(org, name).uuid) for name in names} | {
        "unknown": UNKNOWN,
        **{repr(text): text for text in GARBAGE},
    }


# -- Units -----------------------------------------------------------------------------------------
def test_an_export_of_a_unit_beyond_ones_reach_is_refused(scene):
    client, table = stage.client_of(scene, "county"), stage.submission_of(scene, "table")
    before = Job.objects.count()

    answers = {
        name: client.post(
            "/exports/", sent(table, annex="pairing-summary", period="2014", unit=unit)
        ).status_code
        for name, unit in units_beyond(scene.org).items()
    }

    assert answers == dict.fromkeys(answers, 404)
    assert Job.objects.count() == before


@pytest.mark.parametrize(
    "wrong",
    [{"annex": "no-such"}, {"annex": ""}, {"period": "2014-13"}, {"period": "' OR 1=1"}],
    ids=str,
)
def test_an_export_of_no_annex_or_no_period_is_refused(scene, wrong):
    client, table = stage.client_of(scene, "county"), stage.submission_of(scene, "table")
    asked = {"annex": "pairing-summary", "period": "2014", "unit": str(scene.org.east.uuid)}

    assert client.post("/exports/", sent(table, **{**asked, **wrong})).status_code == 404


def test_nobody_acts_in_an_appointment_of_another_or_in_an_ended_one(scene):
    mine = seat(scene.org, "moved", "east", "officer")
    old = grants.appoint(
        mine, scene.org.west, Post.objects.get(code="officer"), starts_on=dt.date(2013, 1, 1)
    )
    grants.end_appointment(old, on=dt.date(2013, 12, 31))
    scene.sessions["moved"] = stage.session_of(mine)
    client = stage.client_of(scene, "moved")
    theirs = scene.people.leader.appointments.get()
    asked = [str(old.pk), str(theirs.pk), str(theirs.uuid), "99999999999999999999", "①"]

    answers = [client.post("/act-as/", {"appointment": text}).status_code for text in asked]

    assert answers[:2] == [404, 404]
    assert set(answers[2:]) <= {302, 404}
    page = client.get("/")
    assert str(page.wsgi_request.acting) == str(mine.appointments.current().get())


# -- Villages --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "unit", ["other_county", "other_post", "east", "town", "city", "east_post2", "west_post"]
)
@pytest.mark.parametrize("way", ["autosave", "fill", "chosen"])
def test_an_id_that_is_no_village_of_the_city_is_dropped_and_its_words_kept(scene, unit, way):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")
    foreign = str(getattr(scene.org, unit).uuid)

    send_village(client, form, foreign, way)

    assert village_of(scene) == {"unit": None, "text": "某村"}
    assert client.get(f"/submissions/{form.uuid}/fill/").status_code == 200


@pytest.mark.parametrize("way", ["autosave", "fill", "chosen"])
@pytest.mark.parametrize("invented", [UNKNOWN, "1", "①", "' OR 1=1 --", "x" * 300])
def test_an_invented_village_id_is_dropped_and_its_words_kept(scene, invented, way):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")

    send_village(client, form, invented, way)

    assert village_of(scene) == {"unit": None, "text": "某村"}
    assert client.get(f"/submissions/{form.uuid}/fill/").status_code == 200


def test_a_village_of_another_county_of_the_city_may_be_chosen(scene):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")
    near = str(scene.org.west_village.uuid)

    send_village(client, form, near.upper(), "autosave")

    assert village_of(scene) == {"unit": near, "text": "某村"}


def send_village(client, form, unit: str, way: str) -> None:
    if way == "chosen":
        mine = f'{{"intended_village": {{"unit": "{unit}", "text": "某村"}}}}'
        typed = {"mine_values": mine, "choice:intended_village": "mine"}
    else:
        typed = {"intended_village_unit": unit, "intended_village_text": "某村"}
    where = "autosave" if way == "autosave" else "fill"
    response = client.post(f"/submissions/{form.uuid}/{where}/", sent(form, **typed))
    assert response.status_code in {200, 302}


def village_of(scene):
    return stage.row_of(scene, "form").values["intended_village"]


# -- Rows ------------------------------------------------------------------------------------------
def rows_beyond(scene) -> dict[str, str]:
    """Rows that are not of the form under review, by what makes them foreign."""
    rows = SubmissionRow.objects.unscoped(reason="a test needs foreign rows")
    return {
        "beside": str(rows.get(submission=of(scene.org.east_post2)).uuid),
        "sibling": str(rows.get(submission=of(scene.org.west_post)).uuid),
        "table above": str(stage.row_of(scene, "table").uuid),
        "unknown": UNKNOWN,
        "garbage": "①",
    }


def test_a_return_of_cells_of_other_rows_is_refused_whole(scene):
    stage.submitted(scene, "form")
    client, form = stage.client_of(scene, "county"), stage.submission_of(scene, "form")
    own = stage.row_of(scene, "form").uuid
    before = stage.database_hash()

    for row in rows_beyond(scene).values():
        cells = {f"cell:{own}:email": "请核对", f"cell:{row}:email": "请核对"}
        response = client.post(f"/submissions/{form.uuid}/steps/return/", sent(form, **cells))

        assert response.status_code == 302
        assert stage.database_hash() == before


@pytest.mark.parametrize("key", ["no_such", "post_name", "state", "__class__", "x" * 200])
def test_a_return_of_a_cell_nobody_could_correct_is_refused(scene, key):
    stage.submitted(scene, "form")
    client, form = stage.client_of(scene, "county"), stage.submission_of(scene, "form")
    cells = {f"cell:{stage.row_of(scene, 'form').uuid}:{key}": "请核对"}
    before = stage.database_hash()

    response = client.post(f"/submissions/{form.uuid}/steps/return/", sent(form, **cells))

    assert response.status_code == 302
    assert stage.database_hash() == before
    assert client.get(f"/submissions/{form.uuid}/").status_code == 200


@pytest.mark.parametrize("who", ["leader", "city"])
@pytest.mark.parametrize("foreign", ["beside", "sibling", "unknown", "garbage"])
def test_rows_are_returned_together_or_not_at_all(scene, who, foreign):
    """The city judges tables: a form of a county among the rows stops them all."""
    stage.submitted(scene, "table")
    client, table = stage.client_of(scene, who), stage.submission_of(scene, "table")
    chosen = [str(stage.row_of(scene, "table").uuid), rows_beyond(scene)[foreign]]
    before = stage.database_hash()

    response = client.post(
        "/rows/return/",
        sent(table, row=chosen, confirmed="1", reason="请核对", **{f"version:{table.uuid}": 9}),
    )

    assert response.status_code in {403, 404}
    assert stage.database_hash() == before


@pytest.mark.parametrize("act", ["correct", "move", "remove"])
def test_no_county_touches_the_table_of_its_neighbour(scene, act):
    client, table = stage.client_of(scene, "sibling"), stage.submission_of(scene, "table")
    row, before = stage.row_of(scene, "table"), stage.database_hash()
    typed = {"key": "project_goal", "value": "改", "to": "1", "reason": "改"}

    response = client.post(f"/rows/{row.uuid}/{act}/", sent(table, **typed))

    assert response.status_code == 404
    assert stage.database_hash() == before


# -- Fields nobody offered -------------------------------------------------------------------------
def extras(scene) -> dict:
    """What an attacker would like to set, under every name it might have."""
    me, foreign = scene.people.leader.pk, scene.org.west
    return {
        "state": "approved",
        "approved_by": me,
        "approved_by_id": me,
        "approved_at": "2014-05-20",
        "submitted_by": me,
        "created_by": me,
        "edited_by": me,
        "actor": me,
        "by": me,
        "requester": me,
        "unit_id": foreign.pk,
        "reviewer": foreign.pk,
        "reviewer_id": foreign.pk,
        "submission": str(of(foreign, "pairing-summary").uuid),
        "collection": "1",
        "due_on": "2099-12-31",
        "review": "approved",
        "position": "99",
        "source": "1",
        "filled_on_behalf": "1",
        "is_superuser": "1",
        "post_name": "别的岗",
        "post_kind": "committee",
        "annex_version": "9",
        "id": "1",
        "pk": "1",
        "uuid": UNKNOWN,
        "token": "9",
        "artefact": UNKNOWN,
    }


def truth() -> list:
    """Everything an act decides, without what differs between two runs of it: moments and keys."""
    fields = {
        Submission: ("pk", "uuid", "state", "version", "unit", "reviewer", "due_on", "collection",
                     "submitted_by", "approved_by", "edited_by", "filled_on_behalf",
                     "annex_version", "nil_report"),
        SubmissionRow: ("submission", "position", "review", "source", "values"),
        SubmissionEvent: ("submission", "step", "actor", "acting_unit", "on_behalf", "version"),
        Job: ("kind", "requester", "unit", "state", "params", "token"),
    }  # fmt: skip
    return [
        sorted(map(repr, model._base_manager.values_list(*names)))
        for model, names in fields.items()
    ]


@pytest.mark.battery("days")
@pytest.mark.parametrize("line", share(ACTS, 3), ids=str)
def test_an_act_with_extra_fields_does_what_it_does_without(scene, line):
    client = stage.client_of(scene, stage.seat_of(line.target, doers(line)[0]))
    found = []
    for more in ({}, extras(scene)):
        with transaction.atomic():
            matrix.prepare(line, scene)
            path, body = matrix.address(line, scene), matrix.body(line, scene)
            response = client.post(path, {**more, **body})
            found.append((response.status_code, truth()))
            transaction.set_rollback(True)

    assert found[0] == found[1]


def test_a_chosen_value_of_a_field_nobody_types_is_not_obeyed(scene):
    client, form = stage.client_of(scene, "post"), stage.submission_of(scene, "form")
    mine = '{"post_name": "别的岗", "post_kind": "committee", "state": "approved", "x": 1}'
    chosen = {f"choice:{name}": "mine" for name in ("post_name", "post_kind", "state", "x")}
    before = stage.row_of(scene, "form").values

    client.post(f"/submissions/{form.uuid}/fill/", sent(form, mine_values=mine, **chosen))

    assert stage.row_of(scene, "form").values == before
    assert stage.submission_of(scene, "form").state == "draft"
