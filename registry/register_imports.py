"""导入台账: a county's spreadsheet of people read, shown, and then taken in whole or not at all."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from registry import duplicates, masking
from registry.models import Enrolment, Person, Programme, RegisterImport, Relation
from registry.models.persons import ADULT, born_after
from registry.register_forms import RegisterForm
from registry.register_rows import ENROL, NEW, Checked, Checks
from reporting import incoming

SHOWN = 500  # faults and lines of a preview


def may_import(user: User, unit: OrgUnit, programme: Programme) -> str:
    """ "" or the sentence why not."""
    if not scope.may(user, "registry_edit", unit):
        return f"您目前没有权限登记“{unit.short_name}”的档案。"
    if programme.zone and not scope.may(user, "registry_children", unit):
        return f"“{programme.name}”由儿童、权益工作岗位和所在村（社区）登记。"
    return ""


def upload(
    data: bytes, *, name: str, unit: OrgUnit, programme: Programme, by: User
) -> RegisterImport:
    """Read and try the file; its rows are kept sealed for an hour, the file is not kept.

    Raises ``ValidationError`` for what cannot be read at all.
    """
    if why := may_import(by, unit, programme):
        raise OutOfReach(why)
    RegisterImport.objects.past_keeping().delete()
    form = RegisterForm(programme, at_village=unit.unit_type.level == "village")
    reading = incoming.read(data, form, area=unit, unit=unit, name=name)
    if reading.refused:
        raise ValidationError(masking.scan(reading.refused))
    if not reading.records:
        said = [one.message for one in reading.problems if one.level != "warning"]
        raise ValidationError(masking.scan(said[0] if said else "表格里没有一行记录。"))
    rows = [
        {"where": one.where, "cells": dict(one.cells), "values": one.values}
        for one in reading.records
    ]
    outcome = Checks(programme, unit, by).check(rows)
    told = {place for place, _ in outcome.faults}
    faults = [
        (one.where, masking.scan(one.message))
        for one in reading.problems
        if one.level != "warning" and one.where not in told
    ] + outcome.faults
    notes = [masking.scan(one.message) for one in reading.problems if one.level == "warning"]
    skipped = [f"{one.where}：{one.why}" for one in reading.skipped]
    found = RegisterImport.objects.create(
        by=by, unit=unit, programme=programme, sha256=reading.digest,
        rows="" if faults else json.dumps(rows, ensure_ascii=False),
        outcome={
            "name": name[:100],
            "count": len(rows),
            "faults": faults[:SHOWN],
            "fault_count": len(faults),
            "lines": [] if faults else [_line(row) for row in outcome.rows[:SHOWN]],
            "notes": notes[:50],
            "skipped": skipped[:50],
            "minors": sum(row.values["born_on"] > born_after(ADULT) for row in outcome.rows),
        },
    )  # fmt: skip
    # Trying a list compares its numbers with what is there: that is asked on record, too.
    audit.record(
        found, "try_register", by=by, unit=unit,
        detail={"rows": len(rows), "faults": len(faults), "sha256": reading.digest},
    )  # fmt: skip
    return found


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


@transaction.atomic
def apply(found: RegisterImport, *, by: User, sha256: str) -> dict[str, int] | None:
    """Do what the preview showed: every row or none. None where a row cannot be done any more.

    Raises ``ValidationError`` for what was applied or has faults, ``OutOfReach`` for another's.
    """
    locked = RegisterImport.objects.to_apply(found, by=by, sha256=sha256)
    if why := may_import(by, locked.unit, locked.programme):
        raise OutOfReach(why)
    outcome = Checks(locked.programme, locked.unit, by).check(json.loads(locked.rows.open()))
    if outcome.faults:
        locked.outcome = {
            **locked.outcome, "faults": outcome.faults[:SHOWN], "lines": [],
            "fault_count": len(outcome.faults),
        }  # fmt: skip
        locked.rows = ""
        locked.save(update_fields=["rows", "outcome"])
        return None
    counts = _write(outcome.rows, locked, by)
    locked.rows, locked.applied_at = "", timezone.now()
    locked.outcome = {**locked.outcome, "lines": [], "faults": [], "done": counts}
    locked.save(update_fields=["rows", "applied_at", "outcome"])
    said = {"programme": locked.programme.code, "sha256": sha256, **counts}
    audit.record(locked, "import_register", by=by, unit=locked.unit, detail=said)
    return counts


def _write(rows: list[Checked], found: RegisterImport, by: User) -> dict[str, int]:
    new = [row for row in rows if row.does == NEW]
    for row in new:
        row.person = _person(row.values, by, found)
        row.person.save()
        audit.record(
            row.person, "import_archive", by=by, unit=row.person.unit,
            detail={"import": str(found.uuid)},
        )  # fmt: skip
        if row.values.get("guardian"):
            Relation(
                person=row.person, kind=Relation.Kind.GUARDIAN, name=row.values["guardian"],
                called=row.values["guardian_called"], phone=row.values.get("guardian_phone", ""),
            ).save()  # fmt: skip
    Enrolment.objects.bulk_create(
        Enrolment(
            person=row.person, programme=found.programme, starts_on=row.values["starts_on"],
            source=f"导入：{found.outcome['name']}"[:120], particulars=row.values["particulars"],
        )
        for row in rows
        if row.does in (NEW, ENROL)
    )  # fmt: skip
    ids = [row.person.pk for row in rows if row.person]
    if Person.objects.visible_to(by, "edit").filter(pk__in=ids).count() != len(set(ids)):
        raise OutOfReach("所填的村（社区）不在您的管辖范围内，一行也没有导入。")
    duplicates.note_all([row.person for row in new if row.person], by)
    return {"added": len(new), "enrolled": sum(row.does == ENROL for row in rows)}


def _person(held: dict[str, Any], by: User, found: RegisterImport) -> Person:
    number = held.get("id_number")
    return Person(
        unit=held["village"], name=held["name"], sex=held["sex"], born_on=held["born_on"],
        id_number=number.text if number else "", phone=held.get("phone", ""),
        address=held["address"], ethnicity=held["ethnicity"], note=held["note"], entered_by=by,
        verified_on=timezone.localdate(), verified_by=by,
        source=f"导入：{found.outcome['name']}"[:120],
    )  # fmt: skip
