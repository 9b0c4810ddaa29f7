"""疑似重复: who may be kept twice, found across all units and told only to who may see both.

Whoever saves an archive leaves a note and nothing else; the search comes after her, so that neither
answer nor time tells whether another archive exists where she does not look (SECURITY U5).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from federation import audit, tree
from federation.encryption import blind_indexes
from federation.models import AuditEvent, OrgUnit, UnitGrant, User
from federation.row_security import everything
from registry import identity_numbers, phone_numbers
from registry.models import DuplicateLook, DuplicatePair, Person, PersonState
from registry.models.persons import IDENTITY, PHONE

GONE = (PersonState.MERGED, PersonState.ERASED)
AT_ONCE = 500  # archives compared in one turn
AN_HOUR, HOUR = 20, dt.timedelta(hours=1)  # questions by number an account may ask
# Points of likeness. Two who share name and birthday alone are common; village or phone must join.
SAME_NAME, SAME_SOUND = 40, 35
SAME_BIRTH, SWAPPED_BIRTH, NEAR_BIRTH = 40, 30, 20
SAME_VILLAGE, SAME_PHONE = 20, 30
OTHER_SEX, OTHER_NUMBER = -20, -25
LIKELY = 65
CANDIDATES = 200
COMPARED = {"name", "born_on", "sex", "unit", "phone", "id_number"}
EXACT = 100


# -- Noting and looking -----------------------------------------------------------------------------
def note(person: Person, by: User | None = None) -> None:
    """``person`` was saved: compare her at the next turn. One INSERT, whatever there is."""
    note_all([person], by)


def note_all(people: Iterable[Person], by: User | None = None) -> None:
    looks = [DuplicateLook(person=person) for person in people]
    DuplicateLook.objects.bulk_create(looks, ignore_conflicts=True, batch_size=1000)


@receiver(post_save, sender=Person)
def note_what_is_saved(instance: Person, update_fields: Any = None, **_: Any) -> None:
    """Every save that may make two alike leaves the note by itself; :func:`note_all` is for rows that
    are made in bulk."""
    if update_fields is None or COMPARED & set(update_fields):
        note(instance)


def look(most: int = AT_ONCE) -> int:
    """Compare the archives that were noted; how many pairs are new."""
    found = 0
    waiting = DuplicateLook.objects.order_by("asked_at", "person_id")
    for key in list(waiting.values_list("person_id", flat=True)[:most]):
        with everything(reason="duplicates are sought across all units, for nobody"):
            # The note goes first: who saves meanwhile waits, and leaves a new one.
            if DuplicateLook.objects.filter(person=key).delete()[0]:
                found += compare(_all().select_related("unit").get(pk=key))
    return found


def compare(person: Person) -> int:
    """Put every archive that may be the same person before who may judge; how many pairs are new."""
    if person.state in GONE:
        return 0
    same = list(exact(person).select_related("unit"))
    pairs = [(other, DuplicatePair.Why.NUMBER, EXACT) for other in same]
    known = {other.pk for other in same}
    pairs += [(o, DuplicatePair.Why.NEAR, n) for o, n in near(person) if o.pk not in known]
    return sum(_put(person, other, why, points) for other, why, points in pairs)


def _put(one: Person, other: Person, why: str, points: int) -> bool:
    low, high = sorted((one, other), key=lambda person: person.pk)
    pairs = DuplicatePair.objects.unscoped(reason="the search across units acts for nobody")
    pair, new = pairs.get_or_create(
        low=low, high=high,
        defaults={"why": why, "points": points, "unit": judged_at(low, high)},
    )  # fmt: skip
    if not new and pair.state == DuplicatePair.State.OPEN and pair.points < points:
        pair.why, pair.points = why, points
        pair.save(update_fields=["why", "points"])
    return new


def judged_at(low: Person, high: Person) -> OrgUnit:
    """The lowest unit above both at which somebody may judge both; the lowest above both if none."""
    above = tree.ancestor_paths(high.unit.path)
    common = [path for path in tree.ancestor_paths(low.unit.path) if path in above]
    units = list(OrgUnit.objects.filter(path__in=common).order_by("-path"))
    wanted = {"registry_adjudicate"}
    if low.is_minor or high.is_minor:
        wanted.add("registry_children")
    held: dict[int, dict[int, set[str]]] = {}
    grants = UnitGrant.objects.in_force(timezone.localdate()).filter(content_object__in=units)
    grants = grants.filter(permission__codename__in=wanted, user__is_active=True)
    for unit, user, action in grants.values_list(
        "content_object_id", "user_id", "permission__codename"
    ):
        held.setdefault(unit, {}).setdefault(user, set()).add(action)
    for unit in units:
        if any(actions == wanted for actions in held.get(unit.pk, {}).values()):
            return unit
    return units[0]


# -- Who is like whom -------------------------------------------------------------------------------
def _all() -> QuerySet[Person]:
    return Person.objects.unscoped(reason="duplicates are sought across all units, for nobody")


def _others(person: Person, to: User | None) -> QuerySet[Person]:
    """In the reach of ``to``; of all units where nobody asks."""
    people = _all() if to is None else Person.objects.visible_to(to)
    return people.exclude(state__in=GONE).exclude(pk=person.pk)


def _indexes(person: Person, field: str, kind: str) -> list[bytes]:
    held = getattr(person, field)
    normalise = {IDENTITY: identity_numbers.normalised, PHONE: phone_numbers.normalised}[kind]
    plain = normalise(held.open()) if held is not None else ""
    return blind_indexes(kind, plain) if plain else []


def exact(person: Person, *, to: User | None = None) -> QuerySet[Person]:
    """Archives with the same identity number."""
    indexes = _indexes(person, "id_number", IDENTITY)
    found = _others(person, to)
    return found.filter(id_number_index__in=indexes) if indexes else found.none()


def near(person: Person, *, to: User | None = None) -> list[tuple[Person, int]]:
    """Archives that may be hers, the likeliest first, with their points; one query.

    Only those whose name sounds the same are read, by its index: with birthday, village or phone.
    ``person`` need not be saved yet.
    """
    sound = tree.pinyin_key(person.name)[0]
    if not sound:
        return []
    beside = Q(unit=person.unit_id)
    if person.born_on:
        beside |= Q(born_on__in=births_like(person.born_on))
    phones = _indexes(person, "phone", PHONE)
    if phones:
        beside |= Q(phone_index__in=phones)
    found = _others(person, to).filter(beside, pinyin=sound).select_related("unit")
    numbers = _indexes(person, "id_number", IDENTITY)
    scored = [
        (other, points(person, other, phones=phones, numbers=numbers))
        for other in found.order_by("pk")[:CANDIDATES]
    ]
    likely = [(other, reached) for other, reached in scored if reached >= LIKELY]
    return sorted(likely, key=lambda pair: (-pair[1], pair[0].pk))


def points(one: Person, other: Person, *, phones: Sequence[bytes], numbers: Sequence[bytes]) -> int:
    """How alike two of the same sound are; ``phones`` and ``numbers`` are ``one``'s blind indexes."""
    reached = SAME_NAME if one.name == other.name else SAME_SOUND
    reached += _birth_points(one.born_on, other.born_on)
    reached += SAME_VILLAGE * (one.unit_id == other.unit_id)
    reached += SAME_PHONE * _among(other.phone_index, phones)
    reached += OTHER_SEX * (one.sex != other.sex)
    if numbers and other.id_number_index and not _among(other.id_number_index, numbers):
        reached += OTHER_NUMBER
    return max(reached, 0)


def _among(index: bytes | memoryview | None, indexes: Sequence[bytes]) -> bool:
    return index is not None and bytes(index) in {bytes(one) for one in indexes}


def _birth_points(one: dt.date | None, other: dt.date | None) -> int:
    if one is None or other is None:
        return 0
    if one == other:
        return SAME_BIRTH
    same, *rest = births_like(one)
    if other not in rest:
        return 0
    return NEAR_BIRTH if other.year != same.year else SWAPPED_BIRTH


def births_like(day: dt.date) -> list[dt.date]:
    """``day`` itself, with day and month exchanged, and a year earlier and later."""
    alike = [day]
    for year, month, number in (
        (day.year, day.day, day.month),
        (day.year - 1, day.month, day.day),
        (day.year + 1, day.month, day.day),
    ):
        with suppress(ValueError):  # no such day
            alike.append(dt.date(year, month, number))
    return list(dict.fromkeys(alike))


# -- Asking by number -------------------------------------------------------------------------------
class TooOften(Exception):
    """An account asked more than :data:`AN_HOUR` times; the message is for the person."""


@transaction.atomic
def registered(number: str, *, by: User) -> Person | None:
    """Whose number it is, among the archives ``by`` reaches; None is the answer for all others.

    Twenty questions an hour an account; each is on record, without the number.
    """
    User.objects.select_for_update().get(pk=by.pk)  # many at once are counted one by one
    lately = AuditEvent.objects.filter(
        actor=by, verb="ask_registered", at__gt=timezone.now() - HOUR
    ).count()
    if lately >= AN_HOUR:
        raise TooOften(f"一小时内最多查 {AN_HOUR} 次，已满。请过一会儿再查；急用请联系上级。")
    found = Person.objects.visible_to(by).numbered(number).exclude(state__in=GONE).first()
    audit.record("page:registry:registered", "ask_registered", by=by)
    return found
