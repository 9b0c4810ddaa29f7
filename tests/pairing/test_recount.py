"""What stands of a pair's rules is what a naive count finds, whatever befell the pair."""

import datetime as dt
import os
import time
import uuid
from collections import Counter
from functools import partial
from types import SimpleNamespace

import battery
import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive import beijing_day, every, standing

from pairing import chores, logs, rules
from pairing.models import AssistanceProject, Pairing, Rule, RuleBundle, RuleWindow, Term

BEGAN = dt.datetime(2025, 6, 15, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
# Every way a row may ask: each window, each direction, pair and helper, from a day on, at most.
BUNDLE = (
    {"code": "month", "counts": ["contact", "mutual_visit"], "window": "month"},
    {"code": "visits", "counts": ["mutual_visit"], "window": "half_year", "direction": "both"},
    {"code": "hosted", "counts": ["mutual_visit"], "window": "quarter", "direction": "to_helper"},
    {"code": "all", "counts": ["contact"], "at_least": 3, "window": "quarter", "scope": "helper"},
    {"code": "projects", "counts": ["project"], "window": "year", "at_most": 1},
    {"code": "begun", "counts": ["project", "tangible_deed"], "window": "quarter", "scope": "helper"},
    {"code": "late", "counts": ["contact"], "window": "month", "from_on": dt.date(2025, 3, 2),
     "until": dt.date(2026, 1, 1), "least_share": 100},
)  # fmt: skip
which = st.integers(0, 1)
ago = st.integers(0, 500)
WHAT = st.sampled_from(["contact", "to_recipient", "to_helper", "tangible_deed"])
ENTERS = st.tuples(
    st.just("enter"), which, st.integers(0, 45) | ago, st.lists(WHAT, min_size=1, max_size=4)
)
STEPS = st.one_of(
    ENTERS,
    ENTERS,
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
    st.tuples(st.just("term"), which, ago, st.none() | st.integers(0, 400)),
    st.tuples(st.just("end"), which, ago),
    st.tuples(st.just("project"), which, ago, st.booleans()),
    st.tuples(st.just("abandon"), st.integers(0, 3)),
    st.tuples(st.just("transfer")),
    st.tuples(st.just("wait"), st.integers(0, 70), st.sampled_from(["as it is", "last second", "first second"])),
)  # fmt: skip


class Undone(Exception):
    pass


class History:
    """Two pairs of one post, the second of which may change its post, through any steps."""

    def __init__(self, world, clock):
        self.world, self.clock, self.entered = world, clock, []

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def wait(self, days, moment):
        later = self.now + DAY * days
        if moment != "as it is":  # around the first midnight of Beijing's next month
            month = (beijing_day(later).replace(day=1) + 32 * DAY).replace(day=1)
            midnight = dt.datetime.combine(month, dt.time(), dt.UTC) - dt.timedelta(hours=8)
            later = midnight - dt.timedelta(seconds=moment == "last second")
        self.clock.move_to(later)
        if moment == "first second":
            chores.recount_pairs()

    def enter(self, place, days, told):
        pair, on = self.pair(place), beijing_day(self.now) - DAY * days
        for what in told:
            way = what if what.startswith("to_") else ""
            words = {"kind": "mutual_visit" if way else what, "direction": way}
            try:
                log = logs.enter(pair, on=on, by=self.world.by, key=uuid.uuid4(), **words)
            except (ValidationError, PermissionDenied):
                return
            self.entered.append(log)

    def withdraw(self, place):
        if place < len(self.entered):
            logs.withdraw(self.entered.pop(place), by=self.world.by, reason="登记有误")

    def term(self, place, days, length):
        """Begun or renewed, as often and as overlapping as it likes."""
        pair, first = self.pair(place), beijing_day(self.now) - DAY * days
        if not pair.terms.filter(starts_on=first).exists():
            last = None if length is None else first + DAY * length
            Term(pairing=pair, starts_on=first, ends_on=last).save()
            rules.refresh(pair)

    def end(self, place, days):
        pair, last = self.pair(place), beijing_day(self.now) - DAY * days
        for term in pair.terms.all():
            if term.starts_on > last:
                term.delete()
            elif term.ends_on is None or term.ends_on > last:
                term.ends_on = last
                term.save()
        rules.refresh(pair)

    def project(self, place, days, dated):
        pair, on = self.pair(place), beijing_day(self.now) - DAY * days
        AssistanceProject(
            pairing=pair, year=on.year, name="茶园", starts_on=on if dated else None
        ).save()
        rules.refresh(pair)

    def abandon(self, place):
        for row in every(AssistanceProject).order_by("pk")[place : place + 1]:
            row.state = "abandoned"
            row.save()
            rules.refresh(row.pairing)

    def transfer(self):
        pair = self.pair(1)
        former = {"helper_unit": pair.helper_unit_id}
        here, there = self.world.posts
        pair.helper_unit = pair.unit = there if pair.helper_unit == here else here
        pair.save()
        rules.refresh(pair, former=former)

    def pair(self, place) -> Pairing:
        return every(Pairing).select_related("kind").get(pk=self.world.pairs[place])


@pytest.fixture
def world(pairs, org, people, settings):
    """The bundle of :data:`BUNDLE` as rows, and two pairs of ``east_post`` measured by it."""
    bundle = RuleBundle.objects.create(code="tried", name="试用规则")
    for position, row in enumerate(BUNDLE):
        Rule.objects.create(bundle=bundle, name=row["code"], position=position, **row)
    kind = pairs.kinds["association_village"]
    kind.bundle = bundle
    kind.save()
    made = []
    for village in (org.east_village, org.east_village2):
        row = Pairing(
            kind=kind, state="active", unit=org.east_post, helper_unit=org.east_post, recipient_unit=village
        )  # fmt: skip
        row.save()
        made.append(row.pk)
    return SimpleNamespace(pairs=made, posts=[org.east_post, org.east_post2], by=people.county)


@pytest.fixture
def in_utc():
    """The machine's own clock in UTC, as servers have it."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def stands(pair) -> dict:
    rows = RuleWindow.objects.unscoped(reason="a test looks at the truth").filter(pairing=pair)
    return {(row.rule.code, row.first_day): told(row) for row in rows.select_related("rule")}


def told(row) -> tuple:
    return row.last_day, row.owed, row.done, row.back, row.met, row.over


def states(found, today) -> set[tuple[str, str, dt.date]]:
    """(rule, state, last day) of the windows of ``today``, as ribbons should show them."""
    return {
        (code, "met" if met else "open" if owed else "not_owed", last)
        for (code, first), (last, owed, _, _, met, _) in found.items()
        if first <= today <= last
    }


def live(world, steps, tries):
    with time_machine.travel(BEGAN, tick=False) as clock:
        history = History(world, clock)
        for step, *words in steps:
            getattr(history, step)(*words)
        chores.recount_pairs()
        today = beijing_day(history.now)
        assert today == timezone.localdate()
        ribbons = rules.ribbons([history.pair(0), history.pair(1)], on=today)
        for pair in (history.pair(0), history.pair(1)):
            found = standing(pair, today)
            assert stands(pair) == found
            assert {(w.rule.code, w.first_day): told(w) for w in rules.recount(pair)} == found
            shown = {(ribbon.name, ribbon.state, ribbon.due) for ribbon in ribbons[pair.pk]}
            assert shown == states(found, today)
            tries["windows"] += len(found)
            for (code, _), row in found.items():
                tries[f"{code} {'met' if row[4] else 'owed' if row[1] else 'not owed'}"] += 1
    tries["histories"] += 1
    tries["logs"] += len(history.entered)


@pytest.mark.battery("T24")
def test_the_stored_windows_and_ribbons_equal_a_naive_recount(world, in_utc):
    tries: Counter[str] = Counter()

    @settings(
        max_examples=battery.count(8, full=300), deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(STEPS, min_size=6, max_size=30))
    def run(steps):
        everything = ["contact", "contact", "contact", "to_recipient", "to_helper", "tangible_deed"]
        begun = [
            ("term", 0, 200, None),
            ("term", 1, 40, 90),
            ("enter", 0, 0, everything),
            ("project", 0, 0, True),
        ]
        try:
            with transaction.atomic():
                live(world, [*begun, *steps], tries)
                raise Undone
        except Undone:
            pass

    run()

    battery.report("T24", "，".join(f"{tries[name]} {name}" for name in sorted(tries)))
    wanted = {f"{row['code']} {state}" for row in BUNDLE for state in ("met", "owed", "not owed")}
    assert wanted - {"late not owed"} <= set(tries), "every rule was met, was owed and was not owed"


def test_a_bundle_is_rows_and_its_ribbons_are_seen(pairs, people):
    """四个一 asks other things of 爱心妈妈–儿童 than 三个一 of a post: nothing but rows says so."""
    enter = partial(logs.enter, by=people.volunteer, key=uuid.uuid4())
    today = timezone.localdate()
    enter(pairs.motherly, kind="family_call", on=today)

    found = rules.ribbons([pairs.posted, pairs.motherly, pairs.proposed], on=today)

    half = "上半年" if today.month <= 6 else "下半年"
    seen = {
        pair: [(ribbon.name, ribbon.state) for ribbon in found[pair.pk]]
        for pair in (pairs.posted, pairs.motherly, pairs.proposed)
    }
    assert seen == {
        pairs.posted: [
            ("本月联系", "open"), (f"{half}互访", "open"), ("年度实事", "open"), ("帮扶项目", "open"),
        ],
        pairs.motherly: [
            ("过一次六一", "open"), ("到家做一次客", "open"), ("亲情电话", "met"), ("成长进步", "open"),
        ],
        pairs.proposed: [],
    }  # fmt: skip
