"""牵线搭桥: which helping unit suits which village, scored by rules everybody may read.

Offers are what a unit typed for itself, else what its approved 附件1 says; needs are what a village
typed. Each reason has its words and its points (``fixtures/matching.json``); equal sums keep the order
of the tree, so the same facts give the same list. Only units are scored, never a person.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from federation import audit, scope, tree
from federation.models import OrgUnit, User
from pairing import pairs
from pairing.annexes.pairing_intent import SUPPORT
from pairing.changed import Changed
from pairing.models import AssistanceProject, Pairing, PairKind, SupportProfile
from registry.refusal import Refused
from reporting.models import Submission
from reporting.models.submissions import State

FILE = settings.BASE_DIR / "fixtures" / "matching.json"
SUPPORTS = dict(SUPPORT)
SECTORS = AssistanceProject.SECTORS
ANNEX = "pairing-intent"
SHOWN = 3


@cache
def weights() -> dict[str, int]:
    return json.loads(FILE.read_text(encoding="utf-8"))["weights"]


@dataclass(frozen=True)
class Profile:
    """What one unit gives or needs, as it counts in matching; ``said`` is where it is from."""

    unit: int
    supports: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    text: str = ""
    wished: str = ""  # uuid of the village named in 附件1
    said: str = ""


@dataclass(frozen=True)
class Reason:
    words: str
    points: int


@dataclass(frozen=True)
class Proposal:
    helper: OrgUnit
    recipient: OrgUnit
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def points(self) -> int:
        return sum(reason.points for reason in self.reasons)


# -- What is offered and needed --------------------------------------------------------------------
def offers(units: Iterable[OrgUnit], *, to: User) -> dict[int, Profile]:
    """By unit; two questions. What a unit typed goes before its 附件1."""
    keys = [unit.pk for unit in units]
    approved = (
        Submission.objects.visible_to(to)
        .for_annex(ANNEX)
        .filter(unit__in=keys, state__in=(State.APPROVED, State.CONSOLIDATED))
    )
    found = {}
    for unit, values in approved.order_by("period").values_list("unit", "rows__values"):
        village = (values or {}).get("intended_village") or {}
        found[unit] = Profile(
            unit,
            frozenset((values or {}).get("offered_support") or ()) & SUPPORTS.keys(),
            text=(values or {}).get("project_goal") or "",
            wished=village.get("unit") or "",
            said="附件1",
        )
    for row in _typed(keys, SupportProfile.Side.OFFER, to):
        wished = found[row.unit_id].wished if row.unit_id in found else ""
        found[row.unit_id] = _profile(row, wished)
    return found


def needs(units: Iterable[OrgUnit], *, to: User) -> dict[int, Profile]:
    keys = [unit.pk for unit in units]
    return {row.unit_id: _profile(row) for row in _typed(keys, SupportProfile.Side.NEED, to)}


def _typed(keys: list[int], side: str, to: User) -> Iterable[SupportProfile]:
    """The newest comes last."""
    rows = SupportProfile.objects.visible_to(to).filter(unit__in=keys, side=side)
    return rows.order_by("year")


def _profile(row: SupportProfile, wished: str = "") -> Profile:
    both = frozenset(row.supports), frozenset(row.sectors)
    return Profile(row.unit_id, *both, text=row.text, wished=wished, said=f"{row.year}年填报")


def loads(user: User) -> tuple[Counter[int], Counter[int]]:
    """Open pairs of each helping unit and of each village, among the pairs ``user`` reaches."""
    rows = Pairing.objects.visible_to(user).open().exclude(helper_unit=None)
    pairs = list(rows.order_by().values_list("helper_unit", "recipient_unit"))
    return Counter(helper for helper, _ in pairs), Counter(village for _, village in pairs)


# -- Scores ---------------------------------------------------------------------------------------
def reasons(
    helper: OrgUnit, recipient: OrgUnit, offer: Profile, need: Profile, load: tuple[int, int]
) -> tuple[Reason, ...]:
    """Why ``helper`` suits ``recipient``, the reasons without points left out."""
    points = weights()
    found = []
    if offer.wished == str(recipient.uuid):
        found.append(Reason("附件1填的拟结对村", points["wished"]))
    for shared, names, weight, words in (
        (offer.supports & need.supports, SUPPORTS, "per_support", "对得上"),
        (offer.sectors & need.sectors, SECTORS, "per_sector", "领域相同"),
    ):
        if shared:
            named = "、".join(name for code, name in names.items() if code in shared)
            found.append(Reason(f"{words}：{named}", points[weight] * len(shared)))
    found += _near(helper, recipient, points)
    for count, weight, words in zip(
        load, ("helper_load", "recipient_load"), ("帮扶方已有", "该村已有"), strict=True
    ):
        if count:
            found.append(Reason(f"{words} {count} 对", points[weight] * count))
    return tuple(found)


def _near(helper: OrgUnit, recipient: OrgUnit, points: dict[str, int]) -> list[Reason]:
    """The lowest unit both lie under: in the tree a township is two below its city."""
    depth = 0
    for mine, theirs in zip(_above(helper), _above(recipient), strict=False):
        if mine != theirs:
            break
        depth += 1
    places = {2: ("同市", "same_city"), 3: ("同县（市、区）", "same_county")}
    words, weight = places.get(depth, ("同乡镇（街道）", "same_township"))
    return [Reason(words, points[weight])] if depth >= 2 else []


def _above(unit: OrgUnit) -> tuple[str, ...]:
    return _ancestors(unit.path)


@lru_cache(maxsize=8192)
def _ancestors(path: str) -> tuple[str, ...]:
    return tuple(tree.ancestor_paths(path, include_self=False))


def proposals(
    helpers: list[OrgUnit],
    recipients: list[OrgUnit],
    *,
    to: User,
    by: str = "helper",
    most: int = SHOWN,
) -> dict[int, list[Proposal]]:
    """The best ``most`` for each helper, or for each recipient where ``by`` says so; few questions."""
    offered, needed = offers(helpers, to=to), needs(recipients, to=to)
    helping, helped = loads(to)
    found: dict[int, list[Proposal]] = {}
    for helper in helpers:
        for recipient in recipients:
            offer = offered.get(helper.pk, Profile(helper.pk))
            need = needed.get(recipient.pk, Profile(recipient.pk))
            load = helping[helper.pk], helped[recipient.pk]
            one = Proposal(helper, recipient, reasons(helper, recipient, offer, need, load))
            found.setdefault(helper.pk if by == "helper" else recipient.pk, []).append(one)
    return {key: sorted(rows, key=_order)[:most] for key, rows in found.items()}


def _order(one: Proposal) -> tuple:
    return -one.points, one.helper.path, one.recipient.path


# -- What a unit types ----------------------------------------------------------------------------
def may_type(user: User, unit: OrgUnit) -> bool:
    """For a unit below one's own, or for her own: a post's leader holds no right to change pairs."""
    if scope.may(user, "pairing_edit", unit):
        return True
    own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
    return unit.pk in own


@transaction.atomic
def type_profile(
    unit: OrgUnit,
    *,
    side: str,
    year: int,
    supports: list[str],
    sectors: list[str],
    text: str,
    by: User,
    version: int,
) -> SupportProfile:
    """Write what ``unit`` gives or needs in ``year``; ``version`` 0 where there was none.

    Raises ``PermissionDenied``, :class:`Changed`, or :class:`Refused` for words of nothing.
    """  # fmt: skip
    OrgUnit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    rows = SupportProfile.objects.visible_to(by).filter(unit=unit, side=side, year=year)
    row = rows.first() or SupportProfile(unit=unit, side=side, year=year, version=0)
    if not may_type(by, unit):
        raise PermissionDenied
    if row.version != version:
        raise Changed(row)
    if not supports and not text.strip():
        raise Refused("请至少选一项牵手内容，或在“说明”里写明。")
    row.supports = [code for code in SUPPORTS if code in supports]
    row.sectors = [code for code in SECTORS if code in sectors]
    row.text, row.entered_by, row.version = text.strip(), by, version + 1
    row.save()
    scope.prove(row, by, "view")
    audit.record(row, "type_profile", by=by, unit=unit, detail={"side": side, "year": year})
    return row


# -- Picking --------------------------------------------------------------------------------------
def kind_of(helper: OrgUnit) -> PairKind:
    """岗村 for a post, 委村 for a committee."""
    code = "committee_village" if helper.unit_type.code == "organ_committee" else "post_village"
    return PairKind.objects.get(code=code)


def pick(helper: OrgUnit, recipient: OrgUnit, *, by: User) -> Pairing:
    """Propose the pair; both sides confirm it as they confirm every other. Errors are ``propose``'s."""
    offer = offers([helper], to=by).get(helper.pk, Profile(helper.pk))
    need = needs([recipient], to=by).get(recipient.pk, Profile(recipient.pk))
    shared = offer.supports & need.supports or offer.supports
    return pairs.propose(
        kind=kind_of(helper), by=by, origin=Pairing.Origin.MATCH, helper_unit=helper,
        recipient_unit=recipient, goal=offer.text[:1000], supports=shared,
    )  # fmt: skip
