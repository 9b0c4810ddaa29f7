"""T21: a session is new at login, ends by the server's clock, and by its owner from anywhere."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from federation import grants, sessions
from federation.models import LiveSession, User
from tests.login.conftest import is_in, knock, visitor

WINDOWS7 = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0 Safari/537.36 360SE"


def test_logging_in_makes_a_new_session_and_the_old_one_is_dead(people):
    client = Client()
    client.get(reverse("login"))
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before

    knock(client, "county")

    after = client.cookies["sessionid"].value
    assert after != before
    assert not Session.objects.filter(session_key=before).exists()


def test_logging_out_kills_the_session_on_the_server(people):
    client = visitor("county")
    stolen = client.cookies["sessionid"].value

    answer = client.post(reverse("logout"))

    assert "storage" in answer.headers["Clear-Site-Data"]
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert not is_in(thief)
    assert not LiveSession.objects.filter(user=people.county).exists()


def test_half_an_hour_of_nothing_ends_it(people, clock):
    client = visitor("county")
    clock.shift(29 * 60)
    assert is_in(client)
    clock.shift(29 * 60)
    assert is_in(client)
    clock.shift(31 * 60)
    assert not is_in(client)
    assert client.session.is_empty()


def test_asking_whether_one_is_still_there_keeps_nobody_there(people, clock):
    client = visitor("county")
    for _ in range(6):
        clock.shift(5 * 60)
        last = client.get(reverse("session")).status_code
    clock.shift(60)

    assert last == 401 or client.get(reverse("session")).status_code == 401


def test_twelve_hours_end_it_however_busy(people, clock):
    client = visitor("county")
    for _ in range(25):
        clock.shift(28 * 60)
        client.post(reverse("act_as"))  # writes the session, which puts off Django's own expiry
        assert is_in(client)
    clock.shift(21 * 60)
    assert not is_in(client)


def test_the_idle_time_is_a_setting(people, clock, settings):
    settings.SESSION_IDLE_MINUTES = 5
    client = visitor("county")
    clock.shift(6 * 60)
    assert not is_in(client)


def test_a_disabled_account_is_out_at_the_next_request_and_stays_out(people):
    client, unused = visitor("county"), visitor("county")
    people.county.is_active = False
    people.county.save()
    assert not is_in(client)

    people.county.is_active = True
    people.county.save()
    assert not is_in(client)
    assert not is_in(unused)


def test_disabling_many_at_once_ends_their_sessions_for_good(people):
    client = visitor("county")
    User.objects.filter(username__startswith="county").update(is_active=False)
    User.objects.filter(username__startswith="county").update(is_active=True)

    assert not is_in(client)


def test_what_disables_behind_our_back_ends_the_session_at_its_next_request(people):
    client, other = visitor("county"), visitor("city")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE federation_user SET is_active = false WHERE username = 'county'")
    assert not is_in(client)
    User.objects.filter(username="county").update(is_active=True)

    assert not is_in(client)
    assert is_in(other)


def test_an_appointment_taken_away_ends_the_session(people):
    client, colleague = visitor("county"), visitor("county2")

    appointment = people.county.appointments.get()
    grants.end_appointment(appointment, on=appointment.starts_on)

    assert not is_in(client)
    assert is_in(colleague)
    assert not LiveSession.objects.filter(user=people.county).exists()


def test_rights_taken_from_a_post_end_the_sessions_of_those_who_hold_it(people):
    client, other = visitor("county"), visitor("post")
    held = people.county.appointments.get().post
    held.actions = [action for action in held.actions if action != "reporting_review"]
    held.save()
    grants.derive_all()

    assert not is_in(client)
    assert is_in(other)


def test_an_appointment_added_or_ending_in_the_future_ends_no_session(people, org):
    client = visitor("county")
    held = people.county.appointments.get()
    grants.appoint(people.county, org.west, held.post, starts_on=held.starts_on)
    grants.end_appointment(held, on=timezone.localdate())

    assert is_in(client)


def test_who_gives_up_her_own_right_keeps_the_session_in_which_she_does(people):
    here, there = visitor("county"), visitor("county")
    live = LiveSession.objects.filter(user=people.county).earliest("pk")
    token = sessions.here.set(live)  # as the middleware does for her request
    held = people.county.appointments.get()
    grants.end_appointment(held, on=held.starts_on)
    sessions.here.reset(token)

    assert is_in(here)
    assert not is_in(there)


def test_an_appointment_whose_last_day_goes_by_is_felt_in_a_session_that_goes_on(people, clock):
    client = visitor("county")
    assert client.get(reverse("reporting:collections")).status_code == 200

    people.county.appointments.update(ends_on="2026-11-22")

    assert client.get(reverse("reporting:collections")).status_code == 403
    assert is_in(client)
    assert "填报进度" not in client.get(reverse("home")).content.decode()


# -- One's own sessions ---------------------------------------------------------------------------
def test_each_session_is_listed_with_its_device_and_this_one_first(people):
    visitor("county", headers={"user-agent": WINDOWS7})
    client = visitor("county")
    visitor("city")

    page = client.get(reverse("account"))

    shown = page.context["open_sessions"]
    assert [line["here"] for line in shown] == [True, False]
    assert shown[1]["device"] == "Windows 7 · 360浏览器"
    assert shown[1]["address"] == "10.1.1.1"
    assert "本机" in page.content.decode()


def test_one_session_is_ended_from_another(people):
    there, here = visitor("county"), visitor("county")
    other = LiveSession.objects.filter(user=people.county).earliest("pk")

    here.post(reverse("end_session", args=[other.uuid]))

    assert not is_in(there)
    assert is_in(here)


def test_all_others_are_ended_at_once(people):
    there, elsewhere, here, stranger = (visitor(w) for w in ("county", "county", "county", "city"))

    here.post(reverse("end_others"))

    assert [is_in(c) for c in (there, elsewhere, here, stranger)] == [False, False, True, True]


def test_nobody_ends_another_person_s_session(people):
    hers, mine = visitor("county"), visitor("city")
    live = LiveSession.objects.get(user=people.county)

    assert mine.post(reverse("end_session", args=[live.uuid])).status_code == 404
    assert is_in(hers)


def test_no_session_key_is_kept_beside_the_sessions(people):
    client = visitor("county")
    assert client.cookies["sessionid"].value not in str(list(LiveSession.objects.values()))


def test_the_check_says_whether_one_is_logged_in(people):
    assert Client().get(reverse("session")).status_code == 401
    assert visitor("county").get(reverse("session")).status_code == 204


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (WINDOWS7, "Windows 7 · 360浏览器"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "Windows 10/11 · Edge",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; UOS) AppleWebKit/537.36 Chrome/108.0 Safari/537.36 QAXBrowser",
            "统信 UOS · 奇安信浏览器",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; M2102) AppleWebKit/537.36 Chrome/116.0 Mobile MicroMessenger/8.0",
            "安卓手机 · 微信",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Safari/604",
            "iPhone · Safari",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Linux · 火狐"),
        ("", "未知设备"),
    ],
)
def test_a_browser_is_told_in_words(agent, words):
    assert sessions.device_words(agent) == words
