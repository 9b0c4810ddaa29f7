"""Real Celery workers, a real Redis, and whatever may happen to them.

In the words of the promise: delivery at least once, the artefact exactly once.
"""

import base64
import json
import pickle
import resource
import signal
import time
import uuid
from collections import Counter

import pytest
from battery import FULL, count, report
from django.core.management import call_command
from django.test import Client

from federation.models import AuditEvent
from reporting.jobs import files, request_again, request_job, runner, sender
from reporting.models import Job
from tests.jobs.conftest import all_ended, revoke, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def assert_each_once(jobs, media, monkeypatch):
    """Every job done, one whole file each, nothing else on the disk once purge has been."""
    rows = list(Job.objects.all())
    assert {row.state for row in rows} == {"done"}
    assert len(rows) == jobs
    monkeypatch.setattr(files, "ORPHAN_AFTER", -1)
    call_command("purge", verbosity=0)
    found = {path.name for path in media.rglob("*") if path.is_file()}
    assert found == {str(row.artefact) for row in rows}
    for row in rows:
        lines = files.finished(row.artefact).read_text().splitlines()
        assert lines == [f"{row.uuid} {n}" for n in range(row.params["lines"])]
    finished = AuditEvent.objects.filter(verb="finish_job").values_list("record", flat=True)
    assert sorted(finished) == sorted(f"reporting.job:{row.uuid}" for row in rows)


JOBS, KILLS, DYING = count(12, full=294), count(3, full=14), count(1, full=3)


@pytest.mark.battery("T17")
def test_jobs_survive_kills_with_one_file_each(ask, workers, media, monkeypatch):
    """Killed with -9: a pool child, the whole group, the parent alone; and by some jobs themselves
    around the renaming of the file and in the midst of the publishing transaction."""
    patient = {"JOB_MAX_ATTEMPTS": 20, "JOB_LEASE_SECONDS": 1.5}
    worker = workers.start(**patient)
    for _ in range(JOBS):
        ask(lines=8, pause=0.05)
    for place in ("before_publishing", "while_publishing"):
        for _ in range(DYING):
            ask("trial_dying", at=place, lines=3)
    assert wait_for(lambda: Job.objects.filter(state="done").count() >= 1, 60)

    interrupted = 0
    for turn in range(KILLS):
        assert wait_for(lambda: Job.objects.filter(state="running").count(), 20)
        time.sleep(0.1)
        interrupted += Job.objects.filter(state="running").exists()
        if turn % 2 == 0:
            workers.kill_child(worker, turn)
            time.sleep(0.5)
            continue
        if turn % 4 == 3:
            worker.kill()  # the parent alone: its children may go on, and must not matter
        else:
            workers.kill_group(worker)
        worker = workers.start(**patient)

    killed_at = time.monotonic()
    assert wait_for(all_ended, 60 if not FULL else 300), workers.logged()[-3000:]
    assert interrupted >= KILLS // 2
    again = Job.objects.filter(attempts__gte=2).count()
    assert again >= 2 * DYING, "no kill hit a job: the test proves nothing"
    dying = Job.objects.filter(kind="trial_dying").values_list("attempts", flat=True)
    assert min(dying) >= 2, "a job that kills its worker was not taken up again"
    workers.stop()
    jobs = JOBS + 2 * DYING
    assert_each_once(jobs, media, monkeypatch)
    report(
        "T17",
        f"{jobs} jobs, {KILLS + 2 * DYING} kill -9 ({2 * DYING} around publishing): {jobs} done once, "
        f"{again} taken up again, 0 partial files, 0 left after purge, "
        f"all ended {time.monotonic() - killed_at:.0f} s after the last kill",
    )


def test_a_job_that_kills_every_worker_is_given_up_after_three(ask, workers, media):
    workers.start(JOB_LEASE_SECONDS=1)
    job = ask("trial_dying", at="before_publishing", deaths=99)

    assert wait_for(all_ended, 60), workers.logged()[-3000:]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == ("failed", 3, "worn_out")
    assert job.number in job.error
    assert [p for p in media.iterdir() if p.is_file()] == []


QUEUED, BREAKS, FLUSHES = count(10, full=300), count(1, full=10), count(1, full=3)
DOWN = count(3, full=60)  # seconds


@pytest.mark.battery("T18")
def test_redis_killed_emptied_and_away_loses_no_job_doubles_none_and_fails_no_page(
    ask, clerk, own_redis, workers, media, monkeypatch
):
    worker, restarted = workers.start(), 0
    for _ in range(QUEUED):
        ask(lines=3, pause=0.03)
    began = time.monotonic()
    for turn in range(BREAKS):
        wait_for(lambda done=turn: Job.objects.filter(state="done").count() > done, 20)
        own_redis.kill()
        own_redis.start()
        if turn < FLUSHES:
            with own_redis.client() as redis:
                redis.flushall()
        time.sleep(0.5)
        if worker.poll() is not None:  # Celery ends at times when its broker does: systemd's part
            worker, restarted = workers.start(), restarted + 1

    while not wait_for(all_ended, 5) and time.monotonic() - began < 300:
        if worker.poll() is not None:
            worker, restarted = workers.start(), restarted + 1
    assert all_ended(), workers.logged()[-3000:]
    report(
        "T18",
        f"{QUEUED} jobs queued, Redis killed {BREAKS} times and emptied {min(BREAKS, FLUSHES)} times: "
        f"{QUEUED} done once; the worker left {restarted} times and was started again",
    )

    client = Client(raise_request_exception=False)
    client.force_login(clerk)
    own_redis.kill()

    took, statuses, began = [], Counter(), time.monotonic()
    while time.monotonic() - began < DOWN:
        asked_at = time.monotonic()
        ask(lines=2)
        for path in ("/", "/jobs/", "/submissions/"):
            statuses[client.get(path).status_code] += 1
        took.append((time.monotonic() - asked_at) / 4)
        time.sleep(0.2)
    own_redis.start()
    if worker.poll() is not None:
        workers.start()

    assert set(statuses) == {200}, statuses
    took.sort()
    assert took[int(0.95 * len(took))] < 1.5
    assert wait_for(all_ended, 120), workers.logged()[-3000:]
    assert_each_once(QUEUED + len(took), media, monkeypatch)
    report(
        "T18",
        f"Redis down for {DOWN} s: {sum(statuses.values())} pages, all 200, 95 % below "
        f"{1000 * took[int(0.95 * len(took))]:.0f} ms; {len(took)} jobs asked meanwhile, each done once",
    )


@pytest.mark.battery("T19")
def test_a_job_longer_than_lease_and_visibility_is_done_once_and_before_the_worker_stops(
    ask, workers, media, monkeypatch
):
    """Nobody is killed: Redis gives the message out again and again, the row does not."""
    worker = workers.start(VISIBILITY_TIMEOUT=1, JOB_LEASE_SECONDS=1)
    long, others = ask(lines=10, pause=count(5, full=14) / 10), [ask(lines=2) for _ in range(3)]
    assert wait_for(lambda: Job.objects.filter(state="done").count() == len(others), 20)
    time.sleep(1.5)
    assert Job.objects.get(pk=long.pk).state == "running"

    worker.send_signal(signal.SIGTERM)
    worker.wait(60)

    assert {(job.state, job.attempts) for job in Job.objects.all()} == {("done", 1)}
    assert_each_once(1 + len(others), media, monkeypatch)
    long.refresh_from_db()
    seconds = (long.finished_at - long.started_at).total_seconds()
    report(
        "T19",
        f"a job of {seconds:.0f} s with lease and visibility timeout of 1 s, SIGTERM in its midst: "
        "1 attempt, 1 file",
    )


LIMITS = {
    "disk_full": (resource.RLIMIT_FSIZE, 1 << 20, {"lines": 60_000}, "存储空间不足"),
    "memory": (resource.RLIMIT_AS, 8 << 30, {"kind": "trial_failing", "how": "hungry"}, "内存不够"),
}


@pytest.mark.battery("T19")
@pytest.mark.parametrize("code", list(LIMITS))
def test_a_machine_at_its_limit_says_so_and_the_retry_works(ask, workers, media, code):
    kind, most, params, words = LIMITS[code]
    worker = workers.start(limit=(kind, most))
    job = ask(**params)
    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    workers.kill_group(worker)

    job.refresh_from_db()
    assert (job.state, job.error_code, job.attempts) == ("failed", code, 1)
    assert words in job.error
    assert [path for path in media.rglob("*") if path.is_file()] == []

    job.params = {"lines": 2}  # what was too much is asked for again, in less or with more room
    job.kind = "trial_lines"
    assert runner.run(request_again(job).uuid) == "done"
    report("T19", f"{code}: failed with “{job.error[:24]}…”, no file; the retry is done")


def message(task, body, *, content_type="application/json", encoding="utf-8"):
    """A message as a stranger with access to Redis could lay it into the queue."""
    task_id = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": encoding,
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": task_id, "root_id": task_id},
            "properties": {
                "correlation_id": task_id,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "celery"},
                "delivery_tag": task_id,
                "body_encoding": "base64",
            },
        }
    )


UNKNOWN = count(100, full=1000)


@pytest.mark.battery("T5")
def test_forged_messages_do_nothing_and_stop_nobody_and_a_right_lost_in_the_queue_is_lost(
    ask, clerk_at, county, own_redis, workers, media, monkeypatch, tmp_path
):
    transferred = clerk_at(county, "transferred")
    asked = {"requester": transferred, "unit": county, "params": {"lines": 2}}
    lost = request_job("trial_lines", **asked)
    revoke(transferred)
    worker = workers.start()
    bomb = tmp_path / "bomb"

    class Bomb:
        def __reduce__(self):
            return (open, (str(bomb), "w"))

    def arguments(*given):
        return json.dumps([list(given), {}, {}]).encode()

    forged = [message(sender.TASK, arguments(str(uuid.uuid4()))) for _ in range(UNKNOWN)]
    forged += [
        message("os.system", arguments("true")),
        message("reporting.run_job_as", arguments(str(uuid.uuid4()), 1)),
        message(sender.TASK, arguments("1; DROP TABLE reporting_job")),
        message(sender.TASK, arguments()),
        message(sender.TASK, arguments(str(uuid.uuid4()), "state", "done")),
        message(sender.TASK, arguments("x" * 10_000_000)),
        message(
            sender.TASK,
            pickle.dumps([[Bomb()], {}, {}]),
            content_type="application/x-python-serialize",
            encoding="binary",
        ),
        message(sender.TASK, b"{"),
    ]
    with own_redis.client() as redis:
        for text in forged:
            redis.lpush("celery", text)
        assert wait_for(lambda: redis.llen("celery") == 0, 90), workers.logged()[-3000:]
    # The id of a real job gives nobody anything: it is done once, for whoever asked for it.
    own = ask(lines=2)
    with own_redis.client() as redis:
        for _ in range(20):
            redis.lpush("celery", message(sender.TASK, arguments(str(own.uuid))))

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    assert worker.poll() is None
    assert not bomb.exists()
    lost.refresh_from_db()
    assert (lost.state, lost.artefact) == ("denied", None)
    lost.delete()
    assert_each_once(1, media, monkeypatch)
    report(
        "T5",
        f"{len(forged)} forged messages ({UNKNOWN} unknown ids, names, pickle, 10 MB): 0 effects, "
        "0 crashes; a foreign job's id sent 20 times: done once, for its own requester",
    )
    report("T5", "grant revoked after queueing: denied, 0 files")


def test_the_log_and_the_broker_hold_no_name(ask, clerk, own_redis, workers):
    workers.start(JOB_MAX_ATTEMPTS=1)
    with own_redis.client() as redis:
        ask("trial_failing", how="accident")
        kept = b"".join(redis.lrange("celery", 0, -1))
    assert wait_for(all_ended, 60), workers.logged()[-3000:]

    for told in (workers.logged().replace('"350102200001010011"', ""), kept.decode()):
        assert clerk.display_name not in told
        assert "350102" not in told
