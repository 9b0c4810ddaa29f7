"""Lines that only go on with the record above them: offices break lines by hand where a cell is full."""

from collections.abc import Mapping, Sequence

from reporting.workbook.reading.cells import Cell, Wanted
from reporting.workbook.reading.lines import says_village
from reporting.workbook.reading.result import Record
from reporting.workbook.reading.words import is_none, tidy, tidy_lines

_ENDS = "。；;！!\n"


def goes_on(
    cells: Mapping[str, Sequence[Cell]],
    fields: Sequence[Wanted],
    *,
    numbered: bool,
) -> list[Wanted]:
    """The fields that an incomplete line adds to the record above it; none when it is no such line.

    Without the name it adds to sentences, or to the villages of the record. With a further piece of
    the name it does only where the lines are numbered and this one is not (``numbered``).
    """
    name = next((wanted for wanted in fields if wanted.required), None)
    filled = [
        wanted
        for wanted in fields
        if any(cell.text.strip() and not is_none(cell.text) for cell in cells.get(wanted.key, ()))
    ]
    merged = any(cell.merge and cell.merge[2] > cell.merge[0] for parts in cells.values() for cell in parts)  # fmt: skip
    if name is None or name.key not in cells or not filled or merged:
        return []
    if numbered:
        names = [w for w in fields if w.required and w is not name and w.kind != "long_text"]
        whole = name in filled and any(wanted in filled for wanted in names)
        return [] if whole else filled
    if all(wanted.kind == "long_text" for wanted in filled):
        return filled
    return filled if all(wanted.several for wanted in filled) else []


def is_next_village(
    above: Record, cells: Mapping[str, Sequence[Cell]], fields: Sequence[Wanted]
) -> bool:
    """Whether a line without a name says a whole village below a whole one: then no word was broken."""
    name = next((wanted for wanted in fields if wanted.required), None)
    if name is None or any(cell.text.strip() for cell in cells.get(name.key, ())):
        return False
    for wanted in fields:
        if wanted.refers_to == "village" and wanted.key in cells:
            held = str(above.values.get(wanted.key, "") or "")
            text = "".join(cell.text for cell in cells[wanted.key])
            return says_village(held) and says_village(text)
    return False


def join(
    above: Record, cells: Mapping[str, Sequence[Cell]], added: Sequence[Wanted], *, whole: bool
) -> None:
    """Put what a line adds behind what ``above`` holds.

    ``whole`` says that any cell may have been broken within a word; else villages are further ones.
    """
    typed = dict(above.original)
    for wanted in added:
        text = "\n".join(cell.text for cell in cells[wanted.key] if cell.text.strip())
        held = str(above.values.get(wanted.key, "") or "")
        typed[wanted.key] = f"{typed.get(wanted.key, '')}\n{text}".strip("\n")
        if wanted.several and not whole:
            above.values[wanted.key] = f"{held}、{tidy_lines(text)}" if held else tidy_lines(text)
        elif wanted.kind == "long_text":
            # A sentence that had ended begins a new line; one that had not goes on.
            gap = "\n" if held and held[-1] in _ENDS else ""
            above.values[wanted.key] = held + gap + tidy_lines(text)
        else:
            above.values[wanted.key] = tidy(held + text)
    above.original = typed
