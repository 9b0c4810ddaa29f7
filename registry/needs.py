"""困难需求: what a person lacks, from the day it was told to what closed it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from registry import changing, consents
from registry.models import Need, NeedState, Person, Programme, Zone
from registry.refusal import Refused

CLOSED = (NeedState.MET, NeedState.DROPPED)


@transaction.atomic
def tell(
    person: Person, *, category: str, text: str, opened_on: dt.date, by: User,
    programme: Programme | None = None, row: Need | None = None,
) -> Need:  # fmt: skip
    """A new need of ``person``, or ``row`` in other words. ``text`` "" leaves the words as they are."""
    person = changing.locked(person, by=by)
    new = row is None
    row = Need(person=person, recorded_by=by) if row is None else _open(person, row, by)
    if opened_on > timezone.localdate():
        raise ValidationError({"opened_on": "提出日期不能晚于今天，请改正。"})
    if new and not text.strip():
        raise ValidationError({"text": "请写明有什么困难、需要什么。"})
    _check_may_keep(person, category)
    row.category, row.programme, row.opened_on = category, programme, opened_on
    if text.strip():
        row.text = text.strip()
    row.save()
    _told(row, "open_need" if new else "change_need", by)
    return row


@transaction.atomic
def start(row: Need, *, by: User) -> Need:
    """Somebody works on it."""
    row = _open(changing.locked(row.person, by=by), row, by)
    row.state = NeedState.UNDER_WAY
    row.save()
    _told(row, "change_need", by, what="转为办理中")
    return row


@transaction.atomic
def close(row: Need, *, state: str, on: dt.date, how: str, by: User) -> Need:
    """Met, with what met it, or no longer needed."""
    row = _open(changing.locked(row.person, by=by), row, by)
    if state not in CLOSED:
        raise ValidationError({"state": "请选择“已解决”或“不再需要”。"})
    if not how.strip():
        raise ValidationError({"how": "请写明怎样解决的，或为什么不再需要。"})
    if not row.opened_on <= on <= timezone.localdate():
        raise ValidationError({"on": "办结日期应在提出日期以后、今天以前，请改正。"})
    row.state, row.closed_on, row.closed_by = state, on, how.strip()[:200]
    row.save()
    _told(row, "close_need", by, what=NeedState(state).label)
    return row


def _open(person: Person, row: Need, by: User) -> Need:
    row = Need.objects.visible_to(by, "edit").get(pk=row.pk)
    row.person = person
    if row.state in CLOSED:
        raise ValidationError(
            f"这项困难已于 {row.closed_on} 办结，不能再改；仍有困难的请另行登记。"
        )
    return row


def _check_may_keep(person: Person, category: str) -> None:
    try:
        consents.check_may_keep(
            person, ["health"] if category == Need.Category.HEALTH else ["needs"]
        )
    except Refused as refused:
        raise ValidationError(str(refused), code="consent") from refused


def _told(row: Need, verb: str, by: User, what: str = "") -> None:
    words: list[Any] = [] if row.zone == Zone.HEALTH else [row.get_category_display()]
    words += [what] if what else []
    audit.record(row.person, verb, by=by, unit=row.person.unit, detail={"what": "，".join(words)})
