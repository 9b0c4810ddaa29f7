"""Writes on submissions that mean something: open a collection, save what was typed, correct a row.

Steps of the workflow are :func:`reporting.workflow.perform`; everything else that changes a
submission is here. All take the version the person saw and raise :class:`Stale` when it moved on.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from federation import audit, tree
from federation.models import OrgUnit, User
from federation.scope import prove
from reporting import annexes, consolidation, rights
from reporting.models import CellChange, Collection, State, Submission, SubmissionRow
from reporting.workflow import Stale, open_cells


@transaction.atomic
def open_collection(
    annex: annexes.Annex,
    *,
    period: str,
    issuer: OrgUnit,
    opened_on: dt.date,
    due_on: dt.date,
    doc_number: str = "",
    receiving_department: OrgUnit | None = None,
    units: QuerySet[OrgUnit] | None = None,
    by: User | None = None,
) -> Collection:
    """Ask every unit that owes ``annex`` for it; harmless when repeated, adding who is new.

    ``units`` is the expected set a notice has frozen; without it the annex's
    ``respondents(issuer)`` is computed now. One draft submission a unit.
    """
    collection, _ = Collection.objects.get_or_create(
        annex=annex.code,
        period=annex.period.check(period),
        issuer=issuer,
        defaults={
            "opened_on": opened_on,
            "due_on": due_on,
            "doc_number": doc_number,
            "receiving_department": receiving_department,
        },
    )
    everyone = Submission.objects.unscoped(reason="the expected set of a collection being opened")
    present = set(
        everyone.filter(annex=annex.code, period=period).values_list("unit_id", flat=True)
    )
    owing = annex.respondents(issuer) if units is None else units
    asked = [u for u in owing.select_related("unit_type", "post_level") if u.pk not in present]
    reviewers = reviewers_of(asked)
    created = Submission.objects.bulk_create(
        Submission(
            collection=collection,
            annex=annex.code,
            annex_version=annex.version,
            period=period,
            unit=unit,
            reviewer=reviewers[unit.pk],
            due_on=collection.due_on,
        )
        for unit in asked
    )
    if isinstance(annex, annexes.FormAnnex):
        SubmissionRow.objects.bulk_create(
            SubmissionRow(submission=submission, position=1, values=annex.prefill(submission.unit))
            for submission in created
        )
    audit.record(collection, "open_collection", by=by, unit=issuer, detail={"units": len(created)})
    return collection


def reviewers_of(units: list[OrgUnit]) -> dict[int, OrgUnit | None]:
    """``reviewer()`` of each unit by its key, asked once for all."""
    above = {u.pk: tree.ancestor_paths(u.path, include_self=False) for u in units}
    paths = {path for found in above.values() for path in found}
    reviewing = OrgUnit.objects.filter(path__in=paths, unit_type__reviews=True)
    by_path = {u.path: u for u in reviewing.select_related("unit_type")}

    def judge(unit: OrgUnit, path: str) -> bool:
        return path in by_path and not (
            unit.is_closed and unit.level and unit.level == by_path[path].level
        )

    return {
        u.pk: next((by_path[path] for path in reversed(above[u.pk]) if judge(u, path)), None)
        for u in units
    }


def lock(submission: Submission, version: int | None) -> Submission:
    """The submission locked for writing, at the version the person saw."""
    locked = Submission.objects.unscoped(reason="lock the row that is written").select_for_update()
    row = locked.get(pk=submission.pk)
    if version is not None and row.version != version:
        raise Stale(row)
    return row


def require_fill(submission: Submission, by: User) -> None:
    """The form is open and ``by`` may fill it, else a sentence why not."""
    if not submission.is_open:
        raise ValidationError(
            f"报表当前为“{submission.get_state_display()}”，不能修改；如需修改，请上级退回或先撤回。",
            code="state",
        )
    if not rights.may_fill(by, submission):
        raise PermissionDenied(f"须由{submission.unit}填写，或由{submission.reviewer}代填。")


def open_keys(submission: Submission, row: SubmissionRow) -> set[str]:
    """Field keys of ``row`` that may be typed in now.

    All of an open form, except after a return of single cells: then those cells (or rows) alone.
    """
    every = {field.key for field in submission.form.fields if not field.readonly}
    if not submission.is_open:
        return set()
    flags = open_cells(submission)
    if not flags:
        return every
    mine = [flag for flag in flags if flag.row_id == row.pk]
    if any(not flag.key for flag in mine):
        return every
    return every & {flag.key for flag in mine}


@transaction.atomic
def save_values(
    submission: Submission,
    row: SubmissionRow,
    values: dict[str, Any],
    *,
    by: User,
    version: int | None,
    reason: str = "",
) -> Submission:
    """Keep what was typed, complete or not; returns the submission at its new version.

    ``values`` may hold some of the fields; closed ones are ignored. In a table made from forms a
    change is a correction, recorded against its source, and needs ``reason``. Unchanged input
    changes nothing, not even the version.
    """
    submission = lock(submission, version)
    require_fill(submission, by)
    row = submission.rows.get(pk=row.pk)
    values = with_known_villages(submission, values)
    may_type = open_keys(submission, row)
    changed = {
        key: value
        for key, value in values.items()
        if key in may_type and row.values.get(key) != value
    }
    if not changed:
        return submission
    correcting = row.source_id is not None
    if correcting and not reason.strip():
        raise ValidationError("更正汇总行须写明理由。", code="reason")
    if correcting or submission.state == State.RETURNED:
        kind = CellChange.Kind.CORRECTION if correcting else CellChange.Kind.EDIT
        CellChange.objects.bulk_create(
            CellChange(
                row=row,
                key=key,
                kind=kind,
                before=row.values.get(key),
                after=value,
                reason=reason.strip()[:500],
                by=by,
            )
            for key, value in changed.items()
        )
    row.submission = submission
    row.values = {**row.values, **changed}
    row.save(update_fields=["values"])
    return touch(submission, by)


def with_known_villages(submission: Submission, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with ids dropped that the picker cannot have offered; the words typed stay.

    It offers villages of the respondent's own city: any other id would tie a pair to a stranger.
    """
    keys = [f.key for f in submission.form.fields if f.kind == "village" and values.get(f.key)]
    entries = [entry for key in keys for entry in _as_list(values[key]) if isinstance(entry, dict)]
    ids = {found for entry in entries if (found := _as_uuid(entry.get("unit")))}
    known = set()
    if ids:
        city = submission.unit.ancestors().filter(unit_type__level="city").first()
        reach = OrgUnit.objects.villages().below(city or submission.unit)
        known = set(reach.filter(uuid__in=ids).values_list("uuid", flat=True))

    def checked(value: Any) -> Any:
        if isinstance(value, list):
            return [checked(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        found = _as_uuid(value.get("unit"))
        return {**value, "unit": str(found) if found in known else None}

    return {**values, **{key: checked(values[key]) for key in keys}}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def touch(submission: Submission, by: User) -> Submission:
    """The locked submission after a write of ``by``: its next version, who filled it, and when."""
    submission.version += 1
    submission.edited_by, submission.edited_at = by, timezone.now()
    submission.filled_on_behalf = not rights.fills_own(by, submission)
    submission.save(update_fields=["version", "edited_by", "edited_at", "filled_on_behalf"])
    prove(submission, by)
    return submission


def _require_whole_table(submission: Submission) -> None:
    if not isinstance(submission.form, annexes.RegisterAnnex):
        raise ValidationError("这份表不是逐行填报的，不能移动或移出行。", code="form")
    if open_cells(submission):
        raise ValidationError("上级只退回了个别行，请只修改退回的行。", code="partial")


@transaction.atomic
def move_row(row: SubmissionRow, to: int, *, by: User, version: int | None) -> Submission:
    """Put ``row`` at place ``to`` (from 1) of its table; the others close up."""
    submission = lock(row.submission, version)
    require_fill(submission, by)
    _require_whole_table(submission)
    rows = list(submission.rows.order_by("position", "pk"))
    order = [r for r in rows if r.pk != row.pk]
    if len(order) == len(rows):
        raise ValidationError("该行已不在表中，请刷新页面。", code="row")
    order.insert(max(0, min(to - 1, len(order))), next(r for r in rows if r.pk == row.pk))
    renumber(order)
    return touch(submission, by)


def renumber(order: list[SubmissionRow]) -> None:
    """Give the rows of a locked table, written ones, their places in ``order`` (from 1)."""
    moved = []
    for place, row in enumerate(order, start=1):
        if row.pk is not None and row.position != place:
            row.position = place
            moved.append(row)
    SubmissionRow.objects.unscoped(reason="renumber the rows of a locked table").bulk_update(
        moved, ["position"]
    )


@transaction.atomic
def remove_row(row: SubmissionRow, *, by: User, reason: str, version: int | None) -> Submission:
    """Take ``row`` out of an open table; its source stays approved and can be taken in again."""
    submission = lock(row.submission, version)
    require_fill(submission, by)
    _require_whole_table(submission)
    if not reason.strip():
        raise ValidationError("移出一行须写明理由。", code="reason")
    name = submission.form.row_name(row.values)
    removed = submission.rows.get(pk=row.pk)
    position = removed.position
    removed.delete()
    submission.rows.filter(position__gt=position).update(position=F("position") - 1)
    audit.record(
        submission,
        "remove_row",
        by=by,
        unit=submission.unit,
        detail={"row": name, "reason": reason.strip()[:200]},
    )
    return touch(submission, by)


@transaction.atomic
def take_in(submission: Submission, *, by: User, version: int | None) -> int:
    """Take all newly approved forms into an open table; returns how many rows were added."""
    submission = lock(submission, version)
    require_fill(submission, by)
    return consolidation.refresh(submission, by=by)
