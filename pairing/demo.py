"""泉州 2014 of the demo: every act of 泉妇〔2014〕28号 taken by its own person on its own day.

Nothing is written that the workflow would not write: the acts below go through the same functions
as the pages, only with the clock set back to the spring of 2014.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from federation import demo
from federation.demo import hour
from federation.models import OrgUnit, User
from notices import demo as notices_demo
from notices import notice_files, publishing
from notices.demo import Act
from notices.models import Notice
from pairing import demo_story
from pairing.annexes import PairingIntent, PairingSummary
from pairing.demo_story import Fate
from reporting import actions, workflow
from reporting.models import CellChange, Collection, Submission

PERIOD = "2014"
NOTICE_FILE = "quanzhou-2014-28"


@transaction.atomic
def load(data: dict[str, Any]) -> int:
    """Publish the demo's notices and live through them; how many submissions are new.

    Does nothing where a notice stands already, so that what people changed in the demo stays.
    """
    demo.require_demo()
    issuer = OrgUnit.objects.get(name=demo.CITY)
    people = {user.username: user for user in User.objects.filter(synthetic=True)}
    now, began = timezone.now(), timezone.now()
    acts = notices_demo.acts(people, now=now)
    codes = (PairingIntent.code, PairingSummary.code)
    fresh = not Collection.objects.filter(annex__in=codes, period=PERIOD, issuer=issuer).exists()
    if fresh:
        notice = _publish(people)
        acts += notices_demo.signed(notice, people, on=demo_story.signed_on)
        year = _Year(data, people, issuer)
        acts += [_dated(act, began) for act in year.acts()]
    notices_demo.live_through(acts)
    return len(year.submissions) if fresh else 0


def _publish(people: dict[str, User]) -> Notice:
    """泉妇〔2014〕28号 as issued; 三个一 is kept as a log of each pair, not reported."""
    said = notice_files.read(NOTICE_FILE)
    for duty in said["duties"]:
        duty["lock_after"] = 0  # who tries the demo today may still report
    with notices_demo.clock_at(demo_story.NOTICE):
        notice = notice_files.draft(
            said, by=people["leader"], leave_out={*notices_demo.LOGGED, "progress"}
        )
        return publishing.publish(notice, by=people["leader"])


def _dated(act: Act, began: dt.datetime) -> Act:
    """``act``, after which the changes of cells carry its moment: their default reads the real clock."""

    def do() -> None:
        act.do()
        changes = CellChange.objects.unscoped(reason="the field's default reads the real clock")
        changes.filter(at__gte=began).update(at=act.at)

    return Act(act.at, do)


class _Year:
    """The demo's spring of 2014 as a list of acts, each bound to who takes it."""

    def __init__(self, data: dict[str, Any], people: dict[str, User], issuer: OrgUnit):
        self.data, self.people = data, people
        self.city = people["city"]
        everyone = Submission.objects.unscoped(reason="the demo acts for all its people in turn")
        self.submissions = {
            (submission.annex, submission.unit.name): submission
            for submission in everyone.filter(period=PERIOD, collection__issuer=issuer)
            .select_related("unit__unit_type", "unit__post_level")
            .prefetch_related("rows")
        }
        self.at_unit: dict[tuple[str, str], User] = {}
        for account in data["accounts"]:
            for seat in account["appointments"]:
                if seat["post"] != "post_leader" or account["username"].startswith("gang"):
                    self.at_unit[seat["unit"], seat["post"]] = people[account["username"]]
        wanted = {post[key] for post in data["posts"] for key in ("village", "existing_village")}
        villages = OrgUnit.objects.filter(division_code__in=wanted - {None})
        self.villages = {unit.division_code: unit for unit in villages}

    def acts(self) -> list[Act]:
        """All acts in the order of their time; acts of one moment keep the order of telling."""
        told = [
            act
            for number, post in enumerate(self.data["posts"])
            for act in self._form(number, post)
        ]
        told += [act for line in self.data["returns"] for act in self._table(line)]
        return sorted(told, key=lambda act: act.at)

    # -- 附件1 -------------------------------------------------------------------------------------

    def _form(self, number: int, post: dict[str, Any]) -> Iterator[Act]:
        form = self.submissions[PairingIntent.code, post["name"]]
        leader = self.at_unit[post["number"], "post_leader"]
        officer = self.at_unit[post["unit"], "officer"]
        vice_chair = self.at_unit[post["unit"], "vice_chair"]
        values, fate = self._answers(post), demo_story.fate(self.data, post)
        day = demo_story.workday(number * 7 % 6)
        on, after = demo_story.moments(number)
        if fate is Fate.UNTOUCHED:
            return
        if fate is Fate.DRAFT:
            begun = {
                key: values[key] for key in ("leader_name", "leader_title", "intended_village")
            }
            yield Act(on(day), self._save(form, begun, leader))
            return
        filler = officer if fate is Fate.ON_BEHALF else leader
        if fate is Fate.WAITING:
            day = demo_story.late_day(number)
        wrong = demo_story.slip(number, values) if fate in (Fate.RETURNED, Fate.CORRECTED) else None
        typed = {**values, wrong.key: wrong.value} if wrong else values
        yield Act(on(day), self._save(form, typed, filler))
        yield Act(after(day), self._step("submit", form, filler))
        judge = vice_chair if fate is Fate.ON_BEHALF else officer
        if wrong:
            cells = [workflow.Cell(str(form.only_row.uuid), wrong.key, wrong.reason)]
            yield Act(
                on(demo_story.next_workday(day)), self._step("return", form, judge, cells=cells)
            )
            if fate is Fate.RETURNED:
                return
            mended = {wrong.key: values[wrong.key]}
            day = demo_story.next_workday(day)
            yield Act(after(day), self._save(form, mended, leader))
            yield Act(after(day), self._step("submit", form, leader))
        if fate is not Fate.WAITING:
            yield Act(on(demo_story.next_workday(day)), self._step("approve", form, judge))

    def _answers(self, post: dict[str, Any]) -> dict[str, Any]:
        """A complete 附件1 of ``post``; one in three that keeps old villages names no new one."""
        existing = [self._village(post["existing_village"])] if post["existing_village"] else []
        content = existing and int(post["number"][-4:]) % 3 == 0
        return {
            "post_level": post["level"],
            "leader_name": post["leader_name"],
            "leader_title": post["leader_title"],
            "leader_phone": post["leader_phone"],
            "email": post["email"],
            "existing_village": existing,
            "intended_village": None if content else self._village(post["village"]),
            "offered_support": post["support"],
            "project_goal": "；".join(post["goals"]) + "。",
        }

    def _village(self, code: str) -> dict[str, str]:
        unit = self.villages[code]
        return {"unit": str(unit.uuid), "text": unit.short_name}

    # -- 附件2 -------------------------------------------------------------------------------------

    def _table(self, line: dict[str, Any]) -> Iterator[Act]:
        if line["submitted"] is None:
            return
        table = self.submissions[PairingSummary.code, line["unit"]]
        officer = self.at_unit[line["unit"], "officer"]
        day = dt.date.fromisoformat(line["submitted"])
        if correction := demo_story.CORRECTIONS.get(line["unit"]):
            yield Act(hour(day, 14), self._correct(table, officer, correction))
        yield Act(hour(day, 15), self._step("submit", table, officer))
        if verdict := demo_story.VERDICTS.get(line["unit"]):
            yield Act(hour(verdict.on, 10), self._judge(table, verdict))

    def _correct(self, table: Submission, by: User, correction: demo_story.Correction):
        def do() -> None:
            row = table.rows.order_by("position").first()
            changed = {
                correction.key: row.values[correction.key].rstrip("。") + correction.addition
            }
            actions.save_values(table, row, changed, by=by, version=None, reason=correction.reason)

        return do

    def _judge(self, table: Submission, verdict: demo_story.Verdict):
        def do() -> None:
            cells = []
            if verdict.key:
                row = table.rows.order_by("position")[verdict.row - 1]
                cells = [workflow.Cell(str(row.uuid), verdict.key, verdict.reason)]
            reason = "" if cells else verdict.reason
            workflow.perform(
                verdict.step, submission=table, actor=self.city, reason=reason, cells=cells
            )

        return do

    # -- Acts --------------------------------------------------------------------------------------

    def _save(self, form: Submission, values: dict[str, Any], by: User):
        return lambda: actions.save_values(form, form.only_row, values, by=by, version=None)

    def _step(
        self, step: str, form: Submission, by: User, cells: list[workflow.Cell] | None = None
    ):
        return lambda: workflow.perform(step, submission=form, actor=by, cells=cells or ())
