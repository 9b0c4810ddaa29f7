"""Archives in time: verified, gone stale, dead, moved, back again, transferred; and the year's book."""

import datetime as dt

import pytest
from days import today
from django.utils import timezone
from world import seat

from federation.scope import OutOfReach
from registry import books, changing, transfers, verifying
from registry.models import (
    Enrolment,
    Person,
    PersonChange,
    RegisterBook,
    Transfer,
)
from registry.refusal import Overtaken, Refused

DAY = dt.timedelta(days=1)


def truth(person) -> Person:
    return Person.objects.unscoped(reason="a test looks at the truth").get(pk=person.pk)


def picture(person) -> dict:
    """Everything a change of standing may touch."""
    now = truth(person)
    return {
        "state": (now.state, now.state_since, now.unit_id, now.household_id),
        "enrolments": list(
            now.enrolments.order_by("pk").values_list("pk", "ends_on", "exit_reason", "starts_on")
        ),
        "carers": list(now.carers.order_by("pk").values_list("pk", "ends_on")),
        "needs": list(now.needs.order_by("pk").values_list("pk", "state", "closed_on")),
    }


def unverified_for(days, *people) -> None:
    everyone = Person.objects.unscoped(reason="a test sets the stage")
    for person in people:
        everyone.filter(pk=person.pk).update(verified_on=today() - days * DAY)


def stale() -> set[int]:
    everyone = Person.objects.unscoped(reason="a test looks at the truth")
    return set(everyone.stale().values_list("pk", flat=True))


# -- 核实 ------------------------------------------------------------------------------------------
def test_an_archive_is_stale_by_the_shortest_limit_of_its_programmes(archives, programmes):
    programmes.poor_woman.stale_after, programmes.left_behind_woman.stale_after = 180, 90
    programmes.poor_woman.save(), programmes.left_behind_woman.save()
    Enrolment._base_manager.filter(programme__code="two_cancers").delete()

    unverified_for(90, archives.woman)
    assert archives.woman.pk not in stale()
    unverified_for(91, archives.woman)
    assert archives.woman.pk in stale()

    Enrolment._base_manager.filter(programme__code="left_behind_woman").update(
        starts_on=today() - 400 * DAY, ends_on=today() - DAY, exit_reason="返乡"
    )
    assert archives.woman.pk not in stale()


def test_who_belongs_to_no_programme_is_stale_after_a_year(archives):
    Enrolment._base_manager.filter(person=archives.elder).delete()
    unverified_for(365, archives.elder)
    assert archives.elder.pk not in stale()
    unverified_for(366, archives.elder)
    assert archives.elder.pk in stale()


def test_who_was_never_verified_counts_from_the_day_she_was_entered(archives):
    rows = Person._base_manager.filter(pk=archives.elder.pk)
    rows.update(verified_on=None)
    assert archives.elder.pk not in stale()
    rows.update(entered_at=timezone.now() - 400 * DAY)
    assert archives.elder.pk in stale()


def test_who_left_the_registers_is_not_stale(archives, people):
    unverified_for(999, archives.elder)
    changing.change(archives.elder, kind="death", on=today(), reason="病故", by=people.village)
    assert archives.elder.pk not in stale()


def test_verified_is_not_stale_any_more(archives, people):
    unverified_for(999, archives.woman)
    done = verifying.verify(archives.woman, by=people.village)

    assert archives.woman.pk not in stale()
    assert (truth(done).verified_by, truth(done).version) == (people.village, 2)


def test_many_are_verified_together_or_none(archives, people):
    unverified_for(999, archives.woman, archives.west_woman)
    both = [archives.woman.uuid, archives.west_woman.uuid]

    with pytest.raises(OutOfReach):
        verifying.verify_all(both, by=people.village)
    assert stale() == {archives.woman.pk, archives.west_woman.pk}
    verifying.verify_all(both, by=people.leader)
    assert stale() == set()


@pytest.mark.parametrize("away", [DAY, -DAY], ids=["tomorrow", "before the last"])
def test_the_day_of_verifying_makes_sense(archives, people, away):
    with pytest.raises(Refused):
        verifying.verify(archives.woman, by=people.village, on=today() + away)


# -- Leaving and coming back -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "state"), [("death", "dead"), ("move", "moved"), ("exit", "exited")]
)
def test_leaving_ends_enrolments_and_carers_and_undoing_restores_all(
    archives, people, carers, kind, state
):
    before = picture(archives.child)
    made = changing.change(
        archives.child, kind=kind, on=today(), reason="见村证明", by=people.village
    )

    now = picture(archives.child)
    assert now["state"][:2] == (state, today())
    assert {ends for _, ends, _, _ in now["enrolments"]} == {today()}
    assert {why for _, _, why, _ in now["enrolments"]} == {made.get_kind_display()}
    assert {ends for _, ends in now["carers"]} == {today()}
    assert now["needs"] == before["needs"]

    changing.undo(made, reason="登记错了", by=people.village)
    assert picture(archives.child) == before


def test_who_comes_back_is_enrolled_anew_and_undoing_takes_that_away(archives, people):
    left = changing.change(
        archives.woman, kind="move", on=today(), reason="外嫁", by=people.village
    )
    gone = picture(archives.woman)
    back = changing.change(
        archives.woman, kind="return", on=today(), reason="回村", by=people.village
    )

    current = truth(archives.woman).enrolments.current().filter(ends_on=None)
    assert {row.programme.code for row in current} == {
        "poor_woman", "left_behind_woman", "two_cancers",
    }  # fmt: skip
    with pytest.raises(Refused, match="最近"):
        changing.undo(left, reason="错了", by=people.village)
    changing.undo(back, reason="错了", by=people.village)
    assert picture(archives.woman) == gone


def test_who_comes_back_after_a_gap_has_it_on_record(archives, people):
    rows = Enrolment._base_manager.filter(person=archives.elder)
    rows.update(starts_on=today() - 99 * DAY)
    leaving, back = today() - 30 * DAY, today() - 10 * DAY
    changing.change(archives.elder, kind="move", on=leaving, reason="外住", by=people.village)
    gone = picture(archives.elder)
    made = changing.change(archives.elder, kind="return", on=back, reason="回", by=people.village)
    days = rows.order_by("pk").values_list("starts_on", "ends_on")
    assert list(days) == [(today() - 99 * DAY, leaving), (back, None)]
    changing.undo(made, reason="错了", by=people.village)
    assert picture(archives.elder) == gone


def test_what_was_ended_before_is_not_begun_again(archives, people):
    rows = Enrolment._base_manager.filter(person=archives.woman, programme__code="poor_woman")
    rows.update(starts_on=today() - 9 * DAY, ends_on=today() - DAY, exit_reason="脱贫")
    changing.change(archives.woman, kind="move", on=today(), reason="外嫁", by=people.village)
    changing.change(archives.woman, kind="return", on=today(), reason="回村", by=people.village)

    current = truth(archives.woman).enrolments.filter(ends_on=None)
    assert {row.programme.code for row in current} == {"left_behind_woman", "two_cancers"}


def test_a_change_upon_an_older_sight_of_the_archive_is_not_done(archives, people):
    verifying.verify(archives.woman, by=people.village)
    with pytest.raises(Overtaken):
        changing.change(
            archives.woman, kind="exit", on=today(), reason="退出", by=people.village, version=1
        )


def test_nobody_dies_twice_or_tomorrow(archives, people):
    dying = {"kind": "death", "reason": "病故", "by": people.village}
    with pytest.raises(Refused):
        changing.change(archives.elder, on=today() + DAY, **dying)
    changing.change(archives.elder, on=today(), **dying)
    with pytest.raises(Refused):
        changing.change(archives.elder, on=today(), **dying)


def test_who_may_not_keep_an_archive_changes_nothing(archives, people):
    with pytest.raises(Person.DoesNotExist):
        changing.change(archives.woman, kind="death", on=today(), reason="病故", by=people.sibling)


# -- Transfer --------------------------------------------------------------------------------------
@pytest.fixture
def offered(archives, people, org):
    return transfers.offer(
        archives.child, to_unit=org.east_village2, on=today() + 3 * DAY, reason="随祖母居住",
        by=people.village,
    )  # fmt: skip


def sees(user, person) -> bool:
    return Person.objects.visible_to(user).filter(pk=person.pk).exists()


def test_an_archive_changes_hands_on_its_day_and_not_before(
    offered, archives, people, carers, org, time_machine
):
    transfers.accept(offered, by=carers.chair2)
    assert transfers.carry_out_due() == 0
    assert (sees(people.village, archives.child), sees(carers.chair2, archives.child)) == (
        True,
        False,
    )
    assert sees(carers.carer, archives.child)

    time_machine.move_to(dt.datetime.combine(today() + 3 * DAY, dt.time(1), dt.UTC))
    assert transfers.carry_out_due() == 1
    assert transfers.carry_out_due() == 0
    assert (sees(people.village, archives.child), sees(carers.chair2, archives.child)) == (
        False,
        True,
    )
    assert not sees(carers.carer, archives.child)
    assert truth(archives.child).unit == org.east_village2
    remembered = PersonChange._base_manager.get(person=archives.child)
    assert (remembered.kind, remembered.before["unit"]) == ("transfer", org.east_village.pk)


def test_what_is_accepted_for_today_is_done_today(archives, people, carers, org):
    made = transfers.offer(
        archives.child, to_unit=org.east_village2, on=today(), reason="随迁", by=people.village
    )
    assert transfers.accept(made, by=carers.chair2).state == Transfer.State.DONE
    assert truth(archives.child).unit == org.east_village2


def test_a_transfer_is_taken_back_exactly(archives, people, carers, org):
    before = picture(archives.child)
    made = transfers.offer(
        archives.child, to_unit=org.east_village2, on=today(), reason="随迁", by=people.village
    )
    transfers.accept(made, by=carers.chair2)
    change = PersonChange._base_manager.get(person=archives.child)
    with pytest.raises(Person.DoesNotExist):  # it is the new unit's by now
        changing.undo(change, reason="误转", by=people.village)
    changing.undo(change, reason="误转", by=carers.chair2)

    assert picture(archives.child) == before
    made.refresh_from_db()
    assert made.state == Transfer.State.WITHDRAWN


def test_a_child_is_taken_only_within_the_zone(offered, people, carers):
    with pytest.raises(Transfer.DoesNotExist):  # keeps archives there, but not those of minors
        transfers.accept(offered, by=people.county)
    assert transfers.accept(offered, by=carers.children_county).state == "accepted"


def test_the_receiving_unit_refuses_with_a_reason(offered, carers):
    with pytest.raises(Refused, match="原因"):
        transfers.refuse(offered, by=carers.chair2, answer=" ")
    assert transfers.refuse(offered, by=carers.chair2, answer="不在本村").state == "refused"


def test_who_gives_withdraws_and_who_receives_does_not(offered, people, carers):
    with pytest.raises(transfers.NotYours):
        transfers.withdraw(offered, by=carers.chair2)
    assert transfers.withdraw(offered, by=people.village).state == "withdrawn"


def test_an_archive_is_offered_once_at_a_time_and_does_not_change_meanwhile(
    offered, archives, people, org
):
    with pytest.raises(Refused):
        transfers.offer(
            archives.child, to_unit=org.town, on=today(), reason="随迁", by=people.village
        )
    with pytest.raises(Refused, match="转移"):
        changing.change(archives.child, kind="exit", on=today(), reason="退出", by=people.village)


def test_an_adults_offer_is_seen_by_both_units_and_nobody_else(archives, people, carers, org):
    transfers.offer(
        archives.woman, to_unit=org.west_village, on=today(), reason="外嫁", by=people.village
    )
    seeing = {"village": people.village, "west": carers.chair_west, "county": people.county,
              "beside": carers.chair2, "other": people.other_city}  # fmt: skip
    seen = {name for name, user in seeing.items() if Transfer.objects.visible_to(user).exists()}
    assert seen == {"village", "west", "county"}


def test_a_childs_offer_is_seen_within_the_zone_alone(offered, people, carers):
    assert not Transfer.objects.visible_to(people.county).exists()
    assert Transfer.objects.visible_to(carers.children_county).exists()
    assert Transfer.objects.visible_to(carers.chair2).exists()


# -- The year's book -------------------------------------------------------------------------------
@pytest.fixture
def book(archives, people, org, programmes):
    return books.open_book(
        programme=programmes.poor_woman, unit=org.east_village, year=today().year, by=people.village
    )


def test_a_closed_books_figures_do_not_change(book, archives, people):
    closed = books.close(book, by=people.village)
    assert closed.counts == {
        "now": 1, "new": 1, "left": 0, "transferred_in": 0, "transferred_out": 0, "verified": 1,
    }  # fmt: skip
    changing.change(archives.woman, kind="death", on=today(), reason="病故", by=people.village)
    assert RegisterBook._base_manager.get(pk=book.pk).counts == closed.counts


def test_figures_tell_who_came_and_who_went(book, archives, people, carers, org):
    made = transfers.offer(
        archives.woman, to_unit=org.west_village, on=today(), reason="外嫁", by=people.village
    )
    transfers.accept(made, by=carers.chair_west)
    west = books.open_book(
        programme=book.programme, unit=org.west, year=today().year, by=people.sibling
    )
    city = books.open_book(
        programme=book.programme, unit=org.city, year=today().year, by=people.leader
    )

    came, went = "transferred_in", "transferred_out"
    assert [books.figures(one)[came] for one in (book, west, city)] == [0, 1, 0]
    assert [books.figures(one)[went] for one in (book, west, city)] == [1, 0, 0]
    assert [books.figures(one)["now"] for one in (book, west, city)] == [0, 2, 2]


def test_a_year_is_opened_once_and_not_ahead(book, people, org):
    again = {"programme": book.programme, "unit": org.east_village, "by": people.village}
    with pytest.raises(Refused, match="已经开册"):
        books.open_book(year=today().year, **again)
    with pytest.raises(Refused, match="年度"):
        books.open_book(year=today().year + 1, **again)


def test_only_a_unit_above_reopens_a_year_and_says_why(book, people):
    books.close(book, by=people.village)
    with pytest.raises(Refused, match="上级"):
        books.reopen(book, reason="漏登", by=people.village)
    with pytest.raises(Refused, match="原因"):
        books.reopen(book, reason=" ", by=people.county)
    opened = books.reopen(book, reason="漏登一人", by=people.county)
    assert (opened.closed_on, opened.counts["earlier"][0]["now"]) == (None, 1)
    assert books.close(book, by=people.village).counts["now"] == 1


def test_figures_of_minors_are_for_the_zone(archives, people, carers, org, programmes):
    book = books.open_book(
        programme=programmes.left_behind_child, unit=org.east_village, year=today().year,
        by=people.village,
    )  # fmt: skip
    reading = {
        name: books.may_read_figures(user, book)
        for name, user in {
            "v": people.village,
            "c": people.county,
            "z": carers.children_county,
        }.items()
    }
    assert reading == {"v": True, "c": False, "z": True}


def test_the_expired_seat_of_a_chair_changes_nothing(archives, org):
    past = seat(org, "past", "east_village", "village_chair", ends_on=today() - DAY)
    with pytest.raises(Person.DoesNotExist):
        changing.change(archives.woman, kind="exit", on=today(), reason="退出", by=past)
