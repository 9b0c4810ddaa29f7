"""The part of a pair's page on what was done: contacts, visits, deeds, and how the rules stand."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from pairing import logs, rules
from pairing.log_words import Words
from pairing.models import Pairing

NEWEST = 5


def ribbons_of(pair: Pairing) -> list[rules.Ribbon]:
    return rules.ribbons([pair], on=timezone.localdate())[pair.pk]


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/logs.html``."""
    words = Words(pair, to=request.user)  # type: ignore[arg-type]
    rows = pair.logs.counted().select_related("kind", "by")[: NEWEST + 1]
    may_log = pair.state in ("active", "ended") or pair.kind.survey_needed
    may_log = may_log and logs.may_log(pair, request.user)  # type: ignore[arg-type]
    return {
        "logs": {
            "ribbons": ribbons_of(pair),
            "rows": [(row, words.of(row.summary)) for row in rows[:NEWEST]],
            "more": len(rows) > NEWEST,
            "url": reverse("pairing:logs", args=[pair.uuid]),
            "new_url": reverse("pairing:log_new", args=[pair.uuid]) if may_log else "",
        }
    }
