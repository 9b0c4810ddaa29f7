"""The board's numbers add up under any order of what can befall a duty, and equal a recount."""

import contextlib
import datetime as dt

import pytest
import time_machine
from battery import count
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from papers import duty_of, notice_of, to_kinds
from world import build_units

from federation import tree
from federation.models import OrgUnit, User
from notices import board, expected, extensions, fulfilment, publishing, receipts, unit_records
from notices.board import Standing
from notices.fulfilment import Refused
from notices.models import Extension, Notice, NoticeReceipt, Task, TaskEvent, TaskState

Kind = TaskEvent.Kind
START = dt.datetime.fromisoformat("2014-04-24T09:00:00+08:00")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["sign", "report", "return", "return_later", "done", "withdraw", "exempt", "extend",
             "add", "remove", "close", "merge"]
        ),
        st.integers(0, 7),  # which unit
        st.integers(0, 6),  # days that pass before
    ),
    max_size=25,
)  # fmt: skip


def everything() -> "Task":
    return Task.objects.unscoped(reason="the test recounts all tasks")


class TheBoard(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.org = build_units()
        cls.counties = [cls.org.east, cls.org.west]
        kind = cls.org.east.unit_type
        cls.counties += [
            tree.add(
                cls.org.city,
                OrgUnit(name=f"演示{n}县妇联", short_name=f"演示{n}县", unit_type=kind),
            )
            for n in range(6)
        ]
        cls.filler = User.objects.create_user("filler", "x", display_name="填报演")
        cls.leader = User.objects.create_user("leader", "x", display_name="领导演")

    @settings(
        max_examples=count(4, full=40), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(ACTS, st.sampled_from([("once", {"kind": "on_date", "date": "2014-05-25"}),
                                  ("month", {"kind": "end_of_period"})]))  # fmt: skip
    def test_the_four_parts_make_the_expected_set_in_any_order_of_acts(self, acts, rhythm):
        with time_machine.travel(START, tick=False) as clock:
            notice = notice_of(self.org.city, doc_number="")
            to_kinds(notice, "county_federation")
            duty = duty_of(notice, "d", cycle=rhythm[0], due_rule=rhythm[1])
            publishing.publish(notice, by=self.leader)
            notice = Notice.objects.unscoped(reason="the test reads it anew").get(pk=notice.pk)
            for act, index, days in acts:
                clock.shift(dt.timedelta(days=days))
                with contextlib.suppress(Refused):
                    self.do(act, notice, duty, self.counties[index])
                self.recount(duty)

    def do(self, act, notice, duty, unit):
        task = everything().filter(duty=duty, unit=unit).order_by("period").first()
        if act == "sign":
            receipts.sign(notice, unit, by=self.filler)
        elif act == "add":
            expected.add(duty, unit, reason="补列", by=self.leader)
        elif act == "remove":
            expected.remove(duty, unit, reason="误列", by=self.leader)
        elif act in ("close", "merge"):
            self.end(unit, heir=self.counties[0] if act == "merge" else None)
        elif task is None:
            return
        elif act == "extend":
            wanted = max(task.due_on, timezone.localdate()) + dt.timedelta(days=3)
            asked = extensions.ask(task, wanted_on=wanted, reason="台风", by=self.filler)
            extensions.grant(Extension.objects.get(pk=asked.pk), on=wanted, by=self.leader)
        else:
            kind = {"report": Kind.REPORTED, "return": Kind.RETURNED, "return_later": Kind.RETURNED,
                    "done": Kind.DONE, "withdraw": Kind.REOPENED, "exempt": Kind.EXEMPTED}[act]  # fmt: skip
            later = timezone.localdate() + dt.timedelta(days=9)
            new_day = later if act == "return_later" else None
            fulfilment.befall(task, kind, by=self.filler, reason="原因", due_on=new_day)

    def end(self, unit, heir):
        """As federation.unit_changes does; its own tests go the whole way (test_gone_units.py)."""
        unit.refresh_from_db()
        if unit.is_closed or unit.pk == self.counties[0].pk:
            return
        unit.closed_on, unit.successor = timezone.localdate(), heir
        unit.save(update_fields=["closed_on", "successor"])
        unit_records.follow(OrgUnit.objects.filter(pk=unit.pk))

    def recount(self, duty):
        today = timezone.localdate()
        for period in {t.period for t in everything().filter(duty=duty)}:
            mine = list(everything().filter(duty=duty, period=period))
            found = board.completeness(everything().filter(duty=duty, period=period), today)
            assert found.on_time + found.late + found.exempt + found.missing == found.expected
            stands = [board.standing(task) for task in mine]
            assert found.expected == len([s for s in stands if s])
            assert found.on_time == stands.count(Standing.ON_TIME)
            assert found.late == stands.count(Standing.LATE)
            assert found.exempt == stands.count(Standing.EXEMPT)
            assert found.missing == stands.count(Standing.MISSING)
            assert found.rate is None or 0 <= found.rate <= 1
            assert found.overdue <= found.missing
            assert found.returned + found.done <= found.submitted
            assert (
                board.completeness_by_duty(everything().filter(duty=duty), today)[duty.pk, period]
                == found
                if found.expected
                else True
            )
        # Nobody waits for a unit that is closed, neither for its report nor for its signature.
        closed = set(OrgUnit.objects.closed().values_list("pk", flat=True))
        assert not closed & set(duty.expected.filter(until=None).values_list("unit", flat=True))
        waiting = NoticeReceipt.objects.unscoped(reason="the test looks at all")
        waiting = waiting.filter(signed_at=None, ended_on=None)
        assert not closed & set(waiting.values_list("unit", flat=True))
        # Whoever is on the list and owes counts; whoever is off it and never reported does not.
        listed = set(duty.expected.filter(until=None).values_list("unit", flat=True))
        counted = {
            t.unit_id
            for t in everything().filter(duty=duty).counted()
            if t.first_reported_on is None and t.state != TaskState.EXEMPT
        }
        assert counted <= listed


def test_a_rate_is_rounded_down_and_said_of_nobody_as_a_dash():
    assert board.Completeness(expected=3, on_time=2, missing=1).rate_words == "66.6%"
    assert board.Completeness(expected=2001, on_time=2000, missing=1).rate_words == "99.9%"
    assert board.Completeness(expected=2, exempt=2).rate_words == "—"


@pytest.mark.django_db
def test_a_board_is_one_question_whatever_its_size(django_assert_num_queries):
    with django_assert_num_queries(1):
        board.completeness(everything(), dt.date(2014, 5, 1))
    with django_assert_num_queries(1):
        board.completeness_by_duty(everything(), dt.date(2014, 5, 1))
