"""并档、拆分: two archives of one person become one, and can be taken apart again, exactly.

Every reference to a person is moved by looking what refers to her, so that what a room adds later is
moved as well. What cannot move, because the kept archive has the same already, stays with the other,
which is out of all registers.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from federation import audit
from federation.encryption import Sealed
from federation.models import User
from federation.row_security import everything
from federation.scope import OutOfReach, ScopedModel
from registry import duplicates
from registry.models import (
    DuplicateLook,
    DuplicatePair,
    Enrolment,
    Erasure,
    Merge,
    Person,
    PersonChange,
    PersonState,
)
from registry.refusal import Refused

# What one of the two archives says, to be chosen value by value.
FIELDS = (
    "name", "sex", "born_on", "id_number", "phone", "unit", "address", "household",
    "registered_unit", "registered_place", "ethnicity", "education", "marriage", "health", "note",
    "source",
)  # fmt: skip
# What became of one archive stays with it: judged pairs and merges name both, a change is taken
# back on the archive it befell, an erasure is of that archive and no other.
STAY = {DuplicatePair, Merge, DuplicateLook, PersonChange, Erasure, Person}


def references() -> Iterator[models.ForeignKey]:
    """Every column of any room that says whose row it is and goes along with a merge."""
    for relation in Person._meta.get_fields(include_hidden=True):
        backwards = relation.auto_created and not relation.concrete
        of_hers = relation.one_to_many or relation.one_to_one
        if backwards and of_hers and relation.related_model not in STAY:
            yield relation.field


def _rows(model: Any) -> models.QuerySet:
    """All of a model's rows: what refers to an archive may lie in any unit."""
    if issubclass(model, ScopedModel):
        return model.objects.unscoped(reason="who judges both archives moves what refers to them")
    return model.objects.all()


def differing(low: Person, high: Person) -> list[str]:
    """Fields in which the two archives do not say the same."""
    return [name for name in FIELDS if _plain(low, name) != _plain(high, name)]


# -- Judging ----------------------------------------------------------------------------------------
def _judged(pair: DuplicatePair, by: User) -> DuplicatePair:
    found = DuplicatePair.objects.visible_to(by, "adjudicate").select_related("low", "high")
    pair = found.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if pair is None:
        raise OutOfReach("这两份档案不都归您核对。")
    if pair.state != DuplicatePair.State.OPEN:
        raise Refused(f"这一对已核对为“{pair.get_state_display()}”。")
    return pair


def _decided(pair: DuplicatePair, state: str, reason: str, by: User) -> None:
    pair.state, pair.decision = state, reason
    pair.decided_by, pair.decided_at = by, timezone.now()
    pair.save(update_fields=["state", "decision", "decided_by", "decided_at"])


@transaction.atomic
def tell_apart(pair: DuplicatePair, *, reason: str, by: User) -> DuplicatePair:
    """不同的人: both stay, and are not put before anybody again."""
    pair = _judged(pair, by)
    _decided(pair, DuplicatePair.State.DIFFERENT, reason, by)
    audit.record(pair, "tell_apart", by=by, unit=pair.unit, detail=_both(pair.low, pair.high))
    return pair


def _both(one: Person, other: Person) -> dict[str, str]:
    return {"archive": str(one.uuid), "other": str(other.uuid)}


@transaction.atomic
def merge(pair: DuplicatePair, *, keep: Person, take: set[str], reason: str, by: User) -> Merge:
    """同一人: ``keep`` takes the fields ``take`` from the other archive, and all that refers to it."""
    pair = _judged(pair, by)
    with everything(reason="what refers to an archive may lie in any unit"):
        kept, gone = _locked(keep.pk, (pair.low_id, pair.high_id))
        _check(kept, gone)
        made = Merge(unit=pair.unit, kept=kept, gone=gone, reason=reason, by=by)
        was = _take_values(kept, gone, take)
        made.values = {"fields": sorted(was), "gone": _standing(gone)}
        # First the place: what moves may have to fit there.
        made.moved = {_name(field): _move(field, gone, kept) for field in references()}
        made.sealed = json.dumps({"values": was, "enrolments": _widen(kept, gone)})
        made.save()
        gone.state, gone.state_since = PersonState.MERGED, timezone.localdate()
        gone.merged_into, gone.version = kept, gone.version + 1
        gone.save(update_fields=["state", "state_since", "merged_into", "version"])
        _decided(pair, DuplicatePair.State.SAME, reason, by)
        detail = {**_both(kept, gone), "values": sorted(was)}
        audit.record(kept, "merge_persons", by=by, unit=kept.unit, detail=detail)
        duplicates.note(kept, by)
    return made


def _locked(keep: int, keys: tuple[int, int]) -> tuple[Person, Person]:
    """The archive that stays and the one that goes, held in the order of their keys."""
    rows = _rows(Person).select_for_update(of=("self",)).select_related("unit")
    held = list(rows.filter(pk__in=keys).order_by("pk"))
    kept = next((person for person in held if person.pk == keep), None)
    if kept is None:
        raise Refused("请在这两份档案中选定保留哪一份。")
    return kept, next(person for person in held if person.pk != keep)


def _check(kept: Person, gone: Person) -> None:
    for person in (kept, gone):
        if person.state in duplicates.GONE:
            raise Refused("其中一份档案已并入别的档案或已删除，不能再合并。")
        if person.transfers.open().exists():
            raise Refused("其中一份档案正在转移，请等转移办完或撤回后再合并。")
        if person.erasures.waiting().exists():
            raise Refused("其中一份档案已提出删除，请先办完或取消删除，再合并。")


def _standing(person: Person) -> dict[str, str | None]:
    since = str(person.state_since) if person.state_since else None
    return {"state": person.state, "state_since": since}


# -- Values -----------------------------------------------------------------------------------------
def _plain(person: Person, name: str) -> Any:
    """The value of a field as JSON has it."""
    held = getattr(person, person._meta.get_field(name).attname)
    if isinstance(held, Sealed):
        return held.open()
    return held.isoformat() if isinstance(held, dt.date) else held


def _set(person: Person, name: str, value: Any) -> None:
    field = person._meta.get_field(name)
    if isinstance(field, models.DateField) and value:
        value = dt.date.fromisoformat(value)
    setattr(person, field.attname, value)


def _take_values(kept: Person, gone: Person, take: set[str]) -> dict[str, list]:
    """Writes the chosen values of ``gone`` to ``kept``; ``{field: [before, after]}``."""
    names = [name for name in differing(kept, gone) if name in take]
    if gone.verified_on and (kept.verified_on is None or kept.verified_on < gone.verified_on):
        names += ["verified_on", "verified_by"]
    changed = {name: [_plain(kept, name), _plain(gone, name)] for name in names}
    for name, (_, after) in changed.items():
        _set(kept, name, after)
    kept.version += 1
    kept.save(update_fields=[*names, "version"])
    return changed


# -- References -------------------------------------------------------------------------------------
def _name(field: models.ForeignKey) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"


def _move(field: models.ForeignKey, giver: Person, taker: Person, keys: Any = None) -> list[int]:
    """Rows of ``giver`` (those of ``keys``) become ``taker``'s; the keys of those that could."""
    rows = _rows(field.model).filter(**{field.name: giver.pk})
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    if _moved(field, found, taker):
        return found
    return [key for key in found if _moved(field, [key], taker)]


def _moved(field: models.ForeignKey, keys: list[int], taker: Person) -> bool:
    try:
        with transaction.atomic():
            _rows(field.model).filter(pk__in=keys).update(**{field.name: taker.pk})
    except IntegrityError:  # she has the same already, or would be her own guardian
        return False
    return True


def _widen(kept: Person, gone: Person) -> list[dict]:
    """Where both belong to one programme, hers says the earlier beginning and what only the other
    said; ``[{"pk", "was", "set"}]``."""
    changed = []
    own = {row.programme_id: row for row in kept.enrolments.filter(ends_on=None)}
    for other in gone.enrolments.filter(ends_on=None, programme__in=own).order_by("pk"):
        row = own[other.programme_id]
        was = _told(row)
        row.starts_on = min(row.starts_on, other.starts_on)
        said = {key: value for key, value in row.particulars.items() if value not in ("", None)}
        row.particulars = {**row.particulars, **other.particulars, **said}
        if _told(row) != was:
            row.save(update_fields=["starts_on", "particulars"])
            changed.append({"pk": row.pk, "was": was, "set": _told(row)})
    return changed


def _told(row: Enrolment) -> dict[str, Any]:
    return {"starts_on": row.starts_on.isoformat(), "particulars": row.particulars}


# -- Taking apart -----------------------------------------------------------------------------------
@transaction.atomic
def unmerge(merge: Merge, *, reason: str, by: User) -> Merge:
    """Two archives again. What came since stays with the kept one, and so does what was edited."""
    pair = _pair_of(merge, by)
    with everything(reason="what refers to an archive may lie in any unit"):
        merge = _rows(Merge).select_for_update().get(pk=merge.pk)
        if merge.undone_at:
            raise Refused("这次合并已经拆分。")
        kept, gone = _locked(merge.kept_id, (merge.kept_id, merge.gone_id))
        if kept.state in duplicates.GONE:
            raise Refused("保留的档案后来又并入别的档案或已删除，请先拆分那一次。")
        said = json.loads(merge.sealed.open()) if merge.sealed else {}
        _put_values_back(kept, said.get("values", {}))
        _narrow(kept, said.get("enrolments", []))
        for field in references():
            _move(field, kept, gone, merge.moved.get(_name(field), []))
        was = merge.values["gone"]
        gone.state, gone.merged_into, gone.version = was["state"], None, gone.version + 1
        gone.state_since = dt.date.fromisoformat(was["state_since"]) if was["state_since"] else None
        gone.save(update_fields=["state", "state_since", "merged_into", "version"])
        merge.undone_at, merge.undone_by, merge.undone_reason = timezone.now(), by, reason
        merge.save(update_fields=["undone_at", "undone_by", "undone_reason"])
        _decided(pair, DuplicatePair.State.DIFFERENT, reason, by)
        audit.record(kept, "unmerge_persons", by=by, unit=kept.unit, detail=_both(kept, gone))
    return merge


def _pair_of(merge: Merge, by: User) -> DuplicatePair:
    keys = sorted((merge.kept_id, merge.gone_id))
    found = DuplicatePair.objects.visible_to(by, "adjudicate").select_for_update(of=("self",))
    pair = found.filter(low=keys[0], high=keys[1]).first()
    if pair is None:
        raise OutOfReach("这两份档案不都归您核对。")
    return pair


def _put_values_back(kept: Person, values: dict[str, list]) -> None:
    """Each value as it was, unless somebody has changed it since."""
    names = [name for name, (_, after) in values.items() if _plain(kept, name) == after]
    for name in names:
        _set(kept, name, values[name][0])
    kept.version += 1
    kept.save(update_fields=[*names, "version"])


def _narrow(kept: Person, changed: list[dict]) -> None:
    rows = {row.pk: row for row in kept.enrolments.all()}
    for line in changed:
        row = rows.get(line["pk"])
        if row is None:
            continue
        began = dt.date.fromisoformat(line["was"]["starts_on"])
        fits = row.ends_on is None or began <= row.ends_on
        if fits and row.starts_on.isoformat() == line["set"]["starts_on"]:
            row.starts_on = began
        if row.particulars == line["set"]["particulars"]:
            row.particulars = line["was"]["particulars"]
        row.save(update_fields=["starts_on", "particulars"])
