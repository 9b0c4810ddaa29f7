"""A pair's life: which act stands in which state, who may do it, and what it leaves."""

import datetime as dt

import pytest
from days import this_year, today
from django.core.exceptions import PermissionDenied
from django.db import transaction

from federation.scope import OutOfReach
from pairing import pairs as life
from pairing.models import Liaison, Pairing, PairingEvent
from pairing.refusal import Overtaken, Refused

STATES = ("proposed", "agreed", "active", "ended", "declined")
# Who does each act in a state that allows it: done, 代 (by who organises above), 403 or 404.
SEATS = {
    "confirm": {"county": "代", "leader": "代", "post2": 403, "village": 404, "city": 403, "sibling": 404},
    "activate": {"county": "done", "leader": "done", "post2": 403, "city": 403, "sibling": 404},
    "end": {"county": "done", "post2": 403, "sibling": 404},
}  # fmt: skip


def acts() -> dict[str, tuple[dict, set[str]]]:
    """Each act with what it is given, and the states in which it is done."""
    return {
        "confirm": ({"side": "recipient"}, {"proposed"}),
        "decline": ({"side": "recipient", "reason": "路途太远"}, {"proposed", "agreed"}),
        "change": ({"goal": "培训三期"}, {"proposed", "agreed", "active"}),
        "activate": ({}, {"agreed"}),
        "renew": ({"year": this_year() + 1}, {"active"}),
        "end": ({"reason": "期满"}, {"active"}),
        "reopen": ({"reason": "继续结对"}, {"ended", "declined"}),
    }


@pytest.fixture(autouse=True)
def papers_in_order(monkeypatch):
    """What lacks on paper is asked in its own module's tests."""
    monkeypatch.setattr("pairing.pairs.missing_papers", lambda pair: [])


def put(pair: Pairing, state: str) -> Pairing:
    """``pair`` as it stands in ``state``; ended yesterday."""
    yesterday = today() - dt.timedelta(days=1)
    pair.state = state
    pair.ended_on = yesterday if state == "ended" else None
    pair.end_reason = "期满" if state == "ended" else ""
    pair.save()
    if state in ("active", "ended") and not pair.terms.exists():
        pair.terms.create(
            starts_on=today().replace(year=today().year - 1, day=1),
            ends_on=yesterday if state == "ended" else None,
        )
    return pair


def outcome(act, *args, **said):
    """What came of it, undone again."""
    try:
        with transaction.atomic():
            row = act(*args, **said)
            event = PairingEvent.objects.visible_to(said["by"]).filter(pairing=row).last()
            found = "代" if event.on_behalf else "done"
            transaction.set_rollback(True)
        return found
    except Refused:
        return "refused"
    except PermissionDenied:
        return 403
    except OutOfReach:
        return 404


def test_each_act_is_done_in_its_states_and_refused_in_all_others(pairs, people):
    for name, (said, allowed) in acts().items():
        done = set()
        for state in STATES:
            with transaction.atomic():
                row = put(pairs.proposed, state)
                if outcome(getattr(life, name), row, by=people.county, **said) != "refused":
                    done.add(state)
                transaction.set_rollback(True)
        assert (name, done) == (name, allowed)


def test_each_seat_does_what_is_its_own(pairs, people):
    for name, seats in SEATS.items():
        said, allowed = acts()[name]
        row = put(pairs.proposed, sorted(allowed)[0])
        found = {
            seat: outcome(getattr(life, name), row, by=getattr(people, seat), **said)
            for seat in seats
        }
        assert (name, found) == (name, seats)


def test_both_sides_agree_and_it_begins(pairs, people):
    pair = pairs.proposed
    life.confirm(pair, side="helper", by=people.post2)
    with pytest.raises(Refused, match="帮扶方已经确认过"):
        life.confirm(pair, side="helper", by=people.post2)
    assert life.confirm(pair, side="recipient", by=people.county).state == "agreed"
    begun = life.activate(pair, by=people.county, on=dt.date(today().year, 1, 1))

    assert [(e.act, e.on_behalf) for e in begun.events.all()] == [
        ("confirm", False), ("confirm", True), ("activate", False),
    ]  # fmt: skip
    assert [str(t) for t in begun.terms.all()] == [f"{today().year}-01-01—"]
    assert begun.version == 4


def test_what_lacks_on_paper_keeps_it_from_beginning(pairs, people, monkeypatch):
    monkeypatch.setattr("pairing.pairs.missing_papers", lambda pair: ["还没有签订共建协议。"])

    with pytest.raises(Refused, match="还不能开始结对：还没有签订共建协议"):
        life.activate(put(pairs.proposed, "agreed"), by=people.county)


def test_renewal_keeps_the_terms_that_were_and_leaves_no_gap(pairs, people):
    pair, year = pairs.posted, today().year + 1
    life.renew(pair, by=people.county, year=year)
    with pytest.raises(Refused, match=f"已经是{year}年的"):
        life.renew(pair, by=people.county, year=year)

    assert [str(t) for t in pair.terms.all()] == [
        f"{today().year - 1}-01-01—{year - 1}-12-31", f"{year}-01-01—",
    ]  # fmt: skip

    ended = life.end(pair, by=people.county, reason="村里已脱贫", on=today())
    assert [str(t) for t in ended.terms.all()] == [f"{today().year - 1}-01-01—{today()}"]
    assert not Liaison.objects.visible_to(people.county).filter(until=None, pairing=pair).exists()

    with pytest.raises(Refused, match="恢复日期须在结束日期"):
        life.reopen(pair, by=people.county, reason="误办", on=today())


def test_a_page_opened_before_somebody_else_acted_is_told_so(pairs, people):
    life.change(pairs.posted, by=people.leader, goal="培训三期", version=1)

    with pytest.raises(Overtaken):
        life.end(pairs.posted, by=people.county, reason="期满", version=1)


def test_a_transfer_keeps_the_pair_and_ends_whose_reach_is_over(pairs, people, org):
    pair = pairs.posted
    moved = life.transfer(
        pair, by=people.county, reason="岗位撤并", on=today(), helper_unit=org.east_post2,
        mode="one_to_many", exception_reason="演示原因",
    )  # fmt: skip

    assert (moved.pk, moved.unit, moved.helper_unit) == (pair.pk, org.east_post2, org.east_post2)
    assert moved.terms.count() == 1
    assert [(one.user, one.until) for one in moved.liaisons.all()] == [
        (people.post, today() - dt.timedelta(days=1))
    ]
    assert not Pairing.objects.visible_to(people.post).filter(pk=pair.pk).exists()
    with pytest.raises(OutOfReach):
        life.transfer(moved, by=people.county, reason="外县", helper_unit=org.west_post)


def test_nobody_above_names_herself_nor_somebody_to_a_child_without_consent(
    pairs, people, carers, archives
):
    with pytest.raises(Refused, match="不能指定自己"):
        life.name_liaison(pairs.elderly, user=people.county, by=people.county)
    with pytest.raises(Refused, match="没有登记这个结对的岗位"):
        life.name_liaison(pairs.elderly, user=people.sibling, by=people.county)
    with pytest.raises(Refused, match="由儿童、权益工作岗位或所在村"):
        life.name_liaison(pairs.motherly, user=carers.carer, by=people.county)
    with pytest.raises(Refused, match="尚未取得"):
        life.name_liaison(pairs.motherly, user=carers.carer, by=people.village)

    named = life.name_liaison(pairs.elderly, user=carers.carer, by=people.village)
    assert Pairing.objects.carried_by(carers.carer).get() == pairs.elderly
    life.end_liaison(named, by=people.village)
    assert not Pairing.objects.visible_to(carers.carer).exists()
