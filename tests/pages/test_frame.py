"""The frame: who sees which menu, in whose name one acts, and how a unit is found."""

import datetime as dt
import re

import pytest
from battery import share
from django import forms
from django.urls import reverse
from django.utils import translation
from world import SEATS, START, approved, fill, of, take

from federation import grants
from federation.models import Post, UnitGrant
from reporting import actions


@pytest.fixture
def enter(client):
    """``enter(user)``: a client signed in as her."""

    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


def labels(response) -> list[str]:
    return [item["label"] for group in response.context["frame"].menu for item in group["items"]]


WORK = ("工作台", "我的待办", "通知", "报表", "作业", "消息")
REGISTERS = (
    "档案", "待核实", "档案转移", "疑似重复", "年度台账", "是否已建档", "阵地", "帮扶力量",
)  # fmt: skip
PAIRS = ("结对", "典型", "结对跟踪", "结对年度统计")
SUMS = ("任务进度", "督办", "填报进度", "汇总表")


@pytest.mark.parametrize(
    ("who", "menu"),
    [
        ("post", [*WORK, "我的对子", *PAIRS, "组织"]),
        (
            "county",
            [
                *WORK[:4],
                "收表",
                *WORK[4:],
                "我的对子",
                *REGISTERS,
                "结对",
                "典型",
                "待处理的手机记录",
                *SUMS,
                "结对跟踪",
                "档案统计",
                "结对年度统计",
                "组织",
                "提醒方式",
                "到期删除",
            ],
        ),
        ("city", [*WORK[:4], "收表", *WORK[4:], *PAIRS[:2], *SUMS, *PAIRS[2:], "组织", "提醒方式"]),
        ("other_department", [*WORK, *PAIRS, "组织", "提醒方式"]),
        ("volunteer", ["工作台", "我的对子", "我负责的档案", "组织"]),
        ("sysadmin", ["工作台", "组织", "账号与任职"]),
        ("nobody", ["工作台"]),
    ],
)
def test_the_menu_holds_only_what_the_person_may_open(people, calls, enter, who, menu):
    response = enter(getattr(people, who)).get(reverse("home"))

    assert response.status_code == 200
    assert labels(response) == menu


@pytest.mark.battery("days")
@pytest.mark.parametrize("who", share([*SEATS, "nobody"], 3))
def test_every_entry_of_everyone_s_menu_opens(people, calls, enter, who):
    client = enter(getattr(people, who))
    menu = client.get(reverse("home")).context["frame"].menu

    answers = {
        item["url"]: client.get(item["url"]).status_code
        for group in menu
        for item in group["items"]
    }

    assert set(answers.values()) == {200}


def test_the_desk_shows_what_waits_for_me_and_nothing_of_others(org, people, calls, enter):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    fill(org.west_post, people.sibling_post)
    take("submit", org.west_post, people.sibling_post)

    response = enter(people.county).get(reverse("home"))

    panels = {panel.title: panel for panel in response.context["panels"]}
    assert [item["title"] for item in panels["待我审核"].items] == ["附件1 城东区演示供电营业厅"]
    assert [item["title"] for item in panels["待报"].items] == ["附件2 城东区妇联"]
    assert response.context["frame"].todo_count == 2


def test_the_count_at_the_top_is_of_the_moment_on_every_page(org, people, calls, enter):
    """Its question is kept by what the person holds; what it finds is not, nor what she held before."""
    desk = enter(people.county)

    def counted() -> list[int]:
        """On 工作台, where the panels have asked already, and on a page that has to ask."""
        pages = [desk.get(reverse(name)) for name in ("home", "notices:notices")]
        return [page.context["frame"].todo_count for page in pages]

    assert counted() == [1, 1]
    for unit, user in ((org.east_post, people.post), (org.east_post2, people.post2)):
        fill(unit, user)
        take("submit", unit, user)
    assert counted() == [3, 3]
    take("approve", org.east_post, people.county)
    assert counted() == [2, 2]
    held = UnitGrant.objects.filter(user=people.county, permission__codename="reporting_review")
    assert held.delete()[0] == 1
    assert counted() == [1, 1]


def test_what_came_back_stands_first_with_the_late_on_top(org, people, calls, enter):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    take("return", org.east_post, people.county, reason="请补充")

    panels = enter(people.post).get(reverse("home")).context["panels"]

    assert [panel.title for panel in panels] == ["退回给我", "待报"]


def test_one_acts_in_the_appointment_one_chooses(org, people, calls, enter):
    second = grants.appoint(
        people.county, org.west, Post.objects.get(code="officer"), starts_on=START
    )
    client = enter(people.county)
    assert client.get(reverse("home")).wsgi_request.acting.unit == org.east

    client.post(reverse("act_as"), {"appointment": second.pk})

    assert client.get(reverse("home")).wsgi_request.acting.unit == org.west


def test_nobody_acts_in_somebody_else_s_appointment(org, people, calls, enter):
    foreign = people.sibling.appointments.get()

    answer = enter(people.county).post(reverse("act_as"), {"appointment": foreign.pk})

    assert answer.status_code == 404


@pytest.mark.parametrize("words", ["红旗", "hongqi", "hqc", "HQ", "红旗村"])
def test_a_village_is_found_by_name_initials_or_pinyin_with_one_s_own_county_first(
    org, people, enter, words
):
    found = enter(people.post).get(reverse("unit_pick"), {"q": words, "level": "village"}).json()

    assert [(r["label"], r["note"]) for r in found["results"]] == [
        ("红旗村", "城东区 › 临江镇"),
        ("红旗村", "城西县 › 山口乡"),
    ]


def test_what_is_in_no_list_is_answered_by_an_empty_one(people, enter):
    found = enter(people.post).get(reverse("unit_pick"), {"q": "不存在的村", "level": "village"})

    assert found.json() == {"results": []}


def test_large_type_is_a_switch_that_stays(people, enter):
    client = enter(people.volunteer)
    client.post(reverse("elder"), {"next": reverse("home")})

    assert b'class="elder"' in client.get(reverse("home")).content
    client.post(reverse("elder"))
    assert b'class="elder"' not in client.get(reverse("home")).content


@pytest.mark.parametrize("text", ["2026年11月22日", "2026.11.22", "20261122", "2026-11-22"])
def test_a_date_is_read_as_an_office_writes_it(text):
    with translation.override("zh-hans"):
        assert forms.DateField().clean(text) == dt.date(2026, 11, 22)


def test_pages_are_never_kept_and_load_nothing_from_elsewhere(people, enter):
    response = enter(people.county).get(reverse("home"))

    assert response["Cache-Control"] == "no-store"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert b"<script>" not in response.content
    assert b"https://" not in response.content


def test_a_corrected_cell_shows_its_source_and_its_history(org, people, calls, enter):

    approved(org.east_post, people.post, people.county, village=org.east_village)
    table = of(org.east, "pairing-summary")
    row = table.rows.get()
    actions.save_values(
        table, row, {"village": "金井社区"}, by=people.county, version=None, reason="电话核实"
    )

    page = enter(people.county).get(reverse("reporting:cell", args=[row.uuid, "village"]))

    text = page.content.decode()
    assert "红旗村 → 金井社区（电话核实）" in text
    assert "城东区演示供电营业厅 附件1" in text


def test_the_menu_marks_the_page_one_is_on_and_is_each_person_s_own(enter, people):
    """What is drawn for one is kept for all who hold the same; never for others or another page."""
    drawn = {}
    for name, path in (("county", "/units/"), ("county", "/"), ("sysadmin", "/units/")):
        page = enter(getattr(people, name)).get(path).content.decode()
        side = page[
            page.index('class="sidenav"') : page.index("</nav>", page.index('class="sidenav"'))
        ]
        drawn[name, path] = (
            re.findall(r'href="([^"]*)" aria-current="page"', side),
            re.findall(r"<span>([^<]*)</span>", side),
        )
    assert [marked for marked, _ in drawn.values()] == [["/units/"], ["/"], ["/units/"]]
    assert drawn["sysadmin", "/units/"][1] == ["工作台", "组织", "账号与任职"]
    assert drawn["county", "/"][1] == drawn["county", "/units/"][1]
    assert "报表" in drawn["county", "/"][1]
