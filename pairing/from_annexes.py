"""Pairs from what was approved on paper: 附件1 of the posts and committees, 附件2 of the counties.

A post says its 现已有结对村 and its 拟结对村; each becomes a pair for both sides to confirm, the post's
own word being given by its form. Rows of a 附件2 that came from a 附件1 are that 附件1's; those typed or
read from a file count where post and village are exactly one each. All else is asked, never guessed.
Made a second time, nothing is new.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from federation import scope, tree
from federation.models import OrgUnit, User
from pairing import conflicts
from pairing.acting import Act, told
from pairing.annexes import PairingIntent, PairingSummary
from pairing.models import Mode, Pairing, PairKind
from reporting.incoming.senders import Senders
from reporting.incoming.villages import Area
from reporting.models import Submission
from reporting.models.submissions import DONE_STATES

Origin = Pairing.Origin
KEPT_REASON = "征求意见表所填现已有结对"


@dataclass(frozen=True)
class Candidate:
    """A pair that would be made."""

    kind: PairKind
    helper: OrgUnit
    village: OrgUnit
    origin: str
    source: Submission
    goal: str = ""
    supports: tuple[str, ...] = ()
    mode: str = Mode.ONE_TO_ONE
    reason: str = ""

    @property
    def origin_word(self) -> str:
        return Origin(self.origin).label


@dataclass(frozen=True)
class Question:
    """What could not be taken over: what was written, and what is to be done."""

    helper: str
    village: str
    words: str
    source: Submission


@dataclass
class Plan:
    candidates: list[Candidate] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    there: int = 0  # pairs of these papers that stand already


def plan(user: User) -> Plan:
    """What would be made now for ``user``, who holds ``pairing_edit``; changes nothing."""
    return _Reading(user).plan


@transaction.atomic
def create(*, by: User) -> tuple[list[Pairing], Plan]:
    """Make every candidate of :func:`plan`, as it stands under lock."""
    roots = [unit.pk for unit in scope.roots(by, "pairing_edit")]
    list(OrgUnit.objects.select_for_update().filter(pk__in=roots).order_by("pk"))
    found = _Reading(by).plan
    return [_made(candidate, by) for candidate in found.candidates], found


def _made(candidate: Candidate, by: User) -> Pairing:
    source = candidate.source
    by_form = source.annex == PairingIntent.code
    pair = Pairing(
        kind=candidate.kind, mode=candidate.mode, exception_reason=candidate.reason,
        unit=candidate.helper, helper_unit=candidate.helper, recipient_unit=candidate.village,
        goal=candidate.goal[:1000], supports=list(candidate.supports), origin=candidate.origin,
        source=source, proposed_by=by,
        helper_agreed_at=source.submitted_at if by_form else None,
        helper_agreed_by=source.submitted_by if by_form else None,
    )  # fmt: skip
    pair.save()
    scope.prove(pair, by, "edit")
    told(pair, Act.PROPOSE, by=by, origin=str(candidate.origin), source=str(source.uuid))
    return pair


class _Reading:
    """Every approved paper of her reach read once; areas and names are looked up once a county."""

    def __init__(self, user: User):
        self.user, self.plan = user, Plan()
        self.kinds = {
            kind.code: kind
            for kind in PairKind.objects.filter(
                code__in=("post_village", "committee_village"), is_active=True
            )
        }
        self.areas: dict[int, Area] = {}
        stands = conflicts.in_hand(any_state=True)
        keys = stands.filter(kind__in=self.kinds.values(), helper_unit__isnull=False)
        self.known = set(keys.values_list("helper_unit", "recipient_unit"))
        in_hand = conflicts.in_hand().filter(kind__in=self.kinds.values(), recipient_is="unit")
        self.helps = Counter(in_hand.values_list("helper_unit", flat=True))
        self.helped = Counter(in_hand.values_list("recipient_unit", flat=True))
        self._forms()
        self._tables()

    def _papers(self, code: str) -> Any:
        reach = scope.reach(scope.granted_paths(self.user, "pairing_edit"), "unit__path")
        rows = Submission.objects.visible_to(self.user).filter(
            reach, annex=code, state__in=DONE_STATES
        )
        return (
            rows.select_related("unit__unit_type").prefetch_related("rows").order_by("period", "pk")
        )

    # -- 附件1 ------------------------------------------------------------------------------------
    def _forms(self) -> None:
        forms = list(self._papers(PairingIntent.code))
        wanted = {
            entry["unit"] for form in forms for _, entry in _villages(form) if entry.get("unit")
        }
        units = {str(unit.uuid): unit for unit in OrgUnit.objects.filter(uuid__in=wanted)}
        for form in forms:
            for origin, entry in _villages(form):
                village = units.get(entry.get("unit") or "") or self._by_name(form, entry["text"])
                self._take(form, form.unit, village, origin, entry["text"])

    def _by_name(self, form: Submission, text: str) -> OrgUnit | None:
        above = form.unit.path[: -tree.STEP]
        found = self._area(OrgUnit.objects.get(path=above) if above else form.unit).village(text)
        return OrgUnit.objects.filter(uuid=found.uuid).first() if found.uuid else None

    def _area(self, unit: OrgUnit) -> Area:
        if unit.pk not in self.areas:
            self.areas[unit.pk] = Area.of(unit)
        return self.areas[unit.pk]

    # -- 附件2 ------------------------------------------------------------------------------------
    def _tables(self) -> None:
        for table in self._papers(PairingSummary.code):
            rows = [row for row in table.rows.all() if row.source_id is None]
            if not rows:
                continue
            below = OrgUnit.objects.below(table.unit, include_self=False).open_now()
            helping = below.filter(unit_type__group="post") | below.filter(
                unit_type__code="organ_committee"
            )
            senders = Senders.among(helping.select_related("unit_type"), [table.unit])
            for row in rows:
                self._row(table, senders, row.values)

    def _row(self, table: Submission, senders: Senders, values: dict[str, Any]) -> None:
        post, village = str(values.get("post") or ""), str(values.get("village") or "")
        found = senders.called(post)
        if len(found) != 1:
            words = "没有叫这个名称的岗（委）" if not found else "叫这个名称的岗（委）不止一个"
            self._ask(table, post, village, f"{words}，请核对后直接登记。")
            return
        named = self._area(table.unit).villages_in(village)
        units = {
            str(unit.uuid): unit
            for unit in OrgUnit.objects.filter(uuid__in=[one.uuid for one in named if one.uuid])
        }
        for one in named:
            self._take(
                table, found[0], units.get(one.uuid or ""), Origin.SUMMARY, one.text,
                goal=str(values.get("project_goal") or ""),
            )  # fmt: skip

    # -- Either -----------------------------------------------------------------------------------
    def _take(
        self, source: Submission, helper: OrgUnit, village: OrgUnit | None, origin: str, text: str,
        goal: str = "",
    ) -> None:  # fmt: skip
        code = "post_village" if helper.unit_type.group == "post" else "committee_village"
        kind = self.kinds.get(code)
        if village is None or village.is_closed:
            words = "登记里没有唯一的这个村（社区），请核对村名后直接登记。"
            return self._ask(source, helper.name, text, words)
        if kind is None or helper.is_closed or helper == village:
            return self._ask(source, helper.name, text, "帮扶方已撤销或类别已停用，没有带入。")
        if (helper.pk, village.pk) in self.known:
            self.plan.there += 1
            return None
        helps, helped = self.helps[helper.pk], self.helped[village.pk]
        if kind.most_helpers is not None and helped >= kind.most_helpers:
            words = f"{village}已有{helped}个帮扶方，确需再结的请直接登记并写明原因。"
            return self._ask(source, helper.name, text, words)
        full = kind.most_recipients is not None and helps >= kind.most_recipients
        if full and origin != Origin.EXISTING:
            words = "该岗（委）已有结对村，确需再结的请直接登记并写明原因。"
            return self._ask(source, helper.name, text, words)
        values = source.only_row.values if source.annex == PairingIntent.code else {}
        self.plan.candidates.append(
            Candidate(
                kind, helper, village, origin, source, goal or str(values.get("project_goal") or ""),
                tuple(values.get("offered_support") or ()),
                Mode.ONE_TO_MANY if full else Mode.ONE_TO_ONE, KEPT_REASON if full else "",
            )
        )  # fmt: skip
        self.known.add((helper.pk, village.pk))
        self.helps[helper.pk] += 1
        self.helped[village.pk] += 1
        return None

    def _ask(self, source: Submission, helper: str, village: str, words: str) -> None:
        self.plan.questions.append(Question(helper, village, words, source))


def _villages(form: Submission) -> list[tuple[str, dict[str, Any]]]:
    """拟结对村 first: it is the pair of the year; then those the post has had."""
    values = form.only_row.values
    intended = values.get("intended_village")
    found: list[tuple[str, dict[str, Any]]] = [(Origin.INTENT, intended)] if intended else []
    return found + [(Origin.EXISTING, one) for one in values.get("existing_village") or ()]
