"""Any tree, any change: the preview is what happens, and the tree stays sound."""

from datetime import date

import pytest
from battery import count
from committed import unsound_units
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from world import build_units, once

from federation import grants, scope, tree, unit_changes
from federation.models import (
    Appointment,
    LineSystem,
    OrgUnit,
    Post,
    PostLevel,
    UnitGrant,
    UnitType,
    User,
)
from federation.permissions import known_actions
from federation.unit_changes import Add, Close, Merge, Move, Part, Rename, Split

START = date(2014, 1, 1)
LEVELS = ("county_federation", "township_federation", "village_federation")
COUNTED = {"done": 0, "refused": 0}
CHANCE = settings(
    max_examples=count(4, full=60),
    phases=[Phase.explicit, Phase.generate],  # to shrink an example takes minutes here
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Where each unit hangs (a number picks a parent among those above it), who sits where, what is done.
PLACES = st.lists(st.integers(0, 5), min_size=4, max_size=9)
SEATS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=5)
POSTS = ("officer", "village_chair", "department_officer")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["add", "rename", "move", "merge", "split", "close"]),
        st.integers(0, 9),
        st.integers(0, 9),
        st.booleans(),
    ),
    min_size=2,
    max_size=4,
)


@pytest.fixture
def kinds(db):
    once("org", (UnitType, PostLevel, LineSystem, Post, OrgUnit), build_units)
    return {kind.code: kind for kind in UnitType.objects.all()}


def plant(places: list[int], seats, kinds) -> tuple[User, list[OrgUnit]]:
    """A city with counties, townships and villages, people in some, and its administrator."""
    root = OrgUnit.objects.get(name="演示省妇联")
    city = tree.add(root, OrgUnit(name="任意市妇联", unit_type=kinds["city_federation"]))
    rows: list[list[OrgUnit]] = [[city], [], [], []]
    for number, place in enumerate(places):
        depth = 1 + min(number // 3, 2)
        above = rows[depth - 1]
        parent = OrgUnit.objects.get(pk=above[place % len(above)].pk)
        unit = OrgUnit(name=f"第{number}组织", unit_type=kinds[LEVELS[depth - 1]])
        rows[depth].append(tree.add(parent, unit))
    units = [unit for row in rows[1:] for unit in row]
    posts = {post.code: post for post in Post.objects.all()}
    for number, (place, post) in enumerate(seats):
        user = User.objects.create_user(f"any{number}", display_name=f"任意{number}")
        unit = units[place % len(units)]
        grants.appoint(user, unit, posts[POSTS[post]], starts_on=START)
    admin = User.objects.create_user("any-admin", display_name="管理")
    grants.appoint(admin, city, posts["system_admin"], starts_on=START)
    return admin, units


def change_of(act, admin, units) -> unit_changes.Change:
    kind, first, second, flag = act
    unit = OrgUnit.objects.get(pk=units[first % len(units)].pk)
    other = OrgUnit.objects.get(pk=units[second % len(units)].pk)
    asked = {"unit": unit, "by": admin, "day": timezone.localdate(), "reason": "任意"}
    if kind == "add":
        return Add(**asked, unit_type=other.unit_type, facts={"name": f"新{first}{second}"})
    if kind == "rename":
        return Rename(**asked, facts={"name": f"改{second}", "owes_reports": flag})
    if kind == "move":
        return Move(**asked, parent=other)
    if kind == "merge":
        return Merge(**asked, successor=other, keep_people=flag, keep_links=not flag)
    if kind == "close":
        return Close(**asked, successor=other if flag else None)
    below = list(OrgUnit.objects.below(unit, include_self=False).filter(depth=unit.depth + 1))
    parts = [Part(name=f"分{first}甲"), Part(name=f"分{first}乙")]
    places = {child.pk: number % 2 for number, child in enumerate(below)}
    seats = {seat.pk: second % 2 for seat in unit.appointments.all()}
    return Split(**asked, parts=parts, keep=flag, heir=second % 2, places=places, seats=seats)


def state() -> dict:
    """What the preview speaks of, asked of the database in another way: row by row."""
    units = OrgUnit.objects.all()
    names = {unit.pk: unit.name for unit in units}
    chain = {unit.pk: tuple(u.pk for u in unit.ancestors(include_self=False)) for unit in units}
    facts = {
        unit.pk: (unit.name, unit.owes_reports, unit.closed_on, unit.successor_id, chain[unit.pk])
        for unit in units
    }
    seats = {
        (seat.user_id, seat.unit_id, seat.post_id)
        for seat in Appointment.objects.current().filter(unit__closed_on=None)
    }
    viewing = [action for action in known_actions() if action.endswith("_view")]
    sight = {
        (user.pk, action): frozenset(scope.granted_units(user, action).values_list("pk", flat=True))
        for user in User.objects.all()
        for action in viewing
    }
    return {"names": names, "units": facts, "seats": seats, "sight": sight}


def told(before: dict, after: dict) -> dict:
    """The differences between two states, in the words of a preview."""
    names = before["names"] | after["names"]
    units = {
        before["names"].get(pk, after["names"].get(pk))
        for pk in {*before["units"], *after["units"]}
        if before["units"].get(pk) != after["units"].get(pk)
    }
    sights = set()
    for key in {*before["sight"], *after["sight"]}:
        was, now = before["sight"].get(key, frozenset()), after["sight"].get(key, frozenset())
        if was != now:
            gained = tuple(sorted(names[pk] for pk in now - was))
            lost = tuple(sorted(names[pk] for pk in was - now))
            sights.add((key[0], known_actions()[key[1]], gained, lost))
    return {"units": units, "seats": len(before["seats"] ^ after["seats"]), "sights": sights}


def previewed(effect) -> dict:
    sights = {
        (sight.user, action, sight.gained, sight.lost)
        for sight in effect.sights
        for action in sight.actions
    }
    parts = effect.parts
    units = {line.label for line in parts.get("组织", ())}
    return {"units": units, "seats": len(parts.get("任职", ())), "sights": sights}


@CHANCE
@given(places=PLACES, seats=SEATS, acts=ACTS)
def test_the_preview_lists_exactly_what_becomes_different(kinds, places, seats, acts):
    with transaction.atomic():
        admin, units = plant(places, seats, kinds)
        for act in acts:
            change, before = change_of(act, admin, units), state()
            try:
                effect = unit_changes.rehearse(change)
            except (ValidationError, PermissionDenied):
                COUNTED["refused"] += 1
                assert state() == before
                continue
            assert state() == before
            unit_changes.carry_out(change, seen=effect.fingerprint)
            COUNTED["done"] += 1
            assert previewed(effect) == told(before, state()), act
            assert unsound_units() == []
            assert grants.derive_all() == (0, 0)
            held = UnitGrant.objects.filter(content_object__closed_on__isnull=False)
            assert not held.exists()
        transaction.set_rollback(True)


@CHANCE
@given(places=PLACES, moves=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6))
def test_a_tree_moved_about_at_will_stays_sound(kinds, places, moves):
    with transaction.atomic():
        _, units = plant(places, [], kinds)
        for first, second in moves:
            unit, parent = units[first % len(units)], units[second % len(units)]
            below = set(OrgUnit.objects.below(OrgUnit.objects.get(pk=unit.pk)).values_list("pk"))
            try:
                moved = tree.move(unit, parent)
            except ValueError:
                assert (parent.pk,) in below
                continue
            assert set(OrgUnit.objects.below(moved).values_list("pk")) == below
            assert moved.path[: -tree.STEP] == OrgUnit.objects.get(pk=parent.pk).path
        assert OrgUnit.objects.find_problems() == ([], [], [], [], [])
        transaction.set_rollback(True)
