"""Pairs go with their units, their people and what is decided about them elsewhere."""

import pytest
from days import today
from world import approved, fill, of

from federation import unit_changes
from federation.models import OrgUnit
from pairing import conflicts, from_annexes, handover
from pairing import pairs as life
from pairing.models import ContactLog, LogKind, Pairing, PairingAgreement
from pairing.refusal import Refused
from registry import erasing, merging
from registry.models import Consent, DuplicatePair, Erasure, Helper, Person


def now(pair: Pairing) -> Pairing:
    return Pairing.objects.unscoped(reason="a test looks at the truth").get(pk=pair.pk)


def persons():
    return Person.objects.unscoped(reason="a test looks at the truth")


# -- Units -----------------------------------------------------------------------------------------
def test_a_village_merged_away_hands_its_pairs_on_and_the_count_goes_on(pairs, org, people):
    contact = LogKind.objects.get(code="contact")
    ContactLog(pairing=pairs.posted, kind=contact, on=today(), by=people.post).save()
    # The successor has the same helper already: the pair that was there stays.
    also = life.draft(
        kind=pairs.kinds["post_village"], helper_unit=org.east_post2,
        recipient_unit=org.east_village, mode="one_to_many", exception_reason="演示原因",
    )  # fmt: skip
    also.save()
    merge = unit_changes.Merge(
        unit=org.east_village, successor=org.east_village2, by=people.sysadmin, day=today(),
        reason="并村",
    )  # fmt: skip
    unit_changes.carry_out(merge)

    told = {
        name: (now(pair).recipient_unit.short_name, now(pair).state)
        for name, pair in {**vars(pairs), "also": also}.items()
        if isinstance(pair, Pairing)
    }
    assert told == {
        "posted": ("金井社区", "active"),
        "western": ("红旗村", "active"),
        "proposed": ("金井社区", "proposed"),
        "elderly": ("金井社区", "active"),
        "motherly": ("金井社区", "active"),
        "also": ("金井社区", "declined"),
    }
    assert [str(term) for term in now(pairs.posted).terms.all()] == [f"{today().year - 1}-01-01—"]
    assert now(pairs.posted).logs.count() == 1


# -- Persons ---------------------------------------------------------------------------------------
def test_a_pair_goes_with_the_archive_it_is_about(pairs, archives, carers, people, org):
    elder = archives.elder
    elder.unit = org.east_village2
    elder.save(update_fields=["unit"])
    assert now(pairs.elderly).recipient_unit == org.east_village2

    twin = Person(unit=org.east_village, name="陈演乙丑", sex="F", born_on=elder.born_on)
    twin.save()
    pair = DuplicatePair(unit=org.east, low=elder, high=twin, why="演示", points=90)
    pair.save()
    merging.merge(pair, keep=twin, take=set(), reason="同一人", by=people.county)
    merged = now(pairs.elderly)
    assert (merged.person, merged.recipient_unit) == (twin, org.east_village)


def test_an_erased_archive_ends_its_pairs_and_takes_every_word_of_her(pairs, archives, people):
    pair = pairs.elderly
    pair.goal = "陈演乙丑的生活照料"
    pair.save()
    log = ContactLog(
        pairing=pair, kind=LogKind.objects.get(code="warmth"), on=today(), by=people.volunteer,
        summary="给陈演乙丑送棉被", value=200,
    )  # fmt: skip
    log.save()
    PairingAgreement(pairing=pair, helper_name="孙演庚寅", recipient_name="陈演乙丑").save()
    erasure = Erasure(
        unit=pair.unit, person=archives.elder, person_uuid=archives.elder.uuid, due_on=today(),
        reason="演示", proposed_by=people.village,
    )  # fmt: skip
    erasure.save()
    erasing.carry_out(erasure)

    left = now(pair)
    assert (left.state, left.person, left.goal) == ("ended", None, "")
    assert [(row.summary, row.value) for row in left.logs.all()] == [("", 200)]
    assert [row.recipient_name for row in left.agreements.all()] == ["已删除"]


# -- Who leaves ------------------------------------------------------------------------------------
def test_who_leaves_is_told_of_her_pairs_and_who_goes_on(pairs, people, org):
    def told(user, unit):
        held = handover.held_by(user, [unit])
        return {one.title: [(i.words, i.heirs) for i in one.items] for one in held if one.items}

    assert told(people.post, org.east_post) == {
        "帮扶的结对": [("城东区演示供电营业厅：1对", ())],
        "担任联系人的结对": [("岗村结对 城东区演示供电营业厅—红旗村妇联", ())],
    }


# -- Conflicts -------------------------------------------------------------------------------------
def test_what_speaks_against_a_pair_is_said_before_it_is_saved(pairs, archives, org, people):
    kinds = pairs.kinds

    def said(code, **parties) -> dict[str, str]:
        return {c.code: c.weight for c in conflicts.of(life.draft(kind=kinds[code], **parties))}

    busy = Helper(unit=org.east_village, role="caring_mother", name="韩演己丑")
    busy.save()
    assert said("post_village", helper_unit=org.east_post, recipient_unit=org.town) == {
        "helper_full": "asks"
    }
    for n in range(2):
        post = OrgUnit.objects.get(pk=(org.east_post2, org.east_committee)[n].pk)
        Pairing(
            kind=kinds["committee_village"], unit=post, helper_unit=post,
            recipient_unit=org.east_village,
        ).save()  # fmt: skip
    third = {"helper_unit": org.east_county_post, "recipient_unit": org.east_village}
    assert said("post_village", **third) == {"recipient_full": "asks"}
    again = {"helper_unit": org.east_post, "recipient_unit": org.east_village}
    assert said("post_village", **again)["already"] == "blocks"
    child = {"helper": busy, "person": archives.child2}
    assert said("caring_mother_child", **child) == {"consent": "blocks"}
    Consent(
        person=archives.child2, basis="consent", by_guardian=True, purposes=["pairing"],
        given_on=today(), recorded_by=people.village, notice_version="1",
    ).save()  # fmt: skip
    assert said("caring_mother_child", **child) == {"vetting": "blocks"}
    busy.vetting = Helper.Vetting.PASSED
    busy.save()
    assert said("caring_mother_child", **child) == {}
    assert said("volunteer_elder", helper=pairs.volunteer, person=archives.woman) == {
        "programme": "asks"
    }
    assert said("volunteer_elder", helper=busy, person=archives.elder) == {"helper_role": "blocks"}

    with pytest.raises(Refused, match="方式请选“多帮一”并写明例外原因"):
        life.propose(kind=kinds["post_village"], by=people.county, **third)
    made = life.propose(
        kind=kinds["post_village"], by=people.county, mode="many_to_one",
        exception_reason="村情复杂，三方合力", **third,
    )  # fmt: skip
    assert made.state == "proposed"


# -- Papers ----------------------------------------------------------------------------------------
def test_approved_papers_make_their_pairs_once(org, people, calls):
    from pairing import code_lists  # noqa: PLC0415

    code_lists.load()

    def village(unit):
        return {"unit": str(unit.uuid), "text": unit.short_name}

    approved(
        org.east_post, people.post, people.county, village=org.east_village,
        existing_village=[village(org.east_village2), {"unit": None, "text": "没有的村"}],
    )  # fmt: skip
    fill(org.east_post2, people.post2, village=org.east_village2)  # not approved: no pair

    found = from_annexes.plan(people.county)
    assert [(c.helper, c.village, c.origin, c.mode) for c in found.candidates] == [
        (org.east_post, org.east_village, "intent", "one_to_one"),
        (org.east_post, org.east_village2, "existing", "one_to_many"),
    ]
    assert [(q.helper, q.village) for q in found.questions] == [
        ("城东区演示供电营业厅", "没有的村")
    ]
    made, _ = from_annexes.create(by=people.county)
    assert {(p.source, p.helper_agreed_by, p.state) for p in made} == {
        (of(org.east_post), people.post, "proposed")
    }
    again, after = from_annexes.create(by=people.county)
    assert (again, after.there) == ([], 2)
    assert from_annexes.plan(people.sibling).candidates == []
