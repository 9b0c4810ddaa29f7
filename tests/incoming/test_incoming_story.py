"""The city's vice chair with two mailed files and a browser: dropped, asked, corrected, taken over."""

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reporting.jobs import runner
from reporting.models import Job
from tests.incoming.conftest import ROWS, table
from tests.pages.look import PHONE, WIDE, faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  const drop = document.getElementById("drop");
  drop.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def shot(page, name: str) -> None:
    """Pictures for people who look at them: INCOMING_SHOTS=folder."""
    if folder := os.environ.get("INCOMING_SHOTS"):
        for width, size in (("1440", WIDE), ("390", PHONE)):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size(WIDE)


def test_two_files_are_dropped_asked_about_corrected_and_taken_over(page_for, live_server, mail):
    page = page_for("desktop")
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("账号").fill("leader")
    page.get_by_label("密码").fill("test-password")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="收表").first.click()
    page.get_by_role("link", name="带入来件").first.click()
    page.wait_for_url("**/incoming/new/**", wait_until="load")
    asking = table(ROWS[0], ("演示邮政所", "红旗村", ""), ("合计", "", "2个"))
    files = {
        "城东区.xlsx": asking,
        "城西县.xlsx": table(("城西岗", "红旗村", "助学"), unit="城西县妇联"),
    }
    for name, data in files.items():
        page.evaluate(DROP, [name, base64.b64encode(data).decode()])
    expect(page.locator("#drop-list li")).to_have_count(2)
    shot(page, "incoming-new")
    wrong = faults(page)
    page.get_by_role("button", name="上传并读取").click()
    page.wait_for_url("**/incoming/batches/**")
    runner.run(Job.objects.get(kind="read_incoming").uuid)
    expect(page.get_by_role("button", name="带入没有问题的 1 个")).to_be_visible()
    wrong += faults(page)
    shot(page, "incoming-batch")

    page.get_by_role("link", name="城东区.xlsx").click()
    expect(page.get_by_role("heading", name="收到的原表")).to_be_visible()
    wrong += faults(page)
    shot(page, "incoming-file")
    page.locator("#sheet .mark-question a").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radiogroup").first.get_by_text("山前镇红旗村委会").click()
    page.locator("textarea[name=cell-1-project_goal]").fill("助学4名")
    page.get_by_role("button", name="保存并重新核对").click()
    take = page.get_by_role("button", name="带入城东区妇联的附件2")
    expect(take).to_be_visible()
    wrong += faults(page)
    shot(page, "incoming-ready")
    take.click()
    expect(page.get_by_text("已带入城东区妇联的附件2并提交审核")).to_be_visible()
    wrong += faults(page)
    shot(page, "incoming-applied")

    assert mail.table().state == "submitted"
    row = mail.table().rows.get(position=2)
    assert row.values["village"] == "山前镇红旗村委会"
    page.goto(f"{live_server.url}/rows/{row.uuid}/cells/village/")
    expect(page.get_by_role("link", name="城东区.xlsx")).to_be_visible()
    expect(page.get_by_text("Sheet1!A5:C5")).to_be_visible()
    page.goto(f"{live_server.url}/incoming/")
    wrong += faults(page)
    shot(page, "incoming-list")
    assert wrong == []
