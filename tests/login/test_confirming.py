"""Before approving, granting and exporting one shows again who one is; what was typed is kept."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from world import fill, of, take

from federation import confirmation
from federation.confirmation import FIELD, confirmed_recently
from federation.models import AuditEvent, LiveSession
from reporting.models import Job, State
from tests.login.conftest import PASSWORD, visitor
from tests.pages.look import faults
from tests.story.desk import Desk

EXPORT = {"annex": "pairing-intent", "period": "2014"}


def later(minutes=11) -> None:
    """All sessions were confirmed so many minutes ago."""
    LiveSession.objects.update(confirmed_at=timezone.now() - dt.timedelta(minutes=minutes))


def waiting(org, people):
    fill(org.east_post, people.post, village=org.east_village)
    return take("submit", org.east_post, people.post)


def approval(submission) -> tuple[str, dict]:
    typed = {"version": submission.version, "idempotency_key": str(uuid.uuid4())}
    return reverse("reporting:step", args=[submission.uuid, "approve"]), typed


def state(org):
    return of(org.east_post).state


def test_logging_in_counts_as_a_confirmation_for_ten_minutes(calls, org, people, clock):
    client = visitor("county")
    clock.shift(9 * 60)

    answer = client.post(*approval(waiting(org, people)))

    assert answer.status_code == 302
    assert state(org) == State.APPROVED


def test_after_ten_minutes_approving_asks_and_does_nothing(calls, org, people, clock):
    client = visitor("county")
    clock.shift(10 * 60 + 1)

    answer = client.post(*approval(waiting(org, people)))

    assert answer.status_code == 403
    assert "请再输一次您的登录密码" in answer.content.decode()
    assert state(org) == State.SUBMITTED


def test_the_answer_sends_the_act_with_all_that_was_typed(calls, org, people):
    client = visitor("county")
    path, typed = approval(waiting(org, people))
    typed["reason"] = "核对过\n两遍"
    later()
    asked = client.post(path, typed)
    kept = dict(asked.context["kept"])

    done = client.post(asked.context["form_url"], {**kept, FIELD: PASSWORD})

    assert kept == {k: str(v) for k, v in typed.items()}
    assert done.status_code == 302
    assert state(org) == State.APPROVED
    assert AuditEvent.objects.filter(verb="confirm", actor=people.county).count() == 1
    assert client.post(path, typed)["Idempotent-Replay"] == "true"


def test_a_wrong_answer_asks_again_and_does_nothing(calls, org, people):
    client = visitor("county")
    path, typed = approval(waiting(org, people))
    later()

    answer = client.post(path, {**typed, FIELD: "wrong"})

    assert answer.status_code == 403
    assert confirmation.WRONG in answer.content.decode()
    assert dict(answer.context["kept"]).keys() == typed.keys()
    assert state(org) == State.SUBMITTED
    assert AuditEvent.objects.filter(verb="confirm_failed", actor=people.county).count() == 1


def test_guessing_here_is_as_slow_as_at_the_door(people, hashed, clock):
    client = visitor("county")
    hashed.clear()
    for guess in range(50):
        client.post(reverse("confirm"), {FIELD: f"guess-{guess}"})

    assert len(hashed) == 1
    # The right answer, too soon, is a guess like any other.
    assert client.post(reverse("confirm"), {FIELD: PASSWORD}).status_code == 200
    clock.shift(2)
    assert client.post(reverse("confirm"), {FIELD: PASSWORD}).status_code == 302


def test_the_password_reaches_no_view(people):
    seen = {}

    class Granting:
        @confirmed_recently("grant")
        def post(self, request):
            seen.update(request.POST.dict())
            return HttpResponse()

    request = RequestFactory().post("/", {"name": "林演", FIELD: PASSWORD})
    request.user, request.live_session = people.county, LiveSession(user=people.county)
    request.live_session.save()
    later()
    request.live_session.refresh_from_db()

    assert Granting().post(request).status_code == 200
    assert seen == {"name": "林演"}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_the_question_stands_between_the_press_and_the_act(
    calls, org, people, page_for, live_server
):
    submission = waiting(org, people)
    desk = Desk(page_for, live_server.url, "county")
    page = desk.page
    page.goto(live_server.url + reverse("reporting:review", args=[submission.uuid]))
    later()
    page.get_by_role("button", name="通过").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请确认是您本人")
    assert state(org) == State.SUBMITTED
    wrong = faults(page)

    page.get_by_label("登录密码").fill("wrong-guess")
    page.get_by_role("button", name="确认并审核通过").click()
    expect(page.get_by_text("密码不对")).to_be_visible()
    page.wait_for_timeout(1_100)
    page.get_by_label("登录密码").fill(PASSWORD)
    page.get_by_role("button", name="确认并审核通过").click()

    expect(page.get_by_text("已通过")).to_be_visible()
    assert state(org) == State.APPROVED
    assert wrong == []


@pytest.mark.parametrize("name", ["export", "job_retry"])
def test_exporting_asks_too(calls, org, people, name):
    client = visitor("county")
    client.post(
        reverse("reporting:export"),
        {**EXPORT, "unit": org.east.uuid, "idempotency_key": str(uuid.uuid4())},
    )
    job = Job.objects.get()
    later()

    path = reverse(f"reporting:{name}", args=[] if name == "export" else [job.uuid])
    answer = client.post(path, {**EXPORT, "unit": org.east.uuid})

    assert answer.status_code == 403
    assert "kept" in answer.context
    assert Job.objects.count() == 1


def test_returning_and_reading_ask_nothing(calls, org, people):
    client = visitor("county")
    submission = waiting(org, people)
    _, typed = approval(submission)
    later()

    assert client.get(reverse("reporting:review", args=[submission.uuid])).status_code == 200
    path = reverse("reporting:step", args=[submission.uuid, "return"])
    assert client.post(path, {**typed, "reason": "请核对"}).status_code == 302
    assert state(org) == State.RETURNED


def test_a_setting_names_the_acts(calls, org, people, settings):
    settings.CONFIRM_AGAIN_FOR = ["grant"]
    client = visitor("county")
    path, typed = approval(waiting(org, people))
    later()

    assert client.post(path, typed).status_code == 302


def test_a_panel_and_a_script_are_told_where_to_ask(calls, org, people):
    client = visitor("county")
    path, typed = approval(waiting(org, people))
    later()
    page = {"HX-Current-URL": "http://testserver/submissions/?page=2"}

    panel = client.post(path, typed, headers={"HX-Request": "true", **page})
    script = client.post(path, typed, headers={"Accept": "application/json", **page})

    where = "/confirm/?next=/submissions/%3Fpage%3D2"
    assert (panel.status_code, panel["HX-Redirect"]) == (403, where)
    assert (script.status_code, script.json()["confirm_url"]) == (403, where)


def test_a_chosen_file_is_chosen_again_after_the_answer(people):
    class Importing:
        @confirmed_recently("grant")
        def post(self, request):
            return HttpResponse()

    request = RequestFactory().post("/", {"file": SimpleUploadedFile("名单.xlsx", b"x")})
    request.user, request.live_session = people.county, LiveSession(user=people.county)
    request.live_session.confirmed_at -= dt.timedelta(hours=1)
    request.acting, request.current_appointments = None, []
    request.session, request.resolver_match = {}, None

    shown = Importing().post(request).content.decode()

    assert "请重新选择文件" in shown
    assert f'action="{reverse("confirm")}"' in shown


def test_the_page_leads_back_and_never_to_another_site(people):
    client = visitor("county")
    for asked, came in (("/units/?q=hq", "/units/?q=hq"), ("https://elsewhere.example/", "/")):
        answer = client.post(reverse("confirm"), {FIELD: PASSWORD, "next": asked})
        assert answer["Location"] == came


def test_an_act_nobody_knows_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="no such act"):
        confirmed_recently("dance")
