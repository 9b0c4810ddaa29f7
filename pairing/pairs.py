"""The life of a pair: proposed, confirmed by both sides, agreed, active, ended; taken up again.

Each act locks the row, asks its state, then the right, then the words; its line in the pair's history
and in the audit trail is written with it. Renewal, transfer and liaisons lie beside it and are called
from here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from pairing import conflicts, papers
from pairing.acting import (
    SIDES,
    Act,
    State,
    checked_day,
    checked_words,
    held,
    require_edit,
    require_sight,
    save,
    seat_at,
    told,
    unit_of,
)
from pairing.annexes.pairing_intent import SUPPORT
from pairing.liaisons import end_liaison, name_liaison
from pairing.models import Mode, Pairing, PairKind, Term
from pairing.refusal import Refused
from pairing.renewing import renew
from pairing.transferring import transfer
from registry.models import Helper, Household, Person, Site

__all__ = [
    "activate", "change", "confirm", "decline", "end", "end_liaison", "name_liaison", "propose",
    "renew", "reopen", "transfer",
]  # fmt: skip
SUPPORTS = [code for code, _ in SUPPORT]


# -- Proposing -------------------------------------------------------------------------------------
def draft(
    *, kind: PairKind, helper_unit: OrgUnit | None = None, helper: Helper | None = None,
    recipient_unit: OrgUnit | None = None, household: Household | None = None,
    person: Person | None = None, site: Site | None = None, mode: str = "",
    exception_reason: str = "", goal: str = "", supports: Iterable[str] = (),
) -> Pairing:  # fmt: skip
    """The pair as it would be saved, for :mod:`pairing.conflicts`."""
    party = household or person or site
    unit = helper_unit or (helper.unit if helper else None)
    place = recipient_unit or (party.unit if party else None)
    if unit is None or place is None:
        raise Refused("请选定帮扶方和受助方。")
    pair = Pairing(
        kind=kind, unit=unit, helper_unit=helper_unit, helper=helper, recipient_unit=place,
        household=household, person=person, site=site, mode=mode or kind.default_mode,
        exception_reason=exception_reason.strip(), goal=goal.strip(),
        supports=[code for code in SUPPORTS if code in set(supports)],
    )  # fmt: skip
    pair.recipient_is = conflicts.recipient_party(pair)
    return pair


@transaction.atomic
def propose(
    *, kind: PairKind, by: User, origin: str = Pairing.Origin.MANUAL, source: Any = None,
    **parties: Any,
) -> Pairing:  # fmt: skip
    """A pair that both sides have still to confirm. ``parties`` as :func:`draft` takes them."""
    pair = draft(kind=kind, **parties)
    if not kind.is_active:
        raise Refused(f"“{kind}”已停用，请另选类别。")
    if not scope.may(by, "pairing_edit", pair.unit):
        raise OutOfReach("帮扶方不在您的管辖范围内。")
    require_sight(pair, by)
    # Whoever pairs a village or helper waits for who is doing so: a limit is counted once.
    locked = OrgUnit.objects.select_for_update().order_by("pk")
    list(locked.filter(pk__in=[pair.unit_id, pair.recipient_unit_id]))
    _require_fit(pair)
    pair.origin, pair.source, pair.proposed_by = origin, source, by
    save(pair)
    scope.prove(pair, by, "edit")
    told(pair, Act.PROPOSE, by=by, origin=str(origin), kind=kind.code)
    return pair


def _require_fit(pair: Pairing) -> None:
    if pair.mode not in pair.kind.modes:
        raise Refused(f"“{pair.kind}”没有“{Mode(pair.mode).label}”这种方式，请另选。")
    if pair.exception_reason:
        checked_words(pair.exception_reason, what="例外原因")
    if sentence := conflicts.refused(pair, conflicts.of(pair)):
        raise Refused(sentence)


@transaction.atomic
def change(pair: Pairing, *, by: User, version: int | None = None, **values: Any) -> Pairing:
    """Mode with its reason, goal and 牵手内容; the parties change by :func:`transfer`."""
    pair = held(pair, by=by, states=Pairing.OPEN, version=version)
    require_edit(pair, by)
    fresh = {name: values[name] for name in ("mode", "exception_reason", "goal") if name in values}
    if "supports" in values:
        fresh["supports"] = [code for code in SUPPORTS if code in set(values["supports"])]
    differing = [name for name, value in fresh.items() if getattr(pair, name) != value]
    if not differing:
        return pair
    for name in differing:
        setattr(pair, name, fresh[name])
    if {"mode", "exception_reason"} & set(differing):
        _require_fit(pair)
    save(pair, *differing)
    words = [str(Pairing._meta.get_field(name).verbose_name) for name in differing]
    told(pair, Act.CHANGE, by=by, fields=words)
    return pair


# -- Both sides ------------------------------------------------------------------------------------
def _speaks(pair: Pairing, side: str, by: User) -> bool:
    """Whether ``by`` speaks for the side from above (代确认); nobody's word is PermissionDenied."""
    how = seat_at(unit_of(pair, side), by)
    if not how:
        raise PermissionDenied
    return how == "behalf"


@transaction.atomic
def confirm(pair: Pairing, *, side: str, by: User, version: int | None = None) -> Pairing:
    """One side agrees; with both it is agreed upon."""
    pair = held(pair, by=by, states=(State.PROPOSED,), version=version)
    on_behalf = _speaks(pair, side, by)
    if getattr(pair, f"{side}_agreed_at"):
        raise Refused(f"{SIDES[side]}已经确认过。")
    setattr(pair, f"{side}_agreed_at", timezone.now())
    setattr(pair, f"{side}_agreed_by", by)
    if pair.helper_agreed_at and pair.recipient_agreed_at:
        pair.state = State.AGREED
    save(pair, f"{side}_agreed_at", f"{side}_agreed_by", "state")
    told(pair, Act.CONFIRM, by=by, on_behalf=on_behalf, side=side)
    return pair


@transaction.atomic
def decline(
    pair: Pairing, *, side: str, by: User, reason: str, version: int | None = None
) -> Pairing:
    pair = held(pair, by=by, states=(State.PROPOSED, State.AGREED), version=version)
    on_behalf = _speaks(pair, side, by)
    words = checked_words(reason, what="不同意的原因")
    pair.state = State.DECLINED
    save(pair, "state")
    told(pair, Act.DECLINE, by=by, reason=words, on_behalf=on_behalf, side=side)
    return pair


def missing_papers(pair: Pairing) -> list[str]:
    """What ``pairing.papers`` says is still to be put in writing, a sentence each."""
    return papers.ready(pair)


# -- Its active life -------------------------------------------------------------------------------
@transaction.atomic
def activate(
    pair: Pairing, *, by: User, on: dt.date | None = None, version: int | None = None
) -> Pairing:
    """From ``on`` it is active, once its papers are in order."""
    pair = held(pair, by=by, states=(State.AGREED,), version=version)
    require_edit(pair, by)
    day = checked_day(on, what="开始日期")
    if missing := missing_papers(pair):
        raise Refused("还不能开始结对：" + "".join(missing))
    pair.state = State.ACTIVE
    save(pair, "state")
    Term(pairing=pair, starts_on=day, renewed_by=by).save()
    told(pair, Act.ACTIVATE, by=by, on=str(day))
    return pair


@transaction.atomic
def end(
    pair: Pairing, *, by: User, reason: str, on: dt.date | None = None, version: int | None = None
) -> Pairing:
    """``on`` is its last day. What was renewed beyond it never began."""
    pair = held(pair, by=by, states=(State.ACTIVE,), version=version)
    require_edit(pair, by)
    day, words = checked_day(on, what="结束日期"), checked_words(reason, what="结束原因")
    first = pair.terms.order_by("starts_on").first()
    if first is not None and day < first.starts_on:
        raise Refused(f"结束日期早于开始日期 {first.starts_on:%Y-%m-%d}，请改正。")
    close(pair, day, words)
    told(pair, Act.END, by=by, reason=words, on=str(day))
    return pair


def close(pair: Pairing, day: dt.date, words: str) -> None:
    """Terms and liaisons end on ``day``; without a line of its own."""
    pair.terms.filter(starts_on__gt=day).delete()
    for term in pair.terms.filter(starts_on__lte=day):
        if term.ends_on is None or term.ends_on > day:
            term.ends_on = day
            term.save(update_fields=["ends_on"])
    for liaison in pair.liaisons.filter(until=None):
        liaison.until = max(day, liaison.since)
        liaison.save(update_fields=["until"])
    pair.state, pair.ended_on, pair.end_reason = State.ENDED, day, words
    save(pair, "state", "ended_on", "end_reason")


@transaction.atomic
def reopen(
    pair: Pairing, *, by: User, reason: str, on: dt.date | None = None, mode: str = "",
    exception_reason: str = "", version: int | None = None,
) -> Pairing:  # fmt: skip
    """An ended pair is active again from ``on``, its history kept; one declined is proposed anew."""
    pair = held(pair, by=by, states=(State.ENDED, State.DECLINED), version=version)
    require_edit(pair, by)
    day, words = checked_day(on, what="恢复日期"), checked_words(reason, what="恢复原因")
    pair.mode, pair.exception_reason = mode or pair.mode, exception_reason or pair.exception_reason
    _require_fit(pair)
    if pair.state == State.DECLINED:
        pair.state = State.PROPOSED
        pair.helper_agreed_at = pair.helper_agreed_by = None
        pair.recipient_agreed_at = pair.recipient_agreed_by = None
    else:
        if pair.ended_on and day <= pair.ended_on:
            raise Refused(f"恢复日期须在结束日期 {pair.ended_on:%Y-%m-%d} 以后，请改正。")
        Term(pairing=pair, starts_on=day, renewed_by=by).save()
        pair.state, pair.ended_on, pair.end_reason = State.ACTIVE, None, ""
    save(pair)
    told(pair, Act.REOPEN, by=by, reason=words, on=str(day))
    return pair
