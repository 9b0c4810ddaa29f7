"""How private values of an archive look to who reads it: the one way into pages, messages and files.

What a person may read without a reveal is told by :func:`shown`; a plain value is masked by the label
of its field (:mod:`federation.data_dictionary`); numbers inside what people wrote freely by :func:`scan`.
"""

from __future__ import annotations

from django.utils.formats import date_format

from federation import data_dictionary
from federation.models import User
from registry.access import may_open
from registry.models import Person

FIELDS = ("name", "id_number", "phone", "address", "health", "born_on")
scan = data_dictionary.scanned


def text(label: str, plain: str) -> str:
    """``plain`` masked by its label: ``identity_number``, ``phone``, ``address``, ``health`` …"""
    return data_dictionary.mask(label, plain)


def shown(person: Person, field: str, *, to: User, opens: bool | None = None) -> str:
    """``field`` of ``person`` as ``to`` may read it without a reveal; "" where there is nothing.

    ``opens`` (may she open this minor's archive?) saves a list from asking row by row.
    """
    if field == "name":
        return person.name if _open(person, to, opens) else text("minor_name", person.name)
    if field == "born_on":
        if person.born_on is None:
            return ""
        if _open(person, to, opens):
            return date_format(person.born_on)
        return text("birthday", person.born_on.isoformat())
    held = getattr(person, field)
    if held is None:
        return ""
    if field == "address":
        return f"{person.unit}{data_dictionary.HIDDEN}"
    if field == "health":
        return data_dictionary.RECORDED
    return text(data_dictionary.label_of(Person, field).code, held.open())


def _open(person: Person, user: User, opens: bool | None) -> bool:
    if not person.is_minor:
        return True
    return may_open(user, person) if opens is None else opens
