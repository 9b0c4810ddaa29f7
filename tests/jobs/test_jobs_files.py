"""Files of jobs: kept for a day, then gone from the page, from the disk, but not from the trail."""

import datetime as dt
import os
import time
import uuid

import pytest
from django.core.management import call_command
from django.utils import timezone

from federation import kept_files
from federation.models import AuditEvent
from reporting.jobs import files, leases, runner
from reporting.models import Job


@pytest.fixture
def finished(ask):
    job = ask()
    assert runner.run(job.uuid) == "done"
    job.refresh_from_db()
    return job


def expire(job):
    past = timezone.now() - dt.timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(expires_at=past)


def make_old(path):
    then = time.time() - 2 * 3600
    os.utime(path, (then, then))


def test_an_expired_file_goes_at_once_and_its_trail_stays(finished, capsys):
    expire(finished)

    call_command("purge")

    finished.refresh_from_db()
    assert finished.state == "expired"
    assert not files.finished(finished.artefact).exists()
    assert AuditEvent.objects.filter(verb="finish_job").count() == 1


def test_a_file_still_kept_stays_however_old(finished):
    make_old(files.finished(finished.artefact))

    call_command("purge", verbosity=0)

    assert files.finished(finished.artefact).exists()


def test_what_a_dead_worker_left_goes_after_an_hour_and_what_a_live_one_writes_stays(finished, ask):
    running = leases.claim(ask().uuid)
    left = [files.folder() / str(uuid.uuid4()), files.folder() / "tmp" / f"{uuid.uuid4()}.1"]
    young = files.folder() / str(uuid.uuid4())
    written = files.temporary(running)
    for path in (*left, young, written):
        path.write_text("half a ta")
    for path in (*left, written):
        make_old(path)

    call_command("purge", verbosity=0)

    assert [path.exists() for path in (*left, young, written)] == [False, False, True, True]


def test_a_dry_run_names_the_files_and_deletes_none(finished, capsys):
    orphan = files.folder() / str(uuid.uuid4())
    orphan.write_text("x")
    make_old(orphan)

    call_command("purge", dry_run=True)

    assert orphan.name in capsys.readouterr().out
    assert orphan.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("附件1：泉州市妇联（2014）.xlsx", "附件1：泉州市妇联（2014）.xlsx"),
        ('../../etc/pass"wd\r\nSet-Cookie: x', "_.._etc_pass_wd__Set-Cookie_ x"),
        ("表" * 300 + ".xlsx", "表" * 75 + ".xlsx"),
        ("无后缀", "无后缀"),
    ],
)
def test_a_shown_name_can_be_saved_on_every_system(name, shown):
    assert kept_files.shown_name(name) == shown
