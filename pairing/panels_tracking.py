"""The part of a pair's page on what counties and cities do about it: call-backs, cases."""

from typing import Any

from django.http import HttpRequest

from pairing.models import Pairing


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/tracking.html``."""
    return {}
