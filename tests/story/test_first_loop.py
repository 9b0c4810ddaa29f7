"""One spring of 泉妇〔2014〕28号 in real browsers: filled, returned, approved, compiled, exported."""

import re
import zipfile
from types import SimpleNamespace

import openpyxl
import pytest
from playwright.sync_api import expect
from world import approved, of, take

from pairing.annexes import PairingIntent, PairingSummary
from reporting import annexes
from reporting.models import State, SubmissionRow
from reporting.workbook import compare_layout
from tests.story.desk import Desk, named

pytestmark = pytest.mark.browser

INTENT: PairingIntent = annexes.get("pairing-intent")
SUMMARY: PairingSummary = annexes.get("pairing-summary")
FIRST, PRINTED = SUMMARY.first_row, SUMMARY.printed_rows
POST, COUNTY, CITY = "城东区演示供电营业厅", "城东区妇联", "东海市妇联"
VAGUE, GOAL = "帮助妇女就业", "捐赠电脑2台，开展农技培训3期，每期不少于30人"
WRONG_CELL = "目标太笼统，请写明项目和数量"
WRONG_ROW = "村名须写到村（社区），请核对"


@pytest.fixture
def everyone(page_for, live_server, transactional_db, worker, org, people, crowd):
    """``everyone.sits("county")``: a desk for each seat."""
    return SimpleNamespace(
        sits=lambda username: Desk(page_for, live_server.url, username),
        org=org,
        people=people,
        crowd=crowd,
    )


@pytest.fixture
def neighbours(everyone):
    """What others do meanwhile: nine more 附件1 of the county pass, and the other county reports."""
    org, people = everyone.org, everyone.people
    for number, unit in enumerate([org.east_post2, org.east_committee, *everyone.crowd], start=1):
        goal = f"结对留守儿童{number}名，每月联系一次"
        if unit is org.east_committee:
            goal = "扶持巾帼示范基地1个，帮助200户妇女发展种植，举办实用技术培训12期；" * 4
        village = org.east_village2
        approved(unit, people.county, people.county2, village=village, project_goal=goal)
    approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
    take("submit", org.west, people.sibling, "pairing-summary")
    take("approve", org.west, people.city, "pairing-summary")


def test_the_first_loop(everyone, neighbours, tmp_path):
    org = everyone.org
    units = [org.east_post, org.east_post2, org.east_committee, *everyone.crowd]

    # -- The post fills 附件1; a closed browser loses nothing -----------------------------------
    post = everyone.sits("post")
    post.open_from_home("待报", f"附件1 {POST}")
    expect(post.page.get_by_label("市级", exact=True)).to_be_checked()
    post.type_in("负责人姓名", "林演甲子")
    post.type_in("职务", "岗长")
    post.type_in("联系电话", "16900000001")
    post.type_in("电子邮箱", "post@example.com")
    village = post.page.get_by_label("拟结对村", exact=True)
    village.press_sequentially("hongqi", delay=30)
    expect(post.page.get_by_role("option")).to_have_count(2)
    village.press("ArrowDown")
    village.press("Enter")
    post.sees("已选定：城东区 › 临江镇")
    post.tick("物质牵手")
    post.tick("项目牵手")
    post.type_in("牵手帮扶项目目标、具体内容", VAGUE)
    post.waits_until_saved()
    post.close_browser()

    post.sit_down()
    post.open_from_home("待报", f"附件1 {POST}")
    form = post.page
    for label, value in {
        "负责人姓名": "林演甲子",
        "职务": "岗长",
        "联系电话": "16900000001",
        "电子邮箱": "post@example.com",
        "拟结对村": "红旗村",
        "牵手帮扶项目目标、具体内容": VAGUE,
    }.items():
        expect(form.get_by_role("main").get_by_label(named(label))).to_have_value(value)
    expect(form.get_by_label("物质牵手", exact=True)).to_be_checked()
    expect(form.get_by_label("文化牵手", exact=True)).not_to_be_checked()
    assert of(org.east_post).only_row.values["intended_village"]["unit"] == str(
        org.east_village.uuid
    )
    post.press("提交城东区妇联审核")
    post.sees("已提交，等待城东区妇联审核。")

    # -- The county returns one cell; only that one opens ---------------------------------------
    county = everyone.sits("county")
    county.open_from_home("待我审核", f"附件1 {POST}")
    county.flag_cell("牵手帮扶项目目标、具体内容", WRONG_CELL)
    county.press("退回 1 格")
    county.sees(f"已退回：{POST}附件1。")
    assert of(org.east_post).state == State.RETURNED

    post.open_from_home("退回给我", f"附件1 {POST}")
    returned = post.page.locator('[data-field="project_goal"]')
    expect(returned).to_contain_text(f"退回原因：{WRONG_CELL}")
    boxes = post.page.locator("#main-form").locator("input:visible, textarea:visible")
    expect(boxes.and_(post.page.locator(":enabled"))).to_have_count(1)
    returned.locator("textarea").fill(GOAL)
    post.waits_until_saved()
    post.press("提交城东区妇联审核")
    post.sees("已提交，等待城东区妇联审核。")

    county.open_from_home("待我审核", f"附件1 {POST}")
    county.sees(GOAL)
    county.press("通过")
    county.sees(f"已通过：{POST}附件1。")

    # -- 附件2 wrote itself; it is put in order, corrected and reported ---------------------------
    county.open_from_home("待报", "附件2 城东区妇联")
    posts = county.column(1, len(units))
    assert sorted(posts) == sorted(unit.name for unit in units)
    assert county.column(3, len(posts))[posts.index(POST)] == GOAL
    place = posts.index(POST) + 1
    county.press(f"第 {place} 行上移")
    county.sees("已调整顺序。")
    posts.insert(place - 2, posts.pop(place - 1))
    assert county.column(1, len(posts)) == posts

    county.open_cell("城东区演示一号窗口")
    county.panel.get_by_label("更正为").fill("城东区演示第一窗口")
    county.panel.get_by_label("理由").first.fill("岗名已更改，电话核实")
    county.panel.get_by_role("button", name="更正").click()
    county.sees("已更正，更正与来源一并留存。")
    posts[posts.index("城东区演示一号窗口")] = "城东区演示第一窗口"
    expect(county.page.locator("[data-sheet] td.corrected")).to_have_count(1)
    county.press("提交东海市妇联")
    county.agree("报送")
    county.sees("已提交：城东区妇联附件2。")

    # -- The city follows a cell to its source and returns one row -------------------------------
    city = everyone.sits("city")
    city.menu("汇总表")
    city.follow("“岗村、委村”结对帮扶汇总表")
    assert city.column(2, len(posts) + 1) == [*posts, org.west_post.name]
    city.open_cell(GOAL)
    expect(city.panel).to_contain_text("来源")
    expect(city.panel).to_contain_text(f"{POST} 附件1")
    expect(city.panel).to_contain_text("物质牵手、项目牵手")
    city.panel.get_by_label("退回理由").fill(WRONG_ROW)
    city.panel.get_by_role("button", name="退回整行").click()
    city.sees("已退回，该行已移出合计，待填报单位改正。")
    assert GOAL not in city.column(4, len(posts))
    expect(city.page.locator(".totals")).to_contain_text("合计")

    county.open_from_home("退回给我", "附件2 城东区妇联")
    county.sees(WRONG_ROW)
    row = county.page.locator("[data-sheet] tr", has_text=POST)
    row.get_by_role("link", name=re.compile("^红旗村")).click()
    county.panel.get_by_label("更正为").fill("临江镇红旗村")
    county.panel.get_by_label("理由").first.fill("补写乡镇")
    county.panel.get_by_role("button", name="更正").click()
    county.sees("已更正，更正与来源一并留存。")
    county.press("提交东海市妇联")
    county.agree("报送")
    county.sees("已提交：城东区妇联附件2。")

    city.open_from_home("待我审核", "附件2 城东区妇联")
    city.sees("临江镇红旗村")
    city.press("通过")
    city.sees("已通过：城东区妇联附件2。")
    assert of(org.east, "pairing-summary").state == State.APPROVED
    assert of(org.east_post).state == State.CONSOLIDATED

    # -- The issued workbook, for the whole city and for one unit ---------------------------------
    city.menu("汇总表")
    city.follow("“岗村、委村”结对帮扶汇总表")
    city.press("下载附件2（全部）")
    whole = city.waits_for_file(tmp_path)
    assert whole.name == f"附件2：{CITY}“岗村、委村”结对帮扶汇总表（2014）.xlsx"
    assert_is_the_issued_form(whole, CITY, stored_rows(), named_by_row=True)
    assert len(stored_rows()) == len(posts) + 1 > PRINTED

    city.menu("报表")
    city.page.get_by_label("填报单位").fill("chengdong")
    city.press("查询")
    city.page.get_by_role("link", name=COUNTY, exact=True).click()
    city.press("导出附件2")
    single = city.waits_for_file(tmp_path)
    assert_is_the_issued_form(single, COUNTY, stored_rows(submission__unit=org.east))

    # -- Every 附件1 in one archive ----------------------------------------------------------------
    city.menu("汇总表")
    city.follow("“岗村、委村”结对帮扶汇总表")
    city.press("下载全部附件1（压缩包）")
    assert_holds_every_form(city.waits_for_file(tmp_path), [*units, org.west_post])
    city.menu("作业")
    expect(
        city.page.get_by_role("main").get_by_role("link", name=re.compile("^下载"))
    ).to_have_count(3)


def stored_rows(**only) -> list[SubmissionRow]:
    """The rows that count, in the order of the tree and of their own table."""
    rows = SubmissionRow.objects.unscoped(reason="the truth beside the file")
    return list(
        rows.counted()
        .filter(submission__annex="pairing-summary", **only)
        .select_related("submission__unit")
        .order_by("submission__unit__path", "position")
    )


def assert_is_the_issued_form(file, unit_name: str, rows, *, named_by_row: bool = False) -> None:
    """``file`` looks as issued, cell by cell, and says what the database says, row by row."""
    body = max(len(rows), PRINTED)
    foot = FIRST + PRINTED  # the note below the printed lines
    issued = {n: n for n in range(1, foot)}
    issued |= {FIRST + n: FIRST for n in range(PRINTED, body)}
    issued[FIRST + body] = foot
    written = {f"{c}{FIRST + n}" for c in "ABC" for n in range(len(rows))}
    long = {FIRST + n for n, row in enumerate(rows) if len(row.values["project_goal"]) > 60}
    differences = compare_layout(
        SUMMARY.workbook_path,
        file,
        rows=issued,
        filled={SUMMARY.unit_cell, *written},
        columns=3,
        grown=long,
    )
    assert differences == []

    sheet = openpyxl.load_workbook(file).active
    assert sheet[SUMMARY.unit_cell].value == f"填报单位：{unit_name}"
    found = [[c.value for c in line] for line in sheet.iter_rows(FIRST, FIRST + body - 1, 1, 4)]
    keys = [field.key for field in SUMMARY.fields]
    stored = [
        [row.values[key] for key in keys] + [row.submission.unit.name if named_by_row else None]
        for row in rows
    ]
    assert found == stored + [[None] * 4] * (body - len(rows))


def assert_holds_every_form(file, units) -> None:
    """The archive has one issued 附件1 a respondent, with the values of the database."""
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(units)
        for unit in units:
            (name,) = [n for n in names if unit.name in n]
            data, row = archive.read(name), of(unit).only_row
            filled = set(INTENT.cells)
            long = {12} if len(row.values["project_goal"]) > 100 else set()
            assert compare_layout(INTENT.workbook_path, data, filled=filled, grown=long) == []
            INTENT.verify(data, row.values)
