"""What a person says of a file before it is taken over: answers, corrections, its unit, its meaning.

Each raises the file's version; a page that shows an older one is refused (:class:`Overtaken`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from reporting import rights
from reporting.incoming.asked import wanted_of
from reporting.incoming.questions import village_values
from reporting.incoming.village_register import area_of
from reporting.incoming.villages import Area
from reporting.intake import kept
from reporting.intake.receiving import desks, start_reading
from reporting.intake.understanding import Line, Understood, understand
from reporting.models import (
    FileState,
    IncomingFile,
    Meaning,
    Replaces,
    Submission,
)
from reporting.workbook.reading.result import Record


class Overtaken(Exception):
    """Somebody else has answered, or taken the file over, since the page was opened."""


@dataclass
class Said:
    """What one sending of the page says; what is not mentioned stays as it was."""

    questions: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[tuple[int, str], str] = field(default_factory=dict)
    left_out: Sequence[int] = ()
    kept: Sequence[int] = ()
    meaning: str = ""
    replaces: str = ""


def understood(file: IncomingFile) -> Understood:
    """The rows and open points of ``file`` as they stand."""
    return understand(file.form, kept.loaded(file.reading), file.answers, file.unit)


def may_settle(user: User, file: IncomingFile) -> bool:
    """Whether ``user`` may answer for ``file``: one who may fill for its unit; before the unit is
    known, one who may hand in files where it came in."""
    if file.unit is None or file.submission_of_unit is None:
        return any(unit.pk == file.batch.unit_id for unit, _ in desks(user, file.collection))
    return rights.may_fill(user, file.submission_of_unit)


def locked(file: IncomingFile, version: int | None) -> IncomingFile:
    """``file`` locked for writing at the version the page showed, still to be settled."""
    row = (
        file.batch.files.select_for_update(of=("self",))
        .select_related("batch__unit", "collection", "unit__unit_type", "place")
        .defer("sheets")
        .get(pk=file.pk)
    )
    if version is not None and row.version != version:
        raise Overtaken
    return row


def _open(file: IncomingFile, version: int | None) -> IncomingFile:
    row = locked(file, version)
    if row.state not in (FileState.ASKING, FileState.READY):
        raise ValidationError(f"“{row.name}”{row.get_state_display()}，不能再改。", code="state")
    return row


@transaction.atomic
def answer(file: IncomingFile, said: Said, *, by: User, version: int | None) -> IncomingFile:
    """Keep what was answered and typed, complete or not; returns the file as it then stands."""
    row = _open(file, version)
    reading = kept.loaded(row.reading)
    answers = {
        "questions": {**row.answers.get("questions", {}), **_questions(said)},
        "values": {n: dict(cells) for n, cells in row.answers.get("values", {}).items()},
        "left_out": sorted(n for n in set(said.left_out) if 0 <= n < len(reading.records)),
        "kept": sorted(n for n in set(said.kept) if 0 <= n < len(reading.records)),
    }
    corrector, lines = _Corrector(row), understood(row).lines
    for (number, key), text in said.values.items():
        if 0 <= number < len(reading.records) and corrector.takes(key):
            record = reading.records[number]
            cells = answers["values"].setdefault(str(number), {})
            before = cells.get(key, {}).get("text")
            if before is None and _unchanged(row, lines[number], key, text):
                continue
            if text.strip() == record.original.get(key, "").strip():
                cells.pop(key, None)
            elif before != text:
                cells[key] = corrector.typed(record, key, text)
    answers["values"] = {n: cells for n, cells in answers["values"].items() if cells}
    row.answers = kept.keepable(answers)
    if said.meaning in Meaning.values:
        row.chosen = said.meaning
    if said.replaces in Replaces.values:
        row.replaces = said.replaces
    found = understand(row.form, reading, row.answers, row.unit)
    row.state = FileState.READY if found.ready else FileState.ASKING
    for name, count in found.counts().items():
        setattr(row, name, count)
    row.keep_settled()
    audit.record(row, "answer_file", by=by, unit=row.place, detail={**found.counts()})
    return row


def _unchanged(file: IncomingFile, line: Line, key: str, text: str) -> bool:
    """Whether ``text`` is what stands in the file, or what the page showed for the cell."""
    field = next((one for one in file.form.fields if one.key == key), None)
    shown = field.display(line.values.get(key)) if field else ""
    return text.strip() in {line.record.original.get(key, "").strip(), shown.strip()}


def says_more(file: IncomingFile, said: Said) -> bool:
    """Whether a page says something that is not kept yet: then its preview was of something else."""
    lines = understood(file).lines
    questions = file.answers.get("questions", {})
    typed = file.answers.get("values", {})
    for number, given in _questions(said).items():
        if questions.get(number, "") != given:
            return True
    for (number, key), text in said.values.items():
        if not 0 <= number < len(lines):
            continue
        before = typed.get(str(number), {}).get(key)
        same = _unchanged(file, lines[number], key, text)
        if (before["text"] != text) if before else not same:
            return True
    return (
        set(said.left_out) != set(file.answers.get("left_out", ()))
        or set(said.kept) != set(file.answers.get("kept", ()))
        or (said.meaning in Meaning.values and said.meaning != file.meaning)
        or (said.replaces in Replaces.values and said.replaces != file.replaces)
    )


def _questions(said: Said) -> dict[str, str]:
    return {str(number): given[:4] for number, given in said.questions.items() if given}


class _Corrector:
    """Text typed in the place of a cell, looked up and checked like what was read."""

    def __init__(self, file: IncomingFile) -> None:
        self.file, self.annex = file, file.form
        self.wanted = {field.key: field for field in wanted_of(self.annex)}
        self._area: Area | None = None

    def takes(self, key: str) -> bool:
        return key in self.wanted and not self.annex.field(key).readonly

    @property
    def area(self) -> Area:
        if self._area is None:
            self._area = Area.of(area_of(self.file.unit or self.file.batch.unit))
        return self._area

    def typed(self, record: Record, key: str, text: str) -> dict[str, Any]:
        """What is kept of a correction: its text, value and names, and what is wrong with it."""
        wanted, value, problems, names = self.wanted[key], text, [], None
        if wanted.refers_to == "village":
            names = self.area.villages_in(text, town=record.town)
            problems = [_unsure(one.text, one.candidates) for one in names if one.uuid is None]
            if wanted.kind == "village":
                value = village_values(names, wanted.several)
        cleaned, errors = self.annex.clean({**record.values, key: value})
        problems += [["error", message] for message in errors.get(key, ())]
        made = {"text": text, "value": cleaned.get(key), "problems": problems}
        if names is not None:
            made["names"] = [dataclasses.asdict(one) for one in names]
        return made


def _unsure(text: str, candidates: list[dict[str, Any]]) -> list[str]:
    near = "、".join(f"{c['place']}{c['name']}" for c in candidates[:5])
    hint = f"有：{near}；请写明是哪一个" if near else "请核对名称"
    return ["warning", f"“{text}”没有对应到村（社区），{hint}；也可以照所写的带入。"]


# -- Whose it is -------------------------------------------------------------------------------------
def possible_units(file: IncomingFile, by: User) -> list[OrgUnit]:
    """Units whose return the file may be: asked by the call, and ``by`` may fill for them."""
    own, above = (scope.units_held(by, f"reporting_{word}") for word in ("fill", "proxy"))
    asked = Submission.objects.visible_to(by).filter(collection=file.collection)
    mine = asked.filter(unit__in=own) | asked.filter(reviewer__in=above)
    units = OrgUnit.objects.filter(pk__in=mine.values("unit"))
    return list(units.select_related("unit_type").order_by("path"))


@transaction.atomic
def choose_unit(
    file: IncomingFile, unit: OrgUnit, *, by: User, version: int | None
) -> IncomingFile:
    """Say whose return it is. It is read anew: names are looked up in that unit's area."""
    row = _open(file, version)
    if unit not in possible_units(row, by):
        raise ValidationError(f"“{unit}”不在本次应报单位中，或不由您代填。", code="unit")
    row.unit = row.place = unit
    row.unit_chosen, row.state, row.tries, row.answers = True, FileState.WAITING, 0, {}
    row.keep_settled()
    audit.record(row, "choose_unit_of_file", by=by, unit=unit, detail={"sha256": row.sha256})
    start_reading(row.batch, by=by)
    return row


# -- Not taken ---------------------------------------------------------------------------------------
@transaction.atomic
def decline(file: IncomingFile, *, by: User, version: int | None) -> IncomingFile:
    """不予带入: the file stays as it was sent, nothing is written."""
    row = _open(file, version)
    row.state, row.settled_by, row.settled_at = FileState.DECLINED, by, timezone.now()
    row.keep_settled()
    audit.record(row, "decline_file", by=by, unit=row.place, detail={"sha256": row.sha256})
    return row


@transaction.atomic
def take_up_again(file: IncomingFile, *, by: User, version: int | None) -> IncomingFile:
    """A file that was declined is looked at again."""
    row = locked(file, version)
    if row.state != FileState.DECLINED:
        raise ValidationError(
            f"“{row.name}”{row.get_state_display()}，不必重新办理。", code="state"
        )
    row.state = FileState.READY if understood(row).ready else FileState.ASKING
    row.settled_by = row.settled_at = None
    row.keep_settled()
    audit.record(row, "reopen_file", by=by, unit=row.place, detail={"sha256": row.sha256})
    return row
