"""T22: what every answer tells the browser, in real use too, and that reading changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from battery import share
from django.test import Client
from django.urls import reverse

from federation.models import AuditEvent
from tests.access import matrix
from tests.access import scene as stage
from tests.access.conftest import scene  # noqa: F401 -- a fixture
from tests.key_files import key_file
from tests.login.conftest import knock, visitor
from tests.login.headers import lacking

ROOT = Path(__file__).resolve().parents[2]
WHO = ("post", "county", "city", "sysadmin", "audit", "nobody", None)


def pages(scene) -> list[str]:  # noqa: F811
    found = {matrix.address(line, scene) for line in matrix.lines() if line.method == "GET"}
    # A made-up ending must not turn a page into what a cache would keep.
    return [*sorted(found), "/nowhere/", "/units/x.js", "/account/.css", "/account/x.js"]


def get(client, page):
    response = client.get(page)
    if response.streaming:
        b"".join(response.streaming_content)
    return response


@pytest.fixture(scope="module")
def read_by_all(scene):  # noqa: F811
    """Every address by GET as a stranger, and from day to day by others of the six: what the answers
    lacked, their codes, and for whom any table but sessions and the audit trail differed afterwards."""
    everywhere = pages(scene)  # first: to name some addresses is to set up what they lead to
    bare, seen, changed = {}, set(), []
    for at, who in enumerate(WHO):
        client = stage.client_of(scene, who)
        before = stage.database_hash()
        for page in everywhere if who is None else share(everywhere, 3, at=at):
            response = get(client, page)
            seen.add(response.status_code)
            if missing := lacking(response):
                bare[who, page] = missing
        if stage.database_hash() != before:
            changed.append(who)
    return bare, seen, changed


def test_every_answer_to_everybody_has_the_whole_floor_of_headers(read_by_all):
    bare, seen, _ = read_by_all

    assert bare == {}
    assert {200, 204, 302, 401, 403, 404, 405} <= seen


def test_reading_changes_nothing(read_by_all):
    _, _, changed = read_by_all

    assert changed == []


def test_a_refused_form_has_the_floor_too(scene):  # noqa: F811
    client = stage.client_of(scene, "county", token=False)
    for page in ("elder", "logout", "password_change", "end_others"):
        response = client.post(reverse(page))
        assert response.status_code == 403
        assert lacking(response) == []


@pytest.mark.parametrize("path", ["/account/x.js", "/account/.css", "/units/x.js", "/x.js"])
def test_a_made_up_ending_opens_no_page(scene, path):  # noqa: F811
    assert stage.client_of(scene, "county").get(path).status_code == 404


def test_logging_out_clears_what_the_browser_keeps(people):
    cleared = visitor("county").post(reverse("logout")).headers["Clear-Site-Data"]
    assert '"cache"' in cleared
    assert '"storage"' in cleared


def test_no_script_reads_the_cookies_that_open_doors(people):
    client = visitor("county")
    for name in ("sessionid", "device"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_the_login_page_is_no_door_to_another_site(people):
    client = Client()
    answer = knock(client, "county", QUERY_STRING="next=https://elsewhere.example/")
    assert answer.headers["Location"] == reverse("home")


# -- In real use ----------------------------------------------------------------------------------
TELL = """
import json, django
from django.conf import settings
django.setup()
names = [n for n in dir(settings) if n.startswith(("SESSION_", "CSRF_", "SECURE_", "DEVICE_"))]
print(json.dumps({n: getattr(settings, n) for n in [*names, "DEBUG", "DEMO"]}, default=str))
"""


def in_use(*command, **more) -> subprocess.CompletedProcess:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz-_",
        "ALLOWED_HOSTS": "portal.example",
        "FIELD_KEYS_FILE": key_file(),
        "DJANGO_ALLOW_ASYNC_UNSAFE": None,  # the browser tests of this run set it
        **more,
    }
    env = {name: value for name, value in env.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_cookies_of_real_use_belong_to_this_host_over_https_alone():
    told = json.loads(in_use("-c", TELL).stdout)

    for cookie in ("SESSION", "CSRF"):
        assert told[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert told[f"{cookie}_COOKIE_SECURE"] is True
        assert told[f"{cookie}_COOKIE_SAMESITE"] == "Lax"
        assert told[f"{cookie}_COOKIE_PATH"] == "/"
        assert told[f"{cookie}_COOKIE_DOMAIN"] is None
    assert told["DEVICE_COOKIE_NAME"].startswith("__Host-")
    # The pages' scripts send the token back in a header, so they must read its cookie.
    assert told["SESSION_COOKIE_HTTPONLY"] is True
    assert told["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert told["SECURE_SSL_REDIRECT"] is True
    assert told["DEBUG"] is False
    assert told["DEMO"] is False


def test_django_finds_nothing_to_warn_of_in_real_use():
    checked = in_use("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_real_use_does_not_begin_without(name):
    answer = in_use("-c", TELL, **{name: None})
    assert answer.returncode != 0
    assert name in answer.stderr


# -- A form refused -------------------------------------------------------------------------------
def refused(people, **headers):
    client = Client(enforce_csrf_checks=True, headers=headers)
    client.force_login(people.county)
    typed = {"name": "我常用的查询", "password": "hunter2", "query": "q=hq", "version": "3"}
    return client.post(reverse("save_query"), typed)


def test_a_form_older_than_the_log_in_gives_its_words_back_and_no_secrets(people):
    page = refused(people, referer="http://testserver/units/?q=hq")
    shown = page.content.decode()

    assert page.status_code == 403
    assert page.context["typed"] == ["我常用的查询", "q=hq"]
    assert "我常用的查询" in shown
    assert "hunter2" not in shown
    assert 'href="/units/?q=hq"' in shown


@pytest.mark.parametrize(
    "headers", [{"origin": "https://elsewhere.example"}, {"origin": "null"}, {}]
)
def test_another_site_puts_no_sentence_on_a_page_of_ours(people, headers):
    page = refused(people, **headers)
    assert page.status_code == 403
    assert "我常用的查询" not in page.content.decode()


def test_a_refused_form_is_in_the_audit_trail(people):
    refused(people)
    event = AuditEvent.objects.get(verb="denied")
    assert event.actor == people.county
    assert event.detail == {"route": "save_query", "method": "POST", "target": [], "why": "csrf"}


def test_a_stranger_s_refused_form_fills_no_audit_trail(people):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("login"), {"username": "county"}).status_code == 403
    assert not AuditEvent.objects.exists()
