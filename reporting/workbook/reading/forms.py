"""A document read as forms of one respondent each: a value stands beside or below its label."""

from collections.abc import Iterator, Mapping

from reporting.workbook.reading.headings import full
from reporting.workbook.reading.parsing.grids import Document
from reporting.workbook.reading.views import View
from reporting.workbook.reading.words import squeezed, text_of


def read_forms(
    document: Document, printed: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[tuple[View, dict[str, tuple[str, str]]]]:
    """Each form found: its view, and (place, text) by the address of the issued workbook.

    ``printed`` are the issued words by address; ``values`` says at which address the label of a value
    stands (its own where the words are part of the cell).
    """
    for grid in document.grids:
        if grid.hidden or not grid.rows:
            continue
        view = View(grid)
        found: dict[str, tuple[str, str]] = {}
        for address, label in values.items():
            place = _find(view, printed[label], inside=address == label)
            if place is None:
                continue
            row, column = place
            if address == label:
                found[address] = (view.cell(row, column), text_of(view.own(row, column)))
                continue
            beside = _beside(view, row, column, {full(words) for words in printed.values()})
            if beside is not None:
                found[address] = beside
        if len(found) * 2 >= len(values):
            yield view, found


def _find(view: View, words: str, *, inside: bool) -> tuple[int, int] | None:
    wanted = full(words)
    for row, cells in enumerate(view.grid.rows[:500]):
        for column, cell in enumerate(cells):
            if not isinstance(cell, str) or not cell.strip():
                continue
            said = full(cell)
            if said == wanted or (inside and said.startswith(wanted)):
                return row, column
            if not inside and len(said) >= 3 and said.startswith(wanted) and _after(cell):
                return row, column
    return None


def _after(cell: str) -> bool:
    return "：" in cell or ":" in cell


def _beside(view: View, row: int, column: int, labels: set[str]) -> tuple[str, str] | None:
    """The value of a label: right of it, past what its merge covers; else behind its own colon."""
    own = text_of(view.own(row, column))
    merge = view.anchors.get((row, column))
    right = (merge[3] if merge else column) + 1
    for at in range(right, min(view.width, right + 8)):
        text = text_of(view.own(row, at))
        if text.strip():
            if full(text) in labels and "（" not in text:
                break
            return view.cell(row, at), text
    for sign in ("：", ":"):
        if sign in own and squeezed(own.split(sign, 1)[1]):
            return view.cell(row, column), own.split(sign, 1)[1]
    return view.cell(row, min(right, max(view.width - 1, 0))), ""
