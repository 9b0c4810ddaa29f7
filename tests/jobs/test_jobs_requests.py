"""Asking for a job: the row comes with the request, the broker may be anywhere."""

import base64
import json
import socket
import threading
import time

import pytest
from django.db import connection, transaction

from federation.models import AuditEvent
from reporting.jobs import (
    Denied,
    JobKind,
    job_kind,
    request_again,
    request_job,
    running_jobs,
    sender,
)
from reporting.models import Job
from tests.jobs.conftest import revoke, unit
from tooling.children import free_port


def test_a_request_leaves_a_queued_row_and_one_line_in_the_audit_trail(ask, clerk, county):
    job = ask(lines=5)

    job.refresh_from_db()
    assert (job.state, job.requester, job.unit, job.params) == (
        "queued",
        clerk,
        county,
        {"lines": 5},
    )
    (event,) = AuditEvent.objects.filter(verb="request_job")
    assert (event.actor, event.unit, event.record) == (clerk, county, f"reporting.job:{job.uuid}")


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_rolled_back_leaves_nothing_and_wakes_nobody(ask, monkeypatch):
    woken = []
    monkeypatch.setattr(sender, "wake", woken.append)

    with transaction.atomic():
        ask()
        transaction.set_rollback(True)

    assert (Job.objects.count(), woken) == (0, [])


def test_who_may_not_have_the_result_may_not_ask(clerk_at, county, city):
    viewer = clerk_at(county, "viewer", actions=("reporting_view",))
    with pytest.raises(Denied, match="没有“导出试表”的权限"):
        request_job("trial_lines", requester=viewer, unit=county, params={})

    assert Job.objects.count() == 0


def test_a_clerk_may_not_ask_for_the_county_beside_hers(clerk, city):
    beside = unit("丰泽区妇联", city)

    with pytest.raises(Denied, match="没有权限对“丰泽区妇联”导出试表"):
        request_job("trial_lines", requester=clerk, unit=beside, params={})


def test_the_same_key_gives_the_open_job_and_a_new_one_after_its_end(ask):
    first, again, other = ask(dedupe_key="a"), ask(dedupe_key="a"), ask(dedupe_key="b")
    assert first == again != other

    Job.objects.filter(pk=first.pk).update(state="done")
    assert ask(dedupe_key="a") not in {first, other}


def test_two_people_with_the_same_key_have_two_jobs(ask, clerk_at, county):
    neighbour = clerk_at(county, "neighbour")

    mine = ask(dedupe_key="a")
    hers = request_job("trial_lines", requester=neighbour, unit=county, params={}, dedupe_key="a")

    assert mine != hers
    assert ask(dedupe_key="a") == mine


@pytest.mark.django_db(transaction=True)
def test_twenty_requests_at_once_make_one_job(clerk, county, monkeypatch):
    monkeypatch.setattr(sender, "wake", lambda _: True)
    together = threading.Barrier(20)
    got = []

    def click():
        try:
            together.wait()
            with transaction.atomic():
                job = request_job(
                    "trial_lines", requester=clerk, unit=county, params={}, dedupe_key="annex"
                )
            got.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert (len(got), len(set(got)), Job.objects.count()) == (20, 1, 1)


def test_trying_again_is_a_new_job_and_asks_for_the_rights_of_today(ask, clerk):
    old = ask(lines=4, dedupe_key="a")
    Job.objects.filter(pk=old.pk).update(state="failed")

    new = request_again(old)
    assert (new.params, new.unit, new.state) == ({"lines": 4}, old.unit, "queued")
    assert new.uuid != old.uuid

    revoke(clerk)
    with pytest.raises(Denied):
        request_again(Job.objects.get(pk=old.pk))


def test_running_jobs_are_the_persons_own(ask, clerk, clerk_at, county):
    mine = ask()
    Job.objects.filter(pk=ask().pk).update(state="done")
    neighbour = clerk_at(county, "neighbour")
    request_job("trial_lines", requester=neighbour, unit=county, params={})

    assert list(running_jobs(clerk)) == [mine]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["refuses", "swallows"])
def test_a_broker_that_is_down_costs_a_page_a_second_at_most_and_only_once(
    broker, ask, monkeypatch
):
    """Nobody listens at all, or the machine takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        port = free_port() if broker == "refuses" else silent.getsockname()[1]
        monkeypatch.setenv("CELERY_BROKER_URL", f"redis://127.0.0.1:{port}/0")

        times = []
        for _ in range(5):
            began = time.monotonic()
            ask()
            times.append(time.monotonic() - began)

    assert Job.objects.filter(state="queued").count() == 5
    assert times[0] < 1.5
    assert max(times[1:]) < 0.3


def test_the_message_holds_the_jobs_id_and_nothing_else(ask, monkeypatch, own_redis):
    job = ask()
    sender.wake(job.uuid)

    with own_redis.client() as redis:
        (message,) = redis.lrange("celery", 0, -1)
    sent = json.loads(message)
    arguments, named, _ = json.loads(base64.b64decode(sent["body"]))
    assert (arguments, named) == ([str(job.uuid)], {})
    assert sent["headers"]["argsrepr"] == "(job)"


def test_a_kind_name_can_be_taken_once():
    with pytest.raises(ValueError, match="Two kinds of job are called trial_lines"):

        @job_kind("trial_lines", title="另一个", action=None)
        class Other(JobKind):
            pass
