"""The zone in a browser: a child entered with consent, a count seen, a number shown for a reason, the
carer who is told."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from registry.models import Person
from tests.archives import number, phone, years_ago

pytestmark = pytest.mark.browser

CHILD, GUARDIAN = "郑演丙子", "郑演丁丑"
BORN = years_ago(9, days=3)


def enter_the_child(page, live_server) -> str:
    """The whole paper on one page; the address of the archive that it made."""
    page.goto(live_server.url + reverse("registry:person_new"))
    page.locator("[name=name]").fill(CHILD)
    page.locator("[name=id_number]").fill(number(BORN, 42))
    page.locator("[name=phone]").fill(phone(61))
    page.locator("details:has([name=left_behind_child-chosen]) > summary").click()
    page.locator("[name=left_behind_child-chosen]").check()
    page.get_by_role("button", name="建立档案").click()
    # Without the guardian's consent neither number is kept, and nothing is.
    expect(page.get_by_text("处需要修改")).to_be_visible()
    assert not Person.objects.unscoped(reason="the test looks").filter(name=CHILD).exists()

    page.get_by_label("监护人关系").select_option(label="临时监护人")
    page.get_by_label("监护人姓名").fill(GUARDIAN)
    page.get_by_label("监护人电话").fill(phone(62))
    page.get_by_label("同意", exact=True).select_option("consent")
    page.locator("[name=id_number]").fill(number(BORN, 42))
    page.locator("[name=phone]").fill(phone(61))
    page.get_by_role("button", name="建立档案").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CHILD)
    return page.url


def reason(page, words, button):
    page.get_by_label("说明").fill(words)
    page.get_by_role("button", name=button).click()


def test_a_village_enters_a_child_and_the_carer_is_told_who_saw_her_number(
    transactional_db, org, people, carers, archives, sits, live_server, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path

    # The village chair enters the child with the guardian's consent, and names who cares for it.
    page = sits(people.village)
    record = enter_the_child(page, live_server)
    page.goto(f"{record}carers/")
    page.locator("[name=user]").select_option(label=str(carers.carer))
    page.get_by_role("button", name="指定").click()
    expect(page.get_by_text("为关爱责任人。")).to_be_visible()

    # She sees a number for a minute, in its place.
    page.goto(record)
    page.get_by_role("link", name="查看联系电话").click()
    reason(page, "联系监护人核实情况", "查看联系电话")
    expect(page.get_by_text(phone(61))).to_be_visible()
    expect(page.get_by_text("60 秒后隐去")).to_be_visible()

    # The county's clerk sees a figure, and no child.
    page = sits(people.county)
    page.goto(live_server.url + reverse("registry:figures"))
    expect(page.get_by_role("cell", name="2–8")).not_to_have_count(0)
    page.goto(live_server.url + reverse("registry:persons") + "?q=郑演")
    expect(page.get_by_text(CHILD)).to_have_count(0)
    assert page.goto(record).status == 404

    # The city's rights officer may see it once somebody else has recorded who allowed it.
    page = sits(carers.children_city)
    page.goto(live_server.url + reverse("registry:authorisations"))
    page.locator("[name=user]").select_option(label=str(carers.rights_city))
    page.locator("[name=unit]").select_option(index=1)
    page.get_by_label("批准人").fill("分管演")
    page.get_by_label("用途").fill("核对演示补助名单")
    page.get_by_label("结束日期").fill(str(timezone.localdate()))
    page.get_by_role("button", name="登记授权").click()
    expect(page.get_by_text("登记查阅授权，")).to_be_visible()

    page = sits(carers.rights_city)
    page.goto(record)
    reason(page, "核对演示补助名单", "打开档案")
    expect(page.get_by_role("heading", name="谁能看到")).to_be_visible()
    expect(page.get_by_text(phone(61))).to_have_count(0)
    page.get_by_role("link", name="查看联系电话").click()
    reason(page, "与监护人核对演示补助", "查看联系电话")
    expect(page.get_by_text(phone(61))).to_be_visible()

    # The carer is told, and finds it on the archive.
    page = sits(carers.carer)
    page.goto(live_server.url)
    expect(page.get_by_text("档案被外单位查阅")).to_be_visible()
    expect(page.get_by_text("与监护人核对演示补助")).to_be_visible()
    page.goto(record)
    expect(page.get_by_text(str(carers.rights_city)).first).to_be_visible()
