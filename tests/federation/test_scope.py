"""Reach: closed by default, inherited downward, dated, and the same for lists and single rows."""

import datetime as dt

import pytest
from world import START, of, seat

from federation import grants, scope, tree
from federation.models import OrgUnit, Post, UnitGrant, User
from reporting.models import Submission, SubmissionRow

pytestmark = pytest.mark.on_sqlite
TODAY = dt.date(2014, 5, 20)


def units_seen(user, action="view"):
    return {s.unit for s in Submission.objects.visible_to(user, action).select_related("unit")}


def test_without_scope_there_is_nothing(org, people, calls):
    assert Submission.objects.count() == 0
    assert list(Submission.objects.all()) == []
    assert list(SubmissionRow.objects.filter(position=1)) == []
    assert Submission.objects.unscoped(reason="a test counts").count() == 6
    with pytest.raises(ValueError, match="reason"):
        Submission.objects.unscoped(reason="why")


def test_a_grant_reaches_everything_below_and_nothing_beside(org, people, calls):
    assert units_seen(people.county) == {
        org.east,
        org.east_post,
        org.east_post2,
        org.east_committee,
    }
    assert units_seen(people.sibling) == {org.west, org.west_post}
    assert units_seen(people.post) == {org.east_post}
    assert units_seen(people.leader) == units_seen(people.county) | units_seen(people.sibling)


def test_a_department_reads_what_it_is_hooked_up_with_and_the_receiving_one_reviews(
    org, people, calls
):
    assert units_seen(people.other_department) == {org.west, org.west_post}
    assert units_seen(people.other_department, "review") == set()
    assert org.east in units_seen(people.city, "review")


@pytest.mark.parametrize("who", ["other_city", "sysadmin", "audit", "volunteer", "nobody"])
def test_strangers_and_administrators_read_no_archive(org, people, calls, who):
    assert units_seen(getattr(people, who)) == set()


def test_a_superuser_gets_no_more_than_her_appointments_give(org, calls):
    root = User.objects.create_superuser("root", "test-password", display_name="运维演")

    assert units_seen(root) == set()


def test_a_disabled_account_sees_nothing_at_once(org, people, calls):
    User.objects.filter(pk=people.county.pk).update(is_active=False)

    assert units_seen(User.objects.get(pk=people.county.pk)) == set()


def test_the_last_day_counts_and_the_day_after_is_dead_without_any_job(org, calls, time_machine):
    user = seat(org, "leaving", "east", "officer", ends_on=TODAY)

    time_machine.move_to("2014-05-20T23:59:59+08:00")
    assert org.east in units_seen(user)
    time_machine.move_to("2014-05-21T00:00:00+08:00")
    assert units_seen(user) == set()


def test_scope_composes_with_filters_before_and_after(org, people, calls):
    before = Submission.objects.visible_to(people.leader).filter(unit=org.east)
    chained = before.visible_to(people.county).filter(annex="pairing-summary")

    assert [s.unit for s in chained] == [org.east]
    assert list(before.visible_to(people.sibling)) == []


def test_rows_of_a_parent_in_hand_are_given_and_still_narrowed(org, people, calls):
    submission = of(org.east_post)

    assert submission.rows.count() == 1
    assert submission.rows.visible_to(people.sibling).count() == 0
    assert submission.rows.visible_to(people.county).count() == 1


def test_ending_an_appointment_ends_its_grants_and_deleting_it_deletes_them(org, people):
    appointment = people.county.appointments.get()

    grants.end_appointment(appointment, on=dt.date(2014, 5, 1))
    assert not scope.may(people.county, "reporting_view")

    appointment.delete()
    assert not UnitGrant.objects.filter(user=people.county).exists()


def test_the_nightly_check_restores_what_was_tampered_with(org, people):
    UnitGrant.objects.filter(user=people.county).delete()
    assert not scope.may(people.county, "reporting_view")

    added, removed = grants.derive(people.county)

    assert added > 0
    assert removed == 0
    assert scope.may(people.county, "reporting_view", org.east)


def test_a_unit_moved_under_another_city_takes_its_rows_along(org, people, calls):
    tree.move(org.east, org.other_city)

    assert org.east_post not in units_seen(people.leader)
    assert org.east_post in units_seen(people.other_city)
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("0001", "0002"),
        ("0009", "000A"),
        ("000Z", "0010"),
        ("0001000Z", "00010010"),
        ("ZZZZ", None),
    ],
)
def test_the_range_of_a_subtree_ends_inside_the_alphabet(path, after):
    assert tree.path_after(path) == after


def test_prefix_neighbours_are_told_apart(org):
    assert not org.west.is_within(org.east)
    below = OrgUnit.objects.below(org.east)
    assert org.west not in below
    assert org.east_village in below


@pytest.mark.parametrize("words", ["城", "城东", "演示", "妇联", "nobody"])
def test_a_place_called_so_is_the_same_however_many_are(org, people, calls, monkeypatch, words):
    """Ranges for a few, one question for many: SQLite takes a thousand conditions at most."""
    rows = Submission.objects.unscoped(reason="a test counts")
    few = set(rows.filter(scope.named(words, "unit__path")))

    monkeypatch.setattr(scope, "MANY", 0)

    assert set(rows.filter(scope.named(words, "unit__path"))) == few
    assert bool(few) == (words != "nobody")


def test_a_row_that_slips_out_of_reach_is_not_saved(org, people, calls):
    with pytest.raises(scope.OutOfReach):
        scope.prove(of(org.west_post), people.county)


def test_a_post_cannot_name_an_action_nobody_declared():
    post = Post(code="x", name="测试岗", actions=["reporting_view", "reporting_everything"])

    with pytest.raises(Exception, match="reporting_everything"):
        post.clean()


def test_scope_costs_one_query_more_than_the_rows(org, people, calls, django_assert_num_queries):
    with django_assert_num_queries(2):
        list(Submission.objects.visible_to(people.city, "review"))


def test_grants_begin_with_the_appointment(org, calls, time_machine):
    user = seat(org, "coming", "east", "officer", starts_on=dt.date(2014, 6, 1))

    time_machine.move_to("2014-05-31T12:00:00+08:00")
    assert units_seen(user) == set()
    time_machine.move_to("2014-06-01T00:00:00+08:00")
    assert org.east in units_seen(user)
    assert user.appointments.get().starts_on > START
