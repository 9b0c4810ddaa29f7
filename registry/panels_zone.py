"""What stands on the page of an archive beside its own sections (templates/registry/parts/zone.html)."""

from typing import Any

from django.http import HttpRequest

from registry.models import Person


def context(request: HttpRequest, person: Person) -> dict[str, Any]:
    return {}
