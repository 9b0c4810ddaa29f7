"""The official form on a page: its words are the printed ones, its blanks can be sent back."""

import re
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from world import approved, fill, of, take

from federation.models import OrgUnit
from reporting import annexes, paper
from reporting.annexes.base import squeeze
from reporting.models import CellChange, Submission, SubmissionRow
from reporting.workbook.sheet_view import sheet_view

INTENT = annexes.get("pairing-intent")
SUMMARY = annexes.get("pairing-summary")
FILED = [annex for annex in annexes.all() if annex.filed]  # what adds itself up is no paper
FORMS = [annex for annex in annexes.all() if isinstance(annex, annexes.FormAnnex)]
TYPED = {
    "post_name": "演示供电营业厅",
    "post_kind": "post",
    "post_level": "provincial",
    "leader_name": "林演甲子",
    "leader_title": "岗长",
    "leader_phone": "16900000001",
    "email": "post@example.com",
    "existing_village": [{"unit": None, "text": "金井社区"}],
    "intended_village": {"unit": None, "text": "红旗村"},
    "offered_support": ["material", "project"],
    "project_goal": "捐赠电脑2台\n开展农技培训3期",
}
LINES = [
    {"post": f"演示岗{number}", "village": f"红旗{number}村", "project_goal": f"目标{number}"}
    for number in range(1, 4)
]


def submission(annex, *rows, corrected=(), **more):
    """A submission in memory, its rows and their changes at hand as a view loads them."""
    made = Submission(
        pk=1, annex=annex.code, unit=OrgUnit(name="城东区妇联"), period="2014", **more
    )
    lines = []
    for number, values in enumerate(rows, start=1):
        row = SubmissionRow(pk=number, submission=made, position=number, values=values)
        changes = [CellChange(row=row, key=key, kind="correction") for key in corrected]
        row._prefetched_objects_cache = {"changes": changes}
        lines.append(row)
    made._prefetched_objects_cache = {"rows": lines}
    return made


def drawn(made, **more):
    return render_to_string("parts/paper.html", {"paper": paper.of(made, **more)})


class Words(HTMLParser):
    """The words of a page in the order of its source."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found.append(data)


def words(html):
    reader = Words()
    reader.feed(html)
    return squeeze("".join(reader.found))


def returnable(html):
    return re.findall(r'data-cell="([^"]+)"', html)


# -- As issued ------------------------------------------------------------------------------------


@pytest.mark.parametrize("annex", FILED, ids=lambda annex: annex.code)
def test_a_blank_sheet_says_what_the_issued_one_says_in_the_same_order(annex):
    made = submission(annex, *([{}] if annex in FORMS else []))
    made.unit.name = ""
    issued = "".join(
        row.words[column]
        for _, row in sorted(annex.issued.sheet.rows.items())
        for column in sorted(row.words)
    )

    assert words(drawn(made)) == squeeze(issued)


@pytest.mark.parametrize("annex", FORMS, ids=lambda annex: annex.code)
def test_every_printed_address_names_the_fields_that_stand_there(annex):
    keys = [key for address in annex.cells for key in annex.cell_keys[address]]

    assert set(annex.cell_keys) == set(annex.cells)
    assert len(keys) == len(set(keys))
    assert set(keys) >= {field.key for field in annex.fields if not field.readonly}


def test_the_layout_is_the_issued_one():
    view = sheet_view(INTENT.workbook_path)
    above, table, below = view.parts()

    assert sum(view.widths) == pytest.approx(100, abs=0.1)
    assert [row.number for row in above] == [1, 2, 3, 4]
    assert [row.number for row in table] == list(range(5, 13))
    assert [row.number for row in below] == [13]
    assert table[6].cells[0].rowspan == 2
    assert "bottom" not in table[6].cells[1].lines
    assert [cell.face for cell in above[0].cells[:1] + above[1].cells[:1]] == ["hei", "title"]
    # 646 pt of rows do not go on the 638 pt of the page.
    assert view.fit < 1
    assert sheet_view(SUMMARY.workbook_path).fit == 1


def test_labels_head_their_rows_and_headings_their_columns():
    form, register = drawn(submission(INTENT, TYPED)), drawn(submission(SUMMARY, *LINES))

    assert form.count('<th scope="row"') == 7
    assert register.count('<th scope="col"') == 3
    assert "<thead>" in register


# -- Filled ---------------------------------------------------------------------------------------


def test_a_filled_form_prints_every_value_and_offers_nothing_to_return():
    html = drawn(submission(INTENT, TYPED))

    for text in ("演示供电营业厅", "林演甲子", "岗长", "16900000001", "post@example.com"):
        assert text in html
    assert "省级（√）" in html
    assert "物质牵手（√）、项目牵手（√）、" in html
    assert "捐赠电脑2台\n开展农技培训3期" in html
    assert "金井社区" in html
    assert "红旗村" in html
    assert "<button" not in html


def test_every_blank_a_person_filled_can_be_returned_and_what_the_register_knows_cannot():
    made = submission(INTENT, TYPED)
    html = drawn(made, open=True)

    row = made.only_row.uuid
    asked = [field.key for field in INTENT.fields if not field.readonly]
    assert returnable(html) == [f"cell:{row}:{key}" for key in asked]
    assert "演示供电营业厅" in html


def test_a_blank_among_several_says_which_it_is():
    html = drawn(submission(INTENT, {**TYPED, "leader_title": ""}), open=True)

    assert "职务（空）" in html


def test_a_reason_stands_in_its_cell_open_or_closed():
    made = submission(INTENT, TYPED)
    flags = {(1, "leader_phone"): "少一位", (1, "email"): "不是本单位邮箱"}

    assert "上次退回：联系电话：少一位" in drawn(made, flags=flags)
    opened = drawn(made, flags=flags, open=True)
    assert re.search(
        r"16900000001</button><span class=\"cell-reason\">.{0,80}上次退回：少一位", opened
    )
    assert "上次退回：不是本单位邮箱" in opened


def test_a_reason_that_no_cell_shows_stands_above_the_form():
    made = submission(SUMMARY, *LINES)
    flags = {(2, ""): "重复的一行", (1, "post_kind"): "已改名的格"}

    html = drawn(made, flags=flags)

    assert "上次退回（第 2 行整行）：重复的一行" in html
    assert "已改名的格" in html
    whole = drawn(submission(INTENT, TYPED), flags={(1, ""): "整份重填"}, open=True)
    assert "上次退回（整份）：整份重填" in whole


# -- Tables ---------------------------------------------------------------------------------------


def test_a_table_names_its_unit_and_its_rows_in_order():
    made = submission(SUMMARY, *LINES)
    html = drawn(made, open=True)

    assert "填报单位：城东区妇联" in html
    assert returnable(html) == [
        f"cell:{row.uuid}:{field.key}" for row in made.rows.all() for field in SUMMARY.fields
    ]
    assert html.index("演示岗1") < html.index("演示岗2") < html.index("演示岗3")
    assert html.index("目标3") < html.index("请各县")


@pytest.mark.parametrize(("rows", "blank"), [(0, 7), (3, 4), (7, 0), (9, 0)])
def test_printed_lines_that_nobody_needed_stay_blank(rows, blank):
    sheet = paper.of(submission(SUMMARY, *[LINES[0]] * rows))

    assert sum(not row.blank for row in sheet.body) == rows
    assert sum(row.blank for row in sheet.body) == blank


def test_a_nil_report_says_so_once():
    html = drawn(submission(SUMMARY, nil_report=True))

    assert words(html).count("本期无") == 1
    assert 'colspan="3"' in html


def test_a_corrected_cell_is_marked_by_a_word():
    html = drawn(submission(SUMMARY, LINES[0], corrected=["village"]))

    assert len(re.findall(r'class="[^"]* corrected[ "]', html)) == 1
    assert re.search(r"红旗1村</span><span class=\"paper-corrected\">已更正", html)


# -- Whatever was typed ---------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={field.key: JSON for field in INTENT.fields}),
    st.fixed_dictionaries({}, optional={field.key: JSON for field in SUMMARY.fields}),
    st.booleans(),
)
def test_no_draft_breaks_the_sheet(typed, line, opened):
    drawn(submission(INTENT, typed), open=opened).encode()
    drawn(submission(SUMMARY, line), open=opened).encode()


@pytest.mark.parametrize("values", [None, [], "文字", 7, {"offered_support": 5}])
def test_values_of_the_wrong_shape_leave_the_sheet_as_issued(values):
    assert "物质牵手（ ）" in drawn(submission(INTENT, values), open=True)


@pytest.mark.parametrize("opened", [True, False])
def test_markup_is_shown_and_never_obeyed(opened):
    evil = "<script>alert(1)</script>\"><img src=x onerror='1'>"
    values = dict.fromkeys(TYPED, evil)
    flags = {(1, "email"): evil, (1, ""): evil}

    for html in (
        drawn(submission(INTENT, values), flags=flags, open=opened),
        drawn(submission(SUMMARY, dict.fromkeys(LINES[0], evil)), open=opened),
    ):
        assert "<script" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html


def test_what_no_file_could_hold_is_left_out():
    html = drawn(submission(SUMMARY, {"post": "甲\ud800\u202e乙\x00\ud842\udfb7", "village": "村"}))

    assert "甲乙𠮷" in html
    html.encode()


# -- With the database and the browser ------------------------------------------------------------


def test_more_rows_ask_no_more_questions(org, people, calls, django_assert_num_queries):
    approved(org.east_post, people.post, people.county, village=org.east_village)
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    table = of(org.east, SUMMARY.code)
    assert table.unit.name

    with django_assert_num_queries(2):  # the rows, their changes
        html = drawn(table, open=True)

    assert len(returnable(html)) == 6


def test_the_reviewer_gets_the_form_with_cells_to_return(org, people, calls):
    fill(org.east_post, people.post, village=org.east_village)
    sent = take("submit", org.east_post, people.post)
    client = Client()
    client.force_login(people.county)

    page = client.get(reverse("reporting:review", args=[sent.uuid]))

    assert page.status_code == 200
    assert len(returnable(page.content.decode())) == 9


@pytest.fixture
def signed_in(page_for, live_server, people):
    def enter(user, viewport):
        client = Client()
        client.force_login(user)
        page = page_for(viewport)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return enter


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_form_prints_on_one_page(org, people, calls, signed_in, live_server):
    sent = fill(org.east_post, people.post, village=org.east_village)
    page = signed_in(people.post, "desktop")
    page.goto(live_server.url + reverse("reporting:print", args=[sent.uuid]))

    pdf = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_press_anywhere_in_a_cell_asks_why_it_goes_back(
    org, people, calls, signed_in, live_server
):
    fill(org.east_post, people.post, village=org.east_village)
    sent = take("submit", org.east_post, people.post)
    page = signed_in(people.county, (1440, 1400))
    page.goto(live_server.url + reverse("reporting:review", args=[sent.uuid]))
    cell = page.locator("td", has=page.locator("[data-cell$=project_goal]"))

    cell.click(position={"x": 200, "y": cell.bounding_box()["height"] - 12})
    page.locator(".cell-box textarea").fill("目标不清")
    page.get_by_role("button", name="标为退回").click()

    assert page.locator("#return-form input[name$=project_goal]").input_value() == "目标不清"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_on_a_phone_the_form_stays_within_the_screen(org, people, calls, signed_in, live_server):
    long = "很长的职务" * 9
    fill(org.east_post, people.post, village=org.east_village, leader_title=long)
    sent = take("submit", org.east_post, people.post)
    page = signed_in(people.county, "phone")
    page.goto(live_server.url + reverse("reporting:review", args=[sent.uuid]))

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    label = page.locator("th", has_text="电子邮箱").bounding_box()
    value = page.locator("td", has=page.locator("[data-cell$=email]")).bounding_box()
    assert value["y"] >= label["y"] + label["height"] - 1
