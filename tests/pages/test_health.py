"""What a supervisor sees: alive, ready, and how long the oldest job has waited."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from reporting.models import Job


def test_the_portal_says_it_lives_without_login_and_without_telling_more(client, db):
    answer = client.get(reverse("reporting:healthz"))

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_it_is_ready_when_migrated_and_no_job_waits(client, db):
    answer = client.get(reverse("reporting:readyz"))

    assert answer.status_code == 200
    assert answer.json() == {
        "database": True, "migrated": True, "oldest_job_seconds": 0, "jobs": True,
        # None of them ever ran here.
        "late_chores": [
            "carry_out_transfers", "clear_sessions", "create_coming_tasks", "deliver_reminders",
            "draw_callbacks", "drop_register_imports", "erase_archives", "forget_answers",
            "propose_erasures", "reconcile_grants", "recount_pairs", "remind", "seal_audit",
            "seek_duplicates", "sweep_files", "sweep_kept_files",
        ],
    }  # fmt: skip


def test_a_job_nobody_takes_makes_it_unready(client, people):
    Job.objects.create(
        kind="annex_export",
        dedupe_key="x",
        requester=people.county,
        created_at=timezone.now() - dt.timedelta(minutes=5),
    )

    answer = client.get(reverse("reporting:readyz"))

    assert answer.status_code == 503
    assert answer.json()["oldest_job_seconds"] >= 299
    assert not answer.json()["jobs"]
