"""The part of a pair's page on what is put in writing: agreement, plan, projects."""

from typing import Any

from django.http import HttpRequest

from pairing.models import Pairing


def context(request: HttpRequest, pair: Pairing) -> dict[str, Any]:
    """For ``pairing/parts/papers.html``."""
    return {}
