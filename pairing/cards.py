"""双向联系卡: whom each side calls. Shown masked; handed out in full by an act that leaves its line.

Of units the card names who keeps in touch: the pair's 联系人 of the helping side, else who works at the
unit. The number of somebody in the archives is printed where ``access.reveal`` gives it to who hands the
card out; otherwise the line stays empty, to be filled in by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.crypto import salted_hmac

from federation import audit
from federation.models import Appointment, OrgUnit, User
from pairing import papers, parties
from pairing.models import ContactCard, Liaison, Pairing
from registry import access, masking
from registry.models import Person
from registry.refusal import Refused

REASON = "打印双向联系卡"
SEATED = (
    "village_chair",
    "post_leader",
    "officer",
    "vice_chair",
    "chair",
)  # asked for in this order


@dataclass(frozen=True)
class Side:
    """One half of the card; ``phone`` masked or plain, "" leaves a line to write on."""

    party: str
    name: str
    post: str
    phone: str


def sides(pair: Pairing, *, to: User) -> tuple[Side, Side]:
    """Helper and recipient as ``to`` may read them, numbers masked."""
    return _sides(pair, to, lambda held: masking.text("phone", held), lambda person: masking.shown(person, "phone", to=to))  # fmt: skip


@transaction.atomic
def issue(pair: Pairing, *, by: User) -> tuple[Side, Side]:
    """Both sides with their numbers, to be printed now; one act, one line in the trail."""
    pair = papers.locked(pair, by=by)
    if not parties.may_know(pair, by):
        raise PermissionDenied

    def revealed(person: Person) -> str:
        try:
            return access.reveal(person, "phone", by=by, reason=REASON)
        except (Refused, PermissionDenied):
            return ""

    both = _sides(pair, by, lambda held: held, revealed)
    card = ContactCard(pairing=pair, issued_by=by, mark=mark(pair))
    card.save()
    audit.record(card, "issue_card", by=by, unit=pair.unit, detail={"pair": str(pair.uuid)})
    return both


def outdated(pair: Pairing) -> bool:
    """Whether a card was handed out and what stood on it is not true any more."""
    newest = pair.cards.first()
    return newest is not None and newest.mark != mark(pair)


def mark(pair: Pairing) -> str:
    """A keyed hash of both sides' contacts; the same as long as the card is true."""
    told = ["|".join(_plain(contact)) for contact in (_of_helper(pair), _of_recipient(pair))]
    return salted_hmac("pairing.cards", "\n".join(told), algorithm="sha256").hexdigest()


# -- Whom to call ----------------------------------------------------------------------------------
def _of_helper(pair: Pairing) -> Any:
    """An account, or the helper who has none."""
    liaisons = Liaison.objects.in_force().filter(pairing=pair).select_related("user")
    named = liaisons.order_by("-since", "-pk").first()
    if named is not None:
        return named.user
    return _seated(pair.helper_unit) if pair.helper_unit else pair.helper


def _of_recipient(pair: Pairing) -> Any:
    if pair.recipient_is == "unit":
        return _seated(pair.recipient_unit)
    return pair.site or pair.person or (pair.household and pair.household.head)


def _seated(unit: OrgUnit) -> User | None:
    held = Appointment.objects.live().filter(unit=unit, post__code__in=SEATED)
    rows = held.select_related("user", "post").filter(user__is_active=True)
    first = min(rows, key=lambda row: (SEATED.index(row.post.code), row.pk), default=None)
    return first.user if first else None


def _plain(contact: Any) -> tuple[str, str]:
    """Name and number; call only for a hash."""
    if contact is None:
        return ("", "")
    held = contact.phone
    return (
        str(getattr(contact, "name", contact)),
        held.open() if hasattr(held, "open") else held or "",
    )


def _post(user: User, *units: OrgUnit | None) -> str:
    held = user.appointments.live().filter(unit__in=[one for one in units if one])
    row = held.select_related("post").order_by("pk").first()
    return str(row.post) if row else ""


def _sides(pair: Pairing, to: User, number: Any, of_person: Any) -> tuple[Side, Side]:
    names = parties.both(pair, to=to)
    return (
        _side(pair, _of_helper(pair), names[0], number, of_person),
        _side(pair, _of_recipient(pair), names[1], number, of_person),
    )


def _side(pair: Pairing, contact: Any, party: str, number: Any, of_person: Any) -> Side:
    if contact is None:
        return Side(party, "", "", "")
    if isinstance(contact, User):
        post = _post(contact, pair.helper_unit, pair.recipient_unit, pair.unit)
        return Side(party, str(contact), post, number(contact.phone) if contact.phone else "")
    if isinstance(contact, Person):
        return Side(party, party, "", of_person(contact))
    name = getattr(contact, "contact", "") or getattr(contact, "leader", "") or party
    return Side(party, name, "", number(contact.phone.open()) if contact.phone else "")
