"""移交: another helper or another recipient from a day on. The same pair goes on, its count unbroken."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from federation import scope
from federation.models import User
from pairing import conflicts, liaisons, rules
from pairing.acting import (
    Act,
    State,
    checked_day,
    checked_words,
    held,
    require_edit,
    require_sight,
    save,
    told,
)
from pairing.models import Pairing
from pairing.refusal import Refused

HELPER = ("helper_unit", "helper")
RECIPIENT = ("household", "person", "site")


@transaction.atomic
def transfer(
    pair: Pairing, *, by: User, reason: str, on: dt.date | None = None, mode: str = "",
    exception_reason: str = "", version: int | None = None, **parties: Any,
) -> Pairing:  # fmt: skip
    """``parties`` names the new helper (``helper_unit`` or ``helper``), the new recipient
    (``recipient_unit``, or ``household``, ``person``, ``site``), or both."""
    pair = held(pair, by=by, states=(State.AGREED, State.ACTIVE), version=version)
    require_edit(pair, by)
    day, words = checked_day(on, what="移交日期"), checked_words(reason, what="移交原因")
    before = _parties(pair)
    pair.mode, pair.exception_reason = mode or pair.mode, exception_reason or pair.exception_reason
    _set(pair, parties)
    after = _parties(pair)
    if after == before:
        raise Refused("移交前后是同样的两方，请选定新的帮扶方或受助方。")
    require_sight(pair, by)
    if sentence := conflicts.refused(pair, conflicts.of(pair)):
        raise Refused(sentence)
    save(pair)
    scope.prove(pair, by, "edit")
    left = liaisons.end_those_out_of_reach(pair, day)
    told(pair, Act.TRANSFER, by=by, reason=words, on=str(day), before=before, after=after, liaisons=left)  # fmt: skip
    rules.refresh(pair, former=before)
    return pair


def _set(pair: Pairing, parties: dict[str, Any]) -> None:
    given = {name: row for name, row in parties.items() if row is not None}
    if set(given) & set(HELPER):
        pair.helper_unit, pair.helper = given.get("helper_unit"), given.get("helper")
        pair.unit = pair.helper_unit or pair.helper.unit
    if set(given) & {*RECIPIENT, "recipient_unit"}:
        party = next((given[name] for name in RECIPIENT if name in given), None)
        for name in RECIPIENT:
            setattr(pair, name, given.get(name))
        pair.recipient_unit = party.unit if party is not None else given["recipient_unit"]
        pair.recipient_is = conflicts.recipient_party(pair)


def _parties(pair: Pairing) -> dict[str, int]:
    """Keys alone: what a history keeps names nobody."""
    names = ("unit", "helper_unit", "helper", "recipient_unit", *RECIPIENT)
    held_by = {name: getattr(pair, f"{name}_id") for name in names}
    return {name: key for name, key in held_by.items() if key}
