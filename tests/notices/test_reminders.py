"""The ladder: who is told what on which day, each once, in one digest a day."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from papers import duty_of, notice_of, tasks, to_kinds

from notices import (
    chores,
    expected,
    extensions,
    fulfilment,
    ladder,
    lamps,
    publishing,
    reminding,
    revisions,
    schedule,
    urging,
)
from notices.audiences import Audience, people_at
from notices.ladder import Step
from notices.models import Digest, Extension, Notice, Reminder, TaskEvent

Kind = TaskEvent.Kind


@pytest.fixture
def on(spring):
    """``on("05-16")``: half past eight of that day of 2014, gathered; whom it told which steps."""

    def gather(day, hour="08:30"):
        spring.move_to(dt.datetime.fromisoformat(f"2014-{day}T{hour}:00+08:00"))
        reminding.gather()
        told = Reminder.objects.filter(digest__day=dt.date.fromisoformat(f"2014-{day}"))
        return {
            (row.person.username, row.task.unit.short_name, row.step) for row in told if row.step
        }

    return gather


def both(step, *names):
    return {(name, unit, step) for unit, who in UNITS.items() for name in names if name in who}


UNITS = {"城东区": ("county", "county2"), "城西县": ("sibling", "sibling2")}
FILLERS = ("county", "county2", "sibling", "sibling2")


def test_the_usual_ladder_tells_each_in_turn(published, on, people):
    # The 25th is a Sunday: what falls on the weekend before it is told on the Friday.
    assert on("05-15") == set()
    assert on("05-16") == both(-7, *FILLERS)
    assert on("05-19") == set()
    assert on("05-22") == both(-3, *FILLERS)
    assert on("05-23") == both(-1, *FILLERS)
    assert on("05-26") == both(1, *FILLERS)
    assert on("05-27") == set()
    # 城西县 is 挂钩 by 宣传部; 城东区 by nobody, and the duty names no department.
    assert on("05-28") == {("other_department", "城西县", 3)}
    # 1 June is a Sunday and Monday the 端午节.
    assert on("06-02") == set()
    assert on("06-03") == {("leader", "城东区", 7), ("leader", "城西县", 7)}
    assert Reminder.objects.filter(step=1, person=people.county2).get().audience == "filler"
    assert on("06-20") == set()


def test_without_a_hook_up_the_receiving_department_is_told(notice, org, people, on):
    duty = notice.duties.get()
    duty.receiving_department = org.department
    duty.save()
    publishing.publish(notice, by=people.leader)
    on("05-26")
    assert on("05-28") == {
        ("city", "城东区", 3),
        ("other_department", "城西县", 3),
    }


@pytest.mark.parametrize("hour", ["08:29", "20:00", "03:00"])
def test_nobody_is_told_at_night(published, on, hour):
    assert on("05-16", hour) == set()


@pytest.mark.parametrize("day", ["05-17", "05-18", "05-01"])
def test_nobody_is_told_on_a_day_off(published, on, day):
    assert on(day) == set()


def test_a_make_up_day_is_a_working_day(published, org, on, spring, people):
    # Sunday, 4 May 2014 was worked for Labour Day.
    tasks(unit=org.east).update(due_on="2014-05-07", locks_on="2014-05-20")
    assert on("05-04") == {(name, "城东区", step) for name in UNITS["城东区"] for step in (-7, -3)}


def test_one_digest_a_day_however_often_it_is_gathered(published, on, people):
    first = on("05-16")
    assert on("05-16", "08:31") == on("05-16", "17:00") == first
    assert Digest.objects.count() == 4
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(person=people.county, day=dt.date(2014, 5, 16))


def test_the_database_holds_a_step_once_for_a_person(published, on):
    on("05-16")
    row = Reminder.objects.first()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_after_days_away_each_task_is_one_line_in_todays_words(published, on, people):
    # Nobody gathered since the notice came: the steps of three days fall together.
    found = on("05-26")
    assert found == both(-7, *FILLERS) | both(-3, *FILLERS) | both(-1, *FILLERS) | both(1, *FILLERS)
    hers = Reminder.objects.filter(person=people.county)
    assert Digest.objects.filter(person=people.county).count() == 1
    (line,) = hers.filter(overtaken=False)
    assert (line.step, line.lamp) == (1, lamps.Lamp.RED)
    assert line.words == "城东区妇联“活动情况”：截止 5月25日，5月26日起逾期"
    assert on("05-27") == set()


@pytest.mark.parametrize("kind", [Kind.REPORTED, Kind.EXEMPTED, Kind.VOIDED])
def test_nothing_is_said_of_a_task_that_is_answered_exempt_or_void(
    published, on, org, people, kind
):
    task = tasks(unit=org.east).get()
    fulfilment.befall(task, kind, by=people.county, reason="原因")
    assert on("05-26") == {(n, "城西县", s) for n in UNITS["城西县"] for s in (-7, -3, -1, 1)}


def test_an_extension_arms_the_ladder_with_the_new_day(published, on, org, people):
    on("05-16")
    task = tasks(unit=org.east).get()
    asked = extensions.ask(task, wanted_on=dt.date(2014, 6, 13), reason="台风", by=people.county)
    extensions.grant(Extension.objects.get(pk=asked.pk), on=dt.date(2014, 6, 13), by=people.leader)
    assert {unit for _, unit, _ in on("05-26")} == {"城西县"}
    assert {found for found in on("06-06") if found[1] == "城东区"} == {
        ("county", "城东区", -7),
        ("county2", "城东区", -7),
    }
    assert Reminder.objects.filter(person=people.county, step=-7).count() == 2


def test_a_return_with_a_new_day_arms_it_and_one_without_does_not(published, on, org, people):
    on("05-16")
    task = tasks(unit=org.east).get()
    fulfilment.befall(task, Kind.REPORTED, by=people.county)
    assert not {unit for _, unit, _ in on("05-22")} & {"城东区"}
    new_day = dt.date(2014, 6, 13)
    fulfilment.befall(task, Kind.RETURNED, by=people.leader, reason="缺", due_on=new_day)
    on("06-06")
    assert Reminder.objects.filter(person=people.county, due_on=new_day).count() == 1
    fulfilment.befall(task, Kind.REPORTED, by=people.county)
    fulfilment.befall(task, Kind.RETURNED, by=people.leader, reason="还缺")
    on("06-09")
    assert Reminder.objects.filter(person=people.county, due_on=new_day).count() == 1


def test_a_step_told_long_after_its_day_is_history(published, on):
    assert on("08-01") == set()


def test_a_person_of_two_units_has_one_digest(published, on, org, people):
    from world import seat  # noqa: PLC0415

    from federation import grants  # noqa: PLC0415
    from federation.models import Post  # noqa: PLC0415

    both_units = seat(org, "shared", "east", "officer")
    grants.appoint(
        both_units, org.west, Post.objects.get(code="officer"), starts_on=dt.date(2014, 1, 1)
    )
    found = on("05-16")
    assert ("shared", "城东区", -7) in found
    assert ("shared", "城西县", -7) in found
    assert Digest.objects.filter(person=both_units).count() == 1


def test_who_left_yesterday_is_told_nothing(published, on, people):
    people.county.appointments.update(ends_on=dt.date(2014, 5, 15))
    assert {name for name, unit, _ in on("05-16") if unit == "城东区"} == {"county2"}


def test_an_urging_of_yesterday_is_in_todays_digest_once(published, on, org, people, spring):
    urging.urge(tasks(unit=org.east), by=people.leader)
    on("04-25")
    on("04-28")
    digest = Digest.objects.get(person=people.county)
    assert digest.day == dt.date(2014, 4, 25)
    assert digest.reminders.get().urging


# -- The ladder as data ----------------------------------------------------------------------------
def test_a_notice_brings_its_own_ladder_and_a_correction_carries_it(notice, on, people):
    ladder.change(notice, [{"days": 0, "to": ["head"]}, {"days": -5, "to": ["leader"]}], by=None)
    notice.refresh_from_db()
    publishing.publish(notice, by=people.leader)
    assert on("05-20") == {("leader", "城东区", -5), ("leader", "城西县", -5)}
    # The 25th is a Sunday; what is to be told on the due day itself is told before it.
    on("05-23")
    assert {(r.person.username, r.step) for r in Reminder.objects.filter(step=0)} == {
        ("county2", 0),
        ("sibling2", 0),
    }
    notice = Notice.objects.unscoped(reason="a test reads anew").get(pk=notice.pk)
    draft = revisions.correct(notice, changes="改联系人", by=people.leader)
    assert ladder.steps_of(draft) == (Step(-5, ("leader",)), Step(0, ("head",)))


def test_an_empty_ladder_reminds_nobody(notice, on, people):
    ladder.change(notice, [], by=people.leader)
    notice.refresh_from_db()
    publishing.publish(notice, by=people.leader)
    assert on("05-26") == set()


def test_a_published_ladder_is_changed_by_a_correction_alone(published, people):
    with pytest.raises(ValidationError, match="请先更正通知"):
        ladder.change(published, [], by=people.leader)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"days": 61, "to": ["filler"]}], "应是 -60 到 60 之间的整数"),
        ([{"days": "x", "to": ["filler"]}], "应是 -60 到 60 之间的整数"),
        ([{"days": 1, "to": []}], "截止后第1天：请选择提醒谁"),
        ([{"days": 1, "to": ["everybody"]}], "截止后第1天：请选择提醒谁"),
        ([{"days": -3, "to": ["head"]}, {"days": -3, "to": ["filler"]}], "截止前第3天写了两次"),
        ([{"days": n, "to": ["head"]} for n in range(13)], "最多 12 个节点"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused_with_its_place(rows, said):
    with pytest.raises(ValidationError) as refused:
        ladder.checked(rows)
    assert said in "".join(refused.value.messages)


# -- Lamps -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "lamp"),
    [("05-21", "green"), ("05-22", "yellow"), ("05-25", "yellow"), ("05-26", "red")],
)
def test_a_lamp_turns_yellow_three_days_before_and_red_the_day_after(published, org, day, lamp):
    today = dt.date.fromisoformat(f"2014-{day}")
    assert lamps.of(tasks(unit=org.east).get().due_on, today) == lamp


# -- Chores ----------------------------------------------------------------------------------------
def test_coming_tasks_are_made_by_a_chore(org, spring, people):
    notice = notice_of(org.city, doc_number="")
    to_kinds(notice, "county_federation")
    duty = duty_of(notice, "d", cycle="month", due_rule={"kind": "end_of_period"})
    publishing.publish(notice, by=None)
    before = set(tasks(duty=duty).values_list("period", flat=True))
    spring.shift(dt.timedelta(days=40))
    assert chores.create_coming_tasks() == "4 项"
    assert set(tasks(duty=duty).values_list("period", flat=True)) - before == {"2014-06", "2014-07"}
    assert chores.create_coming_tasks() == "0 项"


def test_reminding_asks_the_same_number_of_questions_however_many_are_told(
    published, on, org, people, spring, django_assert_max_num_queries
):
    spring.move_to(dt.datetime.fromisoformat("2014-05-16T08:30:00+08:00"))
    with django_assert_max_num_queries(22):
        reminding.gather()
    assert Digest.objects.count() == 4
    expected.remove(published.duties.get(), org.west, reason="误列", by=None)
    schedule.create_coming_tasks()


def test_who_is_lent_an_action_by_a_hook_up_does_not_belong_to_the_unit(org, people, spring):
    readers = Audience("读者", "unit", action="notices_view")
    found = people_at(readers, [org.city.pk], dt.date(2014, 5, 16))
    assert people.leader.pk in found[org.city.pk]
    assert people.city.pk not in found[org.city.pk]  # of 发展部, which receives for the city
