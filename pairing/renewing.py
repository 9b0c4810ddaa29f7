"""续结: year by year a pair is taken up again; its history and its count go on without a gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from federation.models import User
from pairing.acting import Act, State, held, require_edit, save, told
from pairing.models import Pairing, Term
from pairing.refusal import Refused

FROM_MONTH = 10  # from October on one looks to the next year


def year_in_question(day: dt.date | None = None) -> int:
    """The year for which pairs are renewed now: from October on the next one."""
    day = day or timezone.localdate()
    return day.year + 1 if day.month >= FROM_MONTH else day.year


def to_renew(user: User, year: int, *, action: str = "edit") -> Any:
    """Active pairs begun before ``year`` and not yet renewed for it."""
    begun = Term.objects.visible_to(user).filter(pairing=OuterRef("pk"))
    rows = Pairing.objects.visible_to(user, action).active()
    return rows.filter(
        ~Exists(begun.filter(starts_on__gte=dt.date(year, 1, 1))),
        Exists(begun.filter(starts_on__lt=dt.date(year, 1, 1))),
    )


@transaction.atomic
def renew(pair: Pairing, *, by: User, year: int, version: int | None = None) -> Pairing:
    """The term in hand ends with the year before, a new one begins on 1 January of ``year``."""
    pair = held(pair, by=by, states=(State.ACTIVE,), version=version)
    require_edit(pair, by)
    this = timezone.localdate().year
    if year not in (this, this + 1):
        raise Refused(f"只能续结{this}年或{this + 1}年，请改正。")
    first = dt.date(year, 1, 1)
    if pair.terms.filter(starts_on__gte=first).exists():
        raise Refused(f"这个结对已经是{year}年的，不用再续结。")
    before = pair.terms.order_by("-starts_on").first()
    if before is None:
        raise Refused("这个结对还没有开始，不能续结。")
    if before.ends_on is None or before.ends_on >= first:
        before.ends_on = first - dt.timedelta(days=1)
        before.save(update_fields=["ends_on"])
    Term(pairing=pair, starts_on=first, renewed_by=by).save()
    save(pair, "state")
    told(pair, Act.RENEW, by=by, year=year)
    return pair


def renew_many(
    pairs: Iterable[Pairing], *, by: User, year: int
) -> tuple[list[Pairing], list[tuple[Pairing, str]]]:
    """Each on its own: those renewed, and the others with the sentence why not."""
    done, left = [], []
    for pair in pairs:
        try:
            done.append(renew(pair, by=by, year=year))
        except Refused as error:
            left.append((pair, str(error)))
    return done, left
