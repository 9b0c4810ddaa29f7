"""T14, T15, T16: many at one form, many clicks, two judges; on PostgreSQL, and on SQLite."""

import datetime as dt
import json
import os
import subprocess
import sys
import uuid

import migrated
import pytest
from battery import count, is_its_day, report
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from federation.models import IdempotentRequest
from reporting.models import Job
from tests.faults import at_once

EDITORS, EDIT_ROUNDS = count(8, full=20), count(1, full=20)
CLICKS, CLICK_ROUNDS = count(12, full=50), count(1, full=20)
JUDGEMENTS = count(6, full=50)


@pytest.fixture(autouse=True)
def unheard_broker(monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")


@pytest.mark.battery("T14")
def test_of_many_editors_nobody_loses_what_was_taken(living):
    people = [living.people.post, living.people.county, living.people.county2]

    found = at_once.edit_together(living.org.east_post, people, editors=EDITORS, rounds=EDIT_ROUNDS)

    told = f"{EDITORS} editors × {EDIT_ROUNDS} rounds: {found}"
    report("T14", told)
    assert (found["lost"], found["other"]) == (0, 0), told
    assert found["saves"] == EDITORS * EDIT_ROUNDS
    assert found["conflicts"] > EDIT_ROUNDS, "they never met: the test proves nothing"


@pytest.mark.battery("T15")
def test_identical_posts_at_one_moment_make_one_row(living):
    found = at_once.click_together(
        living.org.east_post, living.people.post, clicks=CLICKS, rounds=CLICK_ROUNDS
    )

    told = f"{CLICKS} identical posts × {CLICK_ROUNDS} rounds: {found}"
    report("T15", told)
    assert found == {
        "jobs": CLICK_ROUNDS,
        "replays": (CLICKS - 1) * CLICK_ROUNDS,
        "places": CLICK_ROUNDS,
        "other": 0,
    }, told


@pytest.mark.battery("T15")
def test_a_replay_after_thirty_days_is_still_one_and_another_body_is_refused(living):
    client = at_once.browser(at_once.cookie_of(living.people.post))
    sent = {"annex": at_once.FORM, "period": "2014", "unit": str(living.org.east_post.uuid)}
    sent["idempotency_key"] = str(uuid.uuid4())
    first, before = client.post("/exports/", sent), Job.objects.count()
    kept = IdempotentRequest.objects.filter(key=sent["idempotency_key"])

    kept.update(created_at=timezone.now() - dt.timedelta(days=30))
    call_command("purge", verbosity=0)
    again = client.post("/exports/", sent)
    other = client.post("/exports/", {**sent, "only": "approved"})

    assert (again["Location"], again["Idempotent-Replay"]) == (first["Location"], "true")
    assert other.status_code == 409
    assert Job.objects.count() == before
    report("T15", "replay after 30 days: same answer, 0 new rows; same key, other body: 409")


@pytest.mark.battery("T16")
def test_of_two_judges_at_one_moment_exactly_one_wins(living):
    people = living.people

    found = at_once.judge_together(
        living.org.east_post2, people.post2, [people.county, people.county2], rounds=JUDGEMENTS
    )

    told = f"2 reviewers at one moment × {JUDGEMENTS}: {found}"
    report("T16", told)
    assert (found["both"], found["neither"]) == (0, 0), told
    assert found["loser_told"] == JUDGEMENTS
    assert found["approve"] + found["return"] == JUDGEMENTS


@pytest.mark.battery("T14")
@pytest.mark.skipif(not is_its_day(2), reason="every other day, and in full counts")
def test_on_sqlite_it_is_the_same(tmp_path):
    """Editors, clicks, judges and the final state of what was approved, in a process of its own."""
    migrated.sqlite(tmp_path)
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "FULIAN_VAR": str(tmp_path),
        "PYTHONPATH": f"{settings.BASE_DIR}:{settings.BASE_DIR / 'tests'}",
        "CELERY_BROKER_URL": "memory://",
    }

    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.on_sqlite"],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    edits, clicks, judges = found["edit"], found["click"], found["judge"]
    assert (edits["lost"], edits["other"], clicks["other"]) == (0, 0, 0), found
    assert (clicks["jobs"], clicks["places"]) == (found["rounds"], found["rounds"])
    assert (judges["both"], judges["neither"]) == (0, 0)
    assert found["taken"] == []
    report("T14", f"on SQLite {edits}")
    report("T15", f"on SQLite {clicks}")
    report("T16", f"on SQLite {judges}; {found['tried']} changes of an approved form: all refused")
