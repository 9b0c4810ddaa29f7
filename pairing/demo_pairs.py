"""Pairs of the demo: 泉州 from its approved 附件1, 哈尔滨 of the invented archives, a year of logs each.

They begin a year before the day of loading, so that whoever looks today finds work that is done, due,
late and missing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from federation import demo
from federation.demo import hour
from federation.models import Appointment, OrgUnit, User
from pairing import code_lists, demo_papers, rules
from pairing.annexes import PairingIntent
from pairing.demo_deeds import Course
from pairing.models import (
    ContactLog,
    Liaison,
    LogKind,
    Pairing,
    PairingEvent,
    PairKind,
    SupportLine,
    Term,
)
from registry.demo import CARER
from registry.models import Carer, Helper, Person
from reporting.models import State, Submission

Pair, Act = Pairing.State, PairingEvent.Act
CARERS_PHONE = "16900006190"


def _every(model: Any) -> Any:
    return model.objects.unscoped(reason="the loader of the demo acts for all its people")


@transaction.atomic
def load() -> int:
    """Pairs and a year of what was done; how many pairs are new.

    After the submissions and archives of the demo. Does nothing where pairs of the demo stand, so that
    what people changed in them stays.
    """
    demo.require_demo()
    code_lists.load()
    if _every(Pairing).filter(synthetic=True).exists():
        return 0
    loading = _Pairs()
    loading.of_forms()
    loading.of_persons()
    loading.of_carer()
    loading.save()
    return len(loading.pairs)


class _Pairs:
    """One loading: rows are collected, then made in blocks, in the order they are told."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.today = timezone.localdate(self.now)
        self.since = self.today.replace(year=self.today.year - 1, day=1)
        kinds = PairKind.objects.select_related("bundle")
        self.kinds = {kind.code: kind for kind in kinds}
        self.log_kinds = {kind.code: kind for kind in LogKind.objects.all()}
        self.seats = self._seats()
        self.pairs: list[tuple[Pairing, User, int]] = []
        self.liaisons: dict[int, User] = {}

    @staticmethod
    def _seats() -> dict[str, User]:
        """Whoever of the demo may log, by the path of her unit; of several the first."""
        seats: dict[str, User] = {}
        held = Appointment.objects.filter(user__synthetic=True).order_by("pk")
        for seat in held.select_related("unit", "post", "user"):
            if {"pairing_log", "pairing_view"} <= set(seat.post.actions):
                seats.setdefault(seat.unit.path, seat.user)
        return seats

    def _who(self, unit: OrgUnit) -> User:
        """The nearest account at ``unit`` or above."""
        path = max((path for path in self.seats if unit.path.startswith(path)), key=len)
        return self.seats[path]

    # -- Who with whom ---------------------------------------------------------------------------
    def of_forms(self) -> None:
        """岗村、委村: one from each approved 附件1."""
        done = (State.APPROVED, State.CONSOLIDATED)
        forms = (
            _every(Submission)
            .filter(annex=PairingIntent.code, state__in=done, unit__synthetic=True)
            .select_related("unit__unit_type")
            .prefetch_related("rows")
            .order_by("unit__path")
        )
        found = [(form, form.only_row.values) for form in forms]
        villages = {
            str(unit.uuid): unit
            for unit in OrgUnit.objects.filter(uuid__in={_village(v) for _, v in found} - {""})
        }
        for n, (form, values) in enumerate(found):
            unit = form.unit
            is_post = unit.unit_type.group == "post"
            if (village := villages.get(_village(values))) is None:
                continue
            pair = Pairing(
                kind=self.kinds["post_village" if is_post else "committee_village"],
                unit=unit, helper_unit=unit, recipient_unit=village, source=form,
                origin=Pairing.Origin.INTENT if values["intended_village"] else Pairing.Origin.EXISTING,
                goal=values["project_goal"], supports=values["offered_support"],
            )  # fmt: skip
            self._add(pair, n, _fate(n))

    def of_persons(self) -> None:
        """爱心妈妈–儿童, 能人–贫困户, 志愿者–空巢老人: those whom the archives name together."""
        helpers = {}
        mine = _every(Helper).filter(synthetic=True, kind=Helper.Kind.PERSON).order_by("pk")
        for one in mine.select_related("unit"):
            helpers.setdefault((one.unit_id, one.role), []).append(one)
        people = (
            _every(Person)
            .filter(synthetic=True, state="active", enrolments__ends_on=None)
            .select_related("unit", "household")
            .prefetch_related("enrolments__programme")
            .order_by("pk")
            .distinct()
        )
        taken: Counter[tuple[str, int]] = Counter()
        n = 200
        for person in people:
            belongs = {one.programme.code for one in person.enrolments.all()}
            for kind in self._kinds_for(belongs):
                can = [
                    one
                    for role in kind.helper_roles
                    for one in helpers.get((person.unit_id, role), ())
                    if taken[kind.code, one.pk] < (kind.most_recipients or 1)
                ]
                if not can:
                    continue
                taken[kind.code, can[0].pk] += 1
                n += 1
                self._add(
                    self._personal(kind, can[0], person), n, Pair.ACTIVE if n % 11 else Pair.ENDED
                )
                break

    def _kinds_for(self, programmes: set[str]) -> Iterator[PairKind]:
        for code in ("caring_mother_child", "volunteer_elder", "capable_woman_poor_woman"):
            if programmes & set(self.kinds[code].programmes):
                yield self.kinds[code]

    def _personal(self, kind: PairKind, helper: Helper, person: Person) -> Pairing:
        household = person.household if kind.code == "capable_woman_poor_woman" else None
        return Pairing(
            kind=kind, unit=helper.unit, helper=helper, recipient_unit=person.unit,
            household=household, person=None if household else person,
            recipient_is="household" if household else "person",
        )  # fmt: skip

    def of_carer(self) -> None:
        """What the demo's volunteer carries on her phone: two elders, two children, one household."""
        user = User.objects.get(username=CARER)
        unit = user.appointments.current().get().unit
        hers = Helper(
            unit=unit, role=Helper.Role.VOLUNTEER, name=user.display_name, phone=CARERS_PHONE,
            vetting=Helper.Vetting.PASSED, user=user, joined_on=self.since, synthetic=True,
        )  # fmt: skip
        hers.save()
        people = _every(Person).filter(unit=unit, state="active", synthetic=True).order_by("pk")
        elders = people.filter(enrolments__programme__code="empty_nest_elder")
        cared = _every(Carer).filter(user=user).order_by("pk").values("person")
        for n, (kind, person) in enumerate(
            [("volunteer_elder", one) for one in elders.select_related("unit")[:2]]
            + [("caring_mother_child", one) for one in people.filter(pk__in=cared)[2:4]],
            start=500,
        ):
            self._add(self._personal(self.kinds[kind], hers, person), n, Pair.ACTIVE, by=user)
        poor = self.kinds["capable_woman_poor_woman"]
        helped = (p for p, _, _ in self.pairs if (p.kind, p.recipient_unit) == (poor, unit))
        if pair := next((one for one in helped if one.state == Pair.ACTIVE), None):
            self.liaisons[id(pair)] = user

    def _add(self, pair: Pairing, n: int, state: str, by: User | None = None) -> None:
        by = by or self._who(pair.unit)
        asked = hour(self.since - dt.timedelta(days=25 - n % 10), 10, n % 60)
        if state in (Pair.PROPOSED, Pair.AGREED, Pair.DECLINED):
            asked = self.now - dt.timedelta(days=4 + n % 20, hours=n % 5)
        pair.state, pair.proposed_by, pair.proposed_at = state, by, asked
        pair.synthetic = True
        if state != Pair.PROPOSED or n % 2:
            pair.helper_agreed_at, pair.helper_agreed_by = asked, by
        if state not in (Pair.PROPOSED, Pair.DECLINED):
            pair.recipient_agreed_at = asked + dt.timedelta(days=2)
            pair.recipient_agreed_by = self._who(pair.recipient_unit)
        if state == Pair.ENDED:
            pair.ended_on = self.today - dt.timedelta(days=40 + n % 60)
            pair.end_reason = "帮扶目标已完成" if n % 2 else "结对单位机构调整"
        self.pairs.append((pair, by, n))

    # -- What hangs on them ----------------------------------------------------------------------
    def save(self) -> None:
        pairs = [pair for pair, _, _ in self.pairs]
        Pairing.objects.bulk_create(pairs, batch_size=500)
        PairingEvent.objects.bulk_create(
            [event for told in self.pairs for event in self._events(*told)], batch_size=500
        )
        lived = [told for told in self.pairs if told[0].state in (Pair.ACTIVE, Pair.ENDED)]
        Term.objects.bulk_create([term for told in lived for term in self._terms(told[0])])
        Liaison.objects.bulk_create(
            Liaison(pairing=pair, user=self.liaisons.get(id(pair), by), since=self.since, until=pair.ended_on)
            for pair, by, _ in lived
        )  # fmt: skip
        demo_papers.write(
            [told for told in lived if told[0].helper_unit_id], self.since, self.today
        )
        self._logs(lived)
        rules.refresh(*(pair for pair, _, _ in lived))

    def _events(self, pair: Pairing, by: User, n: int) -> Iterator[PairingEvent]:
        def event(act: str, at: dt.datetime, who: User, **more: Any) -> PairingEvent:
            return PairingEvent(pairing=pair, act=act, at=min(at, self.now), by=who, **more)

        yield event(Act.PROPOSE, pair.proposed_at, by)
        if pair.helper_agreed_at:
            yield event(Act.CONFIRM, pair.helper_agreed_at, by)
        if pair.recipient_agreed_at:
            yield event(
                Act.CONFIRM, pair.recipient_agreed_at, pair.recipient_agreed_by,
                on_behalf=pair.recipient_unit.path not in self.seats,
            )  # fmt: skip
        if pair.state == Pair.DECLINED:
            yield event(
                Act.DECLINE, pair.proposed_at + dt.timedelta(days=2), by, reason="该村已有结对单位"
            )
        if pair.state in (Pair.ACTIVE, Pair.ENDED):
            yield event(Act.ACTIVATE, hour(self.since, 9), by)
            yield event(Act.RENEW, hour(dt.date(self.today.year, 1, 1), 9), by)
        if pair.ended_on:
            yield event(Act.END, hour(pair.ended_on, 17), by, reason=pair.end_reason)

    def _terms(self, pair: Pairing) -> Iterator[Term]:
        """The rest of last year, and this year as renewed."""
        first = dt.date(self.today.year, 1, 1)
        last = pair.ended_on or dt.date(self.today.year, 12, 31)
        if last < first:
            yield Term(pairing=pair, starts_on=self.since, ends_on=last)
            return
        yield Term(pairing=pair, starts_on=self.since, ends_on=first - dt.timedelta(days=1))
        yield Term(pairing=pair, starts_on=first, ends_on=last)

    def _logs(self, lived: list[tuple[Pairing, User, int]]) -> None:
        logs, given = [], []
        for pair, by, n in lived:
            who = self.liaisons.get(id(pair), by)
            until = pair.ended_on or self.today
            course = Course(pair, n, who, self.since, until, self.now, self.log_kinds)
            for log, line in course.logs():
                logs.append(log)
                given += [line] if line else []
        ContactLog.objects.bulk_create(logs, batch_size=500)
        for line in given:
            line.log = line.log  # whose id is known only now
        SupportLine.objects.bulk_create(given)
        latest: dict[int, dt.date] = {}
        for log in logs:
            latest[log.pairing_id] = max(latest.get(log.pairing_id, log.on), log.on)
        for pair, _, _ in lived:
            pair.last_contact_on = latest.get(pair.pk)
        _every(Pairing).bulk_update([pair for pair, _, _ in lived], ["last_contact_on"], 500)


def _village(values: dict[str, Any]) -> str:
    """The uuid of 拟结对村, or of the first of 现已有结对村 where none is intended."""
    chosen = values.get("intended_village") or next(
        iter(values.get("existing_village") or ()), None
    )
    return (chosen or {}).get("unit") or ""


def _fate(n: int) -> str:
    match n % 19:
        case 7 | 16:
            return Pair.PROPOSED
        case 13:
            return Pair.AGREED
        case 5:
            return Pair.ENDED
        case 11 if n % 2:
            return Pair.DECLINED
    return Pair.ACTIVE
