"""Every act leaves its line in the transaction of the act, and no line holds what is private."""

import re
import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from world import approved, fill, of, take

from federation import audit
from federation.models import AuditEvent
from reporting.jobs import runner
from reporting.models import Job, State


def lines(verb: str):
    return AuditEvent.objects.filter(verb=verb).order_by("id")


@pytest.fixture
def enter():
    def signed_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def full(people):
    """The audit trail takes no more lines, as on a full disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION audit_is_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space left'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER audit_is_full BEFORE INSERT ON federation_auditevent "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_full()"
        )


# -- Acts -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", ["submit", "withdraw", "return", "approve"])
def test_every_step_of_a_form_leaves_a_line(org, people, calls, step):
    fill(org.east_post, people.post)
    if step != "submit":
        take("submit", org.east_post, people.post)
    actor = people.county if step in {"return", "approve"} else people.post

    done = take(step, org.east_post, actor, **({"reason": "请补充"} if step == "return" else {}))

    (line,) = lines(step)
    assert (line.actor, line.unit, line.detail) == (actor, org.east_post, {"version": done.version})
    assert line.record == f"reporting.submission:{done.uuid}"


def test_what_follows_from_a_step_leaves_its_line_too(org, people, calls):
    approved(org.east_post, people.post, people.county, village=org.east_village)
    take("submit", org.east, people.county, "pairing-summary")
    take("approve", org.east, people.leader, "pairing-summary")
    take("return", org.east, people.leader, "pairing-summary", reason="请核对")

    for verb in ("consolidate", "release"):
        (line,) = lines(verb)
        assert line.record == f"reporting.submission:{of(org.east_post).uuid}"


def test_a_step_that_cannot_be_recorded_is_not_done(org, people, calls, request):
    fill(org.east_post, people.post)
    request.getfixturevalue("full")

    with pytest.raises(DatabaseError, match="no space left"), transaction.atomic():
        take("submit", org.east_post, people.post)

    assert of(org.east_post).state == State.DRAFT


def test_a_step_that_is_not_done_is_not_recorded(org, people, calls):
    fill(org.east_post, people.post)
    with transaction.atomic():
        take("submit", org.east_post, people.post)
        transaction.set_rollback(True)

    assert not lines("submit").exists()


def asked(org) -> dict:
    return {
        "annex": "pairing-summary",
        "period": "2014",
        "unit": str(org.east.uuid),
        "idempotency_key": str(uuid.uuid4()),
    }


def test_a_file_asked_for_made_and_fetched_leaves_three_lines(
    org, people, calls, enter, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    approved(org.east_post, people.post, people.county, village=org.east_village)
    client = enter(people.county)

    client.post(reverse("reporting:export"), asked(org))
    job = Job.objects.get()
    runner.run(job.uuid)
    answer = client.get(reverse("reporting:job_download", args=[job.uuid]))

    assert answer.getvalue()
    for verb in ("request_job", "finish_job", "download_job"):
        (line,) = lines(verb)
        assert (line.actor, line.unit) == (people.county, org.east)
        assert line.record == f"reporting.job:{job.uuid}"


def test_a_file_that_cannot_be_recorded_is_neither_asked_for_nor_handed_out(
    org, people, calls, enter, settings, tmp_path, request
):
    settings.MEDIA_ROOT = tmp_path
    approved(org.east_post, people.post, people.county, village=org.east_village)
    client = enter(people.county)
    client.raise_request_exception = False
    client.post(reverse("reporting:export"), asked(org))
    job = Job.objects.get()
    runner.run(job.uuid)
    request.getfixturevalue("full")

    def tried(send, *args) -> int:
        # The statement that fails would end the transaction of the test.
        with transaction.atomic():
            status = send(*args).status_code
            transaction.set_rollback(True)
        return status

    assert tried(client.get, reverse("reporting:job_download", args=[job.uuid])) == 500
    assert tried(client.post, reverse("reporting:export"), asked(org)) == 500
    assert Job.objects.count() == 1


def test_coming_and_going_leave_a_line_each(people, client):
    client.post(reverse("login"), {"username": "county", "password": "test-password"})
    assert get_user(client).is_authenticated
    client.post(reverse("logout"))

    for verb in ("login", "logout"):
        (line,) = lines(verb)
        assert line.actor == people.county


def test_a_wrong_password_is_no_log_in(people, client):
    client.post(reverse("login"), {"username": "county", "password": "wrong"})

    assert not lines("login").exists()


# -- Refusals -------------------------------------------------------------------------------------
def test_a_refused_page_leaves_a_line_with_its_name(org, people, enter):
    answer = enter(people.volunteer).get(reverse("reporting:submissions"))

    assert answer.status_code == 403
    (line,) = lines("denied")
    assert (line.actor, line.unit) == (people.volunteer, org.east_village)
    assert line.record == "page:reporting:submissions"
    assert line.detail == {"route": "reporting:submissions", "method": "GET", "target": []}


def test_a_refused_act_leaves_a_line_with_its_record_and_nothing_typed(org, people, calls, enter):
    """The act itself is undone in its transaction; the line stands."""
    fill(org.east_post, people.post)
    submitted = take("submit", org.east_post, people.post)
    body = {
        "idempotency_key": str(uuid.uuid4()),
        "version": submitted.version,
        "reason": "请打16900000001",
    }

    answer = enter(people.leader).post(
        reverse("reporting:step", args=[submitted.uuid, "return"]), body
    )

    assert answer.status_code == 403
    assert of(org.east_post).state == State.SUBMITTED
    (line,) = lines("denied")
    assert line.detail == {
        "route": "reporting:step",
        "method": "POST",
        "target": [str(submitted.uuid)],
    }


def test_what_is_out_of_reach_is_not_recorded_one_by_one(org, people, calls, enter):
    answer = enter(people.sibling).get(
        reverse("reporting:submission", args=[of(org.east_post).uuid])
    )

    assert answer.status_code == 404
    assert not lines("denied").exists()


def test_a_stranger_leaves_no_line(people, client):
    client.get(reverse("reporting:submissions"))

    assert not AuditEvent.objects.exists()


def test_a_loop_of_refusals_fills_an_hour_with_sixty_lines_and_one(people):
    for number in range(70):
        made = audit.record_denied(asking(people.volunteer))
        assert (made is None) == (number > 60)
    audit.record_denied(asking(people.nobody))

    assert lines("denied").filter(actor=people.volunteer).count() == 60
    (told,) = lines("denied_more")
    assert told.actor == people.volunteer
    assert lines("denied").filter(actor=people.nobody).count() == 1


def test_after_the_hour_refusals_are_recorded_again(people, time_machine):
    time_machine.move_to("2014-05-20T10:00Z", tick=False)
    for _ in range(62):
        audit.record_denied(asking(people.volunteer))
    time_machine.move_to("2014-05-20T11:00:01Z", tick=False)

    assert audit.record_denied(asking(people.volunteer)).verb == "denied"


def asking(user):
    return SimpleNamespace(user=user, method="GET", resolver_match=None, acting=None)


# -- No private values ----------------------------------------------------------------------------
PRIVATE = [
    "16900000001",
    "电话16900000001。",
    "169 0000 0001",
    "１６９０００００００１",
    "350500199001011234",
    "身份证35050019900101123x",
    "350500 19900101 123X",
    16900000001,
    ["红旗村", {"电话": "16900000001"}],
]
HARMLESS = [
    "350502000000",  # a division's code
    "2014-05-20 10:30:00",
    "ab16900000001cdef" + "0a1b2c3d" * 5,
    "e350500199001011234f" + "0a1b2c3d" * 5,
    "13912345678901234567890123456789",  # a hash may be all digits
    "12345678-1234-4234-8234-139123456781",
    "1234567890123456789",
    "12345678901",
    True,
    2014,
    None,
]


@pytest.mark.parametrize("value", PRIVATE, ids=str)
def test_an_identity_or_mobile_number_is_refused_in_tests_and_masked_in_use(db, settings, value):
    with pytest.raises(audit.PrivateValue) as refusal:
        audit.record("a word", "login", by=None, detail={"reason": value})
    assert not re.search(r"\d", str(refusal.value))

    settings.TESTING = False
    line = audit.record("a word", "login", by=None, detail={"reason": value})

    line.refresh_from_db()
    assert audit.HIDDEN in str(line.detail)
    assert not re.search(r"\d{4}", str(line.detail))


@pytest.mark.parametrize("value", HARMLESS, ids=str)
def test_codes_dates_and_hashes_stay_as_they_are(db, value):
    line = audit.record("a word", "login", by=None, detail={"value": value})

    line.refresh_from_db()
    assert line.detail == {"value": value}


def test_a_masked_line_keeps_its_other_words(db, settings):
    settings.TESTING = False
    sha = "ab16900000001cdef" * 3

    line = audit.record("打16900000001", "login", by=None, detail={"a": f"{sha} 16900000001 好"})

    assert line.detail == {"a": f"{sha} ［已隐去］ 好"}
    assert line.record == "打［已隐去］"
