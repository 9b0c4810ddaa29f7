"""组织变更 on the page: a form, what would happen, and doing exactly that."""

import re
import uuid

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from world import seat

from federation import unit_changes
from federation.models import OrgUnit, UnitChange
from federation.unit_changes import Merge
from tests.pages.look import faults

KINDS = ("add", "rename", "move", "merge", "split", "close")


@pytest.fixture
def admin(people, calls, client):
    client.force_login(people.sysadmin)
    return client


def at(unit, kind, *, done=False) -> str:
    return reverse("unit_change_done" if done else "unit_change", args=[unit.uuid, kind])


def typed(**more) -> dict:
    return {"day": str(timezone.localdate()), "reason": "泉编〔2014〕7号", **more}


def picked(name: str, unit) -> dict:
    return {f"{name}_unit": str(unit.uuid), f"{name}_text": unit.name}


def merging(unit) -> dict:
    return typed(**picked("successor", unit), keep_people="yes", keep_links="no")


def agreed(client, unit, kind, data) -> dict:
    """``data`` with what its preview carries along."""
    page = client.post(at(unit, kind), data)
    assert page.status_code == 200
    html = page.content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
    assert {name: sent[name] for name in data} == data
    return sent


def done(client, unit, kind, data):
    return client.post(at(unit, kind, done=True), agreed(client, unit, kind, data))


def text(response) -> str:
    return re.sub(r"<[^>]+>", " ", response.content.decode())


def test_every_kind_has_its_form(org, admin):
    for kind in KINDS:
        assert admin.get(at(org.east, kind)).status_code == 200
    assert admin.get(at(org.east, "delete")).status_code == 404


def test_a_merger_is_shown_before_it_is_done_and_then_done(org, people, admin):
    shown = text(admin.post(at(org.west, "merge"), merging(org.east)))
    assert "“城西县妇联”并入“城东区妇联”？" in shown
    gaining = shown[shown.index("从此看得到的") :]
    assert all(name in gaining for name in ("county演", "county2演", "sibling演", "sibling2演"))
    assert "还没有生效" in shown
    assert not UnitChange.objects.exists()

    response = done(admin, org.west, "merge", merging(org.east))

    assert response.status_code == 302
    record = admin.get(response["Location"])
    assert "已撤销" in text(record)
    assert "承接" in text(record)
    assert "依据：泉编〔2014〕7号" in text(record)
    assert "“城西县妇联”并入“城东区妇联”" in text(admin.get(reverse("unit", args=[org.east.uuid])))


@pytest.mark.parametrize(
    ("kind", "unit", "data", "words"),
    [
        ("rename", "town", {"name": "临江街道妇联", "owes_reports": "on"}, "更名为“临江街道妇联”"),
        ("move", "east_post", {"parent": "west"}, "“城东区演示供电营业厅”由“城东区妇联”划归“城西县妇联”"),
        ("close", "east_post2", {"successor": "east_post"}, "撤销“城东区演示办税服务厅”"),
        ("close", "east_post2", {"successor_unit": "", "successor_text": ""}, "撤销"),
    ],
)  # fmt: skip
def test_other_kinds_are_done_on_the_page_as_well(org, admin, kind, unit, data, words):
    sent = {}
    for name, value in data.items():
        unit_named = getattr(org, value, None) if name in {"parent", "successor"} else None
        sent |= picked(name, unit_named) if unit_named else {name: value}

    response = done(admin, getattr(org, unit), kind, typed(**sent))

    assert response.status_code == 302
    assert words in UnitChange.objects.get().words


def test_a_new_unit_and_a_split_are_done_on_the_page(org, admin):
    village = {"name": "青阳村妇联", "unit_type": str(org.east_village.unit_type_id)}
    assert done(admin, org.town, "add", typed(**village, owes_reports="on")).status_code == 302
    new = OrgUnit.objects.get(name="青阳村妇联")
    parts = {"keep": "no", "part0": "临江镇妇联", "part1": "江北镇妇联", "heir": "0"}
    for child, place in ((org.east_village, "0"), (org.east_village2, "1"), (new, "1")):
        parts[f"child{child.pk}"] = place

    response = done(admin, org.town, "split", typed(**parts))

    assert response.status_code == 302
    north = OrgUnit.objects.get(name="江北镇妇联")
    assert set(OrgUnit.objects.below(north, include_self=False)) == {org.east_village2, new}


def test_a_unit_named_in_full_is_found_without_script_and_a_namesake_is_asked_about(org, admin):
    data = typed(parent_unit="", parent_text="城西县妇联")
    assert admin.post(at(org.east_post, "move"), data).status_code == 200
    data["parent_text"] = "红旗村妇联"
    answer = admin.post(at(org.east_post, "move"), data)
    assert answer.status_code == 422
    assert "有不止一个“红旗村妇联”" in text(answer)
    data["parent_text"] = "北山市妇联"
    assert "您管理的范围内没有" in text(admin.post(at(org.east_post, "move"), data))
    data |= {"parent_unit": str(org.other_city.uuid)}
    assert "您管理的范围内没有" in text(admin.post(at(org.east_post, "move"), data))


def test_what_was_typed_comes_back_with_what_is_wrong_beside_it(org, admin):
    village = {"name": "红旗村妇联", "unit_type": str(org.east_village.unit_type_id)}

    asked = admin.post(at(org.town, "add"), typed(**village))

    assert asked.status_code == 422
    assert "下面已有“红旗村妇联”" in text(asked)
    assert 'type="checkbox" name="same_name"' in asked.content.decode()
    assert 'value="红旗村妇联"' in asked.content.decode()
    assert admin.post(at(org.town, "add"), typed(**village, same_name="on")).status_code == 200
    late = admin.post(at(org.town, "close"), typed(successor_text="", day="2999-01-01"))
    assert "变更日期不能晚于今天" in text(late)
    back = admin.post(at(org.west, "merge"), merging(org.east) | {"back": "1"})
    assert (back.status_code, "泉编〔2014〕7号" in text(back)) == (200, True)


def test_an_open_unit_below_stops_a_closing_and_is_named(org, admin):
    answer = admin.post(at(org.town, "close"), typed(successor_text=""))

    assert answer.status_code == 422
    assert "红旗村妇联（村（社区）妇联）" in text(answer)


def test_two_administrators_at_once_the_second_sees_what_the_first_did(org, people, admin):
    second = seat(org, "second_admin", "city", "system_admin")
    hers = agreed(admin, org.west, "merge", merging(org.east))
    other = Client()
    other.force_login(second)
    theirs = agreed(other, org.west_post, "move", typed(**picked("parent", org.east)))
    assert other.post(at(org.west_post, "move", done=True), theirs).status_code == 302

    answer = admin.post(at(org.west, "merge", done=True), hers)

    assert answer.status_code == 409
    assert "预览之后情况有变" in text(answer)
    assert not OrgUnit.objects.get(pk=org.west.pk).is_closed
    assert done(admin, org.west, "merge", merging(org.east)).status_code == 302
    assert admin.post(at(org.west, "merge"), merging(org.east)).status_code == 403


def test_the_same_confirmation_sent_twice_is_one_change(org, admin):
    sent = agreed(admin, org.west, "merge", merging(org.east))

    first, again = (admin.post(at(org.west, "merge", done=True), sent) for _ in range(2))

    assert (first.status_code, again.status_code) == (302, 302)
    assert again["Idempotent-Replay"] == "true"
    assert UnitChange.objects.count() == 1
    sent["idempotency_key"] = ""
    assert admin.post(at(org.west, "merge", done=True), sent).status_code == 400
    sent |= {"idempotency_key": str(uuid.uuid4()), "seen": ""}
    assert admin.post(at(org.east_post, "close", done=True), typed(
        successor_text="", **{k: sent[k] for k in ("idempotency_key", "seen")}
    )).status_code == 409  # fmt: skip


def test_who_manages_a_county_is_shown_nothing_above_it(org, people, client):
    client.force_login(seat(org, "county_admin", "east", "system_admin"))

    assert client.get(at(org.east, "close")).status_code == 403
    assert client.get(at(org.east, "rename")).status_code == 200
    assert client.get(at(org.town, "close")).status_code == 200
    for beyond in (org.city, org.west, org.west_post, org.other_city):
        assert client.get(at(beyond, "rename")).status_code == 404
    offered = client.get("/units/pick/?manage=1&q=").json()["results"]
    assert {unit["label"] for unit in offered} == {
        unit.name for unit in OrgUnit.objects.below(org.east)
    }
    record = client.get(reverse("unit", args=[org.east.uuid])).content.decode()
    assert at(org.east, "rename") in record
    assert at(org.east, "close") not in record


def test_closed_units_are_listed_to_who_asks_for_them(org, people, admin):
    change = Merge(
        unit=org.west, successor=org.east, by=people.sysadmin, day=timezone.localdate(), reason="一"
    )
    unit_changes.carry_out(change)

    def listed(standing) -> bool:
        page = admin.get(f"/units/?q=城西县&standing={standing}").content.decode()
        return reverse("unit", args=[org.west.uuid]) in page

    assert [listed(standing) for standing in ("", "closed", "all", "x")] == [
        False,
        True,
        True,
        False,
    ]
    assert "（已撤销）" in text(admin.get("/units/?standing=closed"))
    assert reverse("unit", args=[org.east.uuid]) not in text(admin.get("/units/?standing=closed"))
    assert at(org.city, "add") in admin.get("/units/").content.decode()


def test_a_preview_asks_no_more_for_thirty_villages_than_for_one(
    org, people, admin, django_assert_max_num_queries
):
    from federation import tree  # noqa: PLC0415 -- beside its use

    def asked() -> int:
        with django_assert_max_num_queries(400) as counted:
            answer = admin.post(at(org.west_town, "move"), typed(**picked("parent", org.east)))
        assert answer.status_code == 200
        return len(counted)

    before = asked()
    tree.graft(
        (org.west_town, OrgUnit(name=f"第{n}村妇联", unit_type=org.west_village.unit_type))
        for n in range(30)
    )
    assert asked() == before


@pytest.mark.browser
def test_forms_and_previews_are_fit_to_show(page_for, live_server, org, people, calls):
    client = Client()
    client.force_login(people.sysadmin)
    name = django_settings.SESSION_COOKIE_NAME
    page = page_for("desktop")
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    wrong = []
    for kind in KINDS:
        page.goto(live_server.url + at(org.west, kind))
        wrong += faults(page)
    page.goto(live_server.url + at(org.west, "merge"))
    page.get_by_label("并入哪个组织").fill("chengdong")
    page.get_by_role("option").first.click()
    page.get_by_label("依据、原因").fill("泉编〔2014〕7号")
    page.get_by_role("button", name="下一步：预览").click()
    expect(page.locator("#effect-title")).to_have_text("“城西县妇联”并入“城东区妇联”？")
    wrong += faults(page)
    page.get_by_role("button", name="确认合并").click()
    page.wait_for_url(f"**/units/{org.west.uuid}/")
    wrong += faults(page)
    assert wrong == []
