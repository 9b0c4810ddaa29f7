"""Pages of messages, 提醒方式, the ladder and 督办, as their people use them."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone
from papers import tasks

from notices import channels, ladder, reminding, supervising, urging
from notices.models import Delivery, Notice, Reminder, Supervision, UnitChannel


@pytest.fixture
def enter(client):
    def log_in(person):
        client.force_login(person)
        return client

    return log_in


def sent(**fields):
    return {"idempotency_key": str(uuid.uuid4()), **fields}


def issued(people, org):
    found = list(tasks(unit=org.east).select_related("duty__notice"))
    return supervising.issue(
        found, by=people.leader, requirement="请尽快报送。", answer_by=dt.date(2014, 6, 6)
    )


# -- Messages --------------------------------------------------------------------------------------
def test_a_person_reads_her_own_lines_and_an_urging_at_once(late, org, people, enter):
    reminding.gather()
    urging.urge(tasks(unit=org.east), by=people.leader)
    hers = enter(people.county).get(reverse("notices:messages")).content.decode()
    assert "2014年5月27日" in hers
    assert "催报：城东区妇联“活动情况”尚未报送" in hers
    assert "城东区妇联“活动情况”：截止 5月25日，5月26日起逾期" in hers
    assert "已逾期" in hers
    assert "城西县" not in hers
    others = enter(people.post).get(reverse("notices:messages")).content.decode()
    assert "还没有消息" in others


def test_lines_turned_off_are_shown_when_the_letter_was_lost(late, org, people, enter):
    channels.change(org.east, "email", on=True, address="east@example.com", by=None)
    UnitChannel.objects.create(unit=org.east, channel="in_app", on=False)
    reminding.gather()
    page = reverse("notices:messages")
    assert "活动情况" not in enter(people.county).get(page).content.decode()
    digest = Reminder.objects.filter(person=people.county).first().digest
    Delivery.objects.create(digest=digest, channel="email", day=digest.day, state="doubt")
    assert "活动情况" in enter(people.county).get(page).content.decode()


def test_messages_ask_the_same_however_many_they_are(
    late, org, people, enter, spring, django_assert_num_queries
):
    def asked():
        browser = enter(people.county)
        browser.get(reverse("notices:messages"))
        from django.db import connection  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        with CaptureQueriesContext(connection) as counted:
            browser.get(reverse("notices:messages"))
        return len(counted)

    reminding.gather()
    few = asked()
    for number in range(1, 15):
        spring.shift(dt.timedelta(days=1))
        new_day = timezone.localdate() + dt.timedelta(days=1)
        tasks(unit=org.east).update(due_on=new_day, locks_on=None)
        reminding.gather()
        if number % 5 == 0:
            urging.urge(tasks(unit=org.east), by=people.leader)
    assert asked() == few


# -- 提醒方式 --------------------------------------------------------------------------------------
ADDRESS = "https://qyapi.example.com/cgi-bin/webhook/send?key=KEY"


def test_a_bot_is_connected_and_its_keys_are_never_shown_again(org, people, enter):
    page = reverse("notices:channels")
    answer = enter(people.county2).post(
        page,
        sent(channel="webhook", **{
            "webhook-on": "on", "webhook-address": ADDRESS, "webhook-secret": "SECRET-WORD",
        }),
    )  # fmt: skip
    assert answer.status_code == 302
    row = UnitChannel.objects.get()
    assert (row.unit, row.on, row.where, row.signing) == (org.east, True, ADDRESS, "SECRET-WORD")
    shown = enter(people.county2).get(page).content.decode()
    assert "key=KEY" not in shown
    assert "SECRET-WORD" not in shown
    assert "已保存，不改可以不填" in shown
    enter(people.county2).post(page, sent(channel="webhook", **{"webhook-on": "on"}))
    assert UnitChannel.objects.get().where == ADDRESS


def test_a_wrong_address_comes_back_with_its_reason_and_what_was_typed(org, people, enter):
    answer = enter(people.county2).post(
        reverse("notices:channels"),
        sent(channel="webhook", **{"webhook-on": "on", "webhook-address": "https://10.0.0.1/x"}),
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "不能填写内部网络的地址" in text
    assert 'value="https://10.0.0.1/x"' in text


def test_the_channels_of_another_unit_are_nobodys_business(org, people, enter):
    page = f"{reverse('notices:channels')}?unit={org.west.uuid}"
    assert enter(people.county2).get(page).status_code == 404
    assert enter(people.leader).get(page).status_code == 404
    assert enter(people.post).get(reverse("notices:channels")).status_code == 403


# -- The ladder ------------------------------------------------------------------------------------
def test_the_ladder_of_a_draft_is_changed_and_set_back(notice, people, enter):
    page = reverse("notices:ladder", args=[notice.uuid])
    shown = enter(people.leader).get(page).content.decode()
    assert "现在用的是通常的安排" in shown
    steps = {
        "form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0",
        "form-0-side": "-1", "form-0-days": "5", "form-0-to": ["filler", "head"],
        "form-1-side": "1", "form-1-days": "2", "form-1-to": ["leader"],
        "form-2-side": "-1", "form-2-days": "",
    }  # fmt: skip
    assert enter(people.leader).post(page, sent(**steps)).status_code == 302
    kept = Notice.objects.unscoped(reason="a test looks").get(pk=notice.pk)
    assert kept.ladder == [{"days": -5, "to": ["filler", "head"]}, {"days": 2, "to": ["leader"]}]
    assert enter(people.leader).post(page, sent(usual="1", **steps)).status_code == 302
    kept.refresh_from_db(from_queryset=Notice.objects.unscoped(reason="a test looks"))
    assert ladder.steps_of(kept) == ladder.DEFAULT
    steps["form-1-to"] = []
    answer = enter(people.leader).post(page, sent(**steps))
    assert answer.status_code == 422
    assert "截止后第2天：请选择提醒谁" in answer.content.decode()


# -- 督办 ------------------------------------------------------------------------------------------
def test_a_supervision_goes_from_the_list_to_being_struck_off(late, org, people, enter):
    city, county = people.leader, people.county
    new = enter(city).get(reverse("notices:supervision_new")).content.decode()
    assert "城东区妇联 “活动情况” 截止 2014-05-25" in new
    task = tasks(unit=org.east).get()
    made = enter(city).post(
        reverse("notices:supervision_new"),
        sent(tasks=[str(task.uuid)], requirement="请尽快报送。", answer_by="2014-06-06"),
    )
    one = Supervision.objects.unscoped(reason="a test looks").get()
    assert made["Location"] == reverse("notices:supervision", args=[one.uuid])
    assert "督办待答复" in enter(county).get(reverse("home")).content.decode()

    def step(who, name, **fields):
        address = reverse("notices:supervision_step", args=[one.uuid, name])
        return enter(who).post(address, sent(**fields))

    refused = step(county, "answer", text="  ")
    assert refused.status_code == 422
    assert step(county, "answer", text="已补报。").status_code == 302
    assert "督办待销号" in enter(city).get(reverse("home")).content.decode()
    returned = step(city, "return", text="", answer_by="2014-06-10")
    assert returned.status_code == 422
    assert step(city, "return", text="请说明原因", answer_by="2014-06-10").status_code == 302
    page = enter(county).get(reverse("notices:supervision", args=[one.uuid])).content.decode()
    assert "请说明原因" in page
    assert step(county, "answer", text="因停电迟报。").status_code == 302
    assert step(city, "strike_off", text="").status_code == 302
    listed = enter(city).get(reverse("notices:supervisions")).content.decode()
    assert "督办〔2014〕1号" in listed
    assert "已销号" in listed
    paper = enter(county).get(reverse("notices:supervision_print", args=[one.uuid]))
    assert "因停电迟报。" in paper.content.decode()


def test_what_was_typed_of_a_supervision_comes_back_with_the_reason(late, org, people, enter):
    answer = enter(people.leader).post(
        reverse("notices:supervision_new"),
        sent(
            tasks=[str(task.uuid) for task in tasks()],
            requirement="两个县一并督办",
            answer_by="2014-06-06",
        ),
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "一份督办单只发给一个单位" in text
    assert "两个县一并督办" in text


def test_the_list_of_supervisions_asks_the_same_however_many_they_are(late, org, people, enter):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    def asked():
        browser = enter(people.leader)
        browser.get(reverse("notices:supervisions"))
        with CaptureQueriesContext(connection) as counted:
            browser.get(reverse("notices:supervisions"))
        return len(counted)

    one = issued(people, org)
    few = asked()
    for serial in range(2, 31):
        more = Supervision.objects.create(
            issuer=org.city, unit=org.east, year=2014, serial=serial,
            requirement="话", answer_by=one.answer_by,
        )  # fmt: skip
        more.tasks.set(one.tasks.all())
    assert asked() == few
