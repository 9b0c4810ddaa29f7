"""The part of a pair's page on what counties and cities do about it: what was rung about it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from federation import scope
from pairing.models import CallbackResult, Pairing

SHOWN = 6


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/tracking.html``; one question, and the reader's own grants."""
    user = request.user
    if not scope.may(user, "pairing_view"):
        return {"tracking": None}
    rows = CallbackResult.objects.visible_to(user).filter(pairing=pair)
    found = rows.select_related("log__kind", "sample__unit").order_by("-sample__month", "id")
    works = scope.may(user, "pairing_log", pair.unit) and scope.may(user, "pairing_view", pair.unit)
    return {
        "tracking": {
            "calls": [
                {
                    "row": row,
                    "sign": f"callback_{row.result or 'waiting'}",
                    "url": reverse("pairing:callback", args=[row.uuid]),
                }
                for row in found[:SHOWN]
            ],
            "handover_url": reverse("pairing:handover", args=[pair.unit.uuid]) if works else "",
        }
    }
