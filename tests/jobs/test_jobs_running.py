"""One delivery of one job: claims, leases, rights of the moment, failures told as sentences."""

import datetime as dt
import threading
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from federation.models import AuditEvent, User
from reporting.jobs import LeaseLost, dispatcher, files, leases, runner
from reporting.jobs.work import Work
from reporting.models import Job
from reporting.tasks import run_job
from tests.jobs.conftest import revoke, unit, wait_for

FULL = Path("/dev/full")


def on_disk(media):
    return sorted(p.name for p in media.rglob("*") if p.is_file())


def end_lease(job):
    past = timezone.now() - dt.timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past)


@pytest.mark.django_db(transaction=True)
def test_a_job_ends_as_one_file_that_its_row_describes(ask, media):
    job = ask(lines=40)

    assert runner.run(job.uuid) == "done"

    job.refresh_from_db()
    content = files.finished(job.artefact).read_bytes()
    assert on_disk(media) == [str(job.artefact)]
    assert content.count(b"\n") == 40
    assert (job.size, job.done, job.total, job.doing) == (len(content), 40, 40, "")
    assert job.file_name == "附件1 结对共建意向表.txt"
    assert job.lease_until is None
    assert dt.timedelta(hours=23.9) < job.expires_at - job.finished_at <= dt.timedelta(hours=24)
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))[-2:] == [
        "request_job",
        "finish_job",
    ]


def test_a_second_delivery_does_nothing(ask, media):
    job = ask()
    runner.run(job.uuid)
    before = on_disk(media)

    assert runner.run(job.uuid) is None
    assert on_disk(media) == before


def test_an_unknown_or_malformed_id_does_nothing(db):
    for text in [str(uuid.uuid4()), "", "1 OR 1=1", "../../etc/passwd", "9" * 5000]:
        run_job(text)
    for thing in [None, 7, {"uuid": "x"}, ["x"]]:
        run_job(thing)


@pytest.mark.django_db(transaction=True)
def test_one_of_many_claims_wins(ask):
    job = ask()
    together = threading.Barrier(8)
    claims = []

    def claim():
        together.wait()
        claims.append(leases.claim(job.uuid))
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert [won.token for won in claims if won] == [1]


def test_a_running_job_can_be_taken_over_once_its_lease_ran_out(ask):
    job = ask()
    first = leases.claim(job.uuid)
    assert leases.claim(job.uuid) is None

    end_lease(job)
    second = leases.claim(job.uuid)

    assert (first.token, second.token, second.attempts) == (1, 2, 2)


def test_whoever_was_overtaken_can_neither_renew_nor_publish_nor_fail_the_job(ask):
    job = ask()
    overtaken = leases.claim(job.uuid)
    end_lease(job)
    leases.claim(job.uuid)

    for attempt in (
        lambda: leases.renew(overtaken),
        lambda: leases.hand_back(overtaken),
        lambda: leases.settle(overtaken, "done", verb="finish_job"),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    job.refresh_from_db()
    assert (job.state, job.token) == ("running", 2)
    assert not AuditEvent.objects.filter(verb="finish_job").exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_overtaken_while_writing_leaves_no_file(ask, media, monkeypatch):
    job = ask(lines=3, pause=0.6)
    renew = leases.renew

    def overtake_then_renew(held, **shown):
        end_lease(job)
        leases.claim(job.uuid)
        renew(held, **shown)

    monkeypatch.setattr(leases, "renew", overtake_then_renew)

    assert runner.run(job.uuid) is None
    assert on_disk(media) == []


def test_a_worker_overtaken_while_publishing_takes_its_file_back(ask, media, monkeypatch):
    job = ask()
    store = files.store

    def store_then_be_overtaken(path):
        stored = store(path)
        end_lease(job)
        leases.claim(job.uuid)
        return stored

    monkeypatch.setattr(files, "store", store_then_be_overtaken)

    assert runner.run(job.uuid) is None
    assert on_disk(media) == []
    assert Job.objects.get().state == "running"


@pytest.mark.django_db(transaction=True)
def test_progress_renews_the_lease_and_is_seen_by_others_at_once(ask, settings):
    settings.JOB_LEASE_SECONDS = 30
    job = leases.claim(ask().uuid)
    first = job.lease_until

    with Work(job, job.requester) as work, runner._snapshot():
        work.progress(3, 12, "正在写 鲤城区")
        seen = []

        def look():
            seen.append(Job.objects.get())
            connection.close()

        other = threading.Thread(target=look)
        other.start()
        other.join()

    assert (seen[0].done, seen[0].total, seen[0].doing) == (3, 12, "正在写 鲤城区")
    assert seen[0].lease_until > first


@pytest.mark.django_db(transaction=True)
def test_a_job_sees_one_moment_whatever_is_written_meanwhile(ask, city):
    job = ask("trial_reading", pause=1)
    working = threading.Thread(target=lambda: (runner.run(job.uuid), connection.close()))
    working.start()
    assert wait_for(lambda: Job.objects.get().done == 1, 5)
    unit("丰泽区妇联", city)
    working.join()

    job.refresh_from_db()
    assert job.detail == {"counts": [2, 2]}


def test_a_grant_ended_after_queueing_ends_the_job_denied_without_a_file(ask, clerk, media):
    job = ask()
    revoke(clerk)

    assert runner.run(job.uuid) == "denied"

    job.refresh_from_db()
    assert job.error == "您目前没有“导出试表”的权限，作业没有执行。"
    assert on_disk(media) == []
    assert AuditEvent.objects.filter(verb="deny_job").count() == 1


def test_a_disabled_account_gets_no_file(ask, clerk, media):
    job = ask()
    User.objects.filter(pk=clerk.pk).update(is_active=False)

    assert runner.run(job.uuid) == "denied"
    assert Job.objects.get().error == "申请人的账号已停用，作业没有执行。"
    assert on_disk(media) == []


def test_a_kind_can_ask_for_more(ask, county):
    job = ask("trial_picky")
    county.closed_on = dt.date(2014, 1, 1)
    county.save()

    assert runner.run(job.uuid) == "denied"
    assert Job.objects.get().error == "该组织已撤销，不能导出。"


def test_an_accident_is_tried_three_times_and_then_told_without_private_values(ask, media, caplog):
    job = ask("trial_failing", how="accident")

    assert [runner.run(job.uuid) for _ in range(4)] == ["queued", "queued", "failed", None]

    job.refresh_from_db()
    assert (job.attempts, job.error_code) == (3, "accident")
    assert job.error == (
        "“导出不成的试表”没有成功，原因已记录。请稍后点“重试”；"
        f"仍不成功时，请把作业号 {job.number} 告诉系统管理员。"
    )
    assert on_disk(media) == []
    assert "ValueError" in caplog.text
    assert "exports.py" in caplog.text
    assert "3501022000" not in caplog.text.replace('private = "350102200001010011"', "")


def test_an_accident_of_the_moment_is_healed_by_trying_again(ask):
    job = ask("trial_failing", how="second_time_lucky")

    assert [runner.run(job.uuid) for _ in range(2)] == ["queued", "done"]


@pytest.mark.parametrize(
    ("how", "code", "sentence"),
    [
        ("disk_full", "disk_full", "服务器存储空间不足，文件没有生成。"),
        ("sentence", "nothing_to_export", "本期没有已审核的意向表，无法导出。"),
    ],
)
def test_what_trying_again_cannot_heal_fails_at_once_with_a_sentence(
    ask, media, how, code, sentence
):
    job = ask("trial_failing", how=how)

    assert runner.run(job.uuid) == "failed"

    job.refresh_from_db()
    assert (job.attempts, job.error_code) == (1, code)
    assert job.error.startswith(sentence)
    assert on_disk(media) == []


def test_a_full_disk_found_by_the_system_itself_is_told_as_such(ask, monkeypatch):
    """/dev/full answers every write as a full disk does."""
    monkeypatch.setattr(Work, "__enter__", lambda work: setattr(work, "path", FULL) or work)
    monkeypatch.setattr(Work, "__exit__", lambda *_: None)

    assert runner.run(ask().uuid) == "failed"
    assert Job.objects.get().error_code == "disk_full"


def test_an_empty_file_is_never_published(ask, media, settings):
    settings.JOB_MAX_ATTEMPTS = 1
    job = ask("trial_failing", how="empty")

    assert runner.run(job.uuid) == "failed"
    assert on_disk(media) == []


def test_a_job_that_takes_too_long_is_stopped_with_a_sentence(ask, settings):
    settings.JOB_TIME_LIMIT = 0.2
    job = ask(lines=20, pause=0.05)

    assert runner.run(job.uuid) == "failed"
    assert Job.objects.get().error_code == "too_long"


def test_a_kind_that_is_no_longer_offered_fails_with_a_sentence(ask):
    job = ask()
    Job.objects.filter(pk=job.pk).update(kind="forgotten")

    assert runner.run(job.uuid) == "failed"
    assert Job.objects.get().error == "系统已不再提供这种作业。"


# -- The dispatcher's judgement -------------------------------------------------------------------
def age(job, seconds):
    sent_at = timezone.now() - dt.timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(sent_at=sent_at)


def test_only_what_has_lost_its_message_is_due(ask):
    fresh, waiting, lost, left, finished = (ask() for _ in range(5))
    age(waiting, 5)
    age(lost, 20)
    leases.claim(left.uuid)
    end_lease(left)
    leases.settle(leases.claim(finished.uuid), "done", verb="finish_job")

    assert list(dispatcher.due(broker_is_empty=False)) == [lost.uuid, left.uuid]
    assert list(dispatcher.due(broker_is_empty=True)) == [waiting.uuid, lost.uuid, left.uuid]
    assert fresh.state == "queued"


def test_what_used_up_its_attempts_is_failed_and_never_sent_again(ask, settings):
    job = ask()
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        assert leases.claim(job.uuid)
        end_lease(job)

    assert leases.claim(job.uuid) is None
    assert list(dispatcher.due(broker_is_empty=True)) == []
    assert dispatcher.reap() == (1, 0)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "worn_out")
    assert dispatcher.reap() == (0, 0)


def test_dispatching_by_hand_sends_what_is_due_or_says_in_one_line_why_not(ask, own_redis, capsys):
    age(ask(), 20)

    call_command("dispatch_jobs", once=True)
    call_command("dispatch_jobs", once=True)
    assert capsys.readouterr().out == "已派发 1 个作业\n已派发 0 个作业\n"

    own_redis.kill()
    with pytest.raises(CommandError, match=r"消息队列没有应答（\w+），作业仍在表中等待。"):
        call_command("dispatch_jobs", once=True)


def test_reaping_by_hand_says_how_many(ask, settings, capsys):
    settings.JOB_MAX_ATTEMPTS = 1
    end_lease(leases.claim(ask().uuid))

    call_command("reap_jobs", once=True)

    assert capsys.readouterr().out == "结束 1 个作业，0 个文件到期\n"


def test_a_job_whose_last_worker_still_works_is_not_reaped(ask, settings):
    settings.JOB_MAX_ATTEMPTS = 1
    leases.claim(ask().uuid)

    assert dispatcher.reap() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_one_step_may_take_longer_than_the_lease(ask, settings):
    settings.JOB_LEASE_SECONDS = 0.6
    job = ask("trial_reading", pause=2)
    outcome = []
    working = threading.Thread(
        target=lambda: (outcome.append(runner.run(job.uuid)), connection.close())
    )
    working.start()
    stolen = []
    while working.is_alive():
        if Job.objects.get().state == "running":
            stolen.append(leases.claim(job.uuid))
        working.join(0.1)

    assert outcome == ["done"]
    assert len(stolen) > 10
    assert set(stolen) == {None}
