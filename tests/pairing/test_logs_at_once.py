"""Fifty identical submissions at one moment, of the form and of the log itself: one row."""

import uuid
from functools import partial

import pytest
from django.utils import timezone

from pairing import logs, rules
from pairing.models import ContactLog
from tests.faults.at_once import browser, cookie_of, together

AT_ONCE = 50


@pytest.fixture
def posted(transactional_db, pairs, monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    return pairs.posted


def every():
    return ContactLog.objects.unscoped(reason="a test counts")


def test_fifty_posts_of_one_form_enter_one_log(posted, people):
    url, cookie = f"/pairs/{posted.uuid}/logs/new/", cookie_of(people.post)
    body = {
        "kind": "contact", "on": str(timezone.localdate()), "way": "phone",
        "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip

    answers = together([partial(browser(cookie).post, url, body)] * AT_ONCE)

    assert {answer.status_code for answer in answers} == {302}
    assert every().count() == 1


def test_fifty_sendings_of_one_log_enter_it_once_and_two_logs_under_one_key_the_first(
    posted, people, pairs
):
    today = timezone.localdate()
    enter = partial(logs.enter, kind="contact", on=today, key=uuid.uuid4())

    found = together([partial(enter, posted, by=people.post)] * AT_ONCE)

    assert {row.pk for row in found} == {every().get().pk}
    rules.refresh(pairs.elderly)  # nothing was done for her yet, whichever of the two wins
    rivals = [
        partial(logs.enter, kind="contact", on=today, key=uuid.uuid4(), by=people.county)
    ] * 20
    pair_of = [posted, pairs.elderly] * 10
    found = together(partial(act, pair) for act, pair in zip(rivals, pair_of, strict=True))
    refused = [answer for answer in found if isinstance(answer, logs.KeyTaken)]
    assert len(refused) == 10
    assert every().count() == 2
    for pair in (posted, pairs.elderly):
        stored = {(w.rule_id, w.first_day, w.done) for w in pair.windows.all()}
        assert stored == {(w.rule.pk, w.first_day, w.done) for w in rules.recount(pair)}
