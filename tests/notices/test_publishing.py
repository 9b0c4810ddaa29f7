"""Publishing freezes a notice; what comes after is an event, a correction or a withdrawal."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from papers import duty_of, notice_of, tasks

from federation import tree
from federation.models import AuditEvent, OrgUnit
from notices import (
    expected,
    extensions,
    fulfilment,
    publishing,
    receipts,
    revisions,
    schedule,
)
from notices.fulfilment import Refused
from notices.models import Addressee, Notice, NoticeReceipt, Task, TaskEvent, TaskState

Kind = TaskEvent.Kind


def receipts_of(notice):
    return NoticeReceipt.objects.unscoped(reason="a test looks at all").filter(notice=notice)


def errors(notice):
    with pytest.raises(ValidationError) as refused:
        publishing.publish(notice, by=None)
    return "\n".join(refused.value.messages)


def test_publishing_sends_receipts_freezes_the_list_and_makes_a_task_for_each_unit(org, notice):
    published = publishing.publish(notice, by=None)
    assert published.state == "published"
    units = {org.east, org.west, org.silent}
    assert {receipt.unit for receipt in receipts_of(notice)} == units
    # 海岛县 receives the notice and owes no report.
    assert {each.unit for each in notice.duties.get().expected.all()} == {org.east, org.west}
    for task in tasks():
        assert task.state == TaskState.UNSIGNED
        assert task.due_on == dt.date(2014, 5, 25)
        assert task.date_words == "截止 5月25日 · 5月26日起逾期 · 6月1日锁定"
        assert [event.kind for event in task.events.all()] == [Kind.CREATED]
    assert AuditEvent.objects.filter(verb="publish_notice").count() == 1


def test_a_published_notice_is_not_published_twice(notice):
    publishing.publish(notice, by=None)
    assert "已经发布过了" in errors(notice)


def test_all_that_stands_against_publishing_is_said_at_once(org, spring):
    notice = notice_of(org.city, body="  ")
    duty_of(notice, "a", title="甲", due_rule={"kind": "on_date", "date": "2014-04-01"})
    duty_of(notice, "b", title="乙", owed_by={"rule": "kinds", "kinds": ["direct_unit"]})
    duty_of(notice, "c", title="丙", deliverable="annex", annex="no-such-form")
    said = errors(notice)
    for sentence in (
        "没有主送单位",
        "正文还是空的",
        "“甲”：截止日期 2014-04-01 早于成文日期 2014-04-24",
        "“乙”：没有一个组织符合责任单位的规定",
        "“丙”：没有表式“no-such-form”",
    ):
        assert sentence in said
    assert Notice.objects.unscoped(reason="a test looks").get(pk=notice.pk).is_draft


def test_a_closed_unit_in_the_addressees_is_named(org, notice):
    org.west.closed_on = dt.date(2014, 1, 1)
    org.west.save()
    Addressee.objects.create(notice=notice, unit=org.west, position=2)
    assert "“城西县妇联”已于2014-01-01撤销" in errors(notice)


def test_a_day_gone_by_is_said_before_everyone_is_late(notice, spring):
    spring.move_to(dt.datetime.fromisoformat("2014-05-26T00:00:00+08:00"))
    assert "截止日期 2014-05-25 已过" in errors(notice)


def test_two_duties_of_a_notice_cannot_ask_for_one_annex(notice):
    duty_of(notice, "a", deliverable="annex", annex="pairing-summary")
    with pytest.raises(ValidationError, match="已有交办事项使用这个附件"):
        duty_of(notice, "b", deliverable="annex", annex="pairing-summary")


def test_a_number_is_used_once_by_an_issuer_and_free_again_after_a_withdrawal(org, notice):
    with pytest.raises(IntegrityError), transaction.atomic():
        notice_of(org.city, doc_number="泉妇[2014]28 号")
    notice_of(org.other_city)
    publishing.publish(notice, by=None)
    revisions.withdraw(notice, reason="文号有误", by=None)
    assert notice_of(org.city).doc_serial == 28


def test_duties_that_lean_on_each_other_in_a_circle_are_refused(notice):
    for code, other in (("a", "b"), ("b", "a")):
        rule = {"kind": "working_days_before", "days": 5, "duty": other}
        duty_of(notice, code, title=code, due_rule=rule)
    assert "互相依据" in errors(notice)


def test_a_countys_own_day_is_reckoned_in_working_days_before_the_citys(org, notice):
    rule = {"kind": "working_days_before", "days": 5, "duty": "summary"}
    duty_of(notice, "intent", due_rule=rule, due_phrase="")
    publishing.publish(notice, by=None)
    assert {task.due_on for task in tasks(duty__code="intent")} == {dt.date(2014, 5, 19)}


def test_a_monthly_duty_begins_with_the_notice_and_its_tasks_come_as_the_months_come(
    notice, spring
):
    duty_of(notice, "contact", cycle="month", due_rule={"kind": "end_of_period"})
    publishing.publish(notice, by=None)

    def periods():
        return sorted(set(tasks(duty__code="contact").values_list("period", flat=True)))

    assert periods() == ["2014-04", "2014-05"]
    spring.move_to(dt.datetime.fromisoformat("2014-11-30T08:00:00+08:00"))
    assert schedule.create_coming_tasks() == 2 * 7
    assert schedule.create_coming_tasks() == 0
    assert periods() == [f"2014-{month:02}" for month in range(4, 13)]


# -- 签收 -------------------------------------------------------------------------------------------
def test_signing_for_a_notice_makes_its_tasks_owed_and_keeps_who_signed_first(org, people, notice):
    publishing.publish(notice, by=None)
    receipts.sign(notice=publishing_row(notice), unit=org.east, by=people.county)
    receipts.sign(notice=publishing_row(notice), unit=org.east, by=people.county2)
    receipt = receipts_of(notice).get(unit=org.east)
    assert receipt.signed_by == people.county
    assert tasks(unit=org.east).get().state == TaskState.OWED
    assert tasks(unit=org.west).get().state == TaskState.UNSIGNED


def publishing_row(notice):
    return Notice.objects.unscoped(reason="a test reads it anew").get(pk=notice.pk)


def test_nobody_signs_for_a_unit_that_received_nothing_or_for_a_draft(org, people, notice):
    with pytest.raises(Refused, match="不是这份通知的收文单位"):
        receipts.sign(notice, org.east, by=people.county)
    publishing.publish(notice, by=None)
    with pytest.raises(Refused, match="城东区演示供电营业厅不是"):
        receipts.sign(publishing_row(notice), org.east_post, by=people.post)


# -- Fulfilment -------------------------------------------------------------------------------------
def at(text):
    return dt.datetime.fromisoformat(f"{text}+08:00")


def test_the_last_minute_of_the_due_day_is_on_time_and_the_next_is_late(org, notice, spring):
    publishing.publish(notice, by=None)
    east, west = tasks(unit=org.east).get(), tasks(unit=org.west).get()
    east = fulfilment.befall(east, Kind.REPORTED, by=None, at=at("2014-05-25T23:59:59"))
    west = fulfilment.befall(west, Kind.REPORTED, by=None, at=at("2014-05-26T00:00:00"))
    assert not east.is_late()
    assert west.is_late()


def test_a_correction_after_a_return_makes_a_late_report_no_more_punctual(org, notice, spring):
    publishing.publish(notice, by=None)
    task = tasks(unit=org.west).get()
    task = fulfilment.befall(task, Kind.REPORTED, by=None, at=at("2014-05-26T09:00:00"))
    task = fulfilment.befall(
        task, Kind.RETURNED, by=None, reason="缺联系电话", due_on=dt.date(2014, 6, 10)
    )
    assert task.due_on == dt.date(2014, 6, 10)
    task = fulfilment.befall(task, Kind.REPORTED, by=None, at=at("2014-06-01T09:00:00"))
    assert task.first_reported_on == dt.date(2014, 5, 26)
    assert task.is_late()


def test_what_is_locked_takes_no_report_until_an_extension_is_granted(org, people, notice, spring):
    publishing.publish(notice, by=None)
    task = tasks(unit=org.east).get()
    spring.move_to(at("2014-06-01T00:00:00"))
    with pytest.raises(Refused, match="已于2014年06月01日锁定"):
        fulfilment.befall(task, Kind.REPORTED, by=people.county)
    asked = extensions.ask(task, wanted_on=dt.date(2014, 6, 5), reason="台风", by=people.county)
    with pytest.raises(Refused, match="已有一份延期申请"):
        extensions.ask(task, wanted_on=dt.date(2014, 6, 6), reason="台风", by=people.county)
    with pytest.raises(Refused, match="不能批复自己"):
        extensions.grant(asked, on=dt.date(2014, 6, 5), by=people.county)
    extensions.grant(asked, on=dt.date(2014, 6, 4), by=people.leader)
    task = fulfilment.befall(task, Kind.REPORTED, by=people.county)
    assert task.due_on == dt.date(2014, 6, 4)
    assert not task.is_late()
    with pytest.raises(Refused, match="已批准，不能再批"):
        extensions.refuse(asked, by=people.leader, answer="不同意")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Kind.DONE, "当前为“待签收”，不能通过"),
        (Kind.RETURNED, "当前为“待签收”，不能退回"),
        (Kind.EXEMPTED, "请填写本期无的原因"),
    ],
)
def test_what_cannot_befall_a_task_is_refused_with_a_sentence(org, notice, kind, sentence):
    publishing.publish(notice, by=None)
    with pytest.raises(Refused, match=sentence):
        fulfilment.befall(tasks(unit=org.east).get(), kind, by=None)


def test_a_submission_of_the_annex_moves_the_tasks_of_its_unit_and_period_alone(org, notice):
    duty_of(notice, "table", deliverable="annex", annex="pairing-summary",
            covers_from=dt.date(2014, 1, 1), covers_to=dt.date(2014, 12, 31))  # fmt: skip
    publishing.publish(notice, by=None)
    assert fulfilment.answered("pairing-summary", org.east, "2014", Kind.REPORTED, by=None) == 1
    assert fulfilment.answered("pairing-summary", org.east, "2015", Kind.REPORTED, by=None) == 0
    states = dict(tasks(duty__code="table").values_list("unit", "state"))
    assert states == {org.east.pk: TaskState.REPORTED, org.west.pk: TaskState.UNSIGNED}


# -- After publication ------------------------------------------------------------------------------
def test_a_unit_added_later_is_an_event_with_a_reason_and_owes_from_then_on(org, notice, spring):
    publishing.publish(notice, by=None)
    duty = notice.duties.get()
    with pytest.raises(Refused, match="请填写列入应报名单的原因"):
        expected.add(duty, org.silent, reason=" ", by=None)
    added = expected.add(duty, org.silent, reason="要求补报", by=None)
    assert (added.since, added.why_added) == (dt.date(2014, 4, 24), "要求补报")
    assert tasks(unit=org.silent).get().due_on == dt.date(2014, 5, 25)
    with pytest.raises(Refused, match="已在“活动情况”的应报名单中"):
        expected.add(duty, org.silent, reason="再次", by=None)


def test_a_merged_units_open_duties_pass_to_its_successor(org, notice):
    publishing.publish(notice, by=None)
    assert expected.unit_gone(org.west, successor=org.silent, reason="并入", by=None) == 1
    assert tasks(unit=org.west).get().state == TaskState.VOID
    assert tasks(unit=org.silent).get().state != TaskState.VOID


def test_a_withdrawn_notice_calls_open_tasks_off_and_asks_when_there_are_answers(org, notice):
    published = publishing.publish(notice, by=None)
    fulfilment.befall(tasks(unit=org.east).get(), Kind.REPORTED, by=None)
    with pytest.raises(ValidationError, match="已有 1 个单位报送"):
        revisions.withdraw(published, reason="有误", by=None)
    with pytest.raises(ValidationError, match="请填写撤回的原因"):
        revisions.withdraw(published, reason="", by=None, although_answered=True)
    revisions.withdraw(published, reason="有误", by=None, although_answered=True)
    assert set(tasks().values_list("state", flat=True)) == {TaskState.VOID}
    assert tasks(unit=org.east).get().first_reported_on is not None
    with pytest.raises(Refused, match="已撤回"):
        receipts.sign(publishing_row(notice), org.west, by=None)


def test_a_correction_is_a_new_version_that_takes_the_tasks_over(org, people, notice):
    published = publishing.publish(notice, by=None)
    receipts.sign(published, org.east, by=people.county)
    fulfilment.befall(tasks(unit=org.east).get(), Kind.REPORTED, by=people.county)
    draft = revisions.correct(published, changes="截止日期改为5月30日", by=people.leader)
    assert (draft.version, draft.doc_number, draft.series) == (2, "泉妇〔2014〕28号", notice.series)
    with pytest.raises(ValidationError, match="已有一份更正稿"):
        revisions.correct(published, changes="再改", by=people.leader)
    duty = draft.duties.get()
    duty.due_rule = {"kind": "on_date", "date": "2014-05-30"}
    duty.save()
    assert publishing_row(notice).state == "published"  # until the correction is published
    publishing.publish(draft, by=people.leader)
    assert publishing_row(notice).state == "superseded"
    assert tasks().count() == 2
    east, west = tasks(unit=org.east).get(), tasks(unit=org.west).get()
    assert (east.duty, east.state) == (duty, TaskState.REPORTED)
    assert (west.due_on, west.locks_on) == (dt.date(2014, 5, 30), dt.date(2014, 6, 6))
    assert receipts_of(draft).filter(signed_at__isnull=False).count() == 0


def test_a_frozen_list_does_not_move_when_a_unit_is_founded(org, notice):
    publishing.publish(notice, by=None)
    new = tree.add(
        org.city, OrgUnit(name="新区妇联", short_name="新区", unit_type=org.east.unit_type)
    )
    assert not tasks(unit=new).exists()
    assert not receipts_of(notice).filter(unit=new).exists()


# -- Who sees it ------------------------------------------------------------------------------------
def seen(user, action="view"):
    return set(Notice.objects.visible_to(user, action))


def test_a_draft_is_its_issuers_alone_and_a_published_notice_its_recipients_too(
    org, people, notice
):
    issuer = people.leader
    assert seen(issuer) == {notice}
    for who in (people.county, people.post, people.other_city, people.nobody):
        assert seen(who) == set()
    publishing.publish(notice, by=None)
    assert seen(people.county) == {notice}
    assert seen(people.other_city) == seen(people.nobody) == set()
    assert seen(people.county, "issue") == set()


def test_a_unit_sees_its_own_tasks_and_its_superior_those_below(org, people, notice):
    publishing.publish(notice, by=None)

    def mine(user):
        return {task.unit for task in Task.objects.visible_to(user, "view")}

    assert mine(people.county) == {org.east}
    assert mine(people.leader) == {org.east, org.west}
    assert mine(people.post) == mine(people.other_city) == set()


@pytest.mark.parametrize(
    ("moment", "too_late"),
    [
        ("2014-05-25T23:59:59.999999+08:00", False),
        ("2014-05-26T00:00:00+08:00", True),
        ("2014-05-25T15:59:59.999999+00:00", False),
        ("2014-05-25T16:00:00+00:00", True),
        ("2014-05-25T11:59:00-04:00", False),
        ("2014-05-25T12:00:00-04:00", True),
    ],
)
def test_the_last_minute_of_a_due_day_is_on_time_wherever_the_clock_hangs(
    published, org, people, moment, too_late
):
    at = dt.datetime.fromisoformat(moment)
    task = fulfilment.befall(
        tasks(unit=org.east).get(), TaskEvent.Kind.REPORTED, by=people.county, at=at
    )

    assert task.is_late() is too_late
