"""Opening an archive, on record. What opening asks is said in ``registry.access``."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from registry import access
from registry.models import Person


def found_by(url: str, how: str) -> str:
    """``url`` of an archive as a result of a search leads there; no value of hers, only by what."""
    return f"{url}?found={how}" if url and how in access.FOUND_BY else url


def reason_url(person: Person) -> str:
    """Where the reason is given."""
    try:
        return reverse("registry:open", args=[person.uuid])
    except NoReverseMatch:
        return reverse("registry:persons")
