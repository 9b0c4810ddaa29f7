"""督办单: issued about what is late, answered by the unit, sent back or struck off; on record."""

import datetime as dt
import threading

import pytest
from django.db import connection
from papers import duty_of, notice_of, to_kinds
from papers import tasks as everyones
from world import build_people, build_units, seat

from federation import unit_changes
from federation.models import AuditEvent
from notices import fulfilment, publishing, supervising
from notices.fulfilment import Refused
from notices.models import Supervision, SupervisionState, Task, TaskEvent

State = SupervisionState
NEXT_WEEK = dt.date(2014, 6, 6)


def tasks(**found):
    return list(everyones(**found).select_related("duty__notice"))


def fresh(supervision):
    return Supervision.objects.unscoped(reason="a test looks at all").get(pk=supervision.pk)


@pytest.fixture
def issued(late, org, people):
    return supervising.issue(
        tasks(unit=org.east), by=people.leader, requirement="请于一周内报送。", answer_by=NEXT_WEEK
    )


def test_a_unit_is_told_answers_and_is_struck_off(issued, org, people):
    assert (issued.number, issued.unit, issued.issuer) == ("督办〔2014〕1号", org.east, org.city)
    supervising.answer(issued, by=people.county, text="已于5月28日报送。")
    assert fresh(issued).state == State.SETTLED
    supervising.strike_off(issued, by=people.leader)
    assert fresh(issued).state == State.STRUCK_OFF
    assert [e.get_kind_display() for e in issued.events.all()] == ["发出", "答复", "销号"]
    assert [e.text for e in issued.events.all()][:2] == ["请于一周内报送。", "已于5月28日报送。"]
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"issued_supervision", "answered_supervision", "struck_off_supervision"} <= verbs


def test_an_answer_is_sent_back_with_a_reason_and_a_new_day(issued, people):
    supervising.answer(issued, by=people.county, text="正在办。")
    with pytest.raises(Refused, match="请填写退回的原因"):
        supervising.send_back(issued, by=people.leader, text=" ", answer_by=NEXT_WEEK)
    with pytest.raises(Refused, match="不能早于今天"):
        supervising.send_back(
            issued, by=people.leader, text="没有说明", answer_by=dt.date(2014, 5, 26)
        )
    supervising.send_back(issued, by=people.leader, text="没有说明", answer_by=dt.date(2014, 6, 10))
    assert (fresh(issued).state, fresh(issued).answer_by) == (State.RETURNED, dt.date(2014, 6, 10))
    supervising.answer(issued, by=people.county, text="已报送。")
    assert fresh(issued).state == State.SETTLED


@pytest.mark.parametrize(
    ("step", "who"),
    [
        ("answer", "leader"),  # reaches the county, does not sit there
        ("answer", "sibling"),
        ("answer", "post"),
        ("send_back", "county"),
        ("send_back", "sibling"),
        ("strike_off", "county"),
        ("strike_off", "other_city"),
    ],
)
def test_each_side_does_its_own_part_alone(issued, people, step, who):
    if step == "send_back":
        supervising.answer(issued, by=people.county, text="已报送。")
    before = fresh(issued).version
    more = {"answer_by": NEXT_WEEK} if step == "send_back" else {}
    with pytest.raises(Refused):
        getattr(supervising, step)(issued, by=getattr(people, who), text="话", **more)
    assert fresh(issued).version == before


def test_striking_off_without_an_answer_needs_a_reason(issued, people):
    with pytest.raises(Refused, match="还没有答复"):
        supervising.strike_off(issued, by=people.leader)
    supervising.strike_off(issued, by=people.leader, text="已口头说明。")
    with pytest.raises(Refused, match="当前为“已销号”"):
        supervising.answer(issued, by=people.county, text="话")


def test_nobody_judges_her_own_answer(issued, org, people):
    from federation import grants  # noqa: PLC0415
    from federation.models import Post  # noqa: PLC0415

    twice = seat(org, "twice", "city", "vice_chair")
    grants.appoint(twice, org.east, Post.objects.get(code="officer"), starts_on=dt.date(2014, 1, 1))
    supervising.answer(issued, by=twice, text="已报送。")
    with pytest.raises(Refused, match="不能审核自己的答复"):
        supervising.strike_off(issued, by=twice)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("county2", "不是由您所在单位发文或受理的"),
        ("other_city", "不是由您所在单位"),
        ("sibling2", "不是由您所在单位"),
    ],
)
def test_only_the_issuers_people_issue(late, org, people, who, said):
    with pytest.raises(Refused, match=said):
        supervising.issue(
            tasks(unit=org.east), by=getattr(people, who), requirement="话", answer_by=NEXT_WEEK
        )


def test_a_receiving_department_that_holds_the_action_issues_in_its_own_name(
    people, notice, org, spring
):
    duty = notice.duties.get()
    duty.receiving_department = org.other_department
    duty.save()
    publishing.publish(notice, by=people.leader)
    spring.move_to(dt.datetime.fromisoformat("2014-05-27T09:00:00+08:00"))
    chief = seat(org, "chief", "other_department", "chair")
    assert set(supervising.late_tasks(chief)) == set(tasks())
    made = supervising.issue(tasks(unit=org.east), by=chief, requirement="话", answer_by=NEXT_WEEK)
    assert (made.issuer, made.number) == (org.other_department, "督办〔2014〕1号")


def test_what_makes_no_sense_is_refused_with_its_reason(late, org, people, spring):
    def refused(found, **more):
        values = {"requirement": "话", "answer_by": NEXT_WEEK, **more}
        with pytest.raises(Refused) as said:
            supervising.issue(found, by=people.leader, **values)
        return str(said.value)

    both = tasks()
    assert "只发给一个单位" in refused(both)
    assert "请至少选择一项" in refused([])
    assert "请填写办理要求" in refused(tasks(unit=org.east), requirement=" ")
    assert "不能早于今天" in refused(tasks(unit=org.east), answer_by=dt.date(2014, 5, 26))
    fulfilment.befall(both[0], TaskEvent.Kind.REPORTED, by=people.county)
    assert "没有逾期或已经报送" in refused(tasks(pk=both[0].pk))
    supervising.issue(tasks(unit=org.west), by=people.leader, requirement="话", answer_by=NEXT_WEEK)
    assert "已有督办单 督办〔2014〕1号 没有销号" in refused(tasks(unit=org.west))
    assert Supervision.objects.unscoped(reason="a test counts").count() == 1


def test_numbers_begin_anew_each_year_and_a_failure_leaves_no_gap(late, org, people, spring):
    first = supervising.issue(
        tasks(unit=org.east), by=people.leader, requirement="话", answer_by=NEXT_WEEK
    )
    with pytest.raises(Refused):
        supervising.issue(
            tasks(unit=org.east), by=people.leader, requirement="话", answer_by=NEXT_WEEK
        )
    supervising.strike_off(first, by=people.leader, text="改日再督")
    second = supervising.issue(
        tasks(unit=org.west), by=people.leader, requirement="话", answer_by=NEXT_WEEK
    )
    spring.move_to(dt.datetime.fromisoformat("2015-01-05T09:00:00+08:00"))
    third = supervising.issue(
        tasks(unit=org.east), by=people.leader, requirement="话", answer_by=dt.date(2015, 1, 9)
    )
    assert [one.number for one in (first, second, third)] == [
        "督办〔2014〕1号",
        "督办〔2014〕2号",
        "督办〔2015〕1号",
    ]


def test_who_reads_what(issued, people):
    def seen(who, action="view"):
        return Supervision.objects.visible_to(getattr(people, who), action).exists()

    assert all(seen(who) for who in ("leader", "county", "county2"))
    assert not any(seen(who) for who in ("sibling", "post", "other_city", "nobody", "sysadmin"))
    assert seen("leader", "supervise")
    assert not seen("county2", "supervise")


def test_the_successor_of_a_closed_unit_answers(issued, org, people):
    unit_changes.carry_out(
        unit_changes.Merge(
            unit=org.east, successor=org.west, by=people.sysadmin,
            day=dt.date(2014, 5, 27), reason="批复", keep_people=False,
        )
    )  # fmt: skip
    supervising.answer(fresh(issued), by=people.sibling, text="由我们办理。")
    assert fresh(issued).state == State.SETTLED


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_and_no_twins_when_many_issue_at_once():
    org = build_units()
    people = build_people(org)
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    for n in range(4):
        duty_of(notice, f"d{n}", due_rule={"kind": "on_date", "date": "2030-05-25"})
    publishing.publish(notice, by=None)
    Task.objects.unscoped(reason="a test lets them be late").update(
        due_on="2014-05-25", locks_on=None
    )
    found, together = tasks(), threading.Barrier(8)

    def issue(task):
        together.wait()
        supervising.issue([task], by=people.leader, requirement="话", answer_by=dt.date(2099, 1, 1))
        connection.close()

    threads = [threading.Thread(target=issue, args=[task]) for task in found]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    everyone = Supervision.objects.unscoped(reason="a test counts")
    assert sorted(everyone.values_list("serial", flat=True)) == list(range(1, 9))
