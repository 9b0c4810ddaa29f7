"""A page that shows reads the grants once; nothing that acts goes by what was read before."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation import grants, scope
from federation.idempotency import new_key
from federation.models import UnitGrant

pytestmark = pytest.mark.django_db


def reads(work) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return sum(query["sql"].startswith('SELECT "auth_permission"') for query in seen)


def ask(people):
    return scope.may(people.county, "reporting_view")


def test_within_it_many_questions_are_one_read(people):
    def many():
        with scope.asked_once():
            for action in ("reporting_view", "reporting_review", "federation_view"):
                assert scope.may(people.county, action)

    assert reads(many) == 1
    assert reads(lambda: [ask(people) for _ in range(3)]) == 3


def test_each_person_is_asked_for_herself(people):
    with scope.asked_once():
        assert scope.may(people.county, "reporting_review")
        assert not scope.may(people.post, "reporting_review")


def test_a_change_of_grants_is_seen_at_once_and_its_undoing_too(people):
    with scope.asked_once():
        assert ask(people)
        people.county.appointments.all().delete()
        grants.derive(people.county)
        assert not ask(people)
        UnitGrant.objects.filter(user=people.post).update(user=people.county)
        assert ask(people)


def test_nothing_is_kept_from_one_request_to_the_next(people, client):
    client.force_login(people.county)
    assert client.get(reverse("reporting:collections")).status_code == 200
    UnitGrant.objects.filter(user=people.county).delete()
    assert client.get(reverse("reporting:collections")).status_code == 403


def test_nothing_is_kept_when_the_page_breaks_off(people):
    def broken():
        with scope.asked_once():
            return ask(people) / 0

    with pytest.raises(ZeroDivisionError):
        broken()
    UnitGrant.objects.filter(user=people.county).delete()
    assert not ask(people)


def test_another_thread_keeps_nothing_of_this_one():
    found = []
    with scope.asked_once():
        scope._asked.get()["somebody"] = []
        thread = threading.Thread(target=lambda: found.append(scope._asked.get()))
        thread.start()
        thread.join()

    assert found == [None]


def test_a_page_reads_the_grants_once(people, client):
    client.force_login(people.county)
    for page in ("home", "reporting:submissions", "units"):
        assert reads(lambda page=page: client.get(reverse(page))) == 1, page


def test_an_act_reads_them_each_time(people, org, client):
    client.force_login(people.county)
    asked = {"annex": "pairing-intent", "period": "2014", "unit": org.east.uuid}
    asked["idempotency_key"] = new_key()

    # For the page's policy, for the units in reach, and twice when the job is put down.
    assert reads(lambda: client.post(reverse("reporting:export"), asked)) == 4


def test_the_page_of_a_refused_act_reads_them_for_the_menu_alone(people, client):
    client.force_login(people.post)
    refused = reads(
        lambda: client.post(
            reverse("notices:discard", args=["00000000-0000-4000-8000-000000000000"])
        )
    )

    # For the page's policy and for the menu: a refusal counts nothing that waits.
    assert refused == 2
