"""The number by which somebody of the archives is reached, for who keeps in touch with her.

Whether she does is for the room above to know (:mod:`pairing.calling`): a pair in force that she
carries takes the place of the reason and the confirmation that a reveal asks for. The line in the
trail is that of a reveal, and many of them are told above in the same way.
"""

from __future__ import annotations

from django.db import transaction

from federation import audit, scope
from federation.models import User
from registry import access, consents
from registry.models import Person
from registry.refusal import Refused

GROUND = "结对联系"


@transaction.atomic
def number_to_call(person: Person, *, by: User) -> tuple[str, str]:
    """(whom one speaks to, number). A minor is reached through a guardian, never by a number of her own."""
    held = {
        *scope.granted_paths(by, "registry_care"),
        *scope.granted_paths(by, "registry_view"),
    }
    if not any(person.unit.path.startswith(path) for path in held):
        raise Refused("号码不向您显示，请向村（社区）妇联询问。")
    if "phone" in consents.hidden(person):
        raise Refused("同意已撤回或到期，号码不再显示。")
    whom, number = _of_guardian(person) if person.is_minor else _own(person)
    if not number:
        raise Refused("没有登记联系电话。")
    audit.record(
        person, "reveal", by=by, unit=person.unit, detail={"field": "phone", "reason": GROUND}
    )
    access.tell_of_many(person, by)
    return whom, number


def _own(person: Person) -> tuple[str, str]:
    return person.name, person.phone.open() if person.phone else ""


def _of_guardian(person: Person) -> tuple[str, str]:
    for relation in consents.guardians(person).select_related("other"):
        held = relation.phone or (relation.other.phone if relation.other else None)
        if held:
            return relation.called or relation.get_kind_display(), held.open()
    return "", ""
