"""What a printed sheet is made of on a page: its cells, rows and blocks, and how each looks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reporting.workbook.sheet_view import CellView


@dataclass(frozen=True)
class Area:
    """What of a cell can be sent back on its own: one field of one row. ``share`` is its part of
    the width where several stand side by side."""

    row: object
    key: str
    label: str
    value: str
    reason: str
    open: bool
    share: int = 0


@dataclass(frozen=True)
class PaperCell:
    """One printed cell. With ``areas`` those stand in it, else ``words`` and the ``reasons`` it was
    sent back for. ``scope`` makes it a heading; ``label`` names it where the table is taken apart."""

    words: str
    classes: str
    style: str
    colspan: int = 1
    rowspan: int = 1
    scope: str = ""
    label: str = ""
    areas: tuple[Area, ...] = ()
    reasons: tuple[str, ...] = ()
    corrected: bool = False


@dataclass(frozen=True)
class PaperRow:
    """A printed row. ``height`` in points; ``blank`` is a line printed for nobody yet."""

    height: float
    cells: tuple[PaperCell, ...]
    blank: bool = False


@dataclass(frozen=True)
class Block:
    """Lines above or below the table; ``title`` when they are the name of the form."""

    lines: tuple[PaperRow, ...]
    title: bool = False


@dataclass(frozen=True)
class Paper:
    """A sheet ready for ``parts/paper.html``. ``widths`` in percent; ``notes`` are reasons that
    belong to no printed cell, as (label, reason)."""

    title: str
    kind: str
    wide: bool
    widths: tuple[float, ...]
    above: tuple[Block, ...]
    head: tuple[PaperRow, ...]
    body: tuple[PaperRow, ...]
    below: tuple[Block, ...]
    notes: tuple[tuple[str, str], ...]

    @property
    def sheet_class(self) -> str:
        return "sheet-wide" if self.wide else ""


def look(cell: CellView) -> dict[str, Any]:
    classes = [f"face-{cell.face}", *_looks(cell)]
    style = f"--size:{cell.size:g}" + (f";--indent:{cell.indent}" if cell.indent else "")
    return {
        "classes": " ".join(classes),
        "style": style,
        "colspan": cell.colspan,
        "rowspan": cell.rowspan,
    }


def _looks(cell: CellView) -> Iterable[str]:
    if cell.align != "left":
        yield f"at-{cell.align}"
    if cell.valign != "center":
        yield f"on-{cell.valign}"
    if cell.bold:
        yield "bold"
    if cell.words[:1].isspace():
        yield "para"
    if cell.lines:
        yield from (f"no-{s}" for s in ("top", "right", "bottom", "left") if s not in cell.lines)
