"""A county writes its answer in a browser: kept as it is typed, handed in with a file, judged by the city."""

import pytest
from papers import duty_of, notice_of, to_kinds
from playwright.sync_api import expect

from notices import publishing
from notices.models import Contact, MaterialReport, Task

pytestmark = pytest.mark.browser


@pytest.fixture
def task(org, people, settings, tmp_path, transactional_db):
    settings.MEDIA_ROOT = tmp_path
    settings.CONFIRM_AGAIN_FOR = ()
    notice = notice_of(org.city, issue_date="2026-01-05", doc_number="")
    notice.refresh_from_db()
    to_kinds(notice, "county_federation")
    Contact.objects.create(notice=notice, name="林演甲子", phone="0595-00000000")
    rule = {"kind": "on_date", "date": "2199-12-31"}
    duty_of(notice, "summary", title="活动情况", due_rule=rule, window_to="2199-12-31")
    publishing.publish(notice, by=people.leader)
    everyone = Task.objects.unscoped(reason="a test sets the stage")
    return everyone.select_related("duty").get(unit=org.east)


def test_an_answer_is_typed_kept_sent_and_accepted(sits, live_server, people, task):
    page = sits(people.county)
    page.goto(f"{live_server.url}/todo/")
    page.get_by_role("link", name="活动情况", exact=True).click()
    page.get_by_role("link", name="填写、报送").click()
    page.get_by_label("内容").fill("开展活动三场，参加 120 人。")
    expect(page.locator("#save-state")).to_contain_text("已保存")
    file = {"name": "总结.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    page.get_by_label("文件").set_input_files(file)
    expect(page.locator("#save-state")).to_contain_text("已保存")
    page.get_by_role("button", name="报送", exact=True).click()
    expect(page.locator("main")).to_contain_text("已报送（第1次）")
    report = MaterialReport.objects.get()
    assert [report.text, *(f.name for f in report.files.all())] == [
        "开展活动三场，参加 120 人。",
        "总结.pdf",
    ]

    other = sits(people.leader)
    other.goto(f"{live_server.url}/todo/")
    other.get_by_role("link", name="城东区妇联").click()
    other.get_by_role("button", name="通过").click()
    expect(other.locator("main")).to_contain_text("已通过")
