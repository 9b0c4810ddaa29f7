"""删除: two persons agree, on its day everything of the person goes, a tombstone with counts stays.

The audit trail keeps its lines: they name the archive by its uuid and hold no value of hers.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from federation import audit, kept_files
from federation.models import User
from registry import tombstones
from registry.models import (
    DuplicatePair,
    Erasure,
    Household,
    Merge,
    NeedState,
    Person,
    PersonState,
    Transfer,
)
from registry.refusal import Refused

GONE = "已删除"
EMPTY: dict[str, Any] = {
    "name": GONE, "born_on": None, "ethnicity": "", "education": "", "marriage": "",
    "id_number": None, "phone": None, "address": None, "health": None, "registered_unit": None,
    "registered_place": "", "household": None, "note": "", "source": "", "merged_into": None,
    "verified_on": None, "verified_by": None, "state": PersonState.ERASED,
}  # fmt: skip

# What is left of her in an archive of somebody else, whose guardian or child she is.
STANDS: dict[str, Any] = {
    "other": None,
    "name": GONE,
    "phone": None,
    "called": "",
    "away_place": "",
}


# -- Two persons -----------------------------------------------------------------------------------
def may_propose(user: User, person: Person) -> bool:
    return Person.objects.visible_to(user, "edit").filter(pk=person.pk).exists()


def may_confirm(user: User, erasure: Erasure) -> bool:
    """A second person of a post that judges archives, and to whom this one is open."""
    if erasure.person_id is None or user.pk == erasure.proposed_by_id:
        return False
    return Person.objects.visible_to(user, "adjudicate").filter(pk=erasure.person_id).exists()


@transaction.atomic
def propose(person: Person, *, by: User, reason: str, due_on: dt.date | None = None) -> Erasure:
    """The first of two. What the house proposed at night is taken up as one's own."""
    rows = Person.objects.visible_to(by, "edit").select_for_update(of=("self",))
    person = rows.select_related("unit").get(pk=person.pk)
    if person.state == PersonState.ERASED:
        raise Refused("这份档案已经删除。")
    if not reason.strip():
        raise Refused("请写明删除原因。")
    today = timezone.localdate()
    if due_on is not None and due_on < today:
        raise Refused("删除日期不能早于今天，请改正。")
    waiting = Erasure.objects.visible_to(by, "edit").waiting().filter(person=person).first()
    if waiting and waiting.proposed_by_id:
        raise Refused("已经有人提出删除，正等另一人确认。")
    row = waiting or Erasure(
        unit=person.unit, person=person, person_uuid=person.uuid, due_on=due_on or today
    )
    row.reason, row.proposed_by, row.proposed_at = reason.strip()[:200], by, timezone.now()
    row.save()
    return _noted(row, "propose_erasure", by)


@transaction.atomic
def take_up(erasure: Erasure, *, by: User) -> Erasure:
    """The first of two, for what the house listed: its reason and its day stay."""
    row = _locked(erasure, by, "edit")
    if row.proposed_by_id:
        raise Refused("已经有人提出删除，正等另一人确认。")
    if row.person is None or not may_propose(by, row.person):
        raise PermissionDenied
    return propose(row.person, by=by, reason=row.reason)


@transaction.atomic
def confirm(erasure: Erasure, *, by: User) -> Erasure:
    """The second of two; done at night on its day, or at once where the day has come."""
    row = _locked(erasure, by, "adjudicate")
    if row.proposed_by_id is None:
        raise Refused("先由一人提出，再由另一人确认。")
    if row.confirmed_by_id:
        raise Refused("已经确认过。")
    if row.proposed_by_id == by.pk:
        raise Refused("提出的人不能自己确认，请由另一人确认。")
    if not may_confirm(by, row):
        raise PermissionDenied
    row.confirmed_by, row.confirmed_at = by, timezone.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    return _noted(row, "confirm_erasure", by)


@transaction.atomic
def cancel(erasure: Erasure, *, by: User) -> Erasure:
    row = _locked(erasure, by, "edit")
    if row.person is None or not may_propose(by, row.person):
        raise PermissionDenied
    row.cancelled_at = timezone.now()
    row.save(update_fields=["cancelled_at"])
    return _noted(row, "cancel_erasure", by)


def _locked(erasure: Erasure, by: User, action: str) -> Erasure:
    rows = Erasure.objects.visible_to(by, action).select_for_update(of=("self",))
    row = rows.select_related("unit").filter(pk=erasure.pk).first()
    if row is None:
        raise PermissionDenied
    if row.done_at or row.cancelled_at:
        raise Refused("已经办结，不能再改。")
    return row


def _noted(row: Erasure, verb: str, by: User | None) -> Erasure:
    detail = {"archive": str(row.person_uuid), "due_on": str(row.due_on)}
    audit.record(row, verb, by=by, unit=row.unit, detail=detail)
    return row


# -- Doing it --------------------------------------------------------------------------------------
def due(today: dt.date | None = None) -> Any:
    """Erasures that two persons agreed on and whose day has come."""
    rows = Erasure.objects.unscoped(reason="the house erases at night what two agreed on").waiting()
    return rows.filter(due_on__lte=today or timezone.localdate()).exclude(confirmed_by=None)


def do_due(today: dt.date | None = None) -> int:
    """Erase what is due, each in its own transaction; how many."""
    done = 0
    for pk in list(due(today).values_list("pk", flat=True)):
        with transaction.atomic():
            row = due(today).select_for_update(of=("self",)).filter(pk=pk).first()
            if row is not None:
                carry_out(row)
                done += 1
    return done


def carry_out(row: Erasure) -> None:
    """Inside a transaction: take everything of the person away, and leave the tombstone."""
    person = row.person
    row.counts = counts_of(person) if person else {}
    row.done_at = timezone.now()
    row.person = None
    row.save()
    gone = [person, *_merged_into(person)] if person else []
    for one in gone:
        _empty(one)
    _noted(row, "erase_person", None)
    # Those that went into it, too: in a backup from before the merge they stand by themselves.
    for uuid in sorted({row.person_uuid, *(one.uuid for one in gone)}):
        tombstones.append(uuid, timezone.localdate())


def counts_of(person: Person) -> dict[str, Any]:
    """What history needs: programmes with their years, and how many needs were met."""
    enrolled = person.enrolments.values_list("programme__code", "starts_on", "ends_on")
    states = Counter(person.needs.values_list("state", flat=True))
    return {
        "programmes": [[code, a.year, b.year if b else None] for code, a, b in enrolled],
        "needs": sum(states.values()),
        "needs_met": states[NeedState.MET],
    }


def _merged_into(person: Person) -> list[Person]:
    """Archives that went into this one: they still hold what they held."""
    found: list[Person] = []
    for gone in person.merged_from.all():
        found += [gone, *_merged_into(gone)]
    return found


def _empty(person: Person) -> None:
    scans = [scan for scan in person.consents.values_list("scan", flat=True) if scan]
    household = person.household
    for name in ("relations", "needs", "consents", "enrolments", "carers", "changes"):
        getattr(person, name).all().delete()
    for relation in person.related_to.all():
        for name, value in STANDS.items():
            setattr(relation, name, value)
        relation.save()
    for model, about in (
        (Transfer, Q(person=person)),
        (Merge, Q(kept=person) | Q(gone=person)),
        (DuplicatePair, Q(low=person) | Q(high=person)),
    ):
        model.objects.unscoped(reason="goes with the archive that is erased").filter(about).delete()
    for name, value in EMPTY.items():
        setattr(person, name, value)
    person.state_since, person.version = timezone.localdate(), person.version + 1
    person.save()
    if household is not None:
        _empty_household(household, person)
    for forget in _rooms_above():
        forget(person)
    for scan in scans:
        transaction.on_commit(partial(kept_files.forget, scan))


def _rooms_above() -> list[Callable[[Person], None]]:
    """What the rooms above do with theirs: an app config names it as ``forgets_person``."""
    named = (getattr(config, "forgets_person", "") for config in apps.get_app_configs())
    return [import_string(path) for path in named if path]


def _empty_household(household: Household, person: Person) -> None:
    """The address goes with the last who lived there."""
    if household.head_id == person.pk:
        household.head = None
    if not household.members.exists():
        setattr(household, "address", None)  # noqa: B010 -- a sealed field takes None
        household.note = ""
    household.save()


# -- After a restore -------------------------------------------------------------------------------
def reapply(person_uuids: Iterable[UUID]) -> int:
    """Erase again whoever a restored backup brought back; how many. Harmless to repeat."""
    done, everyone = 0, Person.objects.unscoped(reason="a restore acts for nobody")
    for uuid in person_uuids:
        with transaction.atomic():
            person = everyone.select_for_update(of=("self",)).filter(uuid=uuid).first()
            if person is None or person.state == PersonState.ERASED:
                continue
            rows = Erasure.objects.unscoped(reason="a restore acts for nobody")
            row = rows.waiting().filter(person=person).first() or Erasure(
                unit=person.unit, person=person, person_uuid=uuid, due_on=timezone.localdate()
            )
            row.reason = row.reason or "恢复备份后再次删除"
            carry_out(row)
            done += 1
    return done
