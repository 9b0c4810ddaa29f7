"""A first look without servers: SQLite, a queue of files, and a worker inside the web process."""

import os
import subprocess
import sys

import migrated
from django.conf import settings

SCRIPT = """
import sys, threading, time
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)

import datetime as dt
from django.db import transaction
from federation import grants, tree
from federation.models import AuditEvent, OrgUnit, Post, UnitType, User
from reporting.jobs import files, inprocess, request_job
from reporting.models import Job

kind = UnitType.objects.create(code="county", name="县", group="federation", level="county")
unit = tree.add(None, OrgUnit(name="鲤城区妇联", short_name="鲤城区妇联", unit_type=kind))
post = Post.objects.create(code="c", name="干部", actions=["reporting_view", "reporting_export"])
user = User.objects.create_user("clerk", "pw", display_name="演示甲")
grants.appoint(user, unit, post, starts_on=dt.date(2014, 1, 1))

def ask(**params):
    return request_job("trial_lines", requester=user, unit=unit, params=params)

early = ask(lines=2)  # before there is a worker
inprocess.start()
inprocess.start()
jobs = [early, *(ask(lines=20, pause=0.02) for _ in range(6))]
writes = 0
deadline = time.monotonic() + 40
while Job.objects.filter(state__in=["queued", "running"]).exists() and time.monotonic() < deadline:
    with transaction.atomic():  # a page writes while jobs run: nobody may meet a locked database
        User.objects.filter(pk=user.pk).update(phone=str(writes))
    writes += 1
    time.sleep(0.02)
rows = list(Job.objects.all())
assert [row.state for row in rows] == ["done"] * 7, [(r.state, r.error) for r in rows]
assert all(row.attempts == 1 for row in rows), [row.attempts for row in rows]
assert all(files.finished(row.artefact).stat().st_size == row.size for row in rows)
assert sum(t.name in {"job-worker", "job-dispatcher"} for t in threading.enumerate()) == 2
assert AuditEvent.objects.filter(verb="finish_job").count() == 7
print("writes", writes)
"""


def test_jobs_run_beside_the_pages_on_sqlite(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {
        "DJANGO_SETTINGS_MODULE": "tests.jobs.settings",
        "FULIAN_VAR": str(tmp_path),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }
    migrated.sqlite(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert int(done.stdout.split()[-1]) > 10
