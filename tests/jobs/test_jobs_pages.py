"""The pages of jobs: one's own only, the file only while one may still have it."""

import datetime as dt
import re
import uuid
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation import grants
from federation.idempotency import new_key
from federation.models import AuditEvent, Post
from reporting.jobs import files, leases, request_job, runner
from reporting.models import Job
from tests.jobs.conftest import revoke
from tests.jobs.test_jobs_files import expire
from tests.jobs.test_jobs_running import end_lease

ACTS = ("reporting_view", "reporting_export")


def url(name, job=None):
    return reverse(f"reporting:{name}", args=[job.uuid] if job else [])


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client


@pytest.fixture
def finished(ask):
    job = ask(file_name="附件1：鲤城区妇联 意向表（2014）.xlsx")
    runner.run(job.uuid)
    job.refresh_from_db()
    return job


def test_the_requester_gets_her_file_under_its_chinese_name(signed_in, finished, clerk):
    response = signed_in.get(url("job_download", finished))

    assert response.getvalue() == files.finished(finished.artefact).read_bytes()
    header = response["Content-Disposition"]
    header.encode("ascii")
    plain, chinese = re.fullmatch(
        r'attachment; filename="([^"]+)"; filename\*=UTF-8\'\'(\S+)', header
    ).groups()
    assert unquote(chinese) == "附件1：鲤城区妇联 意向表（2014）.xlsx"
    assert plain == f"trial_lines-{finished.number}.xlsx"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    (event,) = AuditEvent.objects.filter(verb="download_job")
    assert (event.actor, event.detail) == (clerk, {"sha256": finished.sha256})


def test_nobody_else_gets_it_whatever_her_rank(client, finished, clerk_at, city, county):
    others = [
        clerk_at(city, "city", actions=ACTS),
        clerk_at(county, "colleague", actions=ACTS),
        clerk_at(city, "stranger", actions=()),
    ]
    others[2].is_superuser = True
    others[2].save()
    for other in others:
        client.force_login(other)
        for method in (client.get, client.head):
            assert method(url("job_download", finished)).status_code == 404
        answer = client.get(url("job_download", finished), headers={"Range": "bytes=0-10"})
        assert answer.status_code == 404
    client.logout()
    assert client.get(url("job_download", finished)).status_code == 302
    assert not AuditEvent.objects.filter(verb="download_job").exists()


@pytest.mark.parametrize("page", ["job", "job_progress", "job_download", "job_retry"])
def test_anothers_job_is_no_page_at_all(client, finished, clerk_at, county, page):
    client.force_login(clerk_at(county, "colleague", actions=ACTS))
    send = client.post if page == "job_retry" else client.get

    assert send(url(page, finished), {"idempotency_key": new_key()}).status_code == 404


def test_a_lost_right_ends_the_download_and_the_refusal_is_recorded(signed_in, finished, clerk):
    revoke(clerk)

    assert signed_in.get(url("job_download", finished)).status_code == 404
    assert signed_in.head(url("job_download", finished)).status_code == 404
    assert AuditEvent.objects.filter(verb="refuse_download", actor=clerk).exists()


def test_an_expired_file_is_gone_and_says_so(signed_in, finished):
    expire(finished)

    response = signed_in.get(url("job_download", finished))

    assert response.status_code == 410
    assert "已过保留时间" in response.content.decode()
    assert signed_in.head(url("job_download", finished)).status_code == 410


def test_a_file_missing_from_the_disk_is_gone(signed_in, finished):
    files.finished(finished.artefact).unlink()

    assert signed_in.get(url("job_download", finished)).status_code == 410


def test_a_job_that_is_not_done_has_no_file(signed_in, ask):
    assert signed_in.get(url("job_download", ask())).status_code == 404


def test_a_head_or_range_request_is_checked_and_answered_as_a_whole(signed_in, finished):
    head = signed_in.head(url("job_download", finished))
    part = signed_in.get(url("job_download", finished), headers={"Range": "bytes=0-3"})

    assert (head.status_code, part.status_code) == (200, 200)
    assert len(part.getvalue()) == finished.size
    assert AuditEvent.objects.filter(verb="download_job").count() == 1


def test_no_guessed_path_leads_to_the_file(signed_in, finished, settings):
    for base in ("/media/jobs/", "/static/jobs/", "/protected/", "/jobs/", "/media/"):
        for name in (finished.artefact, finished.uuid, f"{finished.uuid}.1", "../" * 3 + "jobs"):
            answer = signed_in.get(f"{base}{name}")
            assert answer.status_code == 404 or answer["Location"].endswith(f"/{name}/")


def test_the_page_shows_progress_and_polls_until_the_end(signed_in, ask):
    job = ask()
    claimed = leases.claim(job.uuid)
    leases.renew(claimed, done=30, total=120, doing="正在写 鲤城区")

    page = signed_in.get(url("job", job)).content.decode()
    assert "30 / 120" in page
    assert "正在写 鲤城区" in page
    assert f'hx-get="{url("job_progress", job)}"' in page

    part = signed_in.get(url("job_progress", job))
    assert "hx-get" in part.content.decode()
    assert "HX-Refresh" not in part

    leases.settle(claimed, "failed", verb="fail_job", error_code="x", error="表中没有数据。")
    part = signed_in.get(url("job_progress", job))
    assert "hx-get" not in part.content.decode()
    assert part["HX-Refresh"] == "true"
    assert "表中没有数据。" in signed_in.get(url("job", job)).content.decode()


def test_a_poll_asks_few_queries(signed_in, ask, django_assert_max_num_queries):
    job = ask()
    signed_in.get(url("job_progress", job))

    # Session, live session with its account, grants, job.
    with django_assert_max_num_queries(4):
        signed_in.get(url("job_progress", job))


def test_a_job_whose_worker_is_silent_is_shown_as_waiting(signed_in, ask):
    job = ask()
    leases.claim(job.uuid)
    end_lease(job)

    page = signed_in.get(url("job_progress", job)).content.decode()
    assert "排队中" in page
    assert "原来的处理中断，正在安排继续。" in page


def test_the_list_shows_ones_own_jobs_with_the_files_still_kept(
    signed_in, finished, ask, clerk_at, county
):
    other = clerk_at(county, "colleague", actions=ACTS)
    hers = request_job("trial_picky", requester=other, unit=county, params={})

    page = signed_in.get(url("jobs")).content.decode()
    assert url("job", finished) in page
    assert url("job_download", finished) in page
    assert str(hers.uuid) not in page

    expire(finished)
    page = signed_in.get(url("jobs")).content.decode()
    assert url("job_download", finished) not in page
    assert "已过期" in page


def test_the_list_can_be_narrowed_by_state_and_kind(signed_in, finished, ask):
    ask("trial_picky")

    page = signed_in.get(url("jobs"), {"state": "done"}).content.decode()
    assert "共 <b>1</b> 条" in page
    page = signed_in.get(url("jobs"), {"kind": "trial_picky"}).content.decode()
    assert "共 <b>1</b> 条" in page


def test_the_list_costs_the_same_at_1_and_at_20_rows(signed_in, ask, django_assert_num_queries):
    ask()
    signed_in.get(url("jobs"))
    with CaptureQueriesContext(connection) as one:
        signed_in.get(url("jobs"))
    for _ in range(19):
        ask()
    with django_assert_num_queries(len(one)):
        signed_in.get(url("jobs"))


def test_a_failed_job_is_tried_again_once_however_often_the_button_is_pressed(signed_in, ask):
    job = ask(lines=4)
    Job.objects.filter(pk=job.pk).update(state="failed", error="没有成功。")
    page = signed_in.get(url("job", job)).content.decode()
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page).group(1)

    answers = [signed_in.post(url("job_retry", job), {"idempotency_key": key}) for _ in range(3)]

    (new,) = Job.objects.exclude(pk=job.pk)
    assert {answer["Location"] for answer in answers} == {url("job", new)}
    assert new.params == {"lines": 4}


def test_a_finished_job_is_not_tried_again(signed_in, finished):
    assert "重试" not in signed_in.get(url("job", finished)).content.decode()

    signed_in.post(url("job_retry", finished), {"idempotency_key": new_key()})
    assert Job.objects.count() == 1


def test_a_retry_without_the_right_says_why(signed_in, ask, clerk, clerk_at, county):
    job = ask()
    Job.objects.filter(pk=job.pk).update(state="failed")
    revoke(clerk)
    viewer = Post.objects.create(code="viewer", name="查看", actions=["reporting_view"])
    grants.appoint(clerk, county, viewer, starts_on=dt.date(2014, 1, 1))

    answer = signed_in.post(url("job_retry", job), {"idempotency_key": new_key()}, follow=True)

    assert "您目前没有“导出试表”的权限" in answer.content.decode()
    assert Job.objects.count() == 1


def test_a_job_that_does_not_exist_is_404(signed_in):
    assert signed_in.get(reverse("reporting:job", args=[uuid.uuid4()])).status_code == 404
    assert signed_in.get("/jobs/1/").status_code == 404
