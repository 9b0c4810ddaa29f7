"""What the page of one file shows: the sheet with its marks, the rows, the questions, the difference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from federation.models import OrgUnit, User
from reporting import file_meaning
from reporting.annexes import FormAnnex
from reporting.incoming import LEVELS
from reporting.intake import answering, difference, kept, obstacles, sheets, taking_over
from reporting.intake.difference import Plan
from reporting.intake.understanding import KEEP, Line, Point, Understood, understand
from reporting.models import FileState, IncomingFile, Meaning, Replaces, Submission
from reporting.workbook.reading.result import Reading

SHOWN_ROWS, SHOWN_LINES = 60, 200
SIGNS = {"error": "exclamation-octagon", "question": "question-circle", "warning": "info-circle"}
TONES = {"error": "late", "question": "warn", "warning": "info"}


@dataclass
class Shown:
    """One file as its page shows it. ``blocked`` is why it cannot be taken over just now."""

    understood: Understood | None = None
    points: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    more_rows: int = 0
    hidden_out: list[int] = field(default_factory=list)
    skipped: list[Any] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    sheet: dict[str, Any] | None = None
    plan: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    meanings: list[dict[str, Any]] = field(default_factory=list)
    replaces: list[tuple[str, str, bool]] = field(default_factory=list)
    units: list[OrgUnit] = field(default_factory=list)
    submission: Submission | None = None
    blocked: str = ""
    same: IncomingFile | None = None
    moved_on: bool = False
    own: bool = False
    ready: bool = False
    nil: bool = False
    late: bool | None = None


def facts(file: IncomingFile) -> list[tuple[str, Any]]:
    """Who sent what when, with the hash by which it is known."""
    batch = file.batch
    return [
        ("填报单位", file.unit.name if file.unit else "（待确认）"),
        ("附件", f"{file.form.mark} {file.form.title}（{file.collection.period}）"),
        ("收到", f"{batch.received_on:%Y-%m-%d}"),
        ("上传", f"{batch.by}"),
        ("大小", f"{max(file.size // 1024, 1)} KB"),
        ("校验值", file.sha256),
    ]


def still_open(file: IncomingFile) -> Reading:
    """The reading with what still stands in the way and the warnings, for the copy that goes back."""
    reading = kept.loaded(file.reading or {})
    found = understand(file.form, reading, file.answers, file.unit)
    reading.problems = [
        point.problem for point in found.points if point.open or point.problem.level == "warning"
    ]
    return reading


def of(file: IncomingFile, user: User, *, sheet: str = "", first: int = 0) -> Shown:
    """Everything about ``file`` that ``user`` may see, as things stand now."""
    shown = Shown(nil=False)
    if not file.reading:
        return shown
    found = answering.understood(file)
    shown.understood, shown.nil = found, found.nil
    shown.points = [_point(point) for point in found.points]
    shown.skipped = (file.reading or {}).get("skipped", [])[:100]
    _sheet(shown, file, found, sheet, first)
    shown.submission = file.submission_of_unit
    shown.late = file_meaning.is_late(file.collection, file.received_on)
    act = None
    if file.is_open:
        _offer(shown, file, user)
        if shown.submission is not None and found.unit is not None:
            stay = file.answers.get("kept", ())
            act = difference.plan(file, found.taken, shown.submission, stay)
            _plan(shown, file, act)
    by_line = {s.line.number: s for s in act.steps if s.line} if act else {}
    lines = found.lines
    shown.rows = [
        _row(file, line, found, by_line.get(line.number)) for line in _worth_showing(lines, found)
    ]
    shown.more_rows = len(lines) - len(shown.rows)
    listed = {row["number"] for row in shown.rows}
    shown.hidden_out = [n for n in file.answers.get("left_out", ()) if n not in listed]
    shown.ready = file.state == FileState.READY and found.ready and not shown.blocked
    return shown


def _worth_showing(lines: list[Line], found: Understood) -> list[Line]:
    """The first lines, and every later one that asks something."""
    asking = {point.record for point in found.points if point.open}
    return [one for n, one in enumerate(lines) if n < SHOWN_LINES or one.number in asking][
        : SHOWN_LINES * 2
    ]


# -- What is asked -----------------------------------------------------------------------------------
def _point(point: Point) -> dict[str, Any]:
    problem = point.problem
    by_id = any(one.get("uuid") for one in problem.candidates)
    choices = [
        {
            "value": f"c{number}",
            "label": f"{one.get('place', '')}{one['name']}",
            "checked": point.answer == f"c{number}",
        }
        for number, one in enumerate(problem.candidates)
        if by_id or number == 0
    ]
    if problem.level == "question" and not point.of_unit and (by_id or not problem.candidates):
        words = "都不是，照所写的带入" if choices else "照所写的带入"
        choices.append({"value": KEEP, "label": words, "checked": point.answer == KEEP})
    if not by_id and problem.candidates and problem.level == "question":
        choices[0]["label"] = f"是（{problem.candidates[0]['name']}）"
    return {
        "number": point.number,
        "level": problem.level,
        "word": LEVELS[problem.level],
        "icon": SIGNS[problem.level],
        "tone": TONES[problem.level],
        "where": problem.where,
        "message": problem.message,
        "key": problem.key,
        "record": point.record,
        "open": point.open,
        "settled": problem.level != "warning" and not point.open,
        "of_unit": point.of_unit and (by_id or not problem.candidates),
        "choices": choices if problem.level == "question" and point.number >= 0 else [],
        "anchor": f"point-{point.number}" if point.number >= 0 else "",
    }


# -- The sheet as it was sent ------------------------------------------------------------------------
def _sheet(shown: Shown, file: IncomingFile, found: Understood, name: str, first: int) -> None:
    every = file.sheets or []
    if not every:
        return
    marks = _marks(found.points, {line.record.where: line for line in found.lines})
    troubled = {where.rpartition("!")[0] or where.partition(" ")[0] for where in marks}
    chosen = next((s for s in every if s["name"] == name), None) or next(
        (s for s in every if s["name"] in troubled), every[0]
    )
    first = first if 0 <= first < len(chosen["rows"]) else 0
    upto = first + SHOWN_ROWS
    shown.sheets = [
        {
            "name": s["name"],
            "active": s is chosen,
            "hidden": s["hidden"],
            "asks": s["name"] in troubled,
        }
        for s in every
    ]
    shown.sheet = {
        "name": chosen["name"],
        "heads": sheets.heads(chosen),
        "lines": sheets.lines(chosen, marks, first, SHOWN_ROWS),
        "before": max(first - SHOWN_ROWS, 0) if first else None,
        "after": upto if upto < len(chosen["rows"]) else None,
        "first": first + 1,
        "last": min(upto, len(chosen["rows"])),
        "total": len(chosen["rows"]) + chosen["more"],
        "more": chosen["more"],
    }


def _marks(points: list[Point], lines: dict[str, Line]) -> dict[str, dict[str, Any]]:
    """What is said of each cell, the worst first; a whole row's problem stands at its first cell."""
    said: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        where = point.problem.where
        line = lines.get(where)
        if line is not None and line.record.cells:
            where = next(iter(line.record.cells.values()))
        said[where.partition(":")[0]].append(point)
    order = list(LEVELS)
    marks = {}
    for where, found in said.items():
        if not where:
            continue
        worst = min(found, key=lambda p: (not p.open, order.index(p.problem.level)))
        level = worst.problem.level
        settled = level != "warning" and not worst.open
        marks[where] = {
            "level": "settled" if settled else level,
            "word": "已处理" if settled else LEVELS[level],
            "icon": "check-lg" if settled else SIGNS[level],
            "message": "；".join(point.problem.message for point in found[:3]),
            "anchor": f"point-{worst.number}" if worst.number >= 0 else "",
        }
    return marks


# -- The rows as understood --------------------------------------------------------------------------
def _row(
    file: IncomingFile, line: Line, found: Understood, step: difference.Step | None
) -> dict[str, Any]:
    asked = defaultdict(list)
    for point in found.points:
        if point.record == line.number and point.problem.level != "warning":
            asked[point.problem.key].append(point)
    cells = []
    for one in file.form.fields:
        points = asked.get(one.key, [])
        value, original = (
            one.display(line.values.get(one.key)),
            line.record.original.get(one.key, ""),
        )
        error = any(point.problem.level == "error" for point in points)
        typed = file.answers.get("values", {}).get(str(line.number), {}).get(one.key)
        cells.append(
            {
                "key": one.key,
                "label": one.label,
                "value": value,
                "original": original if original.strip() != value.strip() else "",
                "name": f"cell-{line.number}-{one.key}",
                "typed": typed["text"] if typed else value or original,
                "editable": (error or bool(typed) or bool(points)) and not one.readonly,
                "open": any(point.open for point in points),
                "long": one.kind == "long_text",
                "where": line.record.cells.get(one.key, line.record.where),
                "there": one.display(step.row.values.get(one.key))
                if step and step.row and one.key in step.fields
                else None,
            }
        )
    return {
        "number": line.number,
        "where": line.record.where,
        "name": file.form.row_name(line.values),
        "cells": cells,
        "left_out": line.left_out,
        "open": any(point.open for points in asked.values() for point in points),
        "step": step.kind if step else "",
        "word": step.word if step else "",
        "like": bool(step and step.like),
        "moved_on": bool(step and step.moved_on),
        "may_stay": bool(step and step.row and step.kind in ("changed", "kept"))
        and not isinstance(file.form, FormAnnex),
        "stays": bool(step and step.kind == "kept"),
        "hidden": line.record.hidden,
    }


# -- What would happen -------------------------------------------------------------------------------
def _offer(shown: Shown, file: IncomingFile, user: User) -> None:
    shown.units = answering.possible_units(file, user)
    shown.meanings = [
        {"value": code, "label": label, "hint": HINTS[code], "checked": code == file.meaning,
         "proposed": code == file.proposed}
        for code, label in Meaning.choices
    ]  # fmt: skip
    shown.replaces = [(code, label, code == file.replaces) for code, label in Replaces.choices]
    if file.unit is not None:
        shown.blocked = obstacles.in_the_way(file, shown.submission, user)
        shown.same = taking_over.taken_before(file)
        if shown.same is not None:
            shown.blocked = str(taking_over.AlreadyTaken(shown.same))
        elif file.meaning == Meaning.DUPLICATE and not shown.blocked:
            shown.blocked = "这份文件是重复的，没有新内容可带入；点“不予带入”办结，或另选性质。"
    shown.own = file.batch.sender_id is not None


HINTS = {
    Meaning.ORIGINAL: "表里还没有这个单位寄来的内容，逐行加入。",
    Meaning.SUPPLEMENT: "加在已有内容之后，已有的不动。",
    Meaning.REPLACEMENT: "同名的行按文件修改，文件里没有的行移出。",
    Meaning.DUPLICATE: "内容都已有，什么也不写入。",
}


def _plan(shown: Shown, file: IncomingFile, act: Plan) -> None:
    shown.counts = {
        difference.WORDS[kind]: act.count()[kind] for kind in difference.WORDS if act.count()[kind]
    }
    shown.moved_on = any(step.moved_on for step in act.steps)
    shown.plan = [
        {"name": file.form.row_name(step.row.values), "moved_on": step.moved_on,
         "values": [one.display(step.row.values.get(one.key)) for one in file.form.fields[1:]]}
        for step in act.steps
        if step.kind == "removed" and step.row
    ]  # fmt: skip
