"""催报: told at once to who signs for the unit, at most once a day per unit and task."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from papers import duty_of, notice_of, tasks, to_kinds
from world import build_people, build_units

from federation.models import AuditEvent
from notices import fulfilment, publishing
from notices.models import Reminder, TaskEvent, Urging
from notices.urging import urge


def test_who_signs_for_the_unit_is_told_at_once(published, org, people, spring):
    found = urge(tasks(unit=org.east), by=people.leader)

    assert (found.sent, found.already, found.nobody) == (1, 0, 0)
    told = Reminder.objects.all()
    assert {each.person for each in told} == {people.county, people.county2}
    assert {each.words for each in told} == {
        "催报：城东区妇联“活动情况”尚未报送，截止 5月25日，5月26日起逾期"
    }
    assert AuditEvent.objects.get(verb="urge").unit == org.east


def test_the_same_unit_is_urged_once_a_day_whoever_presses(published, org, people, spring):
    urge(tasks(unit=org.east), by=people.leader)
    spring.shift(dt.timedelta(hours=14))  # 23:00
    again = urge(tasks(), by=people.city)
    assert (again.sent, again.already, again.nobody) == (1, 1, 0)
    assert again.words == "已催报 1 个单位；1 个单位今天已催过，不重复催报。"

    spring.shift(dt.timedelta(hours=1, minutes=1))  # another day in Quanzhou, the same in London
    assert urge(tasks(unit=org.east), by=people.leader).sent == 1
    assert Urging.objects.count() == 3


def test_the_database_itself_refuses_a_second_urging_of_the_day(published, org, people, spring):
    urge(tasks(unit=org.east), by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Urging.objects.create(task=tasks(unit=org.east).get(), day=timezone.localdate())


def test_what_is_answered_exempt_or_called_off_is_not_urged(published, org, people, spring):
    east, west = tasks(unit=org.east).get(), tasks(unit=org.west).get()
    fulfilment.befall(east, TaskEvent.Kind.REPORTED, by=people.county)
    fulfilment.befall(west, TaskEvent.Kind.EXEMPTED, by=people.sibling, reason="本期无")
    found = urge(tasks(), by=people.leader)
    assert (found.sent, found.already, found.nobody) == (0, 0, 0)
    assert found.words == "没有需要催报的单位。"


def test_a_unit_without_people_is_said_and_can_be_urged_later(published, org, people, spring):
    org.west.appointments.update(ends_on=dt.date(2014, 4, 1))
    assert urge(tasks(), by=people.leader).nobody == 1
    org.west.appointments.update(ends_on=None)
    assert urge(tasks(unit=org.west), by=people.leader).sent == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_urges(request):

    org = build_units()
    people = build_people(org)
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    due = {"kind": "on_date", "date": "2030-05-25"}
    duty_of(notice, "summary", due_rule=due, window_to=dt.date(2030, 12, 31))
    publishing.publish(notice, by=None)
    together, found = threading.Barrier(4), []

    def press():
        together.wait()
        found.append(urge(tasks(), by=people.leader))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted((each.sent, each.already) for each in found) == [(0, 2)] * 3 + [(2, 0)]
    assert Urging.objects.count() == 2
