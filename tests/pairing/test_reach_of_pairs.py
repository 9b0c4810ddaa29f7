"""Who reaches a pair: to look, to log, to change, and to carry it."""

import datetime as dt

import pytest
from django.utils import timezone

from pairing.models import Liaison, Pairing

# Seat → pairs she may look at, log for, change; and carries herself.
EVERY = {"posted", "proposed", "elderly", "motherly"}
REACH = {
    "post": ({"posted"}, {"posted"}, set(), {"posted"}),
    "post2": ({"proposed"}, {"proposed"}, set(), {"proposed"}),
    "volunteer": ({"elderly", "motherly"}, {"elderly", "motherly"}, set(), {"elderly", "motherly"}),
    "village": (
        {"posted", "elderly", "motherly"},
        {"posted", "elderly", "motherly"},
        {"elderly", "motherly"},
        set(),
    ),
    "county": (EVERY, EVERY, EVERY, set()),
    "sibling": ({"western"}, {"western"}, {"western"}, set()),
    "leader": (EVERY | {"western"}, EVERY | {"western"}, EVERY | {"western"}, set()),
    "city": (EVERY | {"western"}, set(), set(), set()),
    "other_city": (set(), set(), set(), set()),
    "sysadmin": (set(), set(), set(), set()),
    "nobody": (set(), set(), set(), set()),
}


@pytest.mark.parametrize("seat", REACH)
def test_a_seat_reaches_exactly_its_pairs(pairs, people, seat):
    user = getattr(people, seat)
    names = {row.pk: name for name, row in vars(pairs).items() if isinstance(row, Pairing)}

    found = [
        {names[row.pk] for row in rows}
        for rows in (
            *(Pairing.objects.visible_to(user, action) for action in ("view", "log", "edit")),
            Pairing.objects.carried_by(user),
        )
    ]

    assert found == list(REACH[seat])


def test_a_volunteer_whose_time_with_a_pair_is_over_reaches_it_no_more(pairs, people):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    hers = Liaison.objects.in_force().filter(pairing=pairs.elderly)
    hers.update(until=yesterday)

    assert list(Pairing.objects.visible_to(people.volunteer)) == [pairs.motherly]


def test_a_volunteer_without_her_post_carries_nothing(pairs, people):
    people.volunteer.appointments.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    from federation import grants  # noqa: PLC0415

    grants.derive(people.volunteer)

    assert not Pairing.objects.carried_by(people.volunteer).exists()
