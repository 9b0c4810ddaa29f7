"""What a village that was looked up becomes in a row, and what is asked where it is not one."""

from copy import deepcopy
from itertools import chain
from typing import Any

from reporting.incoming.villages import Area, is_other_kind
from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.records import Run
from reporting.workbook.reading.result import Reading, Resolved


def village_values(found: list[Resolved], several: bool) -> Any:
    values = [{"unit": one.uuid, "text": one.text} for one in found]
    return values if several else (values[0] if values else None)


def _own(value: Any) -> Any:
    return {**value} if type(value) is dict else deepcopy(value)


def resolve_run(run: Run, villages: list[Wanted], area: Area) -> set[int]:
    """Look up the villages of plain lines, a column at a time; the lines about which something is asked.

    The names wait until somebody looks at a record.
    """
    asking: set[int] = set()
    sheet = run.place(0, villages[0].key).rpartition("!")[0]
    for field in villages:
        column = run.columns[field.key]
        texts = set(column)
        known = area.named(texts, sheet)
        if unclear := {text for text in texts if not known[text][1]}:
            asking |= {at for at, text in enumerate(column) if text in unclear}
        run.names[field.key] = [known[text][0] for text in column]
        if field.kind == "village":
            # Each line has a value of its own, which whoever has a record of it may change.
            values = {text: village_values(known[text][0], field.several) for text in texts}
            run.columns[field.key] = [_own(values[text]) for text in column]
    several = [run.names[field.key] for field in villages]
    # Whoever makes a record of a line takes its names over, so that columns may be the same.
    run.names["villages"] = (
        several[0]
        if len(several) == 1
        else [list(chain.from_iterable(found)) for found in zip(*several, strict=True)]
    )
    return asking


def ask(reading: Reading, one: Resolved, place: str, field: Wanted) -> None:
    if one.match == "ambiguous":
        names = "、".join(f"{c['place']}{c['name']}" for c in one.candidates)
        reading.problem(
            place, "question", f"{place}“{one.text}”在本辖区有{len(one.candidates)}个：{names}，请选择是哪一个。",
            field.key, one.candidates,
        )  # fmt: skip
    elif one.match == "not-found":
        near = "、".join(f"{c['place']}{c['name']}" for c in one.candidates)
        hint = f"相近的有：{near}；" if near else ""
        reading.problem(
            place, "question", f"{place}“{one.text}”在本辖区没有找到，{hint}请选择，或改正名称。",
            field.key, one.candidates,
        )  # fmt: skip
    elif one.match == "unique-by-base-name" and is_other_kind(one):
        reading.problem(
            place, "warning", f"{place}“{one.text}”按名称对应到“{one.name}”，请核对。", field.key
        )


def ask_for_all(
    reading: Reading, found: list[Resolved], said: int, place: str, field: Wanted
) -> None:
    """东山村等3个村 names one of three: the others are asked for."""
    if said > len(found) > 0:
        reading.problem(
            place, "question",
            f"{place}写着有{said}个村，只写出了{len(found)}个：{'、'.join(one.text for one in found)}，请补全其余的村名。",
            field.key,
        )  # fmt: skip
