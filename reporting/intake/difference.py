"""What taking a file over would do, row by row: the same plan for the page and for the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from reporting.annexes import Annex, FormAnnex
from reporting.intake.understanding import Line
from reporting.models import IncomingFile, Meaning, Replaces, Submission, SubmissionRow
from reporting.workbook.reading.words import squeezed

Kind = Literal["added", "changed", "same", "kept", "removed"]
_COMPARED = 100  # rows of one name that a changed one is compared with
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


class _There:
    """Rows of the table that no line has answered yet, by all their words and by their names."""

    def __init__(self, annex: Annex, rows: Sequence[SubmissionRow]) -> None:
        self.annex = annex
        self.alike: dict[str, list[SubmissionRow]] = {}
        self.named: dict[str, dict[int, SubmissionRow]] = {}
        for row in rows:
            self.alike.setdefault(self._words(row.values), []).append(row)
            self.named.setdefault(self._name(row.values), {})[id(row)] = row

    def _words(self, values: Mapping[str, Any]) -> str:
        return "\x1f".join(squeezed(one.display(values.get(one.key))) for one in self.annex.fields)

    def _name(self, values: Mapping[str, Any]) -> str:
        return squeezed(self.annex.row_name(values))

    def same(self, values: Mapping[str, Any]) -> SubmissionRow | None:
        """Take the row that says the very same."""
        rows = self.alike.get(self._words(values))
        if not rows:
            return None
        row = rows.pop(0)
        del self.named[self._name(values)][id(row)]
        return row

    def like(self, values: Mapping[str, Any]) -> SubmissionRow | None:
        """The first row of that name; it stays where it is."""
        return next(iter(self.named.get(self._name(values), {}).values()), None)

    def nearest(self, values: Mapping[str, Any]) -> SubmissionRow | None:
        """Take the row of that name which differs in fewest cells, the first at a draw."""
        rows = self.named.get(self._name(values))
        if not rows:
            return None
        few = list(islice(rows.values(), _COMPARED))
        row = min(few, key=lambda one: len(differing(self.annex, values, one.values)))
        del rows[id(row)]
        return row

    def left(self) -> set[int]:
        return {key for rows in self.named.values() for key in rows}


def _adding(annex: Annex, lines: Sequence[Line], rows: Sequence[SubmissionRow]) -> list[Step]:
    """Each line a further row, but for what stands there word for word already."""
    there, steps = _There(annex, rows), []
    for line in lines:
        same = there.same(line.values)
        if same is not None:
            steps.append(Step("same", line, same))
        else:
            steps.append(Step("added", line, like=there.like(line.values)))
    return steps


def _replacing(
    annex: Annex,
    lines: Sequence[Line],
    rows: Sequence[SubmissionRow],
    kept: set[int],
    moved_on: bool,
) -> list[Step]:
    """Lines and rows that say the same belong together, then those of one name that differ least
    (as ``file_meaning.changes`` pairs them); rows without a line leave."""
    there, steps = _There(annex, rows), []
    found = {line.number: there.same(line.values) for line in lines}
    for line in lines:
        row = found[line.number] or there.nearest(line.values)
        if row is None:
            steps.append(Step("added", line))
            continue
        fields = differing(annex, line.values, row.values)
        kind: Kind = "same" if not fields else "kept" if line.number in kept else "changed"
        steps.append(Step(kind, line, row, fields, bool(fields) and moved_on))
    left = there.left()
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
