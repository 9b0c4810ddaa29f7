"""动态口令: after the password a code of the phone, which counts once; setting it up; losing it."""

import base64
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from federation import grants, second_factor
from federation.confirmation import FIELD
from federation.models import AuditEvent, LiveSession, Post, RecoveryCode, SecondFactor
from tests.login.conftest import PASSWORD, inside, is_in, knock, visitor
from tests.login.test_confirming import later
from tests.pages.look import faults
from tests.story.desk import Desk

ENROL = reverse("second_factor")
CODE = reverse("login_code")
ALL = ["city", "administrators", "export", "reveal"]


def phone(user, steps: int = 0, salt: str = "") -> str:
    """What the phone of ``user`` shows, its clock being ``steps`` half minutes ahead."""
    factor = second_factor.proposed(user, salt) if salt else SecondFactor.objects.get(user=user)
    made = TOTP(factor.bin_key, drift=steps)
    return f"{made.token():06d}"


@pytest.fixture
def enrolled(people, clock):
    """The county's clerk with a phone, half a minute after setting it up."""
    client = visitor("county")
    client.get(ENROL)
    code = phone(people.county, salt=client.session["second_factor_salt"])
    page = client.post(ENROL, {"code": code})
    assert page.status_code == 200, page
    people.county.recovery = page.context["codes"]
    clock.shift(60)
    return people.county


def half_in(username="county") -> Client:
    client = Client()
    answer = knock(client, username)
    assert answer["Location"].startswith(CODE)
    return client


def answered(client, code, **more) -> bool:
    answer = client.post(CODE, {"code": code, **more})
    return answer.status_code == 302 and not answer["Location"].startswith("/login/")


# -- Setting it up --------------------------------------------------------------------------------
def test_the_page_shows_a_picture_and_the_same_key_in_groups_of_four(people):
    page = visitor("county").get(ENROL)
    shown = page.content.decode()

    assert re.fullmatch(r"[A-Z2-7]{4}( [A-Z2-7]{4}){7}", page.context["key"])
    assert page.context["key"] in shown
    drawing = shown[shown.index('<svg class="factor-qr') : shown.index("</svg>")]
    assert "style" not in drawing
    assert "script" not in drawing
    assert 'role="img"' in drawing


def test_a_reload_shows_the_same_picture_and_writes_no_phone(people):
    client = visitor("county")
    assert client.get(ENROL).context["qr_path"] == client.get(ENROL).context["qr_path"]
    assert not TOTPDevice.objects.exists()


def test_a_code_of_the_phone_sets_it_up_and_shows_ten_codes_once(people, enrolled):
    assert SecondFactor.objects.get().user == people.county
    assert len(set(enrolled.recovery)) == 10
    assert AuditEvent.objects.filter(verb="enrol_second_factor", actor=people.county).exists()
    assert "recovery" not in str(list(RecoveryCode.objects.values()))
    for code in enrolled.recovery:
        assert re.fullmatch(r"[a-z2-9]{5}-[a-z2-9]{5}", code)
        assert code.replace("-", "") not in str(list(RecoveryCode.objects.values()))


def test_a_wrong_code_sets_up_nothing(people):
    client = visitor("county")
    page = client.post(ENROL, {"code": "000000"})
    assert second_factor.WRONG in page.content.decode()
    assert not TOTPDevice.objects.exists()


def test_sessions_begun_with_the_password_alone_end(people):
    there, here = visitor("county"), visitor("county")
    here.get(ENROL)
    here.post(ENROL, {"code": phone(people.county, salt=here.session["second_factor_salt"])})

    assert is_in(here)
    assert not is_in(there)


def test_a_stolen_database_shows_no_codes(people, enrolled, settings):
    """The row of the phone holds a salt: the secret cannot be made without the server's own key."""
    kept = TOTPDevice.objects.get()
    assert kept.bin_key != SecondFactor.objects.get().bin_key
    before = phone(enrolled)
    settings.SECOND_FACTOR_KEY = "another"
    assert phone(enrolled) != before


# -- Logging in -----------------------------------------------------------------------------------
def test_the_password_alone_opens_nothing(enrolled):
    client = half_in()
    for page in ("home", "account", "second_factor", "confirm", "units", "password_change"):
        assert client.get(reverse(page)).status_code == 302
        assert client.get(reverse(page))["Location"].startswith(reverse("login"))
    assert client.get(reverse("session")).status_code == 401
    assert LiveSession.objects.filter(user=enrolled).count() == 1  # the one that set it up


def test_the_code_opens_and_the_password_is_not_asked_again(enrolled):
    client = Client()
    answer = knock(client, "county", QUERY_STRING="next=/units/")
    asked = client.get(answer["Location"])
    assert "动态口令" in asked.content.decode()
    assert 'type="password"' not in asked.content.decode()

    done = client.post(answer["Location"], {"code": phone(enrolled)})

    assert done["Location"] == "/units/"
    assert is_in(client)


def test_a_code_counts_once(enrolled, clock):
    code = phone(enrolled)
    assert answered(half_in(), code)
    assert not answered(half_in(), code)
    clock.shift(30)
    assert answered(half_in(), phone(enrolled))


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_out_and_no_more(enrolled, steps, right, clock):
    clock.shift(60)
    assert answered(half_in(), phone(enrolled, steps)) is right


def test_full_width_letters_and_spaces_are_what_they_look_like(enrolled):
    code = phone(enrolled)
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert answered(half_in(), f" {wide[:3]} {wide[3:]} ")


def test_another_person_s_code_opens_nothing(people, enrolled):
    assert not answered(half_in(), phone(people.city, salt=SecondFactor.objects.get().key))


def test_half_a_log_in_lasts_five_minutes(enrolled, clock):
    client = half_in()
    clock.shift(301)
    assert client.post(CODE, {"code": phone(enrolled)})["Location"] == reverse("login")


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_half_a_log_in_ends_with_the_password_and_the_account(enrolled, change):
    client = half_in()
    if change == "password":
        enrolled.set_password("another-password")
    else:
        enrolled.is_active = False
    enrolled.save()
    assert client.post(CODE, {"code": phone(enrolled)})["Location"] == reverse("login")


def test_half_a_log_in_has_a_session_of_its_own(enrolled):
    client = Client()
    client.get(reverse("login"))
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    knock(client, "county")
    between = client.cookies["sessionid"].value
    assert answered(client, phone(enrolled))
    assert len({before, between, client.cookies["sessionid"].value}) == 3


def test_codes_are_guessed_six_a_minute_at_most_and_ever_more_slowly(enrolled, clock, monkeypatch):
    asked = []
    check = SecondFactor.verify_token
    monkeypatch.setattr(
        SecondFactor, "verify_token", lambda self, code: asked.append(code) or check(self, code)
    )
    client = half_in()
    for guess in range(120):
        client.post(CODE, {"code": f"{guess:06d}"})
        clock.shift(1)

    assert len(asked) <= 8
    assert AuditEvent.objects.filter(verb="code_failed").count() == len(asked)


def test_the_longest_wait_is_a_quarter_of_an_hour(enrolled, clock):
    SecondFactor.objects.update(throttling_failure_count=50)
    SecondFactor.objects.update(throttling_failure_timestamp=LiveSession.objects.first().seen_at)
    clock.shift(14 * 60 - 60)
    assert not answered(half_in(), phone(enrolled))
    clock.shift(4 * 60)
    assert answered(half_in(), phone(enrolled))


def test_a_recovery_code_opens_once(enrolled):
    code = enrolled.recovery[3]
    assert answered(half_in(), code.upper())
    assert not answered(half_in(), code)
    assert second_factor.codes_left(enrolled) == 9
    assert AuditEvent.objects.filter(verb="use_recovery_code").count() == 1


def test_new_recovery_codes_void_the_old_ones(enrolled, clock):
    client = half_in()
    answered(client, phone(enrolled))
    page = client.post(reverse("renew_codes"))
    assert not answered(half_in(), enrolled.recovery[0])
    clock.shift(5)
    assert answered(half_in(), page.context["codes"][0])


# -- This computer --------------------------------------------------------------------------------
def test_no_computer_is_remembered_unless_the_setting_says_so(enrolled, clock):
    client = half_in()
    assert "记住这台电脑" not in client.get(CODE).content.decode()
    assert answered(client, phone(enrolled), trust="1")
    client.post(reverse("logout"))
    assert not inside_at_once(client)


def inside_at_once(client) -> bool:
    answer = knock(client, "county")
    return inside(answer) and answer["Location"] == reverse("home")


def test_a_remembered_computer_is_not_asked_until_its_days_are_over(enrolled, clock, settings):
    settings.SECOND_FACTOR_REMEMBER_DAYS = 7
    client = half_in()
    assert "记住这台电脑 7 天" in client.get(CODE).content.decode()
    assert answered(client, phone(enrolled), trust="1")
    client.post(reverse("logout"))
    assert inside_at_once(client)
    client.post(reverse("logout"))
    clock.shift(8 * 86_400)
    assert not inside_at_once(client)


@pytest.mark.parametrize("change", ["password", "phone"])
def test_a_new_password_or_phone_ends_the_remembering(enrolled, change, settings):
    settings.SECOND_FACTOR_REMEMBER_DAYS = 7
    client = half_in()
    assert answered(client, phone(enrolled), trust="1")
    client.post(reverse("logout"))
    if change == "password":
        enrolled.set_password(PASSWORD)
        enrolled.save()
    else:
        SecondFactor.objects.update(key=second_factor.new_salt())
    assert not inside_at_once(client)


# -- In a browser ---------------------------------------------------------------------------------
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_setting_it_up_and_logging_in_with_it_are_fit_to_show_and_do(people, page_for, live_server):
    desk = Desk(page_for, live_server.url, "county")
    page = desk.page
    page.goto(live_server.url + reverse("account"))
    page.get_by_role("link", name="设置").click()
    page.get_by_text("不能扫码，手工输入密钥").click()
    wrong = faults(page)
    key = base64.b32decode(page.locator(".factor-key").inner_text().replace(" ", ""))
    page.locator("#id_code").fill(f"{TOTP(key).token():06d}")
    page.get_by_role("button", name="启用动态口令").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("动态口令已启用")
    codes = page.locator(".code-list li").all_inner_texts()
    wrong += faults(page)
    page.get_by_role("link", name="已保存好，继续").click()
    expect(page.get_by_text("已启用")).to_be_visible()

    other = page_for("phone")
    other.goto(live_server.url + "/units/?q=hq")
    other.get_by_label("账号").fill("county")
    other.get_by_label("密码").fill(PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.get_by_role("heading", level=1)).to_have_text("二次验证")
    wrong += faults(other)
    other.get_by_label("动态口令").fill(codes[0])
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other).to_have_url(live_server.url + "/units/?q=hq")
    assert wrong == []


# -- Who must have one ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "named"),
    [
        ("leader", {"city", "export", "reveal"}),
        ("city", {"city"}),
        ("sysadmin", {"city", "administrators"}),
        ("audit", {"city", "administrators"}),
        ("county", {"export", "reveal"}),
        ("post", {"export"}),
        ("village", {"reveal"}),
        ("volunteer", set()),
        ("nobody", set()),
    ],
)
def test_the_setting_names_who_must_have_one(people, settings, who, named):
    found = set()
    for kind in ALL:
        settings.SECOND_FACTOR_REQUIRED_FOR = [kind]
        if second_factor.required_of(getattr(people, who)):
            found.add(kind)
    assert found - {"export"} == named - {"export"}
    assert ("export" in found) >= ("export" in named)


def test_who_must_and_has_none_is_led_to_it_and_nowhere_else(people, settings):
    settings.SECOND_FACTOR_REQUIRED_FOR = ALL
    client = visitor("sysadmin")

    assert client.get("/units/?q=hq")["Location"] == f"{ENROL}?next=/units/%3Fq%3Dhq"
    panel = client.get("/units/", headers={"HX-Request": "true"})
    assert (panel.status_code, panel["HX-Redirect"]) == (401, f"{ENROL}?next=/")
    assert "需要二次验证" in client.get(ENROL).content.decode()

    code = phone(people.sysadmin, salt=client.session["second_factor_salt"])
    done = client.post(ENROL, {"code": code, "next": "/units/?q=hq"})
    assert done.context["go_on"] == "/units/?q=hq"
    assert client.get("/units/").status_code == 200


def test_who_is_in_already_is_led_to_it_at_her_next_request(people, settings):
    client, other = visitor("sysadmin"), visitor("volunteer")
    assert client.get("/units/").status_code == 200

    settings.SECOND_FACTOR_REQUIRED_FOR = ALL

    asked = client.get("/session/")
    assert (asked.status_code, asked.json()["url"]) == (403, ENROL)
    assert client.get("/units/?q=hq")["Location"] == f"{ENROL}?next=/units/%3Fq%3Dhq"
    assert "需要二次验证" in client.get(ENROL).content.decode()
    assert other.get("/units/").status_code == 200
    assert other.get("/session/").status_code == 204
    code = phone(people.sysadmin, salt=client.session["second_factor_salt"])
    client.post(ENROL, {"code": code})
    assert client.get("/session/").status_code == 204
    assert client.get("/units/").status_code == 200


def test_an_administrators_post_given_during_the_day_asks_for_it(people, org, settings):
    settings.SECOND_FACTOR_REQUIRED_FOR = ["administrators"]
    client = visitor("nobody")
    assert client.get("/").status_code == 200

    post = Post.objects.get(code="system_admin")
    grants.appoint(people.nobody, org.east, post, starts_on=timezone.localdate())

    assert client.get("/units/")["Location"] == f"{ENROL}?next=/units/"


def test_where_nobody_must_nothing_is_asked(people, settings, django_assert_num_queries):
    settings.SECOND_FACTOR_REQUIRED_FOR = []

    with django_assert_num_queries(0):
        assert not second_factor.owed_by(people.sysadmin)


def test_a_demonstration_does_not_ask_for_it(people, settings):
    settings.SECOND_FACTOR_REQUIRED_FOR, settings.DEMO = ALL, True
    people.sysadmin.synthetic = True
    assert not second_factor.required_of(people.sysadmin)


# -- Confirming, and losing it --------------------------------------------------------------------
def test_who_has_a_phone_confirms_with_its_code_and_not_with_the_password(enrolled, clock):
    client = half_in()
    answered(client, phone(enrolled))
    clock.shift(30)
    asked = client.get(reverse("confirm")).content.decode()
    assert "手机上的动态口令" in asked
    assert client.post(reverse("confirm"), {FIELD: PASSWORD}).status_code == 200
    clock.shift(60)
    assert client.post(reverse("confirm"), {FIELD: phone(enrolled)}).status_code == 302


def test_the_administrator_s_reset_ends_sessions_and_the_password_is_enough_again(
    people, enrolled, settings
):
    client = half_in()
    answered(client, phone(enrolled))

    second_factor.reset(enrolled, by=people.sysadmin)

    assert not is_in(client)
    assert inside_at_once(Client())
    assert not RecoveryCode.objects.exists()
    assert AuditEvent.objects.get(verb="reset_second_factor").actor == people.sysadmin


def test_one_gives_it_up_only_after_confirming(enrolled):
    client = half_in()
    answered(client, phone(enrolled))
    later()
    assert client.post(reverse("end_second_factor")).status_code == 403
    assert second_factor.of(enrolled)

    client.post(reverse("end_second_factor"), {FIELD: enrolled.recovery[0]})

    assert second_factor.of(enrolled) is None
    assert is_in(client)


def test_where_it_is_required_giving_it_up_leads_to_a_new_one(enrolled, settings):
    settings.SECOND_FACTOR_REQUIRED_FOR = ["export"]
    client = half_in()
    answered(client, phone(enrolled))
    client.post(reverse("end_second_factor"))
    assert client.get(reverse("home"))["Location"].startswith(ENROL)
