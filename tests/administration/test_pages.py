"""账号与任职 as its administrators use it, and what a forged request gets."""

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone
from world import fill, of, seat

from federation import scope
from federation.models import Appointment, AuditEvent, SavedQuery, User

OPENED = {"display_name": "陈演丙午", "phone": "16900000088", "starts_on": "2014年6月1日"}


@pytest.fixture
def desk(people):
    client = Client()
    client.force_login(people.eastadmin)
    return client


def send(client, path, **typed):
    return client.post(path, {"idempotency_key": str(uuid.uuid4()), **typed})


def unit(chosen):
    return {"unit_unit": str(chosen.uuid), "unit_text": chosen.name}


def page_of(user, act=""):
    return f"/accounts/{user.uuid}/{act}"


def password_in(page: str) -> str:
    return re.search(r"data-password>([^<]+)<", page)[1]


# -- Opening ---------------------------------------------------------------------------------------
def test_a_clerk_is_opened_and_logs_in_with_the_password_shown_once(desk, org, posts):
    answer = send(desk, "/accounts/new/", **OPENED, **unit(org.town), post=posts.officer.pk)

    assert answer.status_code == 200
    user = User.objects.get(username="chenyanbingwu")
    password = password_in(answer.content.decode())
    clerk = Client()
    assert clerk.login(username=user.username, password=password)
    assert clerk.get("/units/").headers["Location"].startswith("/account/password/")
    assert password not in desk.get(page_of(user)).content.decode()


def test_sent_again_it_opens_no_second_account_and_shows_no_password(desk, org, posts):
    typed = {**OPENED, **unit(org.town), "post": posts.officer.pk}
    typed["idempotency_key"] = str(uuid.uuid4())

    desk.post("/accounts/new/", typed)
    again = desk.post("/accounts/new/", typed)

    user = User.objects.get(display_name="陈演丙午")
    assert (again.status_code, again["Location"]) == (303, page_of(user))


def test_without_script_a_unit_is_found_by_its_name(desk, org, posts):
    typed = {"unit_unit": "", "unit_text": "临江镇妇联", "post": posts.officer.pk}

    send(desk, "/accounts/new/", **OPENED, **typed)

    assert User.objects.get(display_name="陈演丙午").appointments.get().unit == org.town


def test_what_is_wrong_comes_back_beside_its_field_with_all_that_was_typed(desk, org, posts):
    typed = {"unit_unit": "", "unit_text": "山口乡妇联", "post": posts.officer.pk}

    answer = send(desk, "/accounts/new/", **{**OPENED, "phone": "12", "starts_on": "明天"}, **typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "没有找到“山口乡妇联”" in page
    assert "日期写成 2026-11-22" in page
    assert 'value="陈演丙午"' in page
    assert 'value="山口乡妇联"' in page
    assert not User.objects.filter(display_name="陈演丙午").exists()


def test_the_rules_say_where_a_post_belongs(desk, org, posts):
    answer = send(desk, "/accounts/new/", **OPENED, **unit(org.town), post=posts.post_leader.pk)

    assert "乡镇（街道）妇联没有“岗负责人”这个岗位" in answer.content.decode()


# -- 变更记录 ---------------------------------------------------------------------------------------
def test_an_account_tells_who_did_what_to_it_and_no_log_in(desk, org, posts, people):
    clerk = people.county
    AuditEvent.objects.create(actor=clerk, verb="login", record=f"federation.user:{clerk.uuid}")
    send(desk, page_of(clerk, "details/"), display_name="赵演庚申", phone="16900000077")
    send(desk, page_of(clerk, "disable/"))

    page = desk.get(page_of(clerk)).content.decode()

    told = [re.sub(r"<[^>]+>|\s+", "", line) for line in history_of(page)]
    assert told[0].startswith(f"停用账号{people.eastadmin}")
    assert told[1].startswith(f"修改账号资料{people.eastadmin}")
    assert "→赵演庚申；改动：联系电话" in told[1]
    assert "16900000077" not in "".join(told)
    assert "登录" not in [line[:2] for line in told]


def test_what_was_done_for_a_unit_beyond_hers_is_not_told(desk, org, posts, people):
    clerk = people.county
    record = f"federation.user:{clerk.uuid}"
    AuditEvent.objects.create(
        actor=people.city, verb="change_account", record=record, unit=org.west,
        detail={"from": "旧名在西县", "to": "新名"},
    )  # fmt: skip

    page = desk.get(page_of(clerk)).content.decode()

    assert "旧名在西县" not in page


def history_of(page: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", page.split("变更记录")[1].split("</ol>")[0], re.DOTALL)


# -- Forged ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["city", "west", "west_town", "other_city", "province"])
def test_a_unit_beyond_hers_is_not_there(desk, org, posts, people, where):
    beyond, before = unit(getattr(org, where)), Appointment.objects.count()
    lent = {"starts_on": "2014-06-01", "ends_on": "2099-01-01", "post": posts.officer.pk}
    held = people.county.appointments.get()

    answers = {
        send(desk, "/accounts/new/", **OPENED, **beyond, post=posts.officer.pk).status_code,
        send(desk, page_of(people.county, "appoint/"), **beyond, **lent).status_code,
        send(desk, page_of(people.county, "second/"), **beyond, **lent).status_code,
        send(
            desk, page_of(people.county, "transfer/"), **beyond, post=posts.officer.pk,
            ending=held.pk, from_day="2014-06-01",
        ).status_code,
    }  # fmt: skip

    assert answers == {404}
    assert Appointment.objects.count() == before


@pytest.mark.parametrize("who", ["leader", "sibling", "other_city", "city", "nobody"])
def test_an_account_beyond_hers_is_not_there(desk, people, who):
    user = getattr(people, who)
    acts = ("", "details/", "appoint/", "second/", "deputise/", "transfer/", "leave/", "password/")

    answers = {desk.get(page_of(user, act)).status_code for act in acts}
    answers |= {send(desk, page_of(user, act)).status_code for act in acts[1:]}
    for held in user.appointments.all():
        answers.add(send(desk, f"/seats/{held.uuid}/end/", from_day="2014-06-01").status_code)

    assert answers == {404}


def test_nobody_acts_on_herself_or_on_another_administrator(desk, org, people):
    other = seat(org, "second_admin", "east", "system_admin")

    for user in (people.eastadmin, other):
        assert desk.get(page_of(user)).status_code == 200
        assert send(desk, page_of(user, "password/")).status_code == 403
        assert send(desk, page_of(user, "disable/")).status_code == 403
    assert AuditEvent.objects.filter(verb="denied", actor=people.eastadmin).count() == 4


def test_a_post_she_may_not_give_cannot_be_chosen(desk, org, posts):
    answer = send(desk, "/accounts/new/", **OPENED, **unit(org.east), post=posts.audit_admin.pk)

    assert answer.status_code == 422
    assert not User.objects.filter(display_name="陈演丙午").exists()


def test_fields_nobody_offered_are_not_obeyed(desk, org, posts, people):
    more = {
        "is_superuser": "1", "is_active": "0", "password": "x", "username": "eviltwin",
        "id": people.leader.pk, "pk": people.leader.pk, "user": people.leader.pk,
        "uuid": str(people.leader.uuid), "by": people.sysadmin.pk, "basis": "deputy",
        "synthetic": "1", "actions": "federation_manage", "unit": org.city.pk, "unit_id": org.city.pk,
    }  # fmt: skip
    before = User.objects.filter(pk=people.leader.pk).values().get()

    send(desk, page_of(people.county, "details/"), display_name="谢演己巳", phone="", **more)

    user = User.objects.get(pk=people.county.pk)
    assert (user.display_name, user.username, user.is_superuser) == ("谢演己巳", "county", False)
    assert user.is_active
    assert user.check_password("test-password")
    assert User.objects.filter(pk=people.leader.pk).values().get() == before
    send(desk, "/accounts/new/", **OPENED, **unit(org.town), post=posts.officer.pk, **more)
    made = User.objects.get(display_name="陈演丙午")
    assert (made.username, made.is_superuser, made.synthetic) == ("eviltwin", False, False)
    assert made.appointments.get().unit == org.town
    assert scope.granted_paths(made, "federation_manage") == []


def test_an_old_log_in_is_asked_again_before_anything_is_given(desk, org, posts, settings):
    settings.CONFIRM_MINUTES = -1

    answer = send(desk, "/accounts/new/", **OPENED, **unit(org.town), post=posts.officer.pk)

    assert answer.status_code == 403
    assert "请再输一次您的登录密码" in answer.content.decode()
    assert not User.objects.filter(display_name="陈演丙午").exists()


# -- The list and the record -----------------------------------------------------------------------
def test_the_list_holds_her_subtree_and_says_who_is_where(desk, org, people):
    page = desk.get("/accounts/?per_page=100").content.decode()

    for name in ("county演", "post演", "village演", "eastadmin演"):
        assert f">{name}</a>" in page
    for name in ("leader演", "sibling演", "sysadmin演", "无任职演", "other_city演"):
        assert name not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=cou", {"county", "county2"}),
        ("q=village演", {"village"}),
        ("unit=临江镇", {"village", "volunteer"}),
        ("unit=ljz", {"village", "volunteer"}),
        ("state=off", {"post2"}),
        ("state=unseated", {"committee"}),
    ],
)
def test_the_list_is_searched(desk, people, query, found):
    User.objects.filter(pk=people.post2.pk).update(is_active=False)
    Appointment.objects.filter(user=people.committee).update(ends_on="2014-05-01")

    page = desk.get(f"/accounts/?{query}&per_page=100")

    assert {user.username for user in page.context["table"].data} == found


def test_the_record_says_seats_and_rights_in_words(desk, org, people):
    page = desk.get(page_of(people.post)).content.decode()

    assert "城东区演示供电营业厅及下级" in page
    assert "查看报表、填报、导出附件" in page
    assert "2014-01-01 起" in page
    assert "federation_view" not in page


def test_a_loan_a_deputy_and_a_transfer_by_the_pages(desk, org, people, posts):
    today = timezone.localdate()
    lent = {"starts_on": str(today), "ends_on": "2099-01-01"}
    deputised = people.county2.appointments.get()

    answers = [
        send(desk, page_of(people.village, "second/"), **unit(org.town), post=posts.officer.pk, **lent),
        send(desk, page_of(people.village, "deputise/"), acting_for=deputised.pk, **lent),
    ]  # fmt: skip
    live = people.village.appointments.live()
    assert [a.status_code for a in answers] == [302, 302]
    assert sorted(live.values_list("basis", flat=True)) == ["deputy", "regular", "seconded"]
    page = desk.get(page_of(people.village)).content.decode()
    assert "代理（county2演）" in page

    moved = send(
        desk, page_of(people.village, "transfer/"), **unit(org.east), post=posts.officer.pk,
        ending=[seat.pk for seat in live], from_day=str(today),
    )  # fmt: skip

    assert moved.status_code == 302
    assert people.village.appointments.current().get().unit == org.east


def test_leaving_shows_the_handover_list_first(calls, desk, org, people):
    fill(org.east_post, people.post)
    SavedQuery.objects.create(user=people.post, page="units", name="王演某某上访", query="q=x")

    page = desk.get(page_of(people.post, "leave/")).content.decode()

    assert "附件1 城东区演示供电营业厅" in page
    assert "1 个常用查询" in page
    assert "王演某某上访" not in page
    assert "county演" in page
    assert people.post.appointments.live().exists()
    done = send(desk, page_of(people.post, "leave/"), from_day=str(timezone.localdate()))
    people.post.refresh_from_db()
    assert done.status_code == 302
    assert not people.post.is_active
    assert of(org.east_post).only_row.values["leader_name"] == "林演甲子"


def test_the_picker_offers_her_own_units_only(desk, org):
    found = desk.get("/accounts/units/?q=hqc").json()["results"]

    assert [line["id"] for line in found] == [str(org.east_village.uuid)]
    assert desk.get("/accounts/units/?q=城西").json()["results"] == []
    assert desk.get("/accounts/units/?q=东海").json()["results"] == []


def test_the_menu_shows_accounts_to_who_gives_seats(people):
    for name, shown in (("eastadmin", True), ("secadmin", True), ("county", False)):
        client = Client()
        client.force_login(getattr(people, name))
        assert ('href="/accounts/"' in client.get("/").content.decode()) is shown
