"""Every address answers everybody as ``who_may_do_what.csv`` says, and a refusal changes nothing."""

from collections import Counter

import pytest
from battery import DAY, FULL, share

from tests.access import matrix
from tests.access import scene as stage

pytestmark = pytest.mark.django_db
LINES = matrix.lines()
ACTS = [line for line in LINES if line.method == "POST"]
PAGES = [line for line in LINES if line.method == "GET" and line.target == "table"]
# An htmx request differs in what it shows, not in what it may: three who stand for all.
PANELS = ("own", "other_city", "anonymous")


def tried(line: matrix.Line, relations=stage.COLUMNS) -> dict[str, str]:
    """What is expected of whom: of everybody in the full counts (and in T1 by sixteen principals).

    In the daily run the target's own people, and of every fourth of the other answers one who meets
    it. From line to line and from day to day it is another.
    """
    expected = {name: answer for name, answer in line.expected if name in relations}
    if FULL:
        return expected
    turn = (LINES.index(line) + DAY) % len(expected)
    in_turn = [*list(expected)[turn:], *list(expected)[:turn]]
    chosen = {
        expected[name]: name for name in reversed(in_turn) if expected[name] != expected["own"]
    }
    of_them = {"own", *share([*chosen.values()], 4, at=LINES.index(line))}
    return {name: answer for name, answer in expected.items() if name in of_them}


def test_every_address_has_its_lines_and_every_line_its_address():
    wanted = {(name, method) for name in matrix.address_names() for method in ("GET", "POST")}

    assert {(line.url, line.method) for line in LINES} == wanted


def test_no_line_is_said_twice():
    assert [line for line, times in Counter(map(str, LINES)).items() if times > 1] == []


def test_every_line_speaks_of_everybody_who_stands_somewhere():
    for line in LINES:
        known = {**stage.RELATIONS[line.target], **stage.EVERYWHERE}
        assert [name for name, _ in line.expected] == [n for n in stage.COLUMNS if n in known]


@pytest.mark.battery("relations")
@pytest.mark.parametrize("line", LINES, ids=str)
def test_everybody_is_answered_as_the_matrix_says(scene, line):
    answers = matrix.attempts(scene, line, tried(line))

    assert {name: answer for name, (answer, _) in answers.items()} == tried(line)
    changed = {name for name, (_, changed) in answers.items() if changed}
    assert changed <= {name for name, answer in line.expected if answer in {"200", "302"}}


@pytest.mark.parametrize("line", share(LINES, 4), ids=str)
def test_a_panel_is_answered_like_a_page_but_never_with_the_login_page(scene, line):
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/submissions/?page=2"}

    expected = tried(line, PANELS)

    answers = matrix.attempts(scene, line, expected, **htmx)

    assert {name: answer for name, (answer, _) in answers.items()} == {
        name: "401:login" if answer == "302:login" else answer for name, answer in expected.items()
    }


# In the daily run T22 (login/test_battery_floor.py) tries every act without it and from elsewhere.
@pytest.mark.parametrize("line", share(ACTS, 6), ids=str)
def test_no_act_is_done_without_the_token_of_our_own_page(scene, line):
    answers = matrix.attempts(scene, line, PANELS, token=False)

    assert answers == dict.fromkeys(PANELS, ("403", False))


@pytest.mark.parametrize("line", share(ACTS, 6), ids=str)
def test_no_act_is_done_for_a_page_of_another_site(scene, line):
    answer = matrix.attempt(scene, line, "own", origin="https://elsewhere.example")

    assert answer == ("403", False)


@pytest.mark.parametrize("line", share(PAGES, 3), ids=str)
def test_no_address_knows_other_methods(scene, line):
    client = stage.client_of(scene, stage.seat_of(line.target, "above"))
    path, before = matrix.address(line, scene), stage.database_hash()

    answers = {method(path).status_code for method in (client.put, client.patch, client.delete)}

    # Who may not even open a page is told so first; who is signed in is sent away from the door.
    shut = dict(line.expected)["above"]
    assert answers <= {
        405,
        403 if shut == "403" else 404 if shut == "404" else 302 if line.url == "login" else 405,
    }
    assert stage.database_hash() == before


@pytest.mark.parametrize("line", share(PAGES, 4), ids=str)
def test_no_address_can_be_dressed_up_as_a_file_that_caches_keep(scene, line):
    client = stage.client_of(scene, stage.seat_of(line.target, "own"))
    path = matrix.address(line, scene)

    answers = {ending: client.get(path + ending).status_code for ending in ("x.js", ".css")}

    assert answers == {"x.js": 404, ".css": 404}


def test_after_signing_in_one_is_back_on_the_page_of_the_panel(scene):
    line = next(line for line in LINES if line.url == "reporting:cell" and line.method == "GET")
    page = "http://testserver/tables/pairing-summary/2014/?page=2"
    client = stage.client_of(scene, None, **{"HX-Request": "true", "HX-Current-URL": page})

    response = matrix.send(client, line, scene)

    assert response.status_code == 401
    where = "/login/?next=/tables/pairing-summary/2014/%3Fpage%3D2"
    assert response.headers["HX-Redirect"] == where
    assert response.content == b""


@pytest.mark.parametrize("told", ["https://elsewhere.example/units/", "javascript:alert(1)", ""])
def test_signing_in_never_leads_to_another_site(scene, told):
    client = stage.client_of(scene, None, **{"HX-Request": "true", "HX-Current-URL": told})

    response = client.get("/units/")

    assert response.headers["HX-Redirect"] == "/login/?next=/"


def test_an_act_of_a_stranger_is_followed_by_the_page_it_came_from(scene):
    client = stage.client_of(scene, None, referer="http://testserver/units/")

    response = client.post("/elder/")

    assert response.headers["Location"] == "/login/?next=/units/"


def test_a_page_that_does_not_exist_looks_like_one_that_is_out_of_reach(scene):
    client = stage.client_of(scene, "other_city")
    ours = stage.submission_of(scene, "form").uuid

    hidden = client.get(f"/submissions/{ours}/")
    missing = client.get("/submissions/00000000-0000-4000-8000-000000000000/")

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert without_tokens(hidden) == without_tokens(missing)


def without_tokens(response) -> list[str]:
    """The page but for what is new on every page: its tokens and its own address."""
    lines = response.content.decode().splitlines()
    return [line for line in lines if "csrf" not in line and "next" not in line]
