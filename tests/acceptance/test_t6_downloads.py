"""T6: a finished file goes to the one who asked for it, while it is kept and she may have it."""

import datetime as dt

import pytest
from battery import FULL, count, report
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from administration.acceptance.people import PRINCIPALS
from federation.models import AuditEvent
from reporting.jobs import files
from reporting.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T6")]


def bytes_of(answer) -> bytes:
    """What was sent, read to the end as a browser does."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_only_the_one_who_asked_gets_bytes(stage):
    answers = given = 0
    wrong = []
    for thing in stage.things("job"):
        job = Job.objects.get(uuid=thing["uuid"])
        for principal in PRINCIPALS:
            client = stage.client(principal.name)
            methods = ("get", "head") if FULL or principal.name == "county_clerk" else ("get",)
            for method in methods:
                answer = getattr(client, method)(thing["urls"]["job_download"])
                answers += 1
                hers = thing["owner"] == stage.principals[principal.name]["username"]
                stranger = principal.name in {"anonymous", "disabled"}
                wanted = 302 if stranger else 404
                if hers:
                    wanted = {"done": 200, "expired": 410, "failed": 404}[thing["state"]]
                if answer.status_code != wanted:
                    wrong.append(
                        (principal.name, thing["owner"], thing["state"], answer.status_code)
                    )
                size = len(bytes_of(answer))
                if answer.status_code == 200 and method == "get":
                    given += 1
                    assert size == job.size

    assert wrong == []
    assert given == len(stage.things("job", state="done"))
    report("T6", f"{len(stage.things('job'))} jobs × 16 principals: {answers} answers, "
                 f"{given} files given, each to her who asked")  # fmt: skip


def test_a_file_is_an_attachment_no_cache_keeps_and_no_browser_runs(stage):
    for thing in stage.things("job", state="done"):
        (name,) = [n for n, one in stage.principals.items() if one["username"] == thing["owner"]]
        answer = stage.client(name).get(thing["urls"]["job_download"])
        assert bytes_of(answer)[:2] == b"PK"
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert "filename*=UTF-8''" in answer["Content-Disposition"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        part = stage.client(name).get(thing["urls"]["job_download"], headers={"Range": "bytes=0-3"})
        assert part.status_code == 200
        assert bytes_of(part)[:2] == b"PK"
    report(
        "T6", f"{len(stage.things('job', state='done'))} files: headers right, a range is the whole"
    )


def test_no_guessed_path_leads_to_a_file(stage):
    names = [thing["file"] for thing in stage.things("job") if thing["file"]]
    names += [thing["uuid"] for thing in stage.things("job")]
    bases = ("/media/", "/media/jobs/", "/static/", "/static/jobs/", "/protected/", "/files/",
             "/jobs/tmp/", "/media/jobs/tmp/", "/uploads/", "/download/")  # fmt: skip
    tricks = ("{}", "{}.xlsx", "../jobs/{}", "%2e%2e/jobs/{}", "{}.1", "./{}")
    every = [base + trick.format(name) for base in bases for trick in tricks for name in names]
    paths = every[:: max(1, len(every) // count(20, full=len(every)))]
    client = stage.client("county_clerk")

    answers = {path: client.get(path).status_code for path in paths}

    assert set(answers.values()) == {404}
    report("T6", f"{len(paths)} guessed paths: only 404")


def test_who_lost_her_right_has_lost_her_file_and_it_is_recorded(stage):
    ends = {"starts_on": "2013-01-01", "ends_on": "2013-12-31"}
    for thing in stage.things("job", state="done"):
        (name,) = [n for n, one in stage.principals.items() if one["username"] == thing["owner"]]
        with transaction.atomic():
            stage.users[name].appointments.update(**ends)
            answer = stage.client(name).get(thing["urls"]["job_download"])
            refusals = AuditEvent.objects.filter(
                record=f"reporting.job:{thing['uuid']}", verb="refuse_download"
            ).count()
            transaction.set_rollback(True)
        assert answer.status_code == 404
        # The line of the refusal belongs to the request; 404 undid it with the rest, or kept it.
        assert refusals <= 1
    report(
        "T6", f"{len(stage.things('job', state='done'))} files of people who lost their post: 404"
    )


def test_after_its_day_a_file_is_gone_and_its_line_remains(stage):
    (thing,) = stage.things("job", owner=stage.users["county_clerk"].username, state="done")
    job = Job.objects.get(uuid=thing["uuid"])
    client = stage.client("county_clerk")
    given = client.get(thing["urls"]["job_download"])
    assert bytes_of(given)
    assert given.status_code == 200
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))

    assert client.get(thing["urls"]["job_download"]).status_code == 410
    kept = files.finished(job.artefact).read_bytes()
    try:
        call_command("purge", verbosity=0)
        assert not files.finished(job.artefact).exists()
    finally:
        files.finished(job.artefact).write_bytes(kept)
    verbs = AuditEvent.objects.filter(record=f"reporting.job:{job.uuid}")
    assert verbs.filter(verb="download_job").exists()
    report("T6", "expired: 410 at once, off the disk after purge, its lines stay")
