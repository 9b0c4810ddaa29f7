"""Which passwords are taken, who must change hers, and that nothing else opens before."""

import datetime as dt
import itertools

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from federation import passwords
from federation.models import LoginState
from tests.login.conftest import PASSWORD, inside, is_in, knock, visitor

NEW = "窗台上的三盆茉莉 开了"


def taken(password, user=None) -> bool:
    try:
        validate_password(password, user)
    except ValidationError:
        return False
    return True


def change(client, old=PASSWORD, new=NEW, again=None, **more):
    typed = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(reverse("password_change"), {**typed, **more})


@pytest.mark.parametrize(
    "password",
    [
        *(
            "fulian2014",
            "Fulian@2014",
            "Fu1i@n2014!",
            "2014fulian",
            "fulianfulian",
            "妇联2014妇联2014",
        ),
        *(
            "quanzhou2014",
            "qzfulian123",
            "QuanZhou#FuLian",
            "fujianquanzhou",
            "泉州市妇联".replace("市", "") * 3,
        ),
        *("jinguo3838", "sanba0308", "Harbin2014!", "haerbin888", "heilongjiang1"),
        *(
            "admin12345",
            "Password2014",
            "P@ssw0rd2014",
            "qwerty123456",
            "woaini1314",
            "abcd12345678",
        ),
        *("20140525", "13900000000", "2014-05-25", "5201314520", "12345678!@#"),
        *("short7x", "Ab3$xyz"),
    ],
)
def test_what_a_stranger_tries_first_is_refused(password):
    assert not taken(password)


@pytest.mark.parametrize(
    "password",
    [
        *("tea-house over the river", "gravel7lantern", "窗台上的三盆茉莉开了", "xK9#mQ2vLp"),
        *(
            "the heron stands on one leg in the flooded field until noon, and then goes",
            "清明前后种瓜点豆" * 12,
            "fulian has eleven wooden chairs",
        ),
    ],
)
def test_what_nobody_would_try_is_taken_however_long(password):
    assert taken(password)


def test_the_whole_list_of_common_passwords_is_refused():
    common = CommonPasswordValidator().passwords
    assert len(common) > 3000
    assert [word for word in common if taken(word)] == []


def test_common_words_are_refused_with_a_year_or_sign_behind_them():
    common = sorted(word for word in CommonPasswordValidator().passwords if word.isalpha())[:3000]
    dressed = [
        f"{word.capitalize()}{end}"
        for word, end in zip(common, itertools.cycle(("2014", "123!", "@2026")))
    ]
    assert [word for word in dressed if len(word) >= 8 and taken(word)] == []


def test_one_s_own_name_unit_and_telephone_are_refused(people, org):
    people.county.display_name = "林演乙丑"
    people.county.phone = "16900000001"

    assert not taken("linyanyichou88", people.county)
    assert not taken("Chengdongqu2014", people.county)  # 城东区
    assert not taken("a16900000001", people.county)
    assert taken("linyanyichou88")


def test_the_third_level_asks_for_ten_of_three_kinds(settings):
    settings.DJBH_LEVEL = 3
    assert not taken("gravel7lantern")
    assert not taken("Gr7#vel")
    assert taken("Gravel7lantern")


def test_a_new_password_ends_the_others_and_not_this_one(people):
    here, there = visitor("county"), visitor("county")

    assert inside(change(here))

    assert is_in(here)
    assert not is_in(there)
    assert not inside(knock(Client(), "county"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"old": "wrong-old-one"}, "原密码不对"),
        ({"new": "fulian2014"}, "容易被猜到"),
        ({"new": PASSWORD}, "不能与原密码相同"),
        ({"again": "another"}, "不一致"),
        ({"new": "a7-xyz"}, "至少 8 位"),
    ],
)
def test_a_password_that_is_not_taken_is_told_in_words(people, typed, says):
    client = visitor("county")

    answer = change(client, **typed)

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert people.county.check_password(PASSWORD)


def test_the_old_password_is_guessed_no_faster_than_at_the_door(people, clock, hashed):
    client = visitor("county")
    hashed.clear()
    for guess in range(50):
        change(client, old=f"guess-{guess}")
    assert len([p for p in hashed if p.startswith("guess-")]) == 1

    clock.shift(1)
    assert inside(change(client))


# -- The first password ---------------------------------------------------------------------------
def test_an_issued_password_lets_one_do_nothing_but_change_it(people):
    first = passwords.issue(people.county, by=people.sysadmin)
    assert taken(first, people.county)
    client = Client()
    assert inside(knock(client, "county", first))

    page = client.get(reverse("units") + "?q=hq")
    assert page.headers["Location"] == f"{reverse('password_change')}?next=/units/%3Fq%3Dhq"
    for name in ("home", "account", "reporting:submissions", "search"):
        assert client.get(reverse(name)).status_code == 302
    assert client.post(reverse("elder")).status_code == 302
    assert "elder" not in client.cookies
    panel = client.get(reverse("units"), HTTP_HX_REQUEST="true")
    assert (panel.status_code, panel.headers["HX-Redirect"].split("?")[0]) == (
        401,
        reverse("password_change"),
    )

    assert "只有您自己知道" in client.get(reverse("password_change")).content.decode()
    answer = change(client, old=first, next="/units/?q=hq")
    assert answer.headers["Location"] == "/units/?q=hq"
    assert is_in(client)


def test_one_may_leave_instead(people):
    first = passwords.issue(people.county, by=None)
    client = Client()
    knock(client, "county", first)

    assert client.post(reverse("logout")).headers["Location"] == reverse("login")


def test_issuing_a_password_ends_every_session(people):
    client = visitor("county")
    passwords.issue(people.county, by=people.sysadmin)
    assert not is_in(client)


def test_another_site_is_no_place_to_go_on_to(people):
    client = visitor("county")
    assert change(client, next="https://elsewhere.example/").headers["Location"] == reverse(
        "account"
    )


def test_at_the_third_level_a_password_lasts_ninety_days(people, settings):
    client = visitor("county")
    type(people.county).objects.update(joined_at=timezone.now() - dt.timedelta(days=91))
    assert is_in(client)

    settings.PASSWORD_MAX_DAYS = 90
    assert not is_in(client)

    LoginState.objects.create(user=people.county, password_changed_at=timezone.now())
    assert is_in(client)


def test_people_of_the_demonstration_change_nothing(people, settings):
    settings.DEMO, settings.PASSWORD_MAX_DAYS = True, 90
    type(people.county).objects.update(joined_at=timezone.now() - dt.timedelta(days=91))
    people.county.refresh_from_db()
    client = Client()
    client.force_login(people.county)
    assert not is_in(client)

    type(people.county).objects.update(synthetic=True)
    assert is_in(client)
