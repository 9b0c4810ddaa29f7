"""What a file means beside what is there: first return, supplement, replacement, duplicate, late.

Told from content and from the words people put into file names, titles and sheets; proposed to a
person with the reason, never applied here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reporting.annexes import Annex
from reporting.models import Collection, Submission
from reporting.workbook.reading.result import Reading, Record
from reporting.workbook.reading.words import squeezed

_COMPARED = 100  # rows of one name that a changed one is compared with
_ADDS = re.compile(r"补充|补报|增补|续报|追加|增报|新增|第[二三四]批|补交|补送|遗漏")
_REPLACES = re.compile(
    r"更正|修改|修正|修订|订正|更新|重报|重新报|重新上报|以此为准|以本表为准|最新|最终|定稿|终稿|替换|改正|调整后|新版|第[二三]版|改后"
)


@dataclass(frozen=True)
class Earlier:
    """Rows the unit has reported before: by a file, or ``online`` on the portal's own pages."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    digest: str = ""
    online: bool = False


def propose(reading: Reading, annex: Annex, earlier: Sequence[Earlier], said: str = "") -> None:
    """Set ``submission``, ``because`` and ``supersedes`` of a reading. ``said`` are its own words.

    Files are judged by files. Rows filled in online are told beside it: whether a file shall take
    their place is for a person to say, unless the file is our own export of them.
    """
    words = f"{reading.folder} {reading.file} {said}"
    adds, replaces = _ADDS.search(words), _REPLACES.search(words)
    mine = _rows(annex, [record.values for record in reading.records])
    if reading.refused or not (mine or reading.nil):
        return
    online = next((one for one in earlier if one.online), None)
    earlier = [one for one in earlier if not one.online]
    if online is not None and not earlier:
        if mine and mine <= _rows(annex, online.rows):
            _set(reading, "duplicate", "每一条都已在线填报，没有新增。")
            return
        if reading.own_template:
            _set(reading, "replacement", "由系统导出的表格修改而来。", online.name)
            return
    if not earlier:
        if adds or replaces:
            kind = "replacement" if replaces and not adds else "supplement"
            found = (replaces if kind == "replacement" else adds) or adds
            _set(
                reading,
                kind,
                f"文件里写着“{found[0] if found else ''}”，但没有收到过它之前的报送。",
            )
        else:
            more = f"；已在线填报{len(online.rows)}条，请确认是否以文件代替" if online else ""
            _set(reading, "original", f"这个单位还没有报送过文件{more}。")
        return
    last = earlier[-1]
    held = [_rows(annex, one.rows) for one in earlier]
    for one, rows in zip(reversed(earlier), reversed(held), strict=True):
        if (one.digest and one.digest == reading.digest) or (mine and mine == rows):
            _set(reading, "duplicate", f"与“{one.name}”的内容完全相同。")
            return
    everything = set().union(*(set(rows) for rows in held))
    names = {name for rows in held for _, name in rows}
    new_names = {name for _, name in mine}
    common = names & new_names
    if mine and set(mine) <= everything and not replaces:
        _set(reading, "duplicate", f"每一条都已在“{last.name}”里，没有新增。")
    elif replaces and not adds:
        _set(
            reading,
            "replacement",
            f"文件里写着“{replaces[0]}”。",
            _closest(earlier, held, new_names),
        )
    elif adds and len(common) * 2 <= max(len(new_names), 1):
        _set(reading, "supplement", f"文件里写着“{adds[0]}”，多为新的内容。")
    elif not common:
        _set(reading, "supplement", "与已报的没有相同的，都是新增。")
    elif len(common) * 2 >= len(names) or len(common) * 2 > len(new_names):
        _set(
            reading, "replacement", f"有{len(common)}条与已报的同名，内容有变化。",
            _closest(earlier, held, new_names),
        )  # fmt: skip
    else:
        _set(reading, "supplement", f"大多是新增，另有{len(common)}条与已报的同名，请核对。")


def _set(reading: Reading, kind: str, because: str, supersedes: str | None = None) -> None:
    reading.submission, reading.because, reading.supersedes = kind, because, supersedes


def _closest(
    earlier: Sequence[Earlier], held: Sequence[set[tuple[str, str]]], names: set[str]
) -> str:
    """The earlier file that has most rows of the same names; the later one at a draw."""
    shared = [len({name for _, name in rows} & names) for rows in held]
    best = max(range(len(earlier)), key=lambda i: (shared[i], i))
    return earlier[best].name


def _rows(annex: Annex, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return set(_said_by(annex, rows))


def _said_by(annex: Annex, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each row as (all its words, the name it goes by), comparable."""
    return [
        (
            "|".join(squeezed(field.display(values.get(field.key))) for field in annex.fields),
            squeezed(annex.row_name(values)),
        )
        for values in rows
    ]


def on_server(submission: Submission | None) -> list[Earlier]:
    """What the unit has reported already: rows of a form that was submitted, or came by a file."""
    if submission is None:
        return []
    rows = list(submission.rows.all())
    files: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        files.setdefault(str(row.origin.get("file", "")), []).append(row.values)
    typed = files.pop("", [])
    found = [Earlier(name, values) for name, values in files.items()]
    if typed and submission.first_submitted_on is not None:
        found.insert(0, Earlier("在线填报的内容", typed, online=True))
    return found


def is_late(call: Collection | Submission, received: dt.date | None) -> bool | None:
    """Whether a file that came on ``received`` came after the due day; the due day is on time."""
    return None if received is None else received > call.due_on


def changes(reading: Reading, annex: Annex, submission: Submission) -> list[dict[str, Any]]:
    """Row by row, what taking the file over would change; both sides where they differ.

    Rows are the same row when they go by one name. Of several of one name those that say the same
    belong together, whatever their order; the others by how little they differ. ``moved_on`` says
    that the server's rows changed after the file was exported from them.
    """
    version = reading.properties.get("submission_version", "")
    moved_on = reading.own_template and version.isdigit() and int(version) < submission.version
    held = [row.values for row in submission.rows.order_by("position")]
    found: list[dict[str, Any]] = []
    for record, row in _paired(annex, reading.records, held):
        differing = (
            [field.key for field in annex.fields if _differ(field, record.values, row)]
            if record is not None and row is not None
            else []
        )
        kind = (
            "missing" if record is None
            else "added" if row is None
            else "changed" if differing
            else "same"
        )  # fmt: skip
        found.append(
            {
                "kind": kind,
                "where": record.where if record is not None else "",
                "file": record.values if record is not None else None,
                "server": dict(row) if row is not None else None,
                "fields": differing,
                "moved_on": moved_on and kind != "same",
            }
        )
    return found


def _paired(
    annex: Annex, records: Sequence[Record], rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Record | None, Mapping[str, Any] | None]]:
    """Each record with its row, in the order of the file; then the rows that no record answers."""
    left: dict[str, dict[int, Mapping[str, Any]]] = {}
    same: dict[tuple[str, str], list[int]] = {}
    said = _said_by(annex, rows)
    for place, (row, (words, name)) in enumerate(zip(rows, said, strict=True)):
        left.setdefault(name, {})[place] = row
        same.setdefault((words, name), []).append(place)
    mine = _said_by(annex, [record.values for record in records])
    taken: dict[int, Mapping[str, Any]] = {}
    for number, key in enumerate(mine):
        if places := same.get(key):
            taken[number] = left[key[1]].pop(places.pop(0))
    for number, (record, (_, name)) in enumerate(zip(records, mine, strict=True)):
        others = left.get(name)
        if number not in taken and others:
            taken[number] = others.pop(_nearest(annex, record.values, others))
        yield record, taken.get(number)
    for place in sorted(place for others in left.values() for place in others):
        yield None, rows[place]


def _nearest(annex: Annex, values: Mapping[str, Any], rows: Mapping[int, Mapping[str, Any]]) -> int:
    """The place of the row that differs in fewest fields; the first at a draw."""
    few = list(islice(rows.items(), _COMPARED))
    return min(
        few, key=lambda each: sum(_differ(field, values, each[1]) for field in annex.fields)
    )[0]


def _differ(field: Any, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    return squeezed(field.display(mine.get(field.key))) != squeezed(
        field.display(theirs.get(field.key))
    )


@dataclass
class Batch:
    """Readings of several files in the order they came: later ones are judged by earlier ones."""

    annex: Annex
    held: dict[str, list[Earlier]]

    def propose(self, readings: Sequence[Reading]) -> None:
        order = sorted(range(len(readings)), key=lambda i: (_turn(readings[i]), i))
        for index in order:
            reading = readings[index]
            unit = reading.unit.uuid
            if unit is None:
                propose(reading, self.annex, [], _titles(reading))
                continue
            earlier = self.held.setdefault(unit, [])
            propose(reading, self.annex, earlier, _titles(reading))
            if reading.submission and reading.submission != "duplicate":
                rows = [record.values for record in reading.records]
                earlier.append(Earlier(reading.file, rows, reading.digest))


def _turn(reading: Reading) -> int:
    """Corrections and supplements are judged after what they correct, whatever the order of names."""
    words = f"{reading.folder} {reading.file} {_titles(reading)}"
    return 1 if _ADDS.search(words) or _REPLACES.search(words) else 0


def _titles(reading: Reading) -> str:
    sheets = " ".join(table.partition("!")[0] for table in reading.tables)
    return sheets + " " + " ".join(skip.text for skip in reading.skipped if skip.why == "标题")
