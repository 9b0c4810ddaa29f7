"""A notice of the city of tests/world.py, ready to be published."""

import datetime as dt

import pytest
import time_machine
from papers import duty_of, notice_of, to_kinds

from notices import publishing
from notices.models import Contact

SPRING = dt.datetime.fromisoformat("2014-04-24T09:00:00+08:00")


@pytest.fixture
def spring():
    """2014年4月24日 9:00 in Quanzhou, the day of 泉妇〔2014〕28号; ``move_to`` moves the clock."""
    with time_machine.travel(SPRING, tick=False) as clock:
        yield clock


@pytest.fixture
def notice(org, spring):
    """A draft to every county, with one narrative due on 25 May."""
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    Contact.objects.create(notice=notice, name="林演甲子", phone="0595-00000000")
    duty_of(notice, "summary", title="活动情况")
    return notice


@pytest.fixture
def published(people, notice):
    """That notice, published; modules that need another make their own of this name."""
    publishing.publish(notice, by=people.leader)
    return notice


@pytest.fixture
def late(published, spring):
    """Both counties are late with its only duty; it is 27 May."""
    spring.move_to(dt.datetime.fromisoformat("2014-05-27T09:00:00+08:00"))
    return published
