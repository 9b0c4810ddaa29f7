"""The session ends in the middle of a form: every typed word is still there after logging in."""

import base64

import pytest
from django.urls import reverse
from django_otp.oath import TOTP
from playwright.sync_api import expect
from world import of

from federation.models import AuditEvent, LiveSession
from tests.story.desk import PASSWORD, Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EXPIRED = "登录已过期，所填内容仍在本页"
GOAL = "捐赠电脑2台，开展农技培训3期"


def log_in_elsewhere(desk, username="") -> None:
    """In a second tab of the same browser, by the link the page offers."""
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("link", name="在新窗口登录").click()
    tab = opened.value
    tab.get_by_label("账号").fill(username or desk.username)
    tab.get_by_label("密码").fill(PASSWORD)
    tab.get_by_role("button", name="登录", exact=True).click()
    expect(tab).to_have_title("工作台 · 妇联工作台")
    tab.close()


def test_the_words_stay_and_are_sent_after_logging_in_in_another_tab(
    calls, org, people, page_for, live_server
):
    desk = Desk(page_for, live_server.url, "post")
    desk.page.goto(live_server.url + reverse("reporting:form_fill", args=[of(org.east_post).uuid]))
    # Without autosave: only the button can send the words.
    desk.page.route("**/autosave/", lambda route: route.abort())
    desk.type_in("牵手帮扶项目目标、具体内容", GOAL)
    LiveSession.objects.all().delete()

    desk.press("存为草稿")

    expect(desk.page.locator("#save-state")).to_contain_text(EXPIRED)
    expect(desk.page.locator('[name="project_goal"]')).to_have_value(GOAL)
    assert of(org.east_post).only_row.values.get("project_goal") in (None, "")

    log_in_elsewhere(desk)
    with desk.page.expect_navigation():
        desk.press("存为草稿")

    assert of(org.east_post).only_row.values["project_goal"] == GOAL


def test_the_words_stay_while_a_second_factor_that_is_newly_required_is_set_up(
    calls, org, people, page_for, live_server, settings
):
    desk = Desk(page_for, live_server.url, "post")
    desk.page.goto(live_server.url + reverse("reporting:form_fill", args=[of(org.east_post).uuid]))
    desk.page.route("**/autosave/", lambda route: route.abort())
    desk.type_in("牵手帮扶项目目标、具体内容", GOAL)
    settings.SECOND_FACTOR_REQUIRED_FOR = ["export"]

    desk.press("存为草稿")

    expect(desk.page.locator("#save-state")).to_contain_text("须先设置动态口令")
    expect(desk.page.locator('[name="project_goal"]')).to_have_value(GOAL)
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("link", name="在新窗口办理").click()
    tab = opened.value
    tab.get_by_text("不能扫码，手工输入密钥").click()
    key = base64.b32decode(tab.locator(".factor-key").inner_text().replace(" ", ""))
    tab.locator("#id_code").fill(f"{TOTP(key).token():06d}")
    tab.get_by_role("button", name="启用动态口令").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("动态口令已启用")
    tab.close()
    with desk.page.expect_navigation():
        desk.press("存为草稿")

    assert of(org.east_post).only_row.values["project_goal"] == GOAL


def test_a_colleague_who_logs_in_beside_it_does_not_send_another_s_words(
    calls, org, people, page_for, live_server
):
    desk = Desk(page_for, live_server.url, "post")
    desk.page.goto(live_server.url + reverse("reporting:form_fill", args=[of(org.east_post).uuid]))
    desk.page.route("**/autosave/", lambda route: route.abort())
    desk.type_in("牵手帮扶项目目标、具体内容", GOAL)
    LiveSession.objects.all().delete()
    desk.press("存为草稿")

    log_in_elsewhere(desk, "county")
    desk.press("存为草稿")

    expect(desk.page.locator("#save-state")).to_contain_text("现在登录的是另一个账号")
    expect(desk.page.locator('[name="project_goal"]')).to_have_value(GOAL)
    assert of(org.east_post).only_row.values.get("project_goal") in (None, "")

    # Past the script, the server refuses the page all the same.
    with desk.page.expect_navigation() as sent:
        desk.page.evaluate("HTMLFormElement.prototype.submit.call(document.forms['main-form'])")
    assert sent.value.status == 403
    expect(desk.page.get_by_label("刚才填写的内容").last).to_be_visible()
    assert of(org.east_post).only_row.values.get("project_goal") in (None, "")
    assert AuditEvent.objects.filter(verb="denied", actor=people.county).count() == 1


def test_autosave_says_so_and_goes_on_by_itself(calls, org, people, page_for, live_server):
    desk = Desk(page_for, live_server.url, "post")
    desk.page.goto(live_server.url + reverse("reporting:form_fill", args=[of(org.east_post).uuid]))
    LiveSession.objects.all().delete()
    desk.type_in("牵手帮扶项目目标、具体内容", GOAL)
    expect(desk.page.locator("#save-state")).to_contain_text(EXPIRED)

    log_in_elsewhere(desk)

    expect(desk.page.locator("#save-state")).to_contain_text("已保存", timeout=20_000)
    assert of(org.east_post).only_row.values["project_goal"] == GOAL
