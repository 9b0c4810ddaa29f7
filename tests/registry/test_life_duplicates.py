"""Archives that may be one person: found without telling, judged, merged and taken apart."""

import datetime as dt
from types import SimpleNamespace

import pytest
from archives import number, phone
from battery import count
from days import today
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from federation.models import AuditEvent
from federation.scope import OutOfReach
from registry import changing, duplicates, merging
from registry.models import (
    Carer,
    Consent,
    DuplicateLook,
    DuplicatePair,
    Enrolment,
    Helper,
    Household,
    Merge,
    Need,
    Person,
    Relation,
    Transfer,
)
from registry.refusal import Refused

DAY = dt.timedelta(days=1)
BORN = dt.date(1980, 3, 4)


def truth(person) -> Person:
    return Person._base_manager.get(pk=person.pk)


def pairs() -> list:
    return list(DuplicatePair._base_manager.order_by("pk"))


@pytest.fixture
def enter(org, people, programmes):
    """Enters one more archive, as the page does."""

    def make(name="郑演癸酉", unit="east_village", born_on=BORN, **more):
        person = Person(
            unit=getattr(org, unit), name=name, sex="F", born_on=born_on, entered_by=people.village,
            **more,
        )  # fmt: skip
        person.save()
        duplicates.note(person, people.village)
        return person

    return make


# -- Without telling -------------------------------------------------------------------------------
def test_saving_asks_the_same_of_the_database_whether_another_archive_exists_or_not(enter, people):
    same = number(BORN, 2)
    enter(unit="west_village", id_number=same)
    asked = []
    for typed in (same, number(BORN, 4)):
        person = Person(
            unit=people.village.appointments.get().unit, name="郑演癸酉", id_number=typed
        )
        person.save()
        with CaptureQueriesContext(connection) as queries:
            duplicates.note(person, people.village)
        asked.append([query["sql"].split("VALUES")[0] for query in queries])

    assert asked[0] == asked[1]
    assert len(asked[0]) == 1
    assert pairs() == []


def test_whoever_saves_an_archive_leaves_the_note(archives, org):
    DuplicateLook.objects.all().delete()
    archives.woman.note = "改了备注"
    archives.woman.save(update_fields=["note"])
    assert not DuplicateLook.objects.exists()
    archives.woman.phone = phone(70)
    archives.woman.save(update_fields=["phone"])
    Person(unit=org.east_village, name="郑演癸酉").save()
    assert DuplicateLook.objects.count() == 2


def test_the_same_number_is_put_before_the_lowest_unit_that_may_see_both(enter, org, people):
    same = number(BORN, 2)
    here, there = enter(id_number=same), enter(unit="west_village", name="郑演甲戌", id_number=same)
    assert duplicates.look() == 1

    (pair,) = pairs()
    assert (pair.low, pair.high, pair.why, pair.unit) == (here, there, "number", org.city)
    assert DuplicatePair.objects.visible_to(people.leader).exists()
    for user in (people.village, people.county, people.sibling, people.other_city):
        assert not DuplicatePair.objects.visible_to(user).exists()


def test_two_of_one_village_are_judged_where_somebody_may(enter, org, people):
    enter(id_number=number(BORN, 2)), enter(id_number=number(BORN, 2))
    duplicates.look()
    assert pairs()[0].unit == org.east  # nobody judges at the village, and nobody sits at the town


def test_a_childs_pair_is_put_before_the_zone(enter, org, people, carers):
    born = dt.date(today().year - 9, 1, 1)
    for unit in ("east_village", "east_village2"):
        enter(unit=unit, born_on=born, id_number=number(born, 2))
    duplicates.look()

    assert pairs()[0].unit == org.town
    assert not DuplicatePair.objects.visible_to(people.county).exists()
    assert DuplicatePair.objects.visible_to(carers.children_town).exists()


def test_a_pair_is_put_once_and_a_judged_one_never_again(enter, people):
    one, _ = enter(id_number=number(BORN, 2)), enter(id_number=number(BORN, 2))
    assert duplicates.look() == 1
    merging.tell_apart(pairs()[0], reason="姐妹，号码抄错", by=people.county)
    duplicates.note(one)
    assert duplicates.look() == 0
    assert pairs()[0].state == "different"
    assert not DuplicateLook.objects.exists()


def test_an_old_form_of_a_number_is_the_same_number(enter):
    full = number(dt.date(1980, 3, 4), 2)
    (
        enter(id_number=full),
        enter(unit="west_village", name="某演乙亥", id_number=full[:6] + full[8:17]),
    )
    assert duplicates.look() == 1


# -- Asking by number ------------------------------------------------------------------------------
def test_asking_by_number_answers_within_reach_alone(archives, people):
    mine = archives.woman.id_number.open()
    theirs = archives.west_woman.id_number.open()
    none = number(dt.date(1999, 9, 9), 8)
    asked = [duplicates.registered(typed, by=people.village) for typed in (mine, theirs, none)]
    assert asked == [archives.woman, None, None]


def test_a_childs_number_tells_nothing_outside_the_zone(archives, people):
    assert duplicates.registered(archives.child.id_number.open(), by=people.county) is None
    assert duplicates.registered(archives.child.id_number.open(), by=people.village)


def test_asking_asks_the_same_of_the_database_for_theirs_and_for_none(archives, people):
    asked = []
    for typed in (archives.west_woman.id_number.open(), number(dt.date(1999, 9, 9), 8)):
        with CaptureQueriesContext(connection) as queries:
            duplicates.registered(typed, by=people.village)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_twenty_first_question_of_an_hour_is_refused(archives, people, time_machine):
    time_machine.move_to(dt.datetime.now(dt.UTC), tick=False)
    for _ in range(20):
        duplicates.registered(number(BORN, 2), by=people.village)
    with pytest.raises(duplicates.TooOften):
        duplicates.registered(number(BORN, 2), by=people.village)
    duplicates.registered(number(BORN, 2), by=people.county)
    lines = AuditEvent.objects.filter(verb="ask_registered", actor=people.village)
    assert (lines.count(), lines.exclude(detail={}).count()) == (20, 0)
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=61))
    duplicates.registered(number(BORN, 2), by=people.village)


# -- Near ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, True),
        ({"name": "郑衍癸酉"}, True),  # sounds the same
        ({"name": "郑演甲戌"}, False),
        ({"born_on": dt.date(1980, 4, 3)}, True),
        ({"born_on": dt.date(1981, 3, 4)}, True),
        ({"born_on": dt.date(1985, 3, 4)}, False),
        ({"unit": "west_village"}, True),
        ({"unit": "west_village", "born_on": dt.date(1981, 3, 4)}, False),
        ({"unit": "west_village", "born_on": None, "phone": phone(77)}, True),
        ({"sex_": "M", "unit": "west_village"}, False),
        ({"id_number": number(BORN, 6), "unit": "west_village"}, False),
    ],
)
def test_who_is_like_whom(enter, other, found):
    sex = other.pop("sex_", "F")
    old = enter(**other)
    Person._base_manager.filter(pk=old.pk).update(sex=sex)
    new = enter(phone=phone(77), id_number=number(BORN, 2))
    assert [person for person, _ in duplicates.near(new)] == ([old] if found else [])


def test_twins_are_two(enter):
    one = enter(name="郑演甲戌", phone=phone(77))
    enter(name="郑演乙亥", phone=phone(77))
    assert duplicates.near(one) == []


def test_the_search_for_near_ones_is_one_question_and_before_saving_within_reach(
    enter, org, people
):
    near, far = enter(), enter(unit="west_village")
    typed = Person(unit=org.east_village, name="郑演癸酉", sex="F", born_on=BORN)
    with CaptureQueriesContext(connection) as queries:
        found = duplicates.near(typed)
    assert [person for person, _ in found] == [near, far]
    assert len(queries) == 1
    assert [person for person, _ in duplicates.near(typed, to=people.village)] == [near]


# -- Judging ---------------------------------------------------------------------------------------
@pytest.fixture
def pair(archives, enter, people):
    """``archives.woman`` and another of hers in the next village."""
    other = enter(
        name="林演甲午", unit="east_village2", born_on=archives.woman.born_on,
        id_number=archives.woman.id_number.open(), phone=phone(88), education="初中",
    )  # fmt: skip
    duplicates.look()
    return next(one for one in pairs() if one.high == other)


def said(person) -> dict:
    return {name: merging._plain(person, name) for name in merging.FIELDS}


def test_values_are_taken_one_by_one_and_given_back(pair, archives, people):
    kept, gone = truth(pair.low), truth(pair.high)
    before = said(kept), said(gone)
    made = merging.merge(
        pair, keep=kept, take={"phone", "education"}, reason="同一人", by=people.county
    )
    now = truth(kept)
    assert (now.phone.open(), now.education, now.name) == (phone(88), "初中", "林演甲子")
    assert (truth(gone).state, truth(gone).merged_into) == ("merged", kept)
    assert [person for person, _ in duplicates.near(now)] == []
    assert phone(88) not in str(Merge._base_manager.values().get())

    merging.unmerge(made, reason="是两个人", by=people.county)
    assert (said(truth(kept)), said(truth(gone))) == before
    assert (truth(gone).state, truth(gone).merged_into) == ("active", None)
    pair.refresh_from_db()
    assert pair.state == "different"


def test_what_was_edited_since_stays(pair, people):
    kept = truth(pair.low)
    made = merging.merge(pair, keep=kept, take={"phone", "name"}, reason="同一人", by=people.county)
    kept = truth(kept)
    kept.phone = phone(99)
    kept.save()
    merging.unmerge(made, reason="是两个人", by=people.county)
    assert (truth(kept).phone.open(), truth(kept).name) == (phone(99), "林演甲子")
    assert truth(pair.high).phone.open() == phone(88)


def test_one_programme_of_both_is_one_and_says_the_earlier_beginning(pair, people, programmes):
    early = today() - 100 * DAY
    Enrolment(
        person=pair.high, programme=programmes.poor_woman, starts_on=early,
        particulars={"cause": "因病"},
    ).save()  # fmt: skip
    kept = pair.low
    made = merging.merge(pair, keep=kept, take=set(), reason="同一人", by=people.county)
    row = kept.enrolments.get(programme=programmes.poor_woman)
    assert (row.starts_on, row.particulars) == (early, {"cause": "因病"})

    merging.unmerge(made, reason="是两个人", by=people.county)
    row.refresh_from_db()
    assert (row.starts_on, row.particulars) == (today(), {})
    assert pair.high.enrolments.get().starts_on == early


def test_the_other_may_be_the_one_that_is_kept(pair, people):
    merging.merge(pair, keep=pair.high, take=set(), reason="同一人", by=people.county)
    assert truth(pair.low).merged_into == pair.high


def test_only_who_may_judge_both_judges(pair, people, carers):
    for user in (people.village, carers.chair2, people.sibling, people.other_city):
        with pytest.raises(OutOfReach):
            merging.merge(pair, keep=pair.low, take=set(), reason="同一人", by=user)
        with pytest.raises(OutOfReach):
            merging.tell_apart(pair, reason="不是", by=user)


def test_a_merged_archive_is_not_changed_nor_merged_again(pair, people):
    made = merging.merge(pair, keep=pair.low, take=set(), reason="同一人", by=people.county)
    with pytest.raises(Refused):
        merging.merge(pair, keep=pair.low, take=set(), reason="同一人", by=people.county)
    with pytest.raises(Refused):
        changing.change(truth(pair.high), kind="exit", on=today(), reason="退出", by=people.county)
    merging.unmerge(made, reason="两人", by=people.county)
    with pytest.raises(Refused):
        merging.unmerge(made, reason="两人", by=people.county)


def test_every_reference_of_every_room_is_known_to_merging():
    """A new relation moves by itself; this names what there is, so that its reviewer thinks once."""
    assert {merging._name(field) for field in merging.references()} >= {
        "registry.enrolment.person", "registry.need.person", "registry.carer.person",
        "registry.consent.person", "registry.transfer.person", "registry.relation.person",
        "registry.relation.other", "registry.household.head", "registry.helper.person",
    }  # fmt: skip


# -- Any references --------------------------------------------------------------------------------
CHANCE = settings(
    max_examples=count(6, full=150),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
KINDS = (
    "enrolment", "need", "relation", "related", "carer", "consent", "transfer", "head", "helper",
    "between",
)  # fmt: skip
THING = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 3), st.booleans()
)  # what, whose, which, open
EDITS = st.lists(
    st.tuples(st.sampled_from(["add", "edit", "drop"]), THING, st.integers(0, 20)), max_size=4
)


def hang(thing, three, world) -> object | None:
    """One reference more; None where the database does not allow it."""
    kind, whose, which, is_open = thing
    person, other = three[whose], three[(whose + 1) % 3]
    ended = {"ends_on": today(), "exit_reason": "退出"} if not is_open else {}
    code = ("poor_woman", "left_behind_woman", "two_cancers", "empty_nest_elder")[which]
    row = {
        "enrolment": lambda: Enrolment(
            person=person, programme=getattr(world.programmes, code),
            starts_on=today() - which * DAY, particulars={"k": f"{whose}{which}"}, **ended,
        ),
        "need": lambda: Need(person=person, category="work", text=f"需求{which}", opened_on=today()),
        "relation": lambda: Relation(person=person, kind="child", name="林演丙子"),
        "related": lambda: Relation(person=world.outsider, kind="parent", other=person),
        "between": lambda: Relation(person=person, kind="spouse", other=other),
        "carer": lambda: Carer(
            person=person, user=world.carer, starts_on=today() - which * DAY
        ),
        "consent": lambda: Consent(
            person=person, basis="consent", notice_version="1", given_on=today(),
            recorded_by=world.by,
        ),
        "transfer": lambda: Transfer(
            person=person, unit=world.org.east_village, to_unit=world.org.west_village,
            effective_on=today(), reason="x", state="refused", offered_by=world.by,
        ),
        "head": lambda: Household(unit=world.org.east_village, head=person),
        "helper": lambda: Helper(
            unit=world.org.east_village, role="volunteer", name="林演丁丑", person=person
        ),
    }[kind]()  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return None
    return row


def whole(*, but=()) -> dict:
    """Whose every reference is, and what enrolments say."""
    found = {}
    for field in merging.references():
        rows = field.model._base_manager.values_list("pk", field.attname)
        found |= {(merging._name(field), pk): owner for pk, owner in rows}
    for row in Enrolment._base_manager.all():
        found["told", row.pk] = (row.starts_on, row.ends_on, str(row.particulars))
    return {key: value for key, value in found.items() if key[1] not in but or key[0] not in but}


@CHANCE
@given(things=st.lists(THING, max_size=14), later=EDITS, swap=st.booleans())
def test_any_archives_merged_and_taken_apart_have_their_references_again(
    archives, enter, people, org, programmes, carers, things, later, swap
):
    with transaction.atomic():
        three = [enter("郑演癸酉"), enter("郑演癸酉"), enter("郑演癸酉", "west_village")]
        world = SimpleNamespace(
            org=org, programmes=programmes, outsider=archives.elder, carer=carers.carer,
            by=people.village,
        )  # fmt: skip
        for thing in things:
            hang(thing, three, world)
        duplicates.look()
        pair = DuplicatePair._base_manager.get(low=three[0], high=three[1])
        kept, gone = (three[1], three[0]) if swap else (three[0], three[1])
        before = whole()

        made = merging.merge(pair, keep=kept, take={"note"}, reason="同一人", by=people.leader)

        merged = whole()
        _every_reference_is_the_kept_ones_or_could_not_be(before, merged, kept, gone)
        touched, new = _edited(later, three, world, kept, gone, merged)
        after_edits = whole()
        merging.unmerge(made, reason="是两个人", by=people.leader)

        now = whole()
        for key, owner in before.items():
            if key not in after_edits:  # dropped meanwhile
                continue
            if key[0] == "told" and key[1] in touched:
                continue
            assert now[key] == owner, key
        for key in new:
            assert now[key] == after_edits[key], key
        transaction.set_rollback(True)


def _every_reference_is_the_kept_ones_or_could_not_be(before, merged, kept, gone):
    for key, owner in before.items():
        if key[0] == "told":
            continue
        if owner == gone.pk and merged[key] == gone.pk:
            assert key[0].split(".")[1] in {"enrolment", "carer", "relation"}, key
        elif owner == gone.pk:
            assert merged[key] == kept.pk, key
        else:
            assert merged[key] == owner, key


def _edited(later, three, world, kept, gone, merged):
    """Things added to the kept one, edited or dropped after the merge."""
    touched, new = set(), set()
    for what, thing, which in later:
        if what == "add":
            kind, whose, *rest = thing
            mine = (kind, three.index(kept) if three[whose] == gone else whose, *rest)
            if kind == "between":
                continue
            hang(mine, three, world)
            new = {key for key in whole() if key not in merged and key[0] != "told"}
            continue
        rows = list(Enrolment._base_manager.filter(person=kept, ends_on=None).order_by("pk"))
        if not rows:
            continue
        row = rows[which % len(rows)]
        if what == "drop":
            row.delete()
        else:
            row.particulars, row.source = {"k": "改过"}, "改过"
            row.save()
            touched.add(row.pk)
    return touched, new
