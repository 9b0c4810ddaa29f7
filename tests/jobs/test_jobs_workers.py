"""Real Celery workers, a real Redis, and whatever may happen to them.

In the words of the promise: delivery at least once, the artefact exactly once.
"""

import base64
import json
import pickle
import signal
import time
import uuid

import pytest
from django.core.management import call_command

from federation.models import AuditEvent
from reporting.jobs import files, sender
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


def test_thirty_jobs_survive_six_kills_with_one_file_each(ask, workers, media, monkeypatch):
    """Killed with -9: a pool child (three times), the whole group (twice), the parent alone."""
    patient = {"JOB_MAX_ATTEMPTS": 20, "JOB_LEASE_SECONDS": 1.5}
    worker = workers.start(**patient)
    for _ in range(30):
        ask(lines=12, pause=0.05)
    assert wait_for(lambda: Job.objects.filter(state="done").count() >= 2, 60)

    interrupted = 0
    for turn in range(6):
        assert wait_for(lambda: Job.objects.filter(state="running").count(), 20)
        time.sleep(0.15)
        interrupted += Job.objects.filter(state="running").exists()
        if turn % 2 == 0:
            workers.kill_child(worker, turn)
            time.sleep(1)
            continue
        if turn == 3:
            worker.kill()  # the parent alone: its children may go on, and must not matter
        else:
            workers.kill_group(worker)
        worker = workers.start(**patient)
        done = Job.objects.filter(state="done").count()
        wait_for(lambda before=done: Job.objects.filter(state="done").count() > before, 20)

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    assert interrupted >= 3
    assert Job.objects.filter(attempts__gte=2).exists(), (
        "no kill hit a job: the test proves nothing"
    )
    workers.stop()
    assert_each_once(30, media, monkeypatch)


@pytest.mark.parametrize("place", ["before_publishing", "while_publishing"])
def test_a_worker_killed_around_its_publication_publishes_once(
    place, ask, workers, media, monkeypatch
):
    """While publishing: file renamed, row written, transaction not committed."""
    workers.start()
    job = ask("trial_dying", at=place, lines=3)

    assert wait_for(all_ended, 60), workers.logged()[-3000:]

    job.refresh_from_db()
    assert job.attempts == 2
    assert_each_once(1, media, monkeypatch)


def test_a_job_that_kills_every_worker_is_given_up_after_three(ask, workers, media):
    workers.start(JOB_LEASE_SECONDS=1)
    job = ask("trial_dying", at="before_publishing", deaths=99)

    assert wait_for(all_ended, 60), workers.logged()[-3000:]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == ("failed", 3, "worn_out")
    assert job.number in job.error
    assert [p for p in media.iterdir() if p.is_file()] == []


def test_what_was_asked_while_redis_was_down_is_done_once_it_is_back(
    ask, own_redis, workers, media, monkeypatch
):
    workers.start()
    own_redis.kill()

    began = time.monotonic()
    for _ in range(5):
        ask(lines=2)
    assert time.monotonic() - began < 2
    own_redis.start()

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    assert_each_once(5, media, monkeypatch)


def test_an_emptied_redis_loses_no_job(ask, own_redis, workers, media, monkeypatch):
    for _ in range(8):
        ask(lines=2)
    with own_redis.client() as redis:
        assert redis.llen("celery") == 8
        redis.flushall()
    workers.start()

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    assert_each_once(8, media, monkeypatch)


def test_a_worker_told_to_stop_finishes_its_job(ask, workers, media, monkeypatch):
    worker = workers.start()
    job = ask(lines=30, pause=0.05)
    assert wait_for(lambda: Job.objects.get().state == "running", 20)

    worker.send_signal(signal.SIGTERM)
    worker.wait(60)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 1)
    assert_each_once(1, media, monkeypatch)


def test_a_right_lost_in_the_queue_is_lost_at_work(ask, clerk, workers, media):
    job = ask()
    revoke(clerk)
    workers.start()

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    job.refresh_from_db()
    assert job.state == "denied"
    assert [p for p in media.rglob("*") if p.is_file()] == []


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


def test_forged_messages_do_nothing_and_stop_nobody(
    ask, own_redis, workers, media, monkeypatch, tmp_path
):
    worker = workers.start()
    bomb = tmp_path / "bomb"

    class Bomb:
        def __reduce__(self):
            return (open, (str(bomb), "w"))

    def arguments(*given):
        return json.dumps([list(given), {}, {}]).encode()

    forged = [message(sender.TASK, arguments(str(uuid.uuid4()))) for _ in range(200)]
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
    ask(lines=2)

    assert wait_for(all_ended, 60), workers.logged()[-3000:]
    assert worker.poll() is None
    assert not bomb.exists()
    assert_each_once(1, media, monkeypatch)


def test_the_log_and_the_broker_hold_no_name(ask, clerk, own_redis, workers):
    workers.start(JOB_MAX_ATTEMPTS=1)
    with own_redis.client() as redis:
        ask("trial_failing", how="accident")
        kept = b"".join(redis.lrange("celery", 0, -1))
    assert wait_for(all_ended, 60), workers.logged()[-3000:]

    for told in (workers.logged().replace('"350102200001010011"', ""), kept.decode()):
        assert clerk.display_name not in told
        assert "350102" not in told
