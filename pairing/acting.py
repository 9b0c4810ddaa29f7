"""What every act on a pair shares: the row is held, its state asked, then the right, then the words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from pairing import rules
from pairing.models import Pairing, PairingEvent
from pairing.refusal import Overtaken, Refused

LONGEST = 200
Act, State = PairingEvent.Act, Pairing.State
SIDES = {"helper": "帮扶方", "recipient": "受助方"}
# How an act is told in the audit trail.
VERBS = {
    Act.PROPOSE: "propose_pairing", Act.CONFIRM: "confirm_pairing", Act.DECLINE: "decline_pairing",
    Act.ACTIVATE: "activate_pairing", Act.RENEW: "renew_pairing", Act.CHANGE: "change_pairing",
    Act.TRANSFER: "transfer_pairing", Act.END: "end_pairing", Act.REOPEN: "reopen_pairing",
}  # fmt: skip


def held(
    pair: Pairing, *, by: User, states: tuple[str, ...], version: int | None = None
) -> Pairing:
    """The pair as it is now, locked; :class:`Refused` where its state does not allow the act."""
    rows = Pairing.objects.visible_to(by).select_for_update(of=("self",))
    row = rows.select_related("kind", "unit", "recipient_unit").filter(pk=pair.pk).first()
    if row is None:
        raise OutOfReach("这个结对不在您的管辖范围内。")
    if version is not None and row.version != version:
        raise Overtaken
    if row.state not in states:
        raise Refused(f"这个结对为“{row.get_state_display()}”，不能这样办理。")
    return row


def require_edit(pair: Pairing, by: User) -> None:
    """Who organises: ``pairing_edit`` over the helper's unit."""
    if not Pairing.objects.visible_to(by, "edit").filter(pk=pair.pk).exists():
        raise PermissionDenied


def require_sight(pair: Pairing, by: User) -> None:
    """Whom one may not look up, one does not pair."""
    for party in (pair.helper, pair.household, pair.person, pair.site):
        if party is not None:
            rows: Any = type(party).objects
            if not rows.visible_to(by).filter(pk=party.pk).exists():
                raise OutOfReach("所选的一方不在您的管辖范围内。")
    if not scope.may(by, "pairing_view", pair.recipient_unit):
        raise OutOfReach("受助方不在您的管辖范围内。")


def seat_at(unit: OrgUnit, by: User) -> str:
    """How ``by`` speaks for ``unit``: ``own`` of its own people, ``behalf`` for it, "" not at all."""
    here = scope.units_held(by, "pairing_log") & scope.units_held(by, "pairing_view")
    if unit.pk in here:
        return "own"
    return "behalf" if scope.may(by, "pairing_edit", unit) else ""


def unit_of(pair: Pairing, side: str) -> OrgUnit:
    return pair.unit if side == "helper" else pair.recipient_unit


def checked_words(text: str, *, what: str, least: int = 2) -> str:
    words = " ".join(text.split())
    if len(words) < least:
        raise Refused(f"请写明{what}。")
    if audit.holds_private(words):
        raise Refused(f"{what}中请不要写身份证号、电话，写明情况即可。")
    return words[:LONGEST]


def checked_day(on: dt.date | None, *, what: str) -> dt.date:
    today = timezone.localdate()
    if on is not None and on > today:
        raise Refused(f"{what}不能晚于今天，请改正。")
    return on or today


def save(pair: Pairing, *fields: str) -> None:
    """One version on. Who pairs the same two at once is told so by the database."""
    pair.version += 1
    try:
        with transaction.atomic():
            pair.save(update_fields=[*fields, "version"] if fields else None)
    except IntegrityError as error:
        raise Refused("这两方已经有一个在册的结对，请打开原来的办理。") from error


def told(
    pair: Pairing,
    act: str,
    *,
    by: User | None,
    reason: str = "",
    on_behalf: bool = False,
    **detail: Any,
) -> None:
    """The line in the pair's own history and in the audit trail; what it means for the rules."""
    PairingEvent(
        pairing=pair, act=act, by=by, reason=reason, on_behalf=on_behalf, detail=detail
    ).save()
    said = {**detail, **({"reason": reason} if reason else {}), **({"on_behalf": True} if on_behalf else {})}  # fmt: skip
    audit.record(pair, VERBS[Act(act)], by=by, unit=pair.unit, detail=said)
    rules.refresh(pair)
