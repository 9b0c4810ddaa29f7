"""A village chair enters a woman with two programmes and a child; the county finds the woman alone."""

import pytest
from playwright.sync_api import expect

from tests.archives import number, years_ago
from tests.pages.look import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page, live_server, *, name, born_on, programmes, order):
    page.goto(live_server.url + "/persons/new/")
    page.get_by_label("姓名", exact=False).first.fill(name)
    if order:
        page.get_by_label("同意", exact=True).select_option("consent")
        page.locator("[name=id_number]").fill(number(born_on, order))
    else:
        page.locator("[name=born_on]").fill(str(born_on))
    for code in programmes:
        page.locator(f"details:has([name={code}-chosen]) > summary").click()
        page.locator(f"[name={code}-chosen]").check()
    page.get_by_role("button", name="建立档案").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_village_enters_a_woman_and_a_child_and_the_county_finds_the_woman(
    sits, live_server, org, people, programmes
):
    village = sits(people.village)
    both = ("poor_woman", "left_behind_woman")
    enter(village, live_server, name="郑演甲子", born_on=years_ago(40), programmes=both, order=2)
    wrong = faults(village)
    expect(village.get_by_role("heading", name="留守妇女")).to_be_visible()
    child = {"born_on": years_ago(9), "programmes": ("left_behind_child",), "order": 0}
    enter(village, live_server, name="郑演丙子", **child)
    village.goto(live_server.url + "/persons/")
    expect(village.get_by_role("link", name="郑演丙子")).to_be_visible()
    wrong += faults(village)
    village.goto(live_server.url + "/persons/new/")
    wrong += faults(village)

    county = sits(people.county)
    county.goto(live_server.url + "/persons/?q=zheng")

    expect(county.get_by_role("link", name="郑演甲子")).to_be_visible()
    expect(county.get_by_role("link", name="郑演丙子")).to_have_count(0)
    assert wrong == []
