"""导入台账: a county's spreadsheet of people read, shown, and then taken in whole or not at all.

Up to a thousand rows it is done in the request; a longer one is read, and later taken in, by a job
(:mod:`registry.register_jobs`). The rules are the same, and are said here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from registry import duplicates, masking
from registry.models import (
    Enrolment,
    Person,
    Programme,
    RegisterImport,
    RegisterImportPart,
    Relation,
)
from registry.models.imports import CHUNK, packed, unpacked
from registry.models.persons import ADULT, born_after
from registry.register_forms import MOST_ROWS, RegisterForm
from registry.register_rows import ENROL, NEW, Checked, Checks
from reporting import incoming
from reporting.incoming import Reading, Record
from reporting.jobs import request_job

SHOWN = 500  # lines of a preview that lie in it; more lie beside it
MOST_FAULTS = 1_000  # that are listed; the rest are counted
LARGE = 512 << 10  # bytes of a file that is not even tried within the request
MOST_WAITING = 3  # long registers of one person that are kept at a time
READ, APPLY = "read_register", "apply_register"  # the jobs
Parts = RegisterImportPart.Kind
Told = Callable[[int, int], None]  # how many rows are done, of how many


def may_import(user: User, unit: OrgUnit, programme: Programme) -> str:
    """ "" or the sentence why not."""
    if not scope.may(user, "registry_edit", unit):
        return f"您目前没有权限登记“{unit.short_name}”的档案。"
    if programme.zone and not scope.may(user, "registry_children", unit):
        return f"“{programme.name}”由儿童、权益工作岗位和所在村（社区）登记。"
    return ""


# -- Reading and trying ------------------------------------------------------------------------------
@transaction.atomic
def upload(
    data: bytes, *, name: str, unit: OrgUnit, programme: Programme, by: User
) -> RegisterImport:
    """Read and try the file; its rows are kept sealed for an hour, the file is not kept.

    A long one is only put aside, sealed, for a job that reads it. Raises ``ValidationError`` for what
    cannot be read at all.
    """
    if why := may_import(by, unit, programme):
        raise OutOfReach(why)
    RegisterImport.objects.past_keeping().delete()
    found = RegisterImport(
        by=by, unit=unit, programme=programme, sha256=hashlib.sha256(data).hexdigest(),
        outcome={"name": name[:100]},
    )  # fmt: skip
    reading = read(found, data) if len(data) <= LARGE else None
    if reading is None or reading.refused_code == "rows" or len(reading.records) > MOST_ROWS:
        return _put_aside(found, data)
    if said := unreadable(reading):
        raise ValidationError(said)
    keep(found, tried(found, reading, by=by), by=by)
    return found


def read(found: RegisterImport, data: bytes, *, long: bool = False) -> Reading:
    at_village = found.unit.unit_type.level == "village"
    form = RegisterForm(found.programme, at_village=at_village, long=long)  # type: ignore[arg-type]
    return incoming.read(data, form, area=found.unit, unit=found.unit, name=found.outcome["name"])


def unreadable(reading: Reading) -> str:
    """ "" or the sentence why there is nothing to try."""
    if reading.refused:
        return masking.scan(reading.refused)
    if reading.records:
        return ""
    said = [one.message for one in reading.problems if one.level != "warning"]
    return masking.scan(said[0] if said else "表格里没有一行记录。")


def _put_aside(found: RegisterImport, data: bytes) -> RegisterImport:
    waiting = RegisterImport.objects.of(found.by).filter(applied_at=None, parts__isnull=False)
    if waiting.distinct().count() >= MOST_WAITING:
        raise ValidationError(
            f"您有{MOST_WAITING}份超过{CHUNK:,}行的台账还没有导入，请先确认，或过一小时再上传。"
        )
    found.save()
    found.keep(Parts.FILE, (data[at : at + LARGE] for at in range(0, len(data), LARGE)))
    request_job(
        READ, requester=found.by, unit=found.unit, params=params_of(found),
        dedupe_key=str(found.uuid),
    )  # fmt: skip
    return found


def params_of(found: RegisterImport) -> dict[str, str]:
    """All that a job is told: which upload, and what people call it."""
    return {"import": str(found.uuid), "title": found.programme.name if found.programme else ""}


@dataclass
class Tried:
    """What a file would do: masked words for the preview; its rows and lines by the thousand."""

    outcome: dict[str, Any] = field(default_factory=dict)
    rows: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


def tried(found: RegisterImport, reading: Reading, *, by: User, told: Told | None = None) -> Tried:
    """All rows checked; nothing is written. Rows and lines are kept only of a file without a fault."""
    checks, made = Checks(found.programme, found.unit, by), Tried()  # type: ignore[arg-type]
    faults: list[tuple[str, str]] = []
    does: Counter[str] = Counter()
    count, minors = len(reading.records), 0
    errors = any(one.level == "error" for one in reading.problems)
    for at in range(0, count, CHUNK):
        records = reading.records[at : at + CHUNK]
        rows = [
            {"where": one.where, "cells": dict(one.cells), "values": one.values} for one in records
        ]
        unread = {one.where for one in records if _number_unread(one)} if errors else set()
        outcome = checks.check(rows, unread=unread)
        faults += outcome.faults
        does.update(row.does for row in outcome.rows)
        minors += sum(row.values["born_on"] > checks.minor for row in outcome.rows)
        if not faults:
            made.rows.append(packed(rows))
            made.lines.append(packed([_line(row) for row in outcome.rows]))
        if told:
            told(min(at + CHUNK, count), count)
    faults = _of_reading(reading, faults) + faults
    made.outcome = {
        "name": found.outcome["name"], "count": count, "minors": minors,
        **_told(faults, unlisted=reading.unlisted), "does": [[word, n] for word, n in does.items()],
        "notes": [masking.scan(p.message) for p in reading.problems if p.level == "warning"][:50],
        "skipped": [f"{one.where}：{one.why}" for one in reading.skipped][:50],
    }  # fmt: skip
    return made


def _number_unread(one: Record) -> bool:
    """Whether something stands there for a number that the reader could make none of, and said so."""
    return bool(one.original.get("id_number")) and not one.values.get("id_number")


def _of_reading(reading: Reading, faults: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the reader found wrong, where nothing else is said already."""
    said = {place for place, _ in faults}
    return [
        (one.where, masking.scan(one.message))
        for one in reading.problems
        if one.level != "warning" and one.where not in said
    ]


def _told(faults: Sequence[tuple[str, str]], *, unlisted: int = 0) -> dict[str, Any]:
    return {"faults": faults[:MOST_FAULTS], "fault_count": len(faults) + unlisted, "lines": []}


def keep(found: RegisterImport, made: Tried, *, by: User) -> None:
    """What a preview shows and a confirmation needs, on record: trying a list compares its numbers
    with what is there."""
    found.outcome = made.outcome
    found.rows = ""
    if found.pk:
        found.parts.all().delete()
    if not made.outcome["faults"]:
        first, *rest = made.rows
        found.rows = json.dumps(unpacked(first), ensure_ascii=False)
        if found.outcome["count"] <= SHOWN:
            found.outcome["lines"] = unpacked(made.lines[0])
    found.save()
    if not made.outcome["faults"]:
        found.keep(Parts.ROWS, rest)
        found.keep(Parts.LINES, made.lines if found.outcome["count"] > SHOWN else ())
    counts = {"rows": found.outcome["count"], "faults": found.outcome["fault_count"]}
    audit.record(
        found, "try_register", by=by, unit=found.unit, detail={**counts, "sha256": found.sha256}
    )


def _line(row: Checked) -> dict[str, Any]:
    """A row as the preview shows it, masked like any list."""
    held = row.values
    number, minor = held.get("id_number"), held["born_on"] > born_after(ADULT)
    return {
        "where": row.where,
        "name": masking.text("minor_name", held["name"]) if minor else held["name"],
        "number": masking.text("identity_number", number.text) if number else "",
        "village": str(held["village"]),
        "does": row.does,
    }


# -- Taking it in ------------------------------------------------------------------------------------
class _Undone(Exception):
    """A row cannot be done any more: none is."""


@transaction.atomic
def apply(
    found: RegisterImport, *, by: User, sha256: str, told: Told | None = None
) -> dict[str, int] | None:
    """Do what the preview showed: every row or none. None where a row cannot be done any more.

    Raises ``ValidationError`` for what was applied or has faults, ``OutOfReach`` for another's.
    """
    locked = RegisterImport.objects.to_apply(found, by=by, sha256=sha256)
    if why := may_import(by, locked.unit, locked.programme):  # type: ignore[arg-type]
        raise OutOfReach(why)
    faults: list[tuple[str, str]] = []
    try:
        with transaction.atomic():
            counts = _write_all(locked, by, faults, told)
    except _Undone:
        locked.outcome = {**locked.outcome, **_told(faults)}
        locked.empty()
        locked.save(update_fields=["rows", "outcome"])
        return None
    locked.empty()
    locked.applied_at = timezone.now()
    locked.outcome = {**locked.outcome, "lines": [], "faults": [], "done": counts}
    locked.save(update_fields=["rows", "applied_at", "outcome"])
    said = {"programme": locked.programme.code, "sha256": sha256, **counts}  # type: ignore[union-attr]
    audit.record(locked, "import_register", by=by, unit=locked.unit, detail=said)
    return counts


def _write_all(
    found: RegisterImport, by: User, faults: list[tuple[str, str]], told: Told | None
) -> dict[str, int]:
    """A thousand rows at a time, with a handful of statements for each thousand."""
    checks = Checks(found.programme, found.unit, by)  # type: ignore[arg-type]
    done, enrolled = 0, 0
    made: list[audit.Acted] = []
    for rows in found.thousands():
        outcome = checks.check(rows)
        faults += outcome.faults
        if not faults:
            made += _write(outcome.rows, found, by)
            enrolled += sum(row.does == ENROL for row in outcome.rows)
        done += len(rows)
        if told:
            told(done, found.outcome["count"])
    if faults:
        raise _Undone
    # Last, because sealing waits for whoever has begun to write on the trail.
    for at in range(0, len(made), CHUNK):
        audit.record_each(
            made[at : at + CHUNK], "import_archive", by=by, detail={"import": str(found.uuid)}
        )
    return {"added": len(made), "enrolled": enrolled}


def _write(rows: list[Checked], found: RegisterImport, by: User) -> list[audit.Acted]:
    new = [row for row in rows if row.does == NEW]
    for row in new:
        row.person = _person(row.values, by, found)
    people = Person.objects.bulk_create(row.person for row in new)
    Relation.objects.bulk_create(
        Relation(
            person=row.person, kind=Relation.Kind.GUARDIAN, name=row.values["guardian"],
            called=row.values["guardian_called"], phone=row.values.get("guardian_phone", ""),
        )
        for row in new
        if row.values.get("guardian")
    )  # fmt: skip
    Enrolment.objects.bulk_create(
        Enrolment(
            person=row.person, programme=found.programme, starts_on=row.values["starts_on"],
            source=_source(found), particulars=row.values["particulars"],
        )
        for row in rows
        if row.does in (NEW, ENROL)
    )  # fmt: skip
    ids = [row.person.pk for row in rows if row.person]
    if Person.objects.visible_to(by, "edit").filter(pk__in=ids).count() != len(set(ids)):
        raise OutOfReach("所填的村（社区）不在您的管辖范围内，一行也没有导入。")
    duplicates.note_all(people, by)
    return [audit.Acted.on(person) for person in people]


def _source(found: RegisterImport) -> str:
    return f"导入：{found.outcome['name']}"[:120]


def _person(held: dict[str, Any], by: User, found: RegisterImport) -> Person:
    number = held.get("id_number")
    person = Person(
        unit=held["village"], name=held["name"], sex=held["sex"], born_on=held["born_on"],
        id_number=number.text if number else "", phone=held.get("phone", ""),
        address=held["address"], ethnicity=held["ethnicity"], note=held["note"], entered_by=by,
        verified_on=timezone.localdate(), verified_by=by, source=_source(found),
    )  # fmt: skip
    person.spell()
    return person
