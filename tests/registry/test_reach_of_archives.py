"""Who reaches whose archive: adults by the tree, minors by the zone and their carers."""

import datetime as dt

import pytest
from django.utils import timezone

from federation import grants
from registry.models import Carer, Enrolment, Person

ADULTS, MINORS = {"woman", "elder"}, {"child", "teen"}
SEEN = {
    "village": ADULTS | MINORS,
    "chair2": {"child2"},
    "carer": {"child"},
    "volunteer": set(),
    "children_town": ADULTS | MINORS | {"child2"},
    "county": ADULTS,
    "children_county": ADULTS | MINORS | {"child2"},
    "sibling": {"west_woman"},
    "chair_west": {"west_woman", "west_child"},
    "leader": {*ADULTS, "west_woman"},
    "rights_city": {*ADULTS, *MINORS, "child2", "west_woman", "west_child"},
    "children_other_city": set(),
    "other_city": set(),
    "city": set(),
    "nobody": set(),
    "sysadmin": set(),
    "audit": set(),
}


def seen_by(user, archives):
    found = set(Person.objects.visible_to(user))
    return {name for name, person in vars(archives).items() if person in found}


@pytest.mark.parametrize("who", SEEN)
def test_an_archive_is_in_reach_of_whom_the_matrix_says(who, people, carers, archives):
    user = getattr(people, who, None) or getattr(carers, who)
    assert seen_by(user, archives) == SEEN[who]


def test_a_carer_whose_days_are_over_sees_the_child_no_more(carers, archives):
    Carer.objects.in_force().update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert seen_by(carers.carer, archives) == set()


def test_a_carer_without_a_seat_sees_nobody(carers, archives):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    grants.end_appointment(carers.carer.appointments.get(), on=yesterday)
    assert seen_by(carers.carer, archives) == set()


def test_a_carer_may_look_and_not_write(carers, archives):
    assert not Person.objects.visible_to(carers.carer, "edit").exists()


def test_who_turns_eighteen_leaves_the_zone_that_night(people, archives, time_machine):
    archives.teen.born_on = dt.date(2010, 6, 1)
    archives.teen.save()
    time_machine.move_to(dt.datetime(2028, 5, 31, 15, 59, tzinfo=dt.UTC))
    assert "teen" not in seen_by(people.leader, archives)
    time_machine.move_to(dt.datetime(2028, 5, 31, 16, 0, tzinfo=dt.UTC))
    assert "teen" in seen_by(people.leader, archives)


def test_enrolments_for_health_are_of_the_zone(people, archives):
    seen = Enrolment.objects.visible_to(people.county).filter(person=archives.woman)
    assert set(seen.values_list("programme__code", flat=True)) == {
        "poor_woman",
        "left_behind_woman",
    }
    seen = Enrolment.objects.visible_to(people.village).filter(person=archives.woman)
    assert seen.filter(programme__code="two_cancers").exists()
