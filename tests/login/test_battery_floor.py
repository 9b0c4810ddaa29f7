"""T21, T22 over the whole matrix of addresses: who must confirm, and what every answer tells a browser."""

import json

import pytest
from battery import count, report, share
from django.test import Client
from django.urls import reverse
from world import SEATS

from config.settings import base
from federation.confirmation import FIELD
from tests.access import matrix
from tests.access import scene as stage
from tests.access.conftest import scene  # noqa: F401 -- a fixture
from tests.access.test_repeats import views
from tests.login.conftest import PASSWORD
from tests.login.headers import lacking
from tests.login.test_confirming import later
from tests.login.test_floor import TELL, in_use

pytestmark = pytest.mark.django_db
T21 = pytest.mark.battery("T21")
T22 = pytest.mark.battery("T22")


SHUT = {"403", "404", "405", "302:login"}
# Addresses of several acts, of which one confirms.
ONE_OF_SEVERAL = {"reporting:step": "approve", "notices:task_step": "accept"}


@T21
def test_approving_granting_and_exporting_want_a_confirmation_of_the_last_ten_minutes(
    scene,  # noqa: F811
    settings,
):
    """Every act of the matrix that says it confirms, with a confirmation too old and a fresh one."""
    settings.CONFIRM_MINUTES = base.CONFIRM_MINUTES  # on the scene itself none runs out
    asked = {}
    for line in matrix.lines():
        post = getattr(view_of(line.url), "post", None)
        if line.method != "POST" or not getattr(post, "confirms", ""):
            continue
        if line.url in ONE_OF_SEVERAL and line.case != ONE_OF_SEVERAL[line.url]:
            continue
        # Who may, whatever the act then finds wrong in the words.
        may = [name for name, answer in line.expected if answer not in SHUT]
        if not may:
            continue
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            later(11)
            client = stage.client_of(scene, stage.seat_of(line.target, may[0]))
            stale = matrix.send(client, line, scene)
            client.post(reverse("confirm"), {FIELD: PASSWORD})
            fresh = matrix.send(client, line, scene)
        asked[str(line)] = (stale.status_code, fresh.status_code)

    wrong = {line: answers for line, answers in asked.items() if answers[0] != 403}
    assert wrong == {}
    assert 403 not in {answers[1] for answers in asked.values()}
    assert {"approve", "export", "grant"} <= {
        getattr(getattr(view_of(line.url), "post", None), "confirms", "") for line in matrix.lines()
    }
    report("T21", f"step-up: {len(asked)} acts, all refused with a confirmation 11 minutes old")


def view_of(name):
    return dict(views())[name]


# -- T22: the browser's floor ---------------------------------------------------------------------
@pytest.fixture
def real_use(settings):
    """The browser's part of the settings of real use, as config.settings.prod gives them."""
    told = json.loads(in_use("-c", TELL).stdout)
    for name, value in told.items():
        if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "DEVICE_")):
            setattr(settings, name, value if not isinstance(value, list) else tuple(value))
    settings.ACCOUNT_COOKIE_NAME, settings.TRUSTED_COOKIE_NAME = "__Host-account", "__Host-trusted"
    return settings


@T22
def test_every_answer_of_real_use_has_the_whole_floor(scene, real_use):  # noqa: F811
    """Each address by each method as everybody: headers, and no cookie that another host may set."""
    handler, bare, loose, answers, kept = Client().handler, {}, set(), 0, set()
    seats = ("county", None, "nobody", *(set(SEATS) - {"county"}))[: count(2, full=99)]
    lines = [*{(line.url, line.method): line for line in matrix.lines()}.values()]
    tried = [{*share(range(len(lines)), 4, at=turn)} for turn in range(len(seats))]
    for at, line in enumerate(lines):
        with matrix.rolled_back():
            path = matrix.address(line, scene)
            sent = matrix.body(line, scene) if line.method == "POST" else {}
            for who in (who for who, places in zip(seats, tried, strict=True) if at in places):
                browser = stage.client_of(scene, who)
                browser.handler = handler
                browser.cookies[real_use.SESSION_COOKIE_NAME] = scene.sessions.get(who, "")
                with matrix.rolled_back():
                    response = send_securely(browser, line.method, path, sent)
                answers += 1
                missing = lacking(response)
                if "max-age=31536000" not in response.headers.get("Strict-Transport-Security", ""):
                    missing.append("Strict-Transport-Security")
                if unsafe(response):
                    missing.append("unsafe script or style")
                if missing:
                    bare[who, str(line)] = missing
                for name, cookie in response.cookies.items():
                    kept.add(name)
                    fit = cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]
                    if not (name.startswith("__Host-") or name == "elder") or not fit:
                        loose.add((name, line.url))
    assert bare == {}
    assert {(name, url) for name, url in loose if name != "elder"} == set()
    report(
        "T22",
        f"{answers} answers of {len(lines)} addresses and methods to {len(seats)} people: whole set of headers with "
        f"HSTS on all; cookies {', '.join(sorted(kept))}",
    )


def send_securely(client, method, path, sent):
    if method == "GET":
        response = client.get(path, secure=True)
    else:
        headers = {"origin": "https://testserver"}
        client.cookies["__Host-csrftoken"] = stage.TOKEN
        matrix.rewind(sent)
        response = client.post(path, sent, secure=True, headers=headers)
    if response.streaming:
        b"".join(response.streaming_content)
    return response


def unsafe(response) -> bool:
    """Whether the policy lets a page run or load what is not ours. Style attributes alone may be
    written inline: the printed forms carry their columns' widths in them (0008)."""
    told = response.headers.get("Content-Security-Policy", "")
    parts = (part.strip() for part in told.split(";"))
    return any("unsafe" in part for part in parts if not part.startswith("style-src-attr"))


@T22
def test_no_unsafe_address_acts_without_a_token_of_ours(scene):  # noqa: F811
    """No token, another person's token, another site's page: 403, and no row of any table differs."""
    acts = [line for line in matrix.lines() if line.method == "POST"]
    tricks = {
        "no token": {"HTTP_X_CSRFTOKEN": ""},
        "a foreign token": {"HTTP_X_CSRFTOKEN": "f" * 32},
        "a foreign origin": {"HTTP_ORIGIN": "https://elsewhere.example"},
        "no origin but its null": {"HTTP_ORIGIN": "null"},
    }
    seats, done, refused = count(1, full=4), {}, 0
    before = stage.database_hash()
    for at, line in enumerate(share(acts, 2)):
        with matrix.rolled_back():
            matrix.prepare(line, scene)
            path, sent = matrix.address(line, scene), matrix.body(line, scene)
            for relation in ("own", "above", "system_admin", "anonymous")[:seats]:
                client = stage.client_of(scene, stage.seat_of(line.target, relation))
                for trick, told in share([*tricks.items()], 4, at=at):
                    answer, changed = stage.changed_by(lambda: client.post(path, sent, **told))  # noqa: B023 -- called at once
                    refused += answer.status_code == 403 and not changed
                    if answer.status_code != 403 or changed:
                        done[str(line), trick, relation] = answer.status_code
    assert done == {}
    assert stage.database_hash() == before
    addresses = {line.url for line in acts}
    assert addresses == matrix.address_names()
    report(
        "T22",
        f"CSRF: {len(share(acts, 2))} of {len(acts)} unsafe requests to {len(addresses)} of {len(addresses)} addresses × "
        f"{len(tricks)} tricks × {seats} people: {refused} answered 403, 0 rows changed",
    )


@T22
def test_reading_every_address_changes_nothing_and_no_ending_makes_it_a_file(scene):  # noqa: F811
    # In the daily run test_floor.py reads every address, and there too nothing changes.
    seats = ("county", "sysadmin", None, *SEATS)[: count(1, full=99)]
    endings = ("x.js", ".css", "/x.js", "/.css")[: count(1, full=2)]
    pages = {matrix.address(line, scene) for line in matrix.lines() if line.method == "GET"}
    before, dressed, read = stage.database_hash(), [], 0
    for who in seats:
        client = stage.client_of(scene, who)
        for page in share(sorted(pages), 8):
            response = client.get(page)
            if response.streaming:
                b"".join(response.streaming_content)
            read += 1
            for ending in endings:
                status = client.get(page.rstrip("/") + ("/" if ending[0] != "/" else "") + ending)
                dressed += [page + ending] if status.status_code == 200 else []
    assert stage.database_hash() == before
    assert dressed == []
    report(
        "T22",
        f"{read} pages read by {len(seats)} people: 0 rows changed; each with {', '.join(endings)}: 0 × 200",
    )


@T22
def test_a_panel_after_the_session_s_end_sends_the_whole_window_to_the_login_page(scene):  # noqa: F811
    lines = [line for line in matrix.lines() if ("anonymous", "302:login") in line.expected]
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/submissions/"}
    answers = [matrix.attempt(scene, line, "anonymous", **htmx)[0] for line in share(lines, 4)]
    assert set(answers) == {"401:login"}
    report("T22", f"{len(answers)} panels after the session's end: all 401 with HX-Redirect")
