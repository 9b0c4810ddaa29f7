"""泉妇〔2014〕28号 from its first line to 催办: real browsers, the clock moved on.

The city writes and publishes it, the counties sign and see their task; one asks for another day, one
is late, the ladder tells who has to know, and the board is right at each step.
"""

import datetime as dt

import pytest
import time_machine
from playwright.sync_api import expect

from notices import deliveries, reminding, schedule
from notices.models import Digest, Duty, Reminder, Task
from tests.story.desk import Desk, named

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "关于在全市深入开展“牵手助发展”岗（委）村结对活动的通知"
BODY = "现将有关事项通知如下：\n一、活动目的\n引导广大女干部职工服务新农村建设。"
DONE = "已结对32个村，落实帮扶项目41个，走访慰问贫困母亲56人次。"
WHY = "换届期间两个镇的数据还在核实"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2014-{text}:00+08:00")


@pytest.fixture
def clock():
    with time_machine.travel(at("04-24T09:00"), tick=True) as moved:
        yield moved


@pytest.fixture
def sits(clock, page_for, live_server, org, people):
    """``sits("county", "05-18T08:00")``: her desk on that morning, the browser just opened."""

    def sit(username: str, moment: str) -> Desk:
        clock.move_to(at(moment))
        return Desk(page_for, live_server.url, username)

    return sit


def the_portal_works(clock, moment: str) -> set[tuple[str, int]]:
    """What the chores do by themselves at ``moment``: who was told which step of the ladder."""
    clock.move_to(at(moment))
    known = set(Reminder.objects.values_list("pk", flat=True))
    schedule.create_coming_tasks()
    reminding.gather()
    deliveries.deliver()
    new = Reminder.objects.exclude(pk__in=known).filter(task__duty__code=duty().code)
    return set(new.values_list("person__username", "step"))


def duty() -> Duty:
    return Duty.objects.get(title="报送活动开展情况")


def task(unit) -> Task:
    return Task.objects.unscoped(reason="the story").get(duty=duty(), unit=unit)


def add(desk: Desk, part: str) -> None:
    section = desk.page.get_by_role("region", name=part)
    section.get_by_role("link", name="添加").click()


def figures(desk: Desk) -> dict[str, str]:
    """What the board of the duty says, by its words."""
    desk.menu("任务进度")
    desk.follow("报送活动开展情况")
    expect(desk.page.locator(".board-figures")).to_be_visible()
    terms = desk.page.locator(".board-figures div")
    said = [term.inner_text().split("\n") for term in terms.all()]
    return {line[0].strip(): line[-1].strip() for line in said}


def test_a_notice_becomes_tasks_that_are_signed_extended_urged_and_done(sits, clock, org, people):
    # -- The city writes the notice and publishes it ---------------------------------------------
    city = sits("leader", "04-24T09:00")
    city.menu("通知")
    city.follow("拟写通知")
    city.type_in("发文字号", "泉妇[2014] 28 号")
    city.type_in("标题", TITLE)
    city.press("下一步：写正文")
    city.type_in("正文", BODY)
    city.press("保存")
    city.sees("草稿已保存")
    add(city, "主送、抄送")
    city.page.get_by_label(named("一类组织")).select_option(label="县（市、区）妇联")
    city.type_in("文中称谓", "各县（市、区）妇联")
    city.press("保存")
    add(city, "交办事项")
    city.type_in("事项", "报送活动开展情况")
    city.type_in("期限原文", "5月25日前")
    city.type_in("截止日期", "2014-05-25")
    city.press("保存")
    city.sees("截止 5月25日")
    city.follow("检查并发布")
    city.sees("应报 2 个单位")
    city.press("确认发布")
    city.sees("泉妇〔2014〕28号")
    assert {t.unit for t in Task.objects.unscoped(reason="the story")} == {org.east, org.west}

    # -- The county signs and sees its task ------------------------------------------------------
    county = sits("county", "04-25T08:30")
    county.open_from_home("待签收的通知", TITLE)
    county.press("签收")
    county.sees("已签收：城东区妇联。")
    county.menu("我的待办")
    county.follow("报送活动开展情况")
    county.sees("截止 5月25日 · 5月26日起逾期 · 6月1日锁定")
    city = sits("leader", "04-25T10:00")
    city.menu("通知")
    city.follow(TITLE)
    city.follow("签收")
    city.sees("城西县妇联")
    shown = figures(city)
    assert (shown["应报"], shown["未报"], shown["按时"]) == ("2", "2", "0")

    # -- The ladder before the day; one county asks for another one ------------------------------
    assert the_portal_works(clock, "05-16T09:00") == {("county", -7), ("county2", -7)} | {
        ("sibling", -7),
        ("sibling2", -7),
    }
    assert the_portal_works(clock, "05-16T15:00") == set()
    other = sits("sibling", "05-19T09:00")
    other.open_from_home("待签收的通知", TITLE)
    other.press("签收")
    other.menu("我的待办")
    other.follow("报送活动开展情况")
    other.follow("申请延期")
    other.type_in("申请延至", "2014-06-03")
    other.type_in("申请延期的理由", WHY)
    other.press("提交申请")
    other.sees(f"申请延至 2014-06-03：{WHY}")
    city = sits("leader", "05-19T15:00")
    city.open_from_home("待批的延期申请", "城西县妇联申请延至 2014-06-03")
    city.sees(WHY)
    city.press("批准")
    assert (task(org.west).due_on, task(org.east).due_on) == (
        dt.date(2014, 6, 3),
        dt.date(2014, 5, 25),
    )

    # -- The day passes; who is late is told, then those above her --------------------------------
    assert the_portal_works(clock, "05-22T09:00") == {("county", -3), ("county2", -3)}
    assert the_portal_works(clock, "05-23T09:00") == {("county", -1), ("county2", -1)}
    assert the_portal_works(clock, "05-26T07:00") == set()
    told = the_portal_works(clock, "05-26T09:00")
    assert {step for _, step in told if _ in {"county", "county2"}} == {1}
    city = sits("leader", "05-26T10:00")
    shown = figures(city)
    assert (shown["应报"], shown["未报"], shown["逾期未报"]) == ("2", "2", "1")
    city.press("催报全部未报单位")
    city.agree("催报")
    city.sees("催报")
    county = sits("county", "05-26T10:30")
    county.menu("消息")
    county.sees("报送活动开展情况")

    # -- She reports late, the city approves; the other in time by her own day ------------------
    county.menu("我的待办")
    county.follow("报送活动开展情况")
    county.follow("填写")
    county.page.get_by_label("内容").fill(DONE)
    county.press("报送")
    county.sees("第1次报送")
    other = sits("sibling", "06-03T17:00")
    other.menu("我的待办")
    other.follow("报送活动开展情况")
    other.follow("填写")
    other.page.get_by_label("内容").fill(DONE)
    other.press("报送")
    other.sees("第1次报送")
    city = sits("leader", "06-04T09:00")
    shown = figures(city)
    assert (shown["应报"], shown["按时"], shown["逾期报送"], shown["未报"]) == ("2", "1", "1", "0")
    city.page.get_by_role("main").get_by_role("link", name="城东区妇联").first.click()
    city.sees(DONE)
    city.press("通过")
    expect(city.page.get_by_role("main").get_by_text("已完成").first).to_be_visible()
    assert the_portal_works(clock, "06-05T09:00") == set()
    assert Digest.objects.values("person", "day").distinct().count() == Digest.objects.count()
