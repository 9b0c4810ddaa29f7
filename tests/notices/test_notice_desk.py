"""A notice from the first line to the first 签收, by hand in a browser."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from notices.models import Notice

pytestmark = pytest.mark.browser


def test_a_clerk_writes_checks_and_publishes_and_a_county_signs(
    org, people, sits, live_server, transactional_db
):
    today = timezone.localdate()
    due = today + dt.timedelta(days=30)
    page = sits(people.leader)
    page.goto(f"{live_server.url}/notices/")
    page.get_by_role("link", name="拟写通知").click()
    page.get_by_label("标题").fill("关于报送总结的通知")
    page.get_by_role("button", name="下一步：写正文").click()

    # Typing is kept by itself; what cannot stand is named, and the rest is kept.
    page.get_by_label("正文", exact=True).fill("一、报送内容\n请按期报送。")
    expect(page.locator("#save-state")).to_contain_text("已保存")
    page.get_by_label("发文字号").fill("八号")
    expect(page.locator("#save-state")).to_contain_text("其余已保存；“发文字号”还没有")
    page.get_by_label("发文字号").fill("泉妇[2014] 28 号")
    expect(page.locator("#save-state")).to_contain_text("已保存")

    steps = page.get_by_role("navigation", name="草稿的各部分")
    steps.get_by_role("link", name="主送、抄送").click()
    page.locator("#addressee").get_by_role("link", name="添加").click()
    page.get_by_label("一类组织").select_option(label="县（市、区）妇联")
    page.get_by_label("文中称谓").fill("各县（市、区）妇联")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#addressee")).to_contain_text("共 3 个收文单位")

    # A duty shows its days and who owes it as it is typed; fields of other rules are hidden.
    steps.get_by_role("link", name="交办事项").click()
    page.locator("#duty").get_by_role("link", name="添加").click()
    expect(page.locator("[name=due_month]")).to_be_hidden()
    page.get_by_label("事项", exact=False).first.fill("报送总结")
    page.locator("[name=window_to]").fill(str(due))
    page.locator("[name=due_date]").fill(str(due))
    preview = page.locator("#duty-preview")
    expect(preview).to_contain_text(f"{due.month}月{due.day}日")
    expect(preview).to_contain_text("应报 2 个单位：城东区妇联、城西县妇联")
    page.get_by_role("button", name="保存").click()

    page.get_by_role("link", name="检查并发布").click()
    expect(page.locator("main")).to_contain_text("收文单位 3 个")
    page.get_by_role("button", name="确认发布").click()
    expect(page.locator(".doc")).to_contain_text("各县（市、区）妇联：")
    expect(page.locator(".doc-number")).to_have_text("泉妇〔2014〕28号")

    county = sits(people.county)
    notice = Notice.objects.unscoped(reason="a test looks").get(state="published")
    county.goto(f"{live_server.url}/notices/{notice.uuid}/")
    county.get_by_role("button", name="签收").click()
    expect(county.locator("main")).to_contain_text("已签收：城东区妇联。")
    page.reload()
    page.get_by_role("link", name="谁还没有签收").click()
    expect(page.locator("table tbody tr")).to_have_count(2)
