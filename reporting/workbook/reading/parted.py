"""A line that holds several records: posts one below the other in a cell, with a village each or one for all.

It can be read in more than one way, so it is always asked: where the counts agree it is parted line by
line, where they do not it is left as one.
"""

import re
from collections.abc import Sequence
from typing import Any

from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.numbering import parted as numbered
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading, Record
from reporting.workbook.reading.words import is_none, tidy, tidy_lines

# How names of posts, committees and villages end; a line that ends otherwise goes on in the next.
_ENDS = re.compile(
    r"(?:[岗所院科室厅站组队社园部班行馆处台店庭局校会厂场村]|窗口|中心|公司|柜台|柜面|银行|医院|学校|大厅|病区|"
    r"委员会|妇委会|妇工委|热线|基地|支部|分局|分行|支行|营业部|办公室|小组|班组|幼儿园|社区|专柜|网点)(?:[（(].{1,20}[)）])?$"
)
# A unit that has posts below it: 惠安县税务局 over 办税服务厅 is one name.
_UNIT = re.compile(r"(?:[局院校行委社署厅]|公司|中心|医院|学校|集团|委员会|政府|海关|法院|检察院)$")
_SHORTEST = 5  # characters of a whole name
_MOST = 20
_SIGNS = re.compile(r"[\n；;]+")


def part(records: Records, fields: Sequence[Wanted], reading: Reading) -> Records:
    """``records`` with those parted that hold several; every one of them is a question."""
    name, other = _named(fields)
    if name is None:
        return records
    made = Records()
    for _, some in records.parts():
        # A plain line holds no line end, and what was typed there is its value.
        if isinstance(some, Run) and not _signs_in(some.column(name.key), other):
            made.add(some)
            continue
        for record in some:
            text = str(record.original.get(name.key, ""))
            if len(text) > 2 * _SHORTEST and ("\n" in text or "；" in text or ";" in text):
                made += _parted(record, fields, name, other, reading)
            else:
                if "、" in text and other is not None:
                    _ask_if_as_many(record, name, other, reading)
                made.append(record)
    return made


def may_hold_several(run: Run, fields: Sequence[Wanted]) -> bool:
    """Whether ``part`` looks at plain lines one by one."""
    name, other = _named(fields)
    return name is not None and _signs_in(run.column(name.key), other)


def _named(fields: Sequence[Wanted]) -> tuple[Wanted | None, Wanted | None]:
    """The field of which a line may hold several, and that of the villages beside them."""
    name = next((wanted for wanted in fields if wanted.required and not wanted.several), None)
    if name is None or name.kind not in ("text", "long_text"):
        return None, None
    return name, next((wanted for wanted in fields if wanted.refers_to == "village"), None)


def _signs_in(names: list[str], other: Wanted | None) -> bool:
    """Whether one of ``names`` could be several."""
    said = "|".join(names)
    return any(sign in said for sign in ("；", ";", *("、" if other is not None else "")))


def _parted(
    record: Record,
    fields: Sequence[Wanted],
    name: Wanted,
    other: Wanted | None,
    reading: Reading,
) -> list[Record]:
    names = _lines(record.original.get(name.key, ""))
    if not 1 < len(names) <= _MOST or not all(_is_whole(each) for each in names):
        return [record]
    if len(names) == 2 and _is_one_name(*names) and not _same_count(record, other):
        return [record]
    where = record.cells.get(name.key, record.where)
    villages = _lines(record.original.get(other.key, "")) if other is not None else []
    shown = "、".join(tidy(each) for each in names)
    if other is not None and len(villages) not in (1, len(names)):
        reading.problem(
            where, "question",
            f"{where}“{name.label}”一格里写了{len(names)}个：{shown}，与{len(villages)}个{other.label}对不上，"
            "现按一条读取；请分行写明各自结对的村。", name.key,
        )  # fmt: skip
        return [record]
    found = []
    for place, each in enumerate(names):
        values = dict(record.values)
        values[name.key] = _without_number(tidy(each))
        for wanted in fields:
            if wanted is name:
                continue
            mine = _lines(record.original.get(wanted.key, ""))
            if len(mine) == len(names):
                values[wanted.key] = _value(wanted, mine[place])
        found.append(
            Record(
                record.where, values, dict(record.original), dict(record.cells),
                hidden=record.hidden, town=record.town, unit_text=record.unit_text, rows=record.rows,
            )
        )  # fmt: skip
    how = "逐一对应" if len(villages) == len(names) else "各结对同一个村"
    reading.problem(
        where, "question",
        f"{where}“{name.label}”一格里写了{len(names)}个：{shown}，现分成{len(names)}条，{how}，是否如此？",
        name.key, [{"name": f"分成{len(names)}条"}],
    )  # fmt: skip
    return found


def _is_one_name(unit: str, post: str) -> bool:
    """Whether the first line is the unit of the post in the second."""
    return bool(_UNIT.search(tidy(unit))) and tidy(unit)[:2] != tidy(post)[:2]


def _same_count(record: Record, other: Wanted | None) -> bool:
    return other is not None and len(_lines(record.original.get(other.key, ""))) == 2


def _ask_if_as_many(record: Record, name: Wanted, other: Wanted, reading: Reading) -> None:
    """甲岗、乙岗 beside 甲村、乙村: a name may hold 、, so nothing is parted, but it is asked."""
    names = record.original[name.key].split("、")
    villages = [part for part in re.split(r"[、，,；;\n]", record.original.get(other.key, "")) if part.strip()]  # fmt: skip
    if len(names) == len(villages) and all(_is_whole(each) for each in names):
        where = record.cells.get(name.key, record.where)
        reading.problem(
            where, "question",
            f"{where}“{name.label}”写的是一个，还是{len(names)}个？现按一条、{len(villages)}个{other.label}读取；"
            f"是{len(names)}个的，请分行填写。", name.key,
        )  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line for line in _SIGNS.split(text) if line.strip()]


def _is_whole(line: str) -> bool:
    words = _without_number(tidy(line))
    return len(words) >= _SHORTEST and _ENDS.search(words) is not None


def _without_number(words: str) -> str:
    found = numbered(words)
    return found[1] if found else words


def _value(wanted: Wanted, line: str) -> Any:
    words = _without_number(line.strip())
    if is_none(words):
        return ""
    return tidy_lines(words) if wanted.several or wanted.kind == "long_text" else tidy(words)
