"""结对 of the acceptance world: in each county a post with a village, and a helper with a woman.

``pairing`` words may be read by whoever reads the records of the village; ``carried`` ones by the
volunteer who keeps that pair as well. Names of the archives stay words of :mod:`.archives`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from administration.acceptance.names import Names, every
from administration.acceptance.people import People
from administration.acceptance.records import COUNTIES
from administration.acceptance.tree import Units
from pairing import code_lists, rules
from pairing.models import (
    AssistancePlan,
    AssistanceProject,
    CallbackResult,
    CallbackSample,
    ContactLog,
    Liaison,
    LogKind,
    Milestone,
    Pairing,
    PairingAgreement,
    PairingEvent,
    PairKind,
    QuarantinedLog,
    SupportLine,
    SupportProfile,
    Term,
    TypicalCase,
)
from registry.models import Helper, Household, Person

CARRIER, CARRIED_AT = "volunteer", "A111"


def villages() -> list[str]:
    """Where the pairs of each county arrive."""
    return [f"{county}11" for county in COUNTIES]


def build(names: Names, units: Units, people: People) -> None:
    code_lists.load()
    maker = _Maker(names, units, people)
    for county in COUNTIES:
        maker.of_post(county)
        maker.of_helper(county)
        maker.tracked(county)
    maker.carried()
    rules.refresh(*maker.pairs)


class _Maker:
    def __init__(self, names: Names, units: Units, people: People):
        self.names, self.units, self.people = names, units, people
        self.today = timezone.localdate()
        self.since = self.today - dt.timedelta(days=200)
        self.kinds = {kind.code: kind for kind in PairKind.objects.all()}
        self.logs = {kind.code: kind for kind in LogKind.objects.all()}
        self.pairs: list[Pairing] = []
        self.told = 0  # logs so far

    def of_post(self, county: str) -> None:
        """The county's fourth post, whose 附件1 was approved, with all that is put in writing."""
        key, by = f"{county}11", self.people[f"{county}-post4"]
        post, village = self.units[f"{county}-post4"], self.units[key]
        pair = self._pair(
            key, "post_village", by, unit=post, helper_unit=post, recipient_unit=village
        )
        self.named = pair

        def said(what: str) -> str:
            return self.names.canary(key, f"pairing:{what}")

        def uuid(kind: str) -> Any:
            return self.names.uuid(kind, key)

        PairingAgreement(
            uuid=uuid("agreement"), pairing=pair, helper_name=post.name, recipient_name=village.name,
            terms=said("terms"), signed_on=self.since, entered_by=by,
        ).save()  # fmt: skip
        AssistancePlan(
            uuid=uuid("plan"), pairing=pair, year=self.today.year, text=said("plan"), entered_by=by
        ).save()
        project = AssistanceProject(
            uuid=uuid("project"), pairing=pair, year=self.today.year, name=said("project"),
            goal=said("project goal"), entered_by=by,
        )  # fmt: skip
        project.save()
        Milestone(pairing=pair, project=project, name=said("milestone")).save()
        SupportLine(
            pairing=pair, project=project, kind="goods", name=said("line"), value=300,
            given_on=self.today,
        ).save()  # fmt: skip
        self.log = self._log(key, pair, "contact", said("log"), by)
        self._log(key, pair, "mutual_visit", said("visit"), by, direction="to_recipient")
        gone = self._log(key, pair, "contact", said("withdrawn"), by)
        gone.withdrawn_at, gone.withdrawn_by, gone.withdrawn_reason = (
            timezone.now(),
            by,
            said("why"),
        )
        gone.save()
        QuarantinedLog(
            uuid=uuid("quarantined"), key=uuid("quarantined key"), pairing=pair, by=by, why="任职已结束",
            body={"kind": "contact", "on": str(self.today), "summary": said("quarantined")},
        ).save()  # fmt: skip

    def of_helper(self, county: str) -> None:
        """The helper of the village's archives with its woman: their names are no words of ours."""
        key, by = f"{county}11", self.people[f"{county}-officer"]
        helper = every(Helper).get(uuid=self.names.uuid("helper", key))
        woman = every(Person).get(uuid=self.names.uuid("person", f"{key}:woman"))
        child = every(Person).get(uuid=self.names.uuid("person", f"{key}:child"))
        for kind, person in (("cadre_woman", woman), ("caring_mother_child", child)):
            pair = self._pair(
                f"{key}:{kind}", kind, by, unit=helper.unit, helper=helper,
                recipient_unit=person.unit, person=person, recipient_is="person",
            )  # fmt: skip
            words = self.names.canary(key, f"pairing:{kind}")
            self._log(f"{key}:{kind}", pair, "contact", words, by)

    def tracked(self, county: str) -> None:
        """What the county asks again by phone, chooses as 典型, and knows the village to need."""
        key, unit, by = f"{county}11", self.units[county], self.people[f"{county}-officer"]
        sample = CallbackSample(
            uuid=self.names.uuid("callback sample", county), unit=unit, drawn_by=by, percent=5,
            month=self.today.replace(day=1), seed=1, logs_in_all=1,
        )  # fmt: skip
        sample.save()
        CallbackResult(
            uuid=self.names.uuid("callback", county), sample=sample, pairing=self.named, log=self.log,
            result=CallbackResult.Result.CONFIRMED, note=self.names.canary(key, "pairing:callback"),
            called_by=by, called_at=timezone.now(),
        ).save()  # fmt: skip
        TypicalCase(
            uuid=self.names.uuid("case", county), unit=unit, pairing=self.named, written_by=by,
            title=self.names.canary(key, "pairing:case"),
            text=f"{self.names.canary(key, 'pairing:story')}，按季上门送技术，四十人受益，来年继续办下去。",
        ).save()  # fmt: skip
        SupportProfile(
            uuid=self.names.uuid("profile", county), unit=self.units[key], entered_by=by,
            side=SupportProfile.Side.NEED, year=self.today.year, supports=["material"],
            text=self.names.canary(key, "pairing:need"),
        ).save()  # fmt: skip

    def carried(self) -> None:
        """What the volunteer of a village keeps herself."""
        user, unit = self.people[CARRIER], self.units[CARRIED_AT]

        def said(what: str) -> str:
            return self.names.canary(CARRIED_AT, f"carried:{what}")

        home = Household(
            uuid=self.names.uuid("household", "carried"),
            unit=unit,
            number=said("home"),
            synthetic=True,
        )
        home.save()
        helper = Helper(
            uuid=self.names.uuid("helper", "carried"), unit=unit, role=Helper.Role.VOLUNTEER,
            name=said("helper"), vetting=Helper.Vetting.PASSED, user=user, synthetic=True,
        )  # fmt: skip
        helper.save()
        pair = self._pair(
            "carried", "cadre_woman", user, goal=said("goal"), unit=unit, helper=helper,
            recipient_unit=unit, household=home, recipient_is="household",
        )  # fmt: skip
        self._log("carried", pair, "contact", said("log"), user)

    def _pair(self, key: str, kind: str, by: Any, *, goal: str = "", **parties: Any) -> Pairing:
        pair = Pairing(
            uuid=self.names.uuid("pairing", key), kind=self.kinds[kind], state=Pairing.State.ACTIVE,
            goal=goal or self.names.canary(key.partition(":")[0], f"pairing:goal:{kind}"),
            proposed_by=by, synthetic=True, last_contact_on=self.today, **parties,
        )  # fmt: skip
        pair.save()
        Term(pairing=pair, starts_on=self.since).save()
        PairingEvent(pairing=pair, act=PairingEvent.Act.ACTIVATE, by=by).save()
        Liaison(
            uuid=self.names.uuid("liaison", key), pairing=pair, user=by, since=self.since
        ).save()
        self.pairs.append(pair)
        return pair

    def _log(
        self, key: str, pair: Pairing, kind: str, words: str, by: Any, **more: Any
    ) -> ContactLog:
        self.told += 1
        called = f"{key}:{self.told}"
        log = ContactLog(
            uuid=self.names.uuid("log", called), key=self.names.uuid("log key", called),
            pairing=pair, kind=self.logs[kind], on=self.today, summary=words, by=by, synthetic=True, **more,
        )  # fmt: skip
        log.save()
        return log


def planted() -> Iterator[tuple[str, str]]:
    """(unit, what of ``Names.canary``) of every word planted here."""
    for key in villages():
        for what in (
            "goal:post_village", "goal:cadre_woman", "goal:caring_mother_child", "terms", "plan",
            "project", "project goal", "milestone", "line", "log", "visit", "withdrawn", "why",
            "quarantined", "cadre_woman", "caring_mother_child", "callback", "case", "story", "need",
        ):  # fmt: skip
            yield key, f"pairing:{what}"
    for what in ("home", "helper", "goal", "log"):
        yield CARRIED_AT, f"carried:{what}"
