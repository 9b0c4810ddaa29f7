"""Whom to ring up for a pair: the number on demand, to who carries it, and never kept on a phone."""

from __future__ import annotations

from django.db import transaction

from federation.models import Appointment, User
from pairing.models import Pairing
from registry import calling as registry_calling
from registry.models import Person
from registry.refusal import Refused

NONE = "没有登记联系电话。"


@transaction.atomic
def number_of(pair: Pairing, *, by: User) -> tuple[str, str]:
    """(whom one rings up, number) of the recipient; :class:`Refused` says why there is none.

    ``pair`` is one that ``by`` carries. A person's number leaves its line in the audit trail.
    """
    if pair.recipient_is in ("person", "household"):
        head = pair.household.head if pair.household else None
        return _of_person(pair.person or head, by)
    if pair.site is not None and pair.site.phone is not None:
        return str(pair.site), pair.site.phone.open()
    return _of_unit(pair)


def _of_person(person: Person | None, by: User) -> tuple[str, str]:
    if person is None:
        raise Refused(NONE)
    return registry_calling.number_to_call(person, by=by)


def _of_unit(pair: Pairing) -> tuple[str, str]:
    """Of the first of the unit's people, in the order of their posts, who has a number."""
    seats = Appointment.objects.current().filter(unit=pair.recipient_unit, user__is_active=True)
    seats = seats.filter(post__kind="business").exclude(user__phone="")
    seat = seats.select_related("user", "post").order_by("post__position", "pk").first()
    if seat is None:
        raise Refused(NONE)
    return f"{seat.user.display_name}（{seat.post.name}）", seat.user.phone
