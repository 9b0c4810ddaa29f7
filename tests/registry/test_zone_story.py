"""The zone in a browser: a consent taken, a figure seen, a reason given, and the carer who sees it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_city_post_reveals_with_a_reason_and_the_carer_sees_that_she_did(
    transactional_db, org, people, carers, archives, sits, live_server, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    record = live_server.url + reverse("registry:person", args=[archives.child.uuid])

    # The village chair records the guardian's consent.
    page = sits(people.village)
    page.goto(live_server.url + reverse("registry:consents", args=[archives.child.uuid]))
    page.get_by_label("由谁代为同意").select_option(label="王演辛未 临时监护人（姑姑）")
    page.get_by_role("button", name="登记同意").click()
    expect(page.get_by_text("已登记同意。")).to_be_visible()

    # She sees a number for a minute, in its place.
    page.get_by_role("link", name="查看联系电话").click()
    page.get_by_label("说明").fill("联系监护人核实情况")
    page.get_by_role("button", name="查看联系电话").click()
    expect(page.get_by_text(archives.child.phone.open())).to_be_visible()
    expect(page.get_by_text("60 秒后隐去")).to_be_visible()

    # The county's clerk sees a figure, and no child.
    page = sits(people.county)
    page.goto(live_server.url + reverse("registry:figures"))
    expect(page.get_by_role("cell", name="2–8")).not_to_have_count(0)
    assert page.goto(record).status == 404

    # The city's post is asked for a reason.
    page = sits(carers.rights_city)
    page.goto(record)
    page.get_by_label("说明").fill("核对演示补助名单")
    page.get_by_role("button", name="打开档案").click()
    expect(page.get_by_role("heading", name="谁能看到")).to_be_visible()

    # The carer is told.
    page = sits(carers.carer)
    page.goto(live_server.url)
    expect(page.get_by_text("档案被外单位查阅")).to_be_visible()
    expect(page.get_by_text("核对演示补助名单")).to_be_visible()
