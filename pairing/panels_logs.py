"""The part of a pair's page on what was done: contacts, visits, deeds, and how the rules stand."""

from typing import Any

from django.http import HttpRequest

from pairing.models import Pairing


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/logs.html``."""
    return {}
