"""Opening an archive, on record. What opening asks is said in ``registry.access``."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from registry.models import Person


def reason_url(person: Person) -> str:
    """Where the reason is given."""
    try:
        return reverse("registry:open", args=[person.uuid])
    except NoReverseMatch:
        return reverse("registry:persons")
