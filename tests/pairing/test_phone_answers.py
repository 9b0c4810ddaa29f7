"""What a log from a phone is answered, whatever became of pair, person and clock meanwhile."""

import datetime as dt
import json
import uuid

import pytest
from days import today
from django.utils import timezone

from federation import grants, sessions
from pairing import quarantine
from pairing.models import ContactLog, Liaison, Pairing, QuarantinedLog
from registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(client):
    """``phone(user)(log, …)`` sends a batch as her phone does: (status, states by key)."""

    def signed_in(user, who=None):
        client.force_login(user)

        def send(*logs):
            batch = {"who": sessions.mark_of(who or user), "logs": logs}
            answer = client.post("/m/logs/", {"batch": json.dumps(batch)})
            told = answer.json()
            return answer.status_code, [line["state"] for line in told.get("answers", [])], told

        return send

    return signed_in


def a_log(pair, **more) -> dict:
    said = {"key": str(uuid.uuid4()), "pair": str(pair.uuid), "kind": "contact",
            "on": today().isoformat(), "way": "phone", "summary": "电话问候",
            "device_at": timezone.now().isoformat()}  # fmt: skip
    return {**said, **more}


def held() -> int:
    return ContactLog.objects.unscoped(reason="a test counts").count()


def test_each_log_is_answered_for_itself(phone, pairs, people):
    send = phone(people.volunteer)
    good = a_log(pairs.elderly)
    far = (today() + dt.timedelta(days=9)).isoformat()
    sent = {
        "saved": good,
        "already": good,
        "taken": {**good, "summary": "另有内容"},
        "of nobody": a_log(pairs.western),
        "in the future": a_log(pairs.elderly, on=far),
        "by a clock of 2000": a_log(pairs.elderly, device_at="2000-01-01T00:00:00Z"),
        "of no kind": a_log(pairs.elderly, kind="gossip"),
        "no log": "x",
        "half a character": a_log(pairs.motherly, summary="好\ud800\0"),
    }
    status, states, told = send(*sent.values())

    assert status == 200
    assert dict(zip(sent, states, strict=True)) == {
        "saved": "saved",
        "already": "already",
        "taken": "taken",
        "of nobody": "refused",
        "in the future": "refused",
        "by a clock of 2000": "saved",
        "of no kind": "refused",
        "no log": "refused",
        "half a character": "saved",
    }
    assert "没有找到" in told["answers"][3]["words"]
    assert "晚于今天" in told["answers"][4]["words"]
    assert held() == 3


def test_a_clock_that_runs_ahead_is_put_right_by_the_server(phone, pairs, people):
    ahead = timezone.now() + dt.timedelta(days=1)
    log = a_log(
        pairs.elderly, on=timezone.localdate(ahead).isoformat(), device_at=ahead.isoformat()
    )

    _, states, _ = phone(people.volunteer)(log)
    row = ContactLog.objects.unscoped(reason="a test looks").get()

    assert states == ["saved"]
    assert (row.on, row.device_at) == (today(), ahead)


def test_what_comes_after_she_lost_the_pair_is_put_aside_once(phone, pairs, people):
    known, late = a_log(pairs.elderly), a_log(pairs.elderly, summary="迟到的一条")
    send = phone(people.volunteer)
    send(known)
    Liaison.objects.in_force().filter(pairing=pairs.elderly).update(
        until=today() - dt.timedelta(days=1)
    )

    _, states, told = send(known, late, late)

    assert states == ["already", "quarantined", "quarantined"]
    assert "转给组织单位" in told["answers"][1]["words"]
    row = QuarantinedLog.objects.visible_to(people.village, "edit").get()
    assert (row.by, row.body["summary"], held()) == (people.volunteer, "迟到的一条", 1)

    quarantine.decide(row, by=people.village, takes=True)
    assert held() == 2
    assert QuarantinedLog.objects.visible_to(people.village, "edit").get().state == "taken"


def test_who_lost_her_seat_is_heard_and_given_nothing(phone, pairs, people, client):
    send = phone(people.volunteer)
    people.volunteer.appointments.update(ends_on=today() - dt.timedelta(days=1))
    grants.derive(people.volunteer)

    _, states, _ = send(a_log(pairs.elderly))

    assert states == ["quarantined"]
    assert client.get("/m/pairs/").status_code == 403


def test_the_key_of_an_erased_record_is_told_so(phone, pairs, people):
    Pairing.objects.carried_by(people.volunteer).filter(pk=pairs.elderly.pk).update(person=None)

    _, states, told = phone(people.volunteer)(a_log(pairs.elderly))

    assert states == ["gone"]
    assert "已按规定删除" in told["answers"][0]["words"]
    assert held() == 0


def test_another_account_never_sends_the_first_one_s_logs(phone, pairs, people):
    status, _, told = phone(people.village, who=people.volunteer)(a_log(pairs.elderly))

    assert (status, held()) == (409, 0)
    assert "另一个账号" in told["words"]


def test_a_session_that_is_over_is_told_in_words_and_a_disabled_account_too(client, pairs, people):
    client.force_login(people.volunteer)
    token = client.get("/m/pairs/").json()["token"]
    client.logout()

    over = client.post("/m/logs/", {"batch": "{}"}, headers={"X-Phone": token})
    type(people.volunteer).objects.filter(pk=people.volunteer.pk).update(is_active=False)
    disabled = client.post("/m/logs/", {"batch": "{}"}, headers={"X-Phone": token})

    assert (over.status_code, over.json()["disabled"]) == (401, False)
    assert over.json()["login"] == "/login/?next=%2Fm%2F"
    assert (disabled.status_code, disabled.json()["disabled"]) == (401, True)


def test_what_the_phone_is_given_holds_names_and_no_more(client, pairs, people, archives):
    client.force_login(people.volunteer)
    answer = client.get("/m/pairs/")
    text, told = answer.content.decode(), answer.json()

    assert {pair["name"] for pair in told["pairs"]} == {archives.elder.name, archives.child.name}
    assert answer["Cache-Control"] == "no-store"
    for person in Person.objects.visible_to(people.village):
        for field in ("id_number", "phone", "address", "health"):
            value = getattr(person, field)
            assert value is None or value.open() not in text


def test_a_number_is_given_to_who_carries_the_pair_and_a_child_s_never(client, pairs, people):
    client.force_login(people.volunteer)
    numbers = {
        name: client.post(f"/m/pairs/{getattr(pairs, name).uuid}/number/")
        for name in ("elderly", "motherly", "posted")
    }

    assert numbers["elderly"].json()["number"] == "16900000012"
    assert numbers["motherly"].json() == {"whom": "姑姑", "number": "16900000021"}
    assert numbers["posted"].status_code == 404
