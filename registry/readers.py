"""谁能看到: everybody for whom an archive is in reach, and why; who did read it.

The list is the scope's own answer turned round: it holds exactly the accounts for which
``Person.objects.visible_to(account)`` contains the person (a property test compares both).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from federation import tree
from federation.models import AuditEvent, OrgUnit, UnitGrant, User
from registry import access
from registry.models import Carer, Person

ACTIONS = ("registry_view", "registry_care", "registry_children", "registry_reveal")
LATELY = 10
# What is listed as somebody's reading: that an archive was found by a search is told by its opening.
LISTED = tuple(verb for verb in access.READING if verb != "open_search_hit")


@dataclass
class Reader:
    """One account with the seat and the reason by which the archive opens to her."""

    user: User
    seat: str
    why: str
    reveals: bool = False
    nearness: int = 0  # length of the path of her grant: the nearest first
    carer: bool = False


@dataclass
class _Held:
    grants: dict[str, list[UnitGrant]] = field(default_factory=lambda: defaultdict(list))


def granting_units(unit: OrgUnit) -> set[int]:
    """Units a grant at which reaches ``unit``: it, those above, and what closed ones passed into."""
    paths = tree.ancestor_paths(unit.path)
    units = set(OrgUnit.objects.filter(path__in=paths).values_list("pk", flat=True))
    heirs = OrgUnit.objects.filter(predecessors__path__in=paths).values_list("pk", flat=True)
    return units | set(heirs)


def grants_over(unit: OrgUnit, actions: Iterable[str] = ACTIONS) -> dict[int, _Held]:
    """By account: its grants of ``actions`` that reach ``unit`` today; three queries."""
    rows = (
        UnitGrant.objects.in_force(timezone.localdate())
        .filter(content_object__in=granting_units(unit), permission__codename__in=list(actions))
        .select_related(
            "user", "permission", "content_object", "appointment__post", "appointment__unit"
        )
        .order_by("-content_object__path", "appointment_id")
    )
    held: dict[int, _Held] = defaultdict(_Held)
    for grant in rows:
        held[grant.user_id].grants[grant.permission.codename].append(grant)
    return held


def of(person: Person) -> list[Reader]:
    """Who can open the archive: carers first, then by seat from the unit upwards."""
    held = grants_over(person.unit)
    carers = {
        carer.user_id: carer
        for carer in Carer.objects.in_force().filter(person=person).select_related("user")
    }
    authorised = set(
        access.in_force()
        .filter(unit__path__in=tree.ancestor_paths(person.unit.path))
        .values_list("user_id", flat=True)
    )
    found: list[Reader] = []
    for pk, mine in held.items():
        reader = _by_grant(person, mine.grants)
        if (
            pk in carers
            and reader is None
            and {"registry_view", "registry_care"} & set(mine.grants)
        ):
            one = (mine.grants["registry_care"] or mine.grants["registry_view"])[0]
            reader = Reader(one.user, _seat(one), "本人的关爱责任人", carer=True)
        if reader is None:
            continue
        if pk in carers and not reader.carer:
            reader.carer, reader.why = True, f"本人的关爱责任人；{reader.why}"
        exactly = any(g.content_object_id == person.unit_id for g in mine.grants["registry_reveal"])
        allowed = bool(_by_grant(person, mine.grants)) and bool(mine.grants["registry_reveal"])
        reader.reveals = allowed and (exactly or pk in authorised)
        if allowed and pk in authorised and not exactly:
            reader.why += "；有查阅授权"
        found.append(reader)
    return sorted(found, key=lambda r: (not r.carer, -r.nearness, str(r.user)))


def _by_grant(person: Person, grants: dict[str, list[UnitGrant]]) -> Reader | None:
    """A reader by her post: who may view there, and for a minor also holds the zone."""
    wanted = ("registry_view", "registry_children") if person.is_minor else ("registry_view",)
    if not all(grants[action] for action in wanted):
        return None
    one = grants[wanted[-1]][0]
    here = one.content_object_id == person.unit_id
    what = "未成年人档案" if person.is_minor else "档案"
    why = f"任职可查看本单位的{what}" if here else f"任职可查看{one.content_object}及下级的{what}"
    if person.is_minor and not here:
        why += "，须写明事由"
    return Reader(one.user, _seat(one), why, nearness=len(one.content_object.path))


def _seat(grant: UnitGrant) -> str:
    return f"{grant.appointment.unit} {grant.appointment.post}"


def readings(person: Person, count: int = LATELY) -> list[AuditEvent]:
    """The last who opened the archive, revealed of it or exported it."""
    rows = AuditEvent.objects.filter(record=f"registry.person:{person.uuid}", verb__in=LISTED)
    return list(rows.select_related("actor").order_by("-id")[:count])
