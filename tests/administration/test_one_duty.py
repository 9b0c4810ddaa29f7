"""三员分立: no account is two of them at a time, whoever asks. The database itself refuses."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from federation.models import Appointment, Duty, Post, User

DUTIES = ("system_admin", "security_admin", "audit_admin", "officer")
PAIRS = [(a, b) for a in DUTIES for b in DUTIES if a != b]
INSERT = """
    INSERT INTO federation_appointment (uuid, user_id, unit_id, post_id, starts_on, ends_on, basis)
    VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, 'regular')
"""


def seat(user, unit, post, starts_on="2014-01-01", ends_on=None):
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [user.pk, unit.pk, post.pk, starts_on, ends_on])


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_raw_sql_cannot_give_one_account_two_duties(org, people, posts, first, second):
    seat(people.nobody, org.city, getattr(posts, first))

    with pytest.raises(IntegrityError, match="two kinds"), transaction.atomic():
        seat(people.nobody, org.east, getattr(posts, second))

    assert people.nobody.appointments.count() == 1


def test_two_posts_of_one_duty_may_be_held_together(org, people, posts):
    seat(people.nobody, org.city, posts.system_admin)
    seat(people.nobody, org.east, posts.system_admin)

    assert people.nobody.appointments.count() == 2


def test_one_duty_may_follow_the_other_and_the_last_day_counts(org, people, posts):
    seat(people.nobody, org.city, posts.system_admin, ends_on="2014-05-31")

    with pytest.raises(IntegrityError), transaction.atomic():
        seat(people.nobody, org.city, posts.audit_admin, "2014-05-31")
    seat(people.nobody, org.city, posts.audit_admin, "2014-06-01")

    assert people.nobody.appointments.count() == 2


def test_a_seat_that_was_taken_back_before_it_began_stands_in_nobodys_way(org, people, posts):
    seat(people.nobody, org.city, posts.system_admin, "2014-06-01", "2014-05-31")

    seat(people.nobody, org.city, posts.audit_admin, "2014-01-01")

    assert people.nobody.appointments.count() == 2


@pytest.mark.parametrize(
    "change",
    ["ends_on = NULL", "post_id = %(other)s", "starts_on = '2014-01-01'", "user_id = %(user)s"],
)
def test_no_update_leads_there_either(org, people, posts, change):
    seat(people.nobody, org.city, posts.system_admin, "2014-02-01")
    if change.startswith("post"):
        seat(people.nobody, org.east, posts.system_admin)
    elif change.startswith("user"):
        seat(people.village, org.east, posts.village_chair, "2014-03-01")
        people.village.appointments.exclude(unit=org.east).delete()
    else:
        seat(people.nobody, org.east, posts.audit_admin, "2013-01-01", "2014-01-31")
    values = {"other": posts.audit_admin.pk, "user": people.nobody.pk, "east": org.east.pk}
    which = {"starts_on = '2014-01-01'": org.city}.get(change, org.east)
    values["unit"] = which.pk

    statement = f"UPDATE federation_appointment SET {change} WHERE unit_id = %(unit)s"  # noqa: S608
    statement += " AND user_id IN (%(user)s, %(village)s)"
    values["village"] = people.village.pk
    with (
        pytest.raises(IntegrityError, match="two kinds"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)


def test_many_seats_in_one_statement_are_judged_together(org, people, posts):
    two = [
        Appointment(user=people.nobody, unit=org.city, post=post, starts_on=dt.date(2014, 1, 1))
        for post in (posts.security_admin, posts.audit_admin)
    ]

    with pytest.raises(IntegrityError, match="two kinds"), transaction.atomic():
        Appointment.objects.bulk_create(two)


def test_the_kind_of_a_post_that_was_held_stays(org, people, posts):
    with pytest.raises(IntegrityError, match="its kind stays"), transaction.atomic():
        Post.objects.filter(pk=posts.audit_admin.pk).update(kind=Duty.BUSINESS)


@pytest.mark.django_db(transaction=True)
def test_two_seats_given_at_the_same_moment_are_not_both_given(org, people, posts):
    """Each transaction sees only its own seat; the second waits and then sees the first."""
    ready, refused = threading.Barrier(2), []

    def give(post):
        try:
            with transaction.atomic():
                ready.wait(10)
                seat(people.nobody, org.city, post)
        except IntegrityError as error:
            refused.append(error)
        finally:
            connection.close()

    both = [
        threading.Thread(target=give, args=(post,))
        for post in (posts.system_admin, posts.audit_admin)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)

    assert len(refused) == 1
    assert User.objects.get(username="nobody").appointments.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "audit", "actions": ["federation_view", "federation_manage"]},
        {"kind": "business", "actions": ["federation_audit"]},
        {"kind": "system", "actions": ["federation_view"]},
        {"kind": "system", "actions": ["federation_manage", "federation_grant"]},
        {"kind": "security", "actions": ["federation_grant", "reporting_view"]},
    ],
    ids=str,
)
def test_a_post_whose_kind_and_rights_differ_is_refused(org, wrong):
    with pytest.raises(ValidationError):
        Post(code="planted", name="岗", **wrong).clean()
