"""带入: the rows of one file into the unit's report, in one transaction, or nothing.

Who may: whoever may fill the report, its own unit or, on its behalf (代填), the unit one level up
(docs/decisions/0015). Nothing is overwritten unseen: the act carries the version its preview showed.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from reporting import actions, rights, workflow
from reporting.annexes import FormAnnex
from reporting.intake import difference
from reporting.intake.answering import Overtaken, locked, understood
from reporting.intake.difference import Plan, Step
from reporting.intake.obstacles import in_the_way
from reporting.intake.understanding import Line, Understood
from reporting.models import (
    CellChange,
    FileState,
    IncomingFile,
    Meaning,
    Replaces,
    State,
    Submission,
    SubmissionEvent,
    SubmissionRow,
)

IN_BULK = 500


class AlreadyTaken(Exception):
    """The same bytes stand in the report already; carries the file by which they came."""

    def __init__(self, file: IncomingFile):
        self.file = file
        who, when = file.settled_by, timezone.localtime(file.settled_at or timezone.now())
        super().__init__(f"已带入：{who}于{when:%Y-%m-%d %H:%M}带入过同一份文件，没有重复带入。")


def taken_before(file: IncomingFile) -> IncomingFile | None:
    """The same file of the same unit, taken over for the same call and not replaced since."""
    submission = file.submission_of_unit
    if submission is None:
        return None
    same = submission.incoming.taken().filter(sha256=file.sha256).exclude(pk=file.pk)
    return same.select_related("settled_by").first()


@transaction.atomic
def take_over(
    file: IncomingFile,
    submission: Submission,
    *,
    by: User,
    file_version: int,
    version: int,
    hand_in: bool = False,
    looked_at: bool = True,
) -> Submission:
    """Write the rows of ``file``; with ``hand_in`` the report is submitted in the same transaction.

    ``version`` and ``file_version`` are what the preview showed: raises ``workflow.Stale`` or
    ``Overtaken`` when either moved on, ``AlreadyTaken`` for the same bytes, ``ValidationError`` for
    whatever stands in the way, ``PermissionDenied``. Then not a row is written. Unless somebody
    ``looked_at`` the preview, a row beside one of its name stands in the way, too.
    """
    row = locked(file, None)
    if row.state == FileState.APPLIED:
        raise AlreadyTaken(row)
    table = actions.lock(submission, None)
    if (same := taken_before(row)) is not None:
        raise AlreadyTaken(same)
    if row.version != file_version:
        raise Overtaken
    if table.version != version:
        raise workflow.Stale(table)
    if not rights.may_fill(by, table):
        raise PermissionDenied(in_the_way(row, table, by))
    if row.unit_id != table.unit_id or row.collection_id != table.collection_id:
        raise ValidationError("文件的填报单位与报表不符，请刷新页面。", code="unit")
    if reason := in_the_way(row, table, by):
        raise ValidationError(reason, code="state")
    found = understood(row) if row.reading else None
    _require_ready(row, found, table)
    assert found is not None  # noqa: S101 -- a file without a reading is not ready
    act = difference.plan(row, found.taken, table, row.answers.get("kept", ()))
    if not looked_at and (alike := sum(step.like is not None for step in act.steps)):
        raise ValidationError(f"表中已有{alike}行同名的内容，没有带入，请打开核对。", code="like")
    _write(row, table, act, by)
    table = actions.touch(table, by)
    _note(row, table, act, by)
    _settle(row, table, act, by)
    if hand_in or found.nil:
        table = workflow.perform(
            "submit",
            submission=table,
            actor=by,
            version=table.version,
            nil_report=found.nil,
            received_on=row.received_on,
        )
        row.submission_version = table.version
        row.save(update_fields=["submission_version"])
    return table


def _require_ready(file: IncomingFile, found: Understood | None, table: Submission) -> None:
    if file.state != FileState.READY or found is None or not found.ready:
        count = len(found.open_points) if found else 0
        more = f"还有{count}处没有处理" if count else "还没有读完"
        raise ValidationError(f"“{file.name}”{more}，没有带入任何一行。", code="open")
    if file.meaning == Meaning.DUPLICATE:
        raise ValidationError(
            "这份文件是重复的，没有新内容可带入；如不是，请另选性质。", code="duplicate"
        )
    if found.nil and table.rows.exists() and not isinstance(file.form, FormAnnex):
        raise ValidationError("表中已有内容，不能按“本期无”报送。", code="nil")
    if not found.nil and not found.taken:
        raise ValidationError("没有一行可以带入。", code="empty")


# -- Rows --------------------------------------------------------------------------------------------
def _write(file: IncomingFile, table: Submission, act: Plan, by: User) -> None:
    if isinstance(file.form, FormAnnex):
        _write_form(file, table, act, by)
        return
    replacing = file.meaning == Meaning.REPLACEMENT
    order: list[SubmissionRow] = list(act.beside)
    new: list[SubmissionRow] = []
    renewed: list[SubmissionRow] = []
    changes: list[CellChange] = []
    for step in act.steps:
        if step.kind == "added" and step.line is not None:
            row = SubmissionRow(submission=table, values=step.line.values)
            row.origin = origin_of(file, step.line)
            new.append(row.index())
            order.append(row)
        elif replacing and step.row is not None and step.kind != "removed":
            order.append(step.row)
            renewed += _renew(file, table, step, changes, by)
    gone = [step.row.pk for step in act.steps if step.kind == "removed" and step.row]
    table.rows.filter(pk__in=gone).delete()
    for place, row in enumerate(order, start=1):
        if row.pk is None:
            row.position = place
    actions.renumber(order)
    table.rows.bulk_update(renewed, ["values", "origin", "search_text"], batch_size=IN_BULK)
    table.rows.bulk_create(new, batch_size=IN_BULK)
    CellChange.objects.bulk_create(changes, batch_size=IN_BULK)


def _renew(
    file: IncomingFile, table: Submission, step: Step, changes: list[CellChange], by: User
) -> list[SubmissionRow]:
    """A row that stays: its cells follow the file, each change on record; whose file it is now."""
    row, line = step.row, step.line
    if row is None or line is None:
        return []
    row.submission = table
    if step.kind == "changed":
        changes += _changes(file, row, step, by)
        row.values = {**row.values, **{key: line.values.get(key) for key in step.fields}}
    if row.source_id is None and step.kind != "kept":
        row.origin = origin_of(file, line)
    return [row.index()]


def _changes(file: IncomingFile, row: SubmissionRow, step: Step, by: User) -> list[CellChange]:
    kind = CellChange.Kind.CORRECTION if row.source_id is not None else CellChange.Kind.EDIT
    values = step.line.values if step.line else {}
    return [
        CellChange(
            row=row,
            key=key,
            kind=kind,
            before=row.values.get(key),
            after=values.get(key),
            reason=f"带入来件“{file.name}”"[:500],
            by=by,
        )
        for key in step.fields
    ]


def _write_form(file: IncomingFile, table: Submission, act: Plan, by: User) -> None:
    for step in act.steps:
        if step.row is None or step.line is None:
            continue
        row, row.submission = step.row, table
        editable = {one.key for one in file.form.fields if not one.readonly}
        step.fields = [key for key in step.fields if key in editable]
        if step.fields and table.state == State.RETURNED:
            CellChange.objects.bulk_create(_changes(file, row, step, by))
        values = {key: step.line.values.get(key) for key in editable}
        row.values = {**row.values, **actions.with_known_villages(table, values)}
        row.origin = origin_of(file, step.line)
        row.save(update_fields=["values", "origin"])


def origin_of(file: IncomingFile, line: Line) -> dict[str, Any]:
    """Where a row comes from: file, cells, the words as they stood there, what names were found to mean."""
    record = line.record
    villages = [
        {"key": key, "text": one.text, "name": one.name, "code": one.code, "uuid": one.uuid, "match": one.match}
        for key, found in line.names.items()
        if key != "villages"
        for one in found
    ]  # fmt: skip
    made: dict[str, Any] = {
        "file": file.name,
        "where": record.where,
        "incoming": str(file.uuid),
        "original": dict(record.original),
    }
    if villages:
        made["villages"] = villages
    if line.typed:
        made["corrected"] = sorted(line.typed)
    return made


# -- What is told of it ------------------------------------------------------------------------------
def _note(file: IncomingFile, table: Submission, act: Plan, by: User) -> None:
    """The line in 办理记录: which file, what it did."""
    count = act.count()
    done = "，".join(
        f"{difference.WORDS[kind]}{count[kind]}{'行' if not isinstance(file.form, FormAnnex) else '份'}"
        for kind in ("added", "changed", "removed")
        if count[kind]
    )
    SubmissionEvent.objects.create(
        submission=table,
        step="take_over",
        from_state=table.state,
        to_state=table.state,
        actor=by,
        acting_unit=rights.acting_unit(by, table),
        reason=f"“{file.name}”（{Meaning(file.meaning).label}，{file.received_on:%Y-%m-%d}收到）"
        f"：{done or '内容相同'}",
        on_behalf=not rights.fills_own(by, table),
        version=table.version,
    )
    audit.record(
        table,
        "take_over_file",
        by=by,
        unit=table.unit,
        detail={"file": str(file.uuid), "sha256": file.sha256, **count},
    )


def _settle(file: IncomingFile, table: Submission, act: Plan, by: User) -> None:
    """The file is taken; files whose rows it took the place of are no longer."""
    if file.meaning == Meaning.REPLACEMENT:
        earlier = table.incoming.taken()
        if file.replaces == Replaces.FILE:
            earlier = earlier.filter(name=file.supersedes)
        earlier.exclude(pk=file.pk).update(superseded_by=file)
    file.state, file.submission, file.submission_version = FileState.APPLIED, table, table.version
    file.chosen = file.meaning
    file.settled_at, file.settled_by = timezone.now(), by
    file.outcome = dict(act.count())
    file.keep_settled()
