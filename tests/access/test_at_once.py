"""Twenty clicks at one moment, on a real database: one act, and nobody's words lost unsaid."""

import threading
import uuid

import pytest
from django.db import connection
from django.test import Client
from world import fill, of

from reporting.models import Job, SubmissionEvent

AT_ONCE = 20


@pytest.fixture
def at_once(transactional_db, monkeypatch, org, people, calls):
    """``at_once(path, body)``: the answers to twenty clicks of the post's leader at one moment."""
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    fill(org.east_post, people.post, village=org.east_village)
    client = Client()
    client.force_login(people.post)
    cookie = client.cookies["sessionid"].value

    def send(path: str, bodies: list[dict]):
        barrier, answers = threading.Barrier(len(bodies)), []

        def click(body):
            mine = Client(raise_request_exception=False)
            mine.cookies["sessionid"] = cookie
            mine.get("/elder/")  # opens the connection before the start
            barrier.wait()
            try:
                answers.append(mine.post(path, body))
            finally:
                connection.close()

        threads = [threading.Thread(target=click, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    return send


def test_twenty_clicks_on_submit_submit_once(at_once, org):
    form = of(org.east_post)
    body = {"version": form.version, "idempotency_key": str(uuid.uuid4())}

    answers = at_once(f"/submissions/{form.uuid}/steps/submit/", [body] * AT_ONCE)

    assert {a.status_code for a in answers} == {302}
    assert {a["Location"] for a in answers} == {f"/submissions/{form.uuid}/"}
    assert sum("Idempotent-Replay" in a for a in answers) == AT_ONCE - 1
    assert SubmissionEvent.objects.unscoped(reason="a test counts").count() == 1
    assert of(org.east_post).version == form.version + 1


def test_twenty_clicks_on_export_make_one_job(at_once, org):
    body = {"annex": "pairing-intent", "period": "2014", "unit": str(org.east_post.uuid)}
    body["idempotency_key"] = str(uuid.uuid4())

    answers = at_once("/exports/", [body] * AT_ONCE)

    assert {a.status_code for a in answers} == {302}
    assert len({a["Location"] for a in answers}) == 1
    assert Job.objects.count() == 1


def test_twenty_savings_of_one_version_keep_one_and_refuse_the_rest(at_once, org):
    form = of(org.east_post)
    bodies = [
        {
            "version": form.version,
            "idempotency_key": str(uuid.uuid4()),
            "leader_title": f"岗长{number}",
        }
        for number in range(AT_ONCE)
    ]

    answers = at_once(f"/submissions/{form.uuid}/autosave/", bodies)

    assert sorted(a.status_code for a in answers) == [200] + [409] * (AT_ONCE - 1)
    assert of(org.east_post).version == form.version + 1
