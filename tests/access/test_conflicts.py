"""Two people at one form: nobody's words are lost, and nobody overwrites what she has not seen."""

import json
import uuid
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.access import scene as stage

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The rows of cells and the hidden fields of a page, as a browser would have them."""

    def __init__(self, response):
        super().__init__()
        self.lines, self.hidden, self.chosen = [], {}, {}
        self._words = None
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "tr":
            self.lines.append([])
        elif tag in {"td", "th"}:
            self._words = []
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        elif tag == "input" and given.get("type") == "radio" and "checked" in given:
            self.chosen[given["name"]] = given["value"]

    def handle_data(self, data):
        if self._words is not None and data.strip():
            self._words.append(data.strip())

    def handle_endtag(self, tag):
        if tag in {"td", "th"} and self._words is not None:
            self.lines[-1].append(self._words[-1] if self._words else "")
            self._words = None


@pytest.fixture
def form(scene):
    return opened(scene)


def opened(scene):
    """The form and what stood in it when the page was opened."""
    submission = stage.submission_of(scene, "form")
    submission.seen = json.dumps(submission.only_row.values, ensure_ascii=False)
    return submission


@pytest.fixture
def post(scene):
    return stage.client_of(scene, "post", kind=Client)


@pytest.fixture
def county(scene):
    return stage.client_of(scene, "county", kind=Client)


def typed(form, **values) -> dict:
    """What the browser sends that opened the form at this version."""
    sent = {"idempotency_key": str(uuid.uuid4()), "version": form.version}
    return {**sent, "base": getattr(form, "seen", ""), **values}


def fill_url(form) -> str:
    return f"/submissions/{form.uuid}/fill/"


@pytest.fixture
def overtaken(form, post, county):
    """The county saved first; the page her colleague at the post gets instead of a lost text."""
    first = county.post(fill_url(form), typed(form, leader_title="副岗长", email="new@example.com"))
    assert first.status_code == 302
    mine = {"leader_title": "代岗长", "leader_name": "林演乙丑", "email": "post@example.com"}
    return post.post(fill_url(form), typed(form, **mine))


def values_now(scene) -> dict:
    return stage.row_of(scene, "form").values


def test_the_second_sees_what_was_what_the_other_wrote_and_what_she_wrote(scene, overtaken):
    assert overtaken.status_code == 409
    assert [line for line in Page(overtaken).lines if len(line) == 4][1:] == [
        ["负责人姓名", "林演甲子", "林演甲子", "林演乙丑"],
        ["职务", "岗长", "副岗长", "代岗长"],
        ["电子邮箱", "post@example.com", "new@example.com", "post@example.com"],
    ]
    assert "county演" in overtaken.content.decode()


def test_nothing_is_saved_before_she_has_chosen(scene, overtaken):
    found = values_now(scene)

    assert (found["leader_title"], found["leader_name"]) == ("副岗长", "林演甲子")


def test_what_only_the_other_changed_is_chosen_for_the_other_beforehand(overtaken):
    assert Page(overtaken).chosen == {
        "choice:leader_name": "mine",
        "choice:leader_title": "mine",
        "choice:email": "theirs",
    }


@pytest.mark.parametrize(
    ("choice", "title"), [("mine", "代岗长"), ("theirs", "副岗长")], ids=["mine", "theirs"]
)
def test_what_she_chooses_is_saved_at_the_new_version(scene, post, form, overtaken, choice, title):
    page = Page(overtaken)
    choices = {**page.chosen, "choice:leader_title": choice}

    response = post.post(fill_url(form), {**page.hidden, **choices})

    assert response.status_code == 302
    found = values_now(scene)
    assert found["leader_title"] == title
    assert found["leader_name"] == "林演乙丑"
    assert found["email"] == "new@example.com"
    assert stage.submission_of(scene, "form").version == form.version + 2


def test_a_third_save_in_between_is_shown_again_and_still_nothing_is_lost(
    scene, post, county, form, overtaken
):
    page = Page(overtaken)
    county.post(fill_url(form), typed(opened(scene), leader_title="常务岗长"))

    again = post.post(fill_url(form), {**page.hidden, **page.chosen})

    assert again.status_code == 409
    lines = [line for line in Page(again).lines if len(line) == 4][1:]
    assert ["职务", "副岗长", "常务岗长", "代岗长"] in lines
    assert ["负责人姓名", "林演甲子", "林演甲子", "林演乙丑"] in lines


def test_a_page_without_a_version_is_refused_as_overtaken(scene, post, form):
    sent = typed(form, leader_title="代岗长", version="")

    assert post.post(fill_url(form), sent).status_code == 409
    assert values_now(scene)["leader_title"] == "岗长"


def test_an_overtaken_autosave_says_where_to_compare(scene, post, county, form):
    county.post(fill_url(form), typed(form, leader_title="副岗长"))

    response = post.post(f"/submissions/{form.uuid}/autosave/", typed(form, leader_title="代岗长"))

    assert response.status_code == 409
    assert response.json() == {"conflict_url": fill_url(form)}
    assert values_now(scene)["leader_title"] == "副岗长"


def test_each_autosave_carries_the_version_to_the_next(scene, post, form):
    versions, sent = [], typed(form)
    for title in ("甲", "乙", "乙", "丙"):
        sent.update(leader_title=title, idempotency_key=str(uuid.uuid4()))
        answer = post.post(f"/submissions/{form.uuid}/autosave/", sent).json()
        sent["version"] = answer["version"]
        versions.append(answer["version"] - form.version)

    assert versions == [1, 2, 2, 3]
    assert values_now(scene)["leader_title"] == "丙"


def test_a_step_on_an_overtaken_page_is_refused_with_its_words_kept(scene, county, form):
    stage.submitted(scene, "form")
    row = stage.row_of(scene, "form")
    sent = typed(form, reason="整表请核对", version=form.version - 1)
    sent[f"cell:{row.uuid}:leader_phone"] = "号码少一位"

    response = county.post(f"/submissions/{form.uuid}/steps/return/", sent)

    words = response.content.decode()
    assert response.status_code == 409
    assert "整表请核对" in words
    assert "联系电话：号码少一位" in words
    assert stage.submission_of(scene, "form").state == "submitted"


def test_a_correction_on_an_overtaken_table_is_refused_with_its_words_kept(scene, county):
    table, row = stage.submission_of(scene, "table"), stage.row_of(scene, "table")
    sent = typed(table, version=table.version - 1)
    sent.update(key="project_goal", value="捐赠电脑三台", reason="原数有误")

    response = county.post(f"/rows/{row.uuid}/correct/", sent)

    page = county.get(response["Location"]).content.decode()
    assert "“捐赠电脑三台”；“原数有误”" in page
    assert stage.row_of(scene, "table").values == row.values
