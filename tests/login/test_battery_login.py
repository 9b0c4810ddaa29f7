"""T20, T21, T22 with their counts: guessing, the life of a session, the words of a form.

What each rule is stands beside in tests/login/; here they are tried often, and counted.
"""

import statistics
import time

import pytest
from battery import count, report
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from world import of

from federation import demo, grants, passwords
from federation.models import LiveSession, LoginState, User
from tests.login.conftest import REFUSED, inside, is_in, knock, visitor
from tests.login.test_expired_form import EXPIRED, GOAL, log_in_elsewhere
from tests.login.test_second_factor import answered, half_in, phone
from tests.story.desk import Desk

T20 = pytest.mark.battery("T20")
T21 = pytest.mark.battery("T21")
T22 = pytest.mark.battery("T22")


# -- T20: guessing --------------------------------------------------------------------------------
def busiest(moments: list[float]) -> int:
    """The most of ``moments`` (seconds) in any sixty seconds."""
    return max((sum(s <= m < s + 60 for m in moments) for s in moments), default=0)


@T20
def test_guesses_at_one_account_from_everywhere(people, clock, hashed):
    guesses, moments, insiders, passed = count(150, full=10_000), [], 0, 0.0
    hers = visitor("county")
    hers.post(reverse("logout"))
    for guess in range(guesses):
        before = len(hashed)
        forged = {"HTTP_X_FORWARDED_FOR": f"172.16.0.{guess % 50}"}
        address = f"10.{guess % 250}.{guess // 250 % 250}.9"
        answer = knock(Client(), "county", f"guess-{guess}", address=address, **forged)
        insiders += inside(answer)
        moments += [passed] * (len(hashed) - before)
        clock.shift(600 / guesses)
        passed += 600 / guesses

    waited = 0
    while not inside(knock(hers, "county")):
        waited += 1
        clock.shift(1)
    assert (insiders, waited) == (0, 0)
    assert busiest(moments) <= 6
    report(
        "T20",
        f"{guesses} guesses at one account in 10 minutes, addresses and X-Forwarded-For changing: "
        f"0 in, {len(moments)} reached the hasher, at most {busiest(moments)} a minute; "
        f"its owner, from her own browser, waited {waited} s",
    )


@T20
def test_one_list_of_passwords_sprayed_over_three_hundred_accounts(people, clock, hashed):
    rounds, accounts = count(1, full=30), count(100, full=300)
    User.objects.bulk_create(
        User(username=f"clerk{n}", display_name="演", password=people.county.password)
        for n in range(accounts)
    )
    hashed.clear()
    insiders = tries = 0
    for password in range(rounds):
        for n in range(accounts):
            forged = {"HTTP_X_FORWARDED_FOR": f"172.16.0.{tries % 50}"}
            insiders += inside(knock(Client(), f"clerk{n}", f"spray-{password}", **forged))
            tries += 1
        clock.shift(60)

    assert insiders == 0
    assert len(hashed) <= 30 * rounds
    report(
        "T20",
        f"{accounts} accounts × {rounds} passwords from one address with 50 invented "
        f"X-Forwarded-For: 0 in, {len(hashed)} of {tries} reached the hasher (30 a minute)",
    )


@T20
def test_known_and_unknown_names_cost_the_same_time_and_say_the_same(people, settings):
    """With a hasher that costs something, by the processor's time: a busy machine adds none of it."""
    settings.PASSWORD_HASHERS = [f"{Costly.__module__}.Costly"]
    settings.LOGIN_PER_MINUTE = {"account": 10**6, "address": 10**6, "all": 10**6}
    tries = count(15, full=120)
    User.objects.bulk_create(User(username=f"clerk{n}", display_name="演") for n in range(tries))
    User.objects.filter(username__startswith="clerk").update(password=Costly().encode("x", "salt"))
    took, said = {"clerk": [], "stranger": []}, set()
    for n in range(-2, tries):
        for kind, times in took.items():
            client = Client()
            since = time.thread_time()
            answer = knock(client, f"{kind}{max(n, 0) if n >= 0 else 'x'}", "wrong-guess")
            if n >= 0:
                times.append(time.thread_time() - since)
            said.update(answer.context["form"].non_field_errors())

    known, unknown = (statistics.median(times) for times in took.values())
    assert said == {REFUSED}
    assert 0.75 < known / unknown < 1.33
    report(
        "T20",
        f"{tries} known and {tries} unknown names: one sentence; medians {known * 1000:.0f} and "
        f"{unknown * 1000:.0f} ms, ratio {known / unknown:.2f}",
    )


class Costly(PBKDF2PasswordHasher):
    """The hasher of real use at a tenth of its price."""

    algorithm = "costly"
    iterations = 100_000


@T20
def test_what_is_refused_and_what_is_taken_as_a_password(people):
    words = passwords.refused_words()
    common = sorted(passwords.common_words())[: count(300, full=3_000)]
    taken = [word for word in (*words, *common) if valid(word)]
    long = ["春风化雨润物细无声" * 8, "correct horse battery staple " * 4, "a1" + "泉" * 200]

    assert taken == []
    assert all(map(valid, long))
    report(
        "T20",
        f"{len(words)} words of the organisation and {len(common)} common passwords: all refused; "
        f"{len(long)} of 64 and more characters: taken",
    )


def valid(password: str) -> bool:
    try:
        validate_password(password)
    except ValidationError:
        return False
    return True


@T20
def test_outside_the_demonstration_nobody_has_a_default_account(org):
    """A new database after migrations and loading has no account at all; the demo's open nothing."""
    assert not User.objects.exists()
    names = {"admin", "root", "test", "city", "sysadmin", "leader", "gang0001"}
    assert not any(inside(knock(Client(), name, demo.PASSWORD)) for name in names)
    assert not valid(demo.PASSWORD)
    report("T20", f"default accounts: 0 in the database, {len(names)} names tried: 0 in")


# -- T21: the life of a session -------------------------------------------------------------------
def ended(case, client, people, clock, org):
    """Do to the county's clerk what ``case`` says."""
    user = User.objects.get(pk=people.county.pk)
    held = user.appointments.get()
    live = LiveSession.objects.filter(user=user).latest("pk")
    acts = {
        "logged out": lambda: client.post(reverse("logout")),
        "idle for 31 minutes": lambda: clock.shift(31 * 60),
        "disabled": lambda: disable(user),
        "disabled by many": lambda: User.objects.filter(pk=user.pk).update(is_active=False),
        "a new password": lambda: renew(user),
        "a password given": lambda: passwords.issue(user, by=None),
        "an appointment ended": lambda: grants.end_appointment(held, on=held.starts_on),
        "ended by its owner elsewhere": lambda: visitor("county").post(
            reverse("end_session", args=[live.uuid])
        ),
        "all others ended": lambda: visitor("county").post(reverse("end_others")),
    }
    acts[case]()


def disable(user):
    user.is_active = False
    user.save()


def renew(user):
    user.set_password("another-password")
    user.save()


ENDINGS = (
    "logged out",
    "idle for 31 minutes",
    "disabled",
    "disabled by many",
    "a new password",
    "a password given",
    "an appointment ended",
    "ended by its owner elsewhere",
    "all others ended",
)


@T21
def test_every_way_a_session_ends_is_felt_at_its_next_request_by_whoever_holds_it(
    people, org, clock
):
    rounds, revived = count(1, full=10), 0
    for case in ENDINGS:
        for _ in range(rounds):
            User.objects.filter(pk=people.county.pk).update(password=people.other_city.password)
            people.county.appointments.update(ends_on=None)
            LoginState.objects.all().delete()
            LiveSession.objects.all().delete()
            client = visitor("county")
            stolen = Client()
            stolen.cookies["sessionid"] = client.cookies["sessionid"].value
            assert is_in(stolen), case
            ended(case, client, people, clock, org)
            assert not is_in(stolen), case
            User.objects.filter(pk=people.county.pk).update(is_active=True)
            revived += is_in(stolen) or is_in(client)
    assert revived == 0
    report(
        "T21",
        f"{len(ENDINGS)} ways a session ends × {rounds}, held by a thief too: dead at the next "
        f"request, {revived} revived ({', '.join(ENDINGS)})",
    )


@T21
def test_a_planted_session_is_worth_nothing_after_logging_in(people):
    rounds, fixed = count(5, full=50), 0
    for _ in range(rounds):
        client, thief = Client(), Client()
        client.get(reverse("login"))
        session = client.session
        session["planted"] = True
        session.save()
        for browser in (client, thief):
            browser.cookies["sessionid"] = session.session_key
        assert inside(knock(client, "county"))
        fixed += is_in(thief) or client.cookies["sessionid"].value == session.session_key
        assert not Session.objects.filter(session_key=session.session_key).exists()
    assert fixed == 0
    report("T21", f"fixation: {rounds} planted sessions, 0 valid after logging in")


@T21
def test_twelve_hours_end_it_and_use_does_not_prolong_them(people, clock):
    client, minutes = visitor("county"), 0
    while is_in(client):
        clock.shift(20 * 60)
        minutes += 20
        assert minutes <= 13 * 60
    assert minutes == 12 * 60
    report("T21", "idle limit 30 minutes, absolute limit 12 hours, by the server's clock")


@T21
def test_a_phone_s_code_is_refused_a_second_time_and_a_password_alone_opens_nothing(people, clock):
    tries, replayed, opened = count(5, full=50), 0, 0
    setting_up = visitor("county")
    setting_up.get(reverse("second_factor"))
    salt = setting_up.session["second_factor_salt"]
    setting_up.post(reverse("second_factor"), {"code": phone(people.county, salt=salt)})
    for _ in range(tries):
        clock.shift(90)
        client, code = half_in(), phone(people.county)
        opened += is_in(client)
        assert answered(client, code)
        again = half_in()
        replayed += answered(again, code)
        clock.shift(60)
        assert answered(again, phone(people.county))  # the failure before is forgiven
    assert (replayed, opened) == (0, 0)
    report("T21", f"second factor: {tries} codes replayed, 0 taken; 0 pages by the password alone")


# -- T22: the words ----------------------------------------------------------------------------------
@T22
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_typed_words_are_there_after_logging_in_again(
    calls, org, people, page_for, live_server
):
    rounds, kept = count(2, full=10), 0
    desk = Desk(page_for, live_server.url, "post")
    address = live_server.url + reverse("reporting:form_fill", args=[of(org.east_post).uuid])
    desk.page.route("**/autosave/", lambda route: route.abort())
    for number in range(rounds):
        goal = f"{GOAL}，第{number}次"
        desk.page.goto(address)
        desk.type_in("牵手帮扶项目目标、具体内容", goal)
        LiveSession.objects.all().delete()
        desk.press("存为草稿")
        expect(desk.page.locator("#save-state")).to_contain_text(EXPIRED)
        log_in_elsewhere(desk)
        kept += desk.page.locator('[name="project_goal"]').input_value() == goal
        with desk.page.expect_navigation():
            desk.press("存为草稿")
        assert of(org.east_post).only_row.values["project_goal"] == goal
    assert kept == rounds
    report("T22", f"typed words after the session's end and logging in again: {kept}/{rounds} kept")
