"""One key, one act: a repeated request is answered as before and does nothing again."""

import uuid

import pytest
from battery import share
from django.db import transaction
from django.urls import get_resolver

from reporting.views.rows import ReturnConfirmed
from tests.access import matrix
from tests.access import scene as stage

# Acts whose repeat does no harm, and why.
NEEDS_NO_KEY = {
    "login": "a second sign-in is the first one again",
    "logout": "who is out stays out",
    "act_as": "sets the appointment it names",
    "elder": "a look kept in one's own browser",
    "save_query": "the name is the key: a repeat replaces it",
    "drop_query": "what is gone answers 404",
    "password_change": "asks for the password as it was, which the first sending has changed",
    "confirm": "asks again who one is, and does nothing else",
    "login_code": "a code counts once",
    "second_factor": "what is set up already is shown",
    "renew_codes": "a second set replaces the first, and is shown",
    "end_second_factor": "what ended is shown as ended",
    "end_session": "a session that ended answers 404",
    "end_others": "ended sessions stay ended",
    "unit_change": "only shows what would happen; what acts is unit_change_done, which has the key",
    "pairing:phone_send": "each log carries a key of its own, and is answered by it",
    "pairing:phone_number": "each sight of a number is a line of its own",
    "reporting:return_rows": "only asks; what acts is ReturnConfirmed, which has the key",
}
DONE = {"200", "302"}


def views(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if hasattr(entry, "url_patterns"):
            yield from views(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        else:
            yield prefix + entry.name, entry.callback.view_class


def doers(line) -> list[str]:
    return [name for name, answer in line.expected if answer in DONE]


ACTS = [
    line
    for line in matrix.lines()
    if line.method == "POST"
    and line.url.startswith(("reporting:", "notices:"))
    and doers(line)
    and (line.url, line.case) != ("reporting:return_rows", "")
    and line.url != "notices:feed_link"  # its repeat leads away from what is shown once
]


def twice(scene, line, *, change: dict | None = None, **without):
    """The answers to one body sent twice, ``change`` made in between, and the rows' hashes after."""
    who = stage.seat_of(line.target, doers(line)[0])
    client = stage.client_of(scene, who)
    with transaction.atomic():
        matrix.prepare(line, scene)
        path, sent = matrix.address(line, scene), matrix.body(line, scene)
        answers, hashes = [], [stage.database_hash()]
        for more in ({}, change or {}):
            answers.append(client.post(path, {**sent, **more, **without}))
            hashes.append(stage.database_hash())
        transaction.set_rollback(True)
    return answers, hashes


def test_every_act_has_a_key_or_a_reason_to_need_none():
    keyless = {
        name
        for name, view in views()
        if hasattr(view, "post") and not getattr(view.post, "idempotent", False)
    }

    assert keyless == set(NEEDS_NO_KEY)
    assert ReturnConfirmed.post.idempotent


def test_no_view_acts_by_another_method():
    assert [name for name, view in views() if {"patch", "delete"} & set(dir(view))] == []


@pytest.mark.django_db
@pytest.mark.battery("days")
@pytest.mark.parametrize("line", share(ACTS, 3), ids=str)
def test_the_same_request_again_gets_the_same_answer_and_does_nothing(scene, line):
    (first, again), (before, once, still) = twice(scene, line)

    assert (again.status_code, again.get("Location")) == (first.status_code, first.get("Location"))
    assert again["Idempotent-Replay"] == "true"
    assert before != once == still


@pytest.mark.django_db
@pytest.mark.battery("days")
@pytest.mark.parametrize("line", share(ACTS, 3, at=1), ids=str)
def test_the_same_key_with_other_words_is_refused(scene, line):
    (_, other), (_, once, still) = twice(scene, line, change={"reason": "另一句话"})

    assert other.status_code == 409
    assert once == still


@pytest.mark.django_db
@pytest.mark.battery("days")
@pytest.mark.parametrize("line", share(ACTS, 3, at=2), ids=str)
def test_an_act_without_a_key_is_not_done(scene, line):
    (first, second), hashes = twice(scene, line, idempotency_key="")

    assert (first.status_code, second.status_code) == (400, 400)
    assert len(set(hashes)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["1", "not-a-uuid", "00000000-0000-4000-8000-00000000000", "①"])
def test_an_invented_key_is_none(scene, key):
    client = stage.client_of(scene, "post")

    assert client.post("/exports/", {"idempotency_key": key}).status_code == 400


@pytest.mark.django_db
def test_one_key_of_two_people_is_two_keys(scene):
    key, path = str(uuid.uuid4()), "/exports/"
    asked = {"annex": "pairing-intent", "period": "2014", "idempotency_key": key}
    asked["unit"] = str(scene.org.east_post.uuid)

    places = {
        stage.client_of(scene, who).post(path, asked)["Location"] for who in ("post", "county")
    }

    assert len(places) == 2


@pytest.mark.django_db
def test_a_refused_act_leaves_its_key_free_for_the_corrected_one(scene):
    client, path = stage.client_of(scene, "post"), "/exports/"
    asked = {"annex": "pairing-intent", "period": "2014", "idempotency_key": str(uuid.uuid4())}

    refused = client.post(path, {**asked, "unit": str(scene.org.west_post.uuid)})
    done = client.post(path, {**asked, "unit": str(scene.org.east_post.uuid)})

    assert (refused.status_code, done.status_code) == (404, 302)
