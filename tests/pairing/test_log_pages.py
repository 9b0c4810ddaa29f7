"""The pages of a pair's logs: a form for each kind, the list with what was entered late, taking back."""

import uuid

import pytest
from days import last_year, today
from django.urls import reverse

from federation.models import AuditEvent
from pairing import logs
from pairing.models import ContactLog

DEED = {
    "kind": "tangible_deed", "summary": "办农技培训，负责人 16900000301",
    "beneficiaries": "40", "line1-kind": "books", "line1-name": "农技图书",
    "line1-quantity": "120", "line1-measure": "册", "line1-value": "2400",
}  # fmt: skip


@pytest.fixture
def seen_by(client, people):
    def look(seat, name, *args, **query):
        client.force_login(getattr(people, seat))
        return client.get(reverse(f"pairing:{name}", args=args), query).content.decode()

    return look


@pytest.fixture
def sent_by(client, people):
    def send(seat, name, args, **body):
        client.force_login(getattr(people, seat))
        key = {"idempotency_key": str(uuid.uuid4())}
        return client.post(reverse(f"pairing:{name}", args=args), key | body)

    return send


def test_a_deed_is_entered_late_read_with_its_marks_and_taken_back(pairs, seen_by, sent_by):
    pair, late = pairs.posted, {"on": f"{last_year()}-05-04"}
    blank = seen_by("post", "log_new", pair.uuid, kind="tangible_deed")
    assert "扶持明细" in blank
    assert 'href="?kind=mutual_visit"' in blank
    assert "方向" not in blank

    wrong = sent_by("post", "log_new", [pair.uuid], **DEED | {"line1-kind": "", "on": "2099-01-01"})
    assert wrong.status_code == 422
    told = wrong.content.decode()
    assert "扶持明细第1行：请选择这一项的类别，或清空这一行。" in told
    assert "农技图书" in told, "nothing typed is lost"
    wrong = sent_by("post", "log_new", [pair.uuid], **DEED | {"on": "2099-01-01"})
    assert "日期不能晚于今天，请改正。" in wrong.content.decode()

    answer = sent_by("post", "log_new", [pair.uuid], **DEED, **late)
    assert (answer.status_code, answer["Location"]) == (302, f"/pairs/{pair.uuid}/")
    log = pair.logs.get()
    listed, record = seen_by("city", "logs", pair.uuid), seen_by("city", "log", log.uuid)
    for page in (listed, record, seen_by("city", "pair", pair.uuid)):
        assert "补录" in page
        assert "16900000301" not in page, "numbers in words are masked"
    assert "农技图书" in record
    assert "2,400" in record

    back = sent_by("post", "log_step", [log.uuid, "withdraw"], reason="登记到别的对子了")
    assert back.status_code == 302
    log.refresh_from_db()
    assert log.withdrawn_reason == "登记到别的对子了"
    assert "已撤回" in seen_by("city", "logs", pair.uuid, state="withdrawn")
    assert "农技" not in seen_by("city", "logs", pair.uuid, state="late")
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"enter_log", "withdraw_log"} <= verbs


def test_who_may_not_open_a_childs_archive_does_not_read_her_name_in_the_words(
    pairs, archives, people, seen_by
):
    words = f"给{archives.child.name}打亲情电话"
    log = logs.enter(
        pairs.motherly, kind="family_call", on=today(), by=people.volunteer,
        key=uuid.uuid4(), summary=words,
    )  # fmt: skip

    named = {
        seat: archives.child.name in seen_by(seat, page, row.uuid)
        for seat in ("volunteer", "county", "city")
        for page, row in (("log", log), ("logs", pairs.motherly), ("pair", pairs.motherly))
    }

    assert named == {"volunteer": True, "county": False, "city": False}


def test_the_list_finds_what_was_entered_after_its_month(pairs, people, seen_by):
    """At the turn of a month in Beijing, which is still the month before in UTC."""
    rows = {
        "entered in its month": ("2026-02-28", "2026-02-28T15:59:59Z"),
        "entered at midnight": ("2026-02-28", "2026-02-28T16:00:00Z"),
        "entered a year later": ("2025-12-31", "2026-01-01T00:00:00Z"),
    }
    for words, (on, at) in rows.items():
        ContactLog(
            pairing=pairs.posted, kind=logs.kinds_for(pairs.posted)[0], on=on, by=people.post,
            entered_at=at, summary=words,
        ).save()  # fmt: skip

    page = seen_by("county", "logs", pairs.posted.uuid, state="late")

    assert {words for words in rows if words in page} == {
        "entered at midnight", "entered a year later",
    }  # fmt: skip
