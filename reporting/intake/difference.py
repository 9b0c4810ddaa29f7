"""What taking a file over would do, row by row: the same plan for the page and for the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reporting.annexes import Annex, FormAnnex
from reporting.intake.understanding import Line
from reporting.models import IncomingFile, Meaning, Replaces, Submission, SubmissionRow
from reporting.workbook.reading.words import squeezed

Kind = Literal["added", "changed", "same", "kept", "removed"]
WORDS = {
    "added": "新增",
    "changed": "修改",
    "same": "相同",
    "kept": "保留系统里的",
    "removed": "移出",
}


@dataclass
class Step:
    """One row: of the file, of the table, or of both; ``fields`` are the keys in which they differ."""

    kind: Kind
    line: Line | None = None
    row: SubmissionRow | None = None
    fields: list[str] = field(default_factory=list)
    moved_on: bool = False
    like: SubmissionRow | None = None  # a row of that name stands in the table and stays there

    @property
    def word(self) -> str:
        return WORDS[self.kind]


@dataclass
class Plan:
    """``steps`` in the order of the file, then what leaves the table; ``beside`` is left untouched."""

    steps: list[Step]
    beside: list[SubmissionRow]

    def count(self) -> Counter[str]:
        return Counter(step.kind for step in self.steps)

    @property
    def changes_nothing(self) -> bool:
        return not any(step.kind in ("added", "changed", "removed") for step in self.steps)


def plan(
    file: IncomingFile, lines: Sequence[Line], submission: Submission, kept: Sequence[int] = ()
) -> Plan:
    """What ``file`` would do to ``submission`` as it is now. ``kept``: lines that give way to the table."""
    annex, rows = file.form, list(submission.rows.order_by("position", "pk"))
    moved_on = _moved_on(file, submission)
    if isinstance(annex, FormAnnex):
        return _of_form(annex, lines, rows, moved_on)
    if file.meaning == Meaning.REPLACEMENT:
        replaced = [row for row in rows if _replaced(file, row)]
        beside = [row for row in rows if not _replaced(file, row)]
        steps = _replacing(annex, lines, replaced, set(kept), moved_on)
        return Plan(steps, beside)
    return Plan(_adding(annex, lines, rows), rows)


def _moved_on(file: IncomingFile, submission: Submission) -> bool:
    """The rows on the server changed after this very file was exported from them."""
    said = (file.reading or {}).get("properties", {}).get("submission_version", "")
    own = (file.reading or {}).get("own_template", False)
    return own and said.isdigit() and int(said) < submission.version


def _replaced(file: IncomingFile, row: SubmissionRow) -> bool:
    if file.replaces == Replaces.ALL:
        return True
    name = row.origin.get("file", "")
    return bool(name) and name == file.supersedes


def differing(annex: Annex, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Keys of fields that read differently; blanks and widths do not count."""
    return [
        one.key
        for one in annex.fields
        if squeezed(one.display(mine.get(one.key))) != squeezed(one.display(theirs.get(one.key)))
    ]


def _by_name(annex: Annex, rows: Sequence[SubmissionRow]) -> dict[str, list[SubmissionRow]]:
    found: dict[str, list[SubmissionRow]] = {}
    for row in rows:
        found.setdefault(squeezed(annex.row_name(row.values)), []).append(row)
    return found


def _adding(annex: Annex, lines: Sequence[Line], rows: Sequence[SubmissionRow]) -> list[Step]:
    """Each line a further row, but for what stands there word for word already."""
    there, steps = _by_name(annex, rows), []
    for line in lines:
        named = there.get(squeezed(annex.row_name(line.values)), [])
        same = next((r for r in named if not differing(annex, line.values, r.values)), None)
        if same is not None:
            named.remove(same)
            steps.append(Step("same", line, same))
        else:
            steps.append(Step("added", line, like=named[0] if named else None))
    return steps


def _replacing(
    annex: Annex,
    lines: Sequence[Line],
    rows: Sequence[SubmissionRow],
    kept: set[int],
    moved_on: bool,
) -> list[Step]:
    """Lines and rows of one name are the same row, in their order; rows without a line leave."""
    there, steps = _by_name(annex, rows), []
    # Whoever is unchanged finds its own row first, where several go by one name.
    found: dict[int, SubmissionRow] = {}
    for sure in (True, False):
        for line in lines:
            named = there.get(squeezed(annex.row_name(line.values)), [])
            if line.number in found:
                continue
            row = next(
                (r for r in named if not sure or not differing(annex, line.values, r.values)), None
            )
            if row is not None:
                found[line.number] = row
                named.remove(row)
    for line in lines:
        row = found.get(line.number)
        if row is None:
            steps.append(Step("added", line))
            continue
        fields = differing(annex, line.values, row.values)
        kind: Kind = "same" if not fields else "kept" if line.number in kept else "changed"
        steps.append(Step(kind, line, row, fields, bool(fields) and moved_on))
    left = {id(row) for named in there.values() for row in named}
    steps += [Step("removed", row=row, moved_on=moved_on) for row in rows if id(row) in left]
    return steps


def _of_form(
    annex: FormAnnex, lines: Sequence[Line], rows: Sequence[SubmissionRow], moved_on: bool
) -> Plan:
    if not lines or not rows:
        return Plan([], [])
    fields = differing(annex, lines[0].values, rows[0].values)
    kind: Kind = "changed" if fields else "same"
    return Plan([Step(kind, lines[0], rows[0], fields, bool(fields) and moved_on)], [])
