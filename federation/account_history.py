"""变更记录 of an account: who did what to it and to its seats, from the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from federation import audit, scope
from federation.models import Appointment, AuditEvent, User

SHOWN = 30
# What administers an account; her own log-ins and confirmations are the auditor's alone.
ACCOUNT_VERBS = (
    "issue_password",
    "change_password",
    "disable_account",
    "enable_account",
    "change_account",
    "enrol_second_factor",
    "reset_second_factor",
    "transfer",
    "leave",
)
SEAT_VERBS = ("appoint", "deputy", "seconded", "end_appointment")
WARNING = frozenset({"disable_account", "reset_second_factor", "leave", "end_appointment"})


def events_of(
    user: User, seats: Iterable[Appointment], *, paths: list[str]
) -> list[dict[str, Any]]:
    """Newest first, at most 30, for parts/history.html; acts outside ``paths`` are left out.

    ``seats`` are those of the account within ``paths``. An act on the account itself carries the
    unit it was taken for; one without a unit is her own. One query.
    """
    by_record = {f"federation.appointment:{seat.uuid}": seat for seat in seats}
    own = Q(record=f"federation.user:{user.uuid}", verb__in=ACCOUNT_VERBS)
    of_seats = Q(record__in=by_record, verb__in=SEAT_VERBS)
    within = scope.reach(paths, "unit__path") | Q(unit=None)
    told = AuditEvent.objects.filter((own & within) | of_seats).select_related("actor")
    return [_line(event, by_record) for event in told[:SHOWN]]


def _line(event: AuditEvent, seats: dict[str, Appointment]) -> dict[str, Any]:
    return {
        "word": audit.verb_word(event.verb),
        "who": event.actor or "系统",
        "at": event.at,
        "tone": "warn" if event.verb in WARNING else "muted",
        "icon": "circle-fill",
        "reason": _words(event, seats.get(event.record)),
    }


def _words(event: AuditEvent, seat: Appointment | None) -> str:
    """What changed, as far as the trail holds it: names of seats, old and new name, the day."""
    detail = event.detail
    parts = [seat.seat] if seat else []
    before, after = _text(detail.get("from")), _text(detail.get("to"))
    if after:
        parts.append(f"{before} → {after}" if before else after)
    elif before:
        parts.append(before)
    if detail.get("field"):
        parts.append(f"改动：{detail['field']}")
    if detail.get("since"):
        parts.append(f"自 {detail['since']} 起")
    if detail.get("until"):
        parts.append(f"至 {detail['until']}")
    if detail.get("reason"):
        parts.append(f"依据：{detail['reason']}")
    return "；".join(parts)


def _text(held: Any) -> str:
    return "、".join(map(str, held)) if isinstance(held, list) else str(held or "")
