"""Notices of the demo: published, signed for and answered by their own people on their own days.

Three of the official notices as they were, and for each city one of this year, so that somebody who
looks today finds work that is due, late, waiting and done. Nothing is written that the pages would
not write; the acts go through the same functions with the clock set back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

from django.utils import timezone

from federation.demo import hour
from federation.models import OrgUnit, User
from notices import (
    extensions,
    liability,
    materials,
    notice_files,
    publishing,
    receipts,
    schedule,
    working_days,
)
from notices.models import Duty, Extension, MaterialReport, Notice, NoticeReceipt, Task

# What is proved by records that are kept elsewhere, and what needs a file of its own.
LOGGED = frozenset(
    {"monthly-contact", "half-yearly-visit", "yearly-deed", "projects", "field-days", "screening"}
)
OLD: dict[str, Collection[str]] = {
    "quanzhou-2013-81": {"work-plan", "major-events"},
    "harbin-2014-grassroots": {"research-report", "nomination"},
    "harbin-2014-10": {
        "quarter-development",
        "quarter-publicity",
        "quarter-children",
        "quarter-organisation",
        "quarter-consolidated",
        "craft-training",
        "survey",
        "children-day",
    },
    "harbin-2016-7": {"ordered-training", "local-plan", "training-women"},
}
THIS_YEAR = ("demo-quanzhou-year", "demo-harbin-year")
JUST_NOW = dt.timedelta(days=30)  # of what fell due since, some is still under way
YEAR_BEGINS = (4, 1)  # before this day nothing is late yet: the year to look at is the last one


@contextmanager
def clock_at(moment: dt.datetime) -> Iterator[None]:
    """Inside, now is ``moment``: for dates, for grants in force and for what gets written."""
    with mock.patch.object(timezone, "now", return_value=moment):
        yield


@dataclass(frozen=True, order=True)
class Act:
    """Something somebody does at a moment."""

    at: dt.datetime
    do: Callable[[], object] = field(compare=False)


def live_through(acts: list[Act]) -> None:
    """Do all acts in the order of their time; acts of one moment keep the order of telling."""
    for act in sorted(acts, key=lambda act: act.at):
        with clock_at(act.at):
            act.do()


@dataclass(frozen=True)
class Cast:
    """Who acts: by unit, the one who answers there, and the one who judges what comes in."""

    answers: dict[int, User]
    judges: dict[int, User]

    @classmethod
    def of(cls, people: dict[str, User]) -> Cast:
        answers: dict[int, User] = {}
        judges: dict[int, User] = {}
        # A vice chair judges; who comes first at a unit answers.
        for user in people.values():
            for seat in user.appointments.select_related("post"):
                if "notices_sign" in seat.post.actions:
                    answers.setdefault(seat.unit_id, user)
                if "notices_issue" in seat.post.actions:
                    judges[seat.unit_id] = user
        return cls(answers, judges)


def acts(people: dict[str, User], *, now: dt.datetime) -> list[Act]:
    """All acts of the notices that are not there yet, until ``now``."""
    cast = Cast.of(people)
    told: list[Act] = []
    for name, without in OLD.items():
        told += _acts_of(notice_files.read(name), cast, now, LOGGED | set(without))
    today = timezone.localdate(now)
    year = today.year if (today.month, today.day) >= YEAR_BEGINS else today.year - 1
    for name in THIS_YEAR:
        told += _acts_of(notice_files.read(name, year=year), cast, now, LOGGED)
    return [act for act in told if act.at <= now]


def _acts_of(data: dict, cast: Cast, now: dt.datetime, leave_out: Collection[str]) -> list[Act]:
    if notice_files.standing(data):
        return []
    notice = notice_files.draft(data, by=None, leave_out=leave_out)
    issued = notice.print_date or notice.issue_date
    begin = hour(issued, 9)
    told = [Act(begin, lambda: _publish(notice, cast.judges.get(notice.issuer_id), now))]
    recipients = [unit for unit, _ in liability.recipients(notice).items()]
    recent = now - begin < dt.timedelta(days=500)
    for place, unit in enumerate(recipients):
        signer = cast.answers.get(unit.pk)
        if signer is None or (recent and place % 9 == 8):
            continue
        day = working_days.shifted(issued, 1 + place % 3)
        told.append(Act(hour(day, 8 + place % 9, place * 7 % 60), _sign(notice, unit, signer)))
    for duty in notice.duties.select_related("notice__issuer", "receiving_department"):
        told += _answers(duty, cast, now, settled=not recent)
    return told


def signed(
    notice: Notice, people: dict[str, User], *, on: Callable[[int], dt.date]
) -> Iterator[Act]:
    """Every recipient of a published notice that has somebody signs for it, the n-th on ``on(n)``."""
    cast = Cast.of(people)
    for place, receipt in enumerate(notice.receipts.select_related("unit").order_by("pk")):
        if signer := cast.answers.get(receipt.unit_id):
            at = hour(on(place), 9 + place % 8, place * 11 % 60)
            yield Act(at, _sign(notice, receipt.unit, signer))


def _publish(notice: Notice, by: User | None, now: dt.datetime) -> None:
    publishing.publish(notice, by=by)
    for duty in notice.duties.select_related("notice__issuer"):
        schedule.create_tasks(duty, until=timezone.localdate(now) + schedule.AHEAD, by=by)


def _sign(notice: Notice, unit: OrgUnit, by: User) -> Callable[[], NoticeReceipt]:
    def do() -> NoticeReceipt:
        everyone = Notice.objects.unscoped(reason="the demo's notice as it stands")
        return receipts.sign(everyone.get(pk=notice.pk), unit, by=by)

    return do


def _answers(duty: Duty, cast: Cast, now: dt.datetime, *, settled: bool) -> Iterator[Act]:
    """What each unit does about each time the duty is owed; of an old notice nothing stays open."""
    judge = cast.judges.get(duty.receiving_department_id or 0) or cast.judges.get(
        duty.notice.issuer_id
    )
    today = timezone.localdate(now)
    units = list(liability.liable(duty))
    for turn, occurrence in enumerate(schedule.occurrences(duty)):
        if occurrence.due_on is None or occurrence.opens_on > today:
            continue
        due = occurrence.due_on
        for place, unit in enumerate(units):
            by = cast.answers.get(unit.pk)
            if by is None:
                continue
            one = _One(duty, unit, occurrence.span.code, by, judge)
            fate = (place * 7 + turn * 3 + len(duty.code)) % 20
            if settled:
                fate = {0: 1, 3: 5, 4: 5, 6: 5}.get(fate, fate)
            if due < today:
                yield from one.acts(fate, due, place, over=due < today - JUST_NOW)
            elif place % 4 == 1:
                early = working_days.shifted(today, -(2 + place % 5))
                if early > occurrence.opens_on:
                    yield Act(hour(early, 9 + place % 8, place * 13 % 60), one.report)


@dataclass(frozen=True)
class _One:
    """One unit's task of one period."""

    duty: Duty
    unit: OrgUnit
    period: str
    by: User
    judge: User | None

    @property
    def task(self) -> Task:
        everyone = Task.objects.unscoped(reason="the demo acts for all its people in turn")
        return everyone.get(duty=self.duty, unit=self.unit, period=self.period)

    def acts(self, fate: int, due: dt.date, place: int, *, over: bool) -> Iterator[Act]:
        """0 nothing · 1–2 late · 3 本期无 · 4 an extension asked · 6 returned · else in time.

        ``over``: long enough ago that whoever judges has judged and whoever mends has mended.
        """
        late = fate in {1, 2}
        day = (
            working_days.shifted(due, fate) if late else working_days.shifted(due, -(1 + place % 6))
        )
        at = hour(day, 9 + place % 8, place * 13 % 60)
        before = hour(working_days.shifted(due, -3), 10, place)
        if fate == 0:
            return
        if fate == 3 and self.duty.deliverable == Duty.Deliverable.COUNT:
            yield Act(at, self._nil)
        elif fate == 4:
            yield Act(before, self._ask)
            if over:
                yield Act(before + dt.timedelta(hours=5), self._grant)
                yield Act(hour(working_days.shifted(due, 3), 15, place), self.report)
                yield Act(hour(working_days.shifted(due, 4), 10, place), self._accept)
        else:
            yield Act(at, self.report)
            if fate == 6:
                back = working_days.shifted(day, 1)
                yield Act(hour(back, 10, place), self._give_back)
                if over:
                    again = working_days.shifted(day, 3)
                    yield Act(hour(again, 10, place), self.report)
                    yield Act(hour(again, 16, place), self._accept)
            elif over or fate % 3:
                yield Act(hour(working_days.shifted(day, 1), 11, place), self._accept)

    def report(self) -> None:
        task = self.task
        number = None
        if self.duty.deliverable == Duty.Deliverable.COUNT:
            least = self.duty.minimum or 1
            number = least + (self.unit.pk * 5) % (3 * least)
        materials.save(task, text=self._words(), number=number, by=self.by)
        report = materials.send(task, by=self.by)
        # The field's default reads the real clock.
        MaterialReport.objects.filter(pk=report.pk).update(sent_at=timezone.now())

    def _words(self) -> str:
        number = self.unit.pk
        return (
            f"{self.unit}{self.duty.title}：本期走访 {3 + number % 9} 个村（社区），"
            f"组织活动 {1 + number % 4} 场，参加妇女 {40 + number * 7 % 160} 人次；"
            "主要做法、存在问题和下一步打算已逐项梳理。（演示内容）"
        )

    def _nil(self) -> None:
        materials.say_nil(self.task, reason="本期没有新发生的事项", by=self.by)

    def _accept(self) -> None:
        if self.judge and self.judge != self.by:
            materials.accept(self.task, by=self.judge)

    def _give_back(self) -> None:
        if self.judge and self.judge != self.by:
            task = self.task
            due = working_days.shifted(timezone.localdate(), 5)
            reason = "数据与上期相差较大，请核对后重新报送。"
            materials.give_back(task, by=self.judge, reason=reason, due_on=due)

    def _ask(self) -> None:
        task = self.task
        if task.is_open and task.due_on:
            wanted = working_days.shifted(task.due_on, 5)
            reason = "换届工作集中，数据还在向各乡镇（街道）核实"
            asked = extensions.ask(task, wanted_on=wanted, reason=reason, by=self.by)
            Extension.objects.filter(pk=asked.pk).update(asked_at=timezone.now())

    def _grant(self) -> None:
        asked = Extension.objects.filter(task=self.task, state=Extension.State.ASKED).first()
        if asked and self.judge:
            extensions.grant(asked, on=asked.wanted_on, by=self.judge)
