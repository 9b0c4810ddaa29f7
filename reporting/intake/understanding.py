"""What was read with what a person answered laid over it: rows as they would be taken over.

Answers are kept apart from the reading, by the number of a problem or of a record, so that the
page, the counts and the taking over come to the same rows from the same two things::

    {"questions": {"3": "c0" | "none"}, "values": {"7": {"village": {…typed…}}},
     "left_out": [2], "kept": [5]}
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from federation.models import OrgUnit
from reporting.annexes import Annex, FormAnnex
from reporting.workbook.reading.result import Problem, Reading, Record, Resolved

KEEP = "none"  # the answer 不是以上: the text stays as it was written
Answers = dict[str, Any]


@dataclass
class Point:
    """One thing said of a place in the file; ``open`` while it stands in the way.

    ``number`` is that of the problem in the reading, ``record`` the row it concerns.
    """

    number: int
    problem: Problem
    record: int | None
    answer: str = ""
    open: bool = False

    @property
    def of_unit(self) -> bool:
        """Whether it asks whose file this is."""
        problem = self.problem
        return problem.level == "question" and not problem.where and not problem.key


@dataclass
class Line:
    """One row as it would be taken over. ``asked`` are keys whose cell a person settled."""

    number: int
    record: Record
    values: dict[str, Any]
    names: dict[str, list[Resolved]]
    left_out: bool = False
    typed: set[str] = field(default_factory=set)


@dataclass
class Understood:
    lines: list[Line]
    points: list[Point]
    nil: bool = False
    unit: OrgUnit | None = None

    @property
    def taken(self) -> list[Line]:
        return [line for line in self.lines if not line.left_out]

    @property
    def open_points(self) -> list[Point]:
        return [point for point in self.points if point.open]

    @property
    def ready(self) -> bool:
        return self.unit is not None and not self.open_points

    def counts(self) -> dict[str, int]:
        """The columns of a file that lists count by."""
        still = [point.problem.level for point in self.open_points]
        questions = still.count("question") + (self.unit is None and not self._unit_asked())
        warnings = sum(point.problem.level == "warning" for point in self.points)
        return {
            "records": len(self.taken), "errors": still.count("error"),
            "questions": questions, "warnings": warnings,
        }  # fmt: skip

    def _unit_asked(self) -> bool:
        return any(point.open and point.of_unit for point in self.points)


def understand(
    annex: Annex, reading: Reading, answers: Answers, unit: OrgUnit | None
) -> Understood:
    """Rows and open points of ``reading`` as answered so far; asks the database nothing."""
    made = _Making(annex, reading, answers, unit)
    return Understood(made.lines(), made.points, reading.nil and not reading.records, unit)


class _Making:
    def __init__(self, annex: Annex, reading: Reading, answers: Answers, unit: OrgUnit | None):
        self.annex, self.reading, self.unit = annex, reading, unit
        self.left_out = set(answers.get("left_out", ()))
        self.typed: dict[str, Any] = answers.get("values", {})
        self.given: dict[str, str] = answers.get("questions", {})
        self.points = self._points()

    # -- Points ----------------------------------------------------------------------------------
    def _points(self) -> list[Point]:
        by_cell: dict[tuple[str, str], int] = {}
        by_row: dict[str, int] = {}
        for number, record in enumerate(self.reading.records):
            by_row.setdefault(record.where, number)
            for key, cell in record.cells.items():
                by_cell.setdefault((cell, key), number)
        found = []
        for number, problem in enumerate(self.reading.problems):
            record = by_cell.get((problem.where, problem.key))
            if record is None:
                record = by_row.get(problem.where)
            point = Point(number, problem, record, self.given.get(str(number), ""))
            point.open = problem.level != "warning" and not self._settled(point)
            found.append(point)
        if isinstance(self.annex, FormAnnex) and len(self.reading.records) > 1:
            many = f"文件里有{len(self.reading.records)}份表，分不清是谁的；请每份表存成一个文件后上传。"
            found.append(Point(-1, Problem("", "error", many), None, open=True))
        return found + self._of_typed()

    def _of_typed(self) -> list[Point]:
        """What is wrong with, or still to be asked of, what a person typed instead."""
        found = []
        for number, cells in self.typed.items():
            if int(number) in self.left_out:
                continue
            for key, typed in cells.items():
                for level, message in typed.get("problems", ()):
                    cell = self.reading.records[int(number)].cells.get(key, "")
                    problem = Problem(cell, level, message, key)
                    found.append(Point(-1, problem, int(number), open=level != "warning"))
        return found

    def _settled(self, point: Point) -> bool:
        problem = point.problem
        if point.record is not None:
            if point.record in self.left_out:
                return True
            if problem.key and problem.key in self.typed.get(str(point.record), {}):
                return True
        if problem.level != "question" or not point.answer:
            return False
        chosen = self._candidate(point)
        by_id = any(one.get("uuid") for one in problem.candidates)
        if point.of_unit and by_id:
            # Another unit is chosen by reading the file anew as that unit's.
            return bool(chosen and self.unit and chosen["uuid"] == str(self.unit.uuid))
        if chosen is not None:
            # A choice without an id confirms what was read, and only the first one does.
            return by_id or point.answer == "c0"
        return point.answer == KEEP and (by_id or not problem.candidates)

    @staticmethod
    def _candidate(point: Point) -> dict[str, Any] | None:
        given = point.answer[1:]
        if point.answer[:1] != "c" or not given.isascii() or not given.isdigit():
            return None
        number = int(given)
        return point.problem.candidates[number] if number < len(point.problem.candidates) else None

    # -- Lines -----------------------------------------------------------------------------------
    def lines(self) -> list[Line]:
        asked: dict[tuple[int, str], list[Point]] = defaultdict(list)
        for point in self.points:
            problem = point.problem
            if point.record is not None and point.number >= 0 and problem.level == "question":
                asked[point.record, problem.key].append(point)
        known = self.annex.known(self.unit) if self.unit and self._is_form else None
        found = []
        for number, record in enumerate(self.reading.records):
            line = Line(number, record, dict(record.values), dict(record.names))
            line.left_out = number in self.left_out
            for key in record.names:
                if points := asked.get((number, key)):
                    self._choose(line, key, points)
            for key, typed in self.typed.get(str(number), {}).items():
                line.values[key], line.typed = typed["value"], {*line.typed, key}
                if "names" in typed:
                    line.names[key] = [Resolved(**one) for one in typed["names"]]
            if line.typed or known is not None:
                line.values, _ = self.annex.clean(line.values, context=known)
            found.append(line)
        return found

    @property
    def _is_form(self) -> bool:
        return isinstance(self.annex, FormAnnex)

    def _choose(self, line: Line, key: str, points: list[Point]) -> None:
        """Put the villages that were chosen in the place of those that were asked about."""
        names = list(line.names[key])
        open_names = [n for n, one in enumerate(names) if one.match in ("ambiguous", "not-found")]
        changed = False
        for place, point in zip(open_names, points, strict=False):
            chosen = self._candidate(point)
            if chosen is None or not chosen.get("uuid"):
                continue
            names[place] = dataclasses.replace(
                names[place], match="unique", uuid=chosen["uuid"], code=chosen.get("code"),
                name=chosen["name"], place=chosen.get("town", ""), candidates=[],
            )  # fmt: skip
            changed = True
        if not changed:
            return
        line.names[key], line.typed = names, {*line.typed, key}
        line.values[key] = _said(self.annex, key, names, line.values.get(key))


def _said(annex: Annex, key: str, names: list[Resolved], before: Any) -> Any:
    """The value of a cell whose villages are known: ids where the annex keeps ids, else full words."""
    asked = annex.field(key)
    if asked.kind == "village":
        values = [{"unit": one.uuid, "text": one.name or one.text} for one in names]
        return values if asked.multiple else values[0]
    return "、".join(f"{one.place}{one.name}" if one.name else one.text for one in names)
