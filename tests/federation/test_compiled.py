"""A question put together once asks what the question itself would, with any words."""

import datetime as dt
import threading

import pytest
from django.db import connection

from federation.compiled import Compiled
from federation.models import Appointment, User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


def held_on(day: dt.date, user: int):
    rows = Appointment.objects.current(day).filter(user_id=user)
    return rows.select_related("unit__unit_type", "post").order_by("pk")


A_DAY = dt.date(1000, 1, 1)


def test_it_finds_for_each_what_the_question_itself_finds(people, django_assert_num_queries):
    held = Compiled(held_on, A_DAY, -1)
    today = dt.date.today()  # noqa: DTZ011 -- any day

    for user in User.objects.all():
        with django_assert_num_queries(1):  # what was selected along comes along
            told = [
                (a.pk, a.unit.unit_type.code, a.post.code) for a in held.objects(today, user.pk)
            ]
        plain = held_on(today, user.pk)
        assert told == [(a.pk, a.unit.unit_type.code, a.post.code) for a in plain]
    assert held.objects(dt.date(1999, 1, 1), people.county.pk) == []


def test_rows_are_those_of_a_values_list(people):
    named = Compiled(lambda name: User.objects.filter(username=name).values_list("pk", "uuid"), "⁂")

    assert named.rows(people.county.username) == [(people.county.pk, people.county.uuid)]
    assert named.rows("no such name") == []


def test_each_thread_asks_over_its_own_connection(transactional_db, people):
    held, found = Compiled(held_on, A_DAY, -1), []
    mine = held.objects(dt.date(2026, 1, 1), people.county.pk)

    def ask():
        found.append(held.objects(dt.date(2026, 1, 1), people.county.pk))
        connection.close()

    beside = threading.Thread(target=ask)
    beside.start()
    beside.join()
    assert found == [mine]


def test_a_word_that_would_make_another_question_is_refused():
    held = Compiled(held_on, A_DAY, -1)

    with pytest.raises(ValueError, match="never None"):
        held.objects(A_DAY, None)


def test_a_blank_that_does_not_stand_in_the_question_is_found_at_once():
    held = Compiled(lambda day, user: Appointment.objects.filter(user_id=user), A_DAY, -1)

    with pytest.raises(ValueError, match="blanks that are not in the question"):
        held.objects(A_DAY, 1)
