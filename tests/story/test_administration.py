"""A county adds a township clerk and transfers her while she types: real browsers, both desks open."""

import pytest
from playwright.sync_api import expect
from world import of

from federation import tree
from federation.models import OrgUnit, UnitType, User
from reporting import actions
from tests.story.desk import Desk, named

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN = "临江镇的栀子花开了三十亩"
GOAL = "帮助25户妇女种植茶油，举办培训4期"
NOT_HERS = "这份表现在不由您填写"


@pytest.fixture
def township(org, people, calls):
    """A second township, and a 文明岗 of the first that owes 附件1."""
    kinds = {kind.code: kind for kind in UnitType.objects.all()}
    hills = OrgUnit(name="后山镇妇联", short_name="后山镇", unit_type=kinds["township_federation"])
    tree.add(org.east, hills)
    post = OrgUnit(
        name="临江镇演示便民服务中心",
        short_name="便民服务中心",
        unit_type=kinds["civilized_post"],
        post_level=org.east_post.post_level,
    )
    tree.add(org.town, post)
    call = calls.intent
    actions.open_collection(
        call.form, period=call.period, issuer=call.issuer,
        opened_on=call.opened_on, due_on=call.due_on,
    )  # fmt: skip
    return OrgUnit.objects.get(name="临江镇演示便民服务中心")


def choose_unit(page, label: str, letters: str, words: str) -> None:
    box = page.get_by_label(named(label))
    box.fill("")
    box.press_sequentially(letters, delay=20)
    page.get_by_role("option", name=words).first.click()


def act(page, words: str) -> None:
    page.get_by_role("main").get_by_role("link", name=words, exact=True).click()


def test_a_clerk_is_added_transferred_and_keeps_what_she_typed(
    township, org, people, page_for, live_server
):
    # -- The county's administrator opens her account, with a seat in the township ---------------
    admin = Desk(page_for, live_server.url, "eastadmin")
    admin.menu("账号与任职")
    admin.follow("新增人员")
    admin.type_in("姓名", "陈演丙午")
    choose_unit(admin.page, "单位", "ljz", "临江镇妇联")
    admin.page.get_by_label(named("岗位")).select_option(label="业务干部")
    admin.type_in("任职日期", "2014年6月1日")
    admin.press("开通账号")
    password = admin.page.locator("[data-password]").inner_text()
    username = admin.page.locator("[data-username]").inner_text()
    admin.follow("已经记下，继续")
    act(admin.page, "任职")
    choose_unit(admin.page, "单位", "临江镇演示", "临江镇演示便民服务中心")
    admin.page.get_by_label(named("岗位")).select_option(label="岗负责人")
    admin.press("任职")
    admin.sees("临江镇演示便民服务中心 岗负责人")

    # -- She logs in with the password told her, must change it, and begins to fill 附件1 --------
    page = page_for("office")
    page.on("dialog", lambda dialog: dialog.accept())  # leaving a page with unsaved words is asked
    page.goto(live_server.url)
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label(named("原密码")).fill(password)
    page.get_by_label(named("新密码")).fill(OWN)
    page.get_by_label(named("再输一次新密码")).fill(OWN)
    page.get_by_role("button", name="修改密码").click()
    page.wait_for_url(lambda address: "/account/password/" not in address)
    form = f"{live_server.url}/submissions/{of(township).uuid}/fill/"
    page.goto(form)
    page.get_by_label(named("负责人姓名")).fill("陈演丙午")
    expect(page.locator("#save-state")).to_contain_text("已保存")
    kept = of(township).only_row.values

    # -- Meanwhile she is transferred; the old page dies under her hands -------------------------
    admin.page.goto(f"{live_server.url}/accounts/{User.objects.get(username=username).uuid}/")
    act(admin.page, "调动")
    choose_unit(admin.page, "新单位", "hsz", "后山镇妇联")
    admin.page.get_by_label(named("新岗位")).select_option(label="业务干部")
    admin.press("调动")
    admin.sees("后山镇妇联")

    goal = page.get_by_label(named("牵手帮扶项目目标、具体内容"))
    goal.fill(GOAL)
    expect(page.locator("#save-state")).to_contain_text("登录已过期，所填内容仍在本页")
    expect(goal).to_have_value(GOAL)

    # -- She logs in again, beside the page; it is not hers any more, her words are still there --
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在新窗口登录").click()
    tab = opened.value
    tab.get_by_label("账号").fill(username)
    tab.get_by_label("密码").fill(OWN)
    tab.get_by_role("button", name="登录", exact=True).click()
    expect(tab).to_have_title("工作台 · 妇联工作台")
    tab.close()
    page.get_by_role("button", name="存为草稿").click()
    expect(page.locator("#save-state")).to_contain_text(NOT_HERS, timeout=20_000)
    expect(goal).to_have_value(GOAL)
    goal.select_text()
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == GOAL
    assert of(township).only_row.values == kept

    # -- She goes on, and sees her new unit alone -------------------------------------------------
    page.get_by_role("link", name="回工作台").click()
    expect(page.locator(".acting-name")).to_have_text("后山镇妇联")
    page.goto(f"{live_server.url}/units/")
    expect(page.locator("table.grid tbody td:first-child")).to_have_text(["后山镇妇联"])
    assert page.goto(form).status == 404
