"""Annexes that add up: a line for each unit right below, 本级, 合计; figures asked for, never typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.db.models import Count, Q, QuerySet

from federation import tree
from federation.models import OrgUnit, User
from reporting.annexes.base import Annex
from reporting.workbook import Line

Kind = Literal["人", "人次", "个", "对", "次", "件", "元", "%"]
AddsUp = Literal["sum", "distinct", "rate"]
OWN, TOTAL = "本级", "合计"
NONE = "—"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Asked:
    """Whose table, of which unit and period; ``only`` narrows it further, by words of the annex.

    ``action`` is what she must be allowed to do with the rows: to look, or to take them out.
    """

    user: User
    unit: OrgUnit
    period: str
    action: str = "view"
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rate:
    """``part`` of ``whole``: rates are added up by their parts, never averaged."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.part + other.part, self.whole + other.whole)

    def __bool__(self) -> bool:
        return self.whole > 0

    @property
    def share(self) -> Decimal | None:
        return (
            None
            if not self.whole
            else (Decimal(self.part) / self.whole).quantize(Decimal("0.0001"))
        )

    def __str__(self) -> str:
        return NONE if self.share is None else f"{self.share * 100:.1f}%"


@dataclass(frozen=True)
class Measure:
    """A column: the rows it counts, in what, and how lines add up.

    ``records`` gives the rows that the asking user may see, ``place`` is the lookup from one to the
    path of its unit. ``sum`` adds ``amount`` (rows, without one); ``distinct`` counts different
    ``counts``, once in each line and once in 合计; ``rate`` is Σ of those with ``part`` ÷ Σ of all.
    ``shown`` turns the number of one unit into what may be known of it, where small numbers are
    withheld: lines then add what is shown, from ``zero`` on, and no figure opens its rows.
    """

    key: str
    heading: str
    unit: Kind
    records: Callable[[Asked], QuerySet]
    adds_up: AddsUp = "sum"
    place: str = "unit__path"
    amount: Any = None
    counts: str = "pk"
    part: Q | None = None
    group: str = ""
    shown: Callable[[int], Any] | None = None
    zero: Any = 0

    def cells(self, rows: QuerySet) -> list[tuple[str, Any]]:
        """``(path, value)`` of ``rows`` by unit, values as this measure adds them up; one query."""
        rows = rows.order_by()
        if self.adds_up == "distinct" and self.shown is None:
            return list(rows.values_list(self.place, self.counts).distinct())
        by_unit = rows.values(self.place)
        if self.adds_up == "rate":
            said = by_unit.annotate(some=Count("pk", filter=self.part), every=Count("pk"))
            return [(p, Rate(s, e)) for p, s, e in said.values_list(self.place, "some", "every")]
        amount = Count(self.counts, distinct=True) if self.adds_up == "distinct" else self.amount
        found = by_unit.annotate(figure=amount or Count("pk")).values_list(self.place, "figure")
        return [(path, self.shown(n) if self.shown else n or 0) for path, n in found]

    def together(self, values: Iterable[Any]) -> Any:
        """One figure out of the values of some cells."""
        if self.adds_up == "distinct" and self.shown is None:
            return len(set(values))
        return sum(values, Rate() if self.adds_up == "rate" else self.zero)

    def of(self, rows: QuerySet) -> Any:
        """The one figure of ``rows``: what a list of them says at its head."""
        return self.together(value for _, value in self.cells(rows))

    @property
    def opens(self) -> bool:
        """Whether the figure may be opened into its rows."""
        return self.shown is None

    @property
    def label(self) -> str:
        return f"{self.heading}（{self.unit}）"


@dataclass(frozen=True)
class SummaryLine:
    """A line of the table; ``unit`` where it is one right below. ``figures`` by measure."""

    label: str
    unit: OrgUnit | None
    figures: Mapping[str, Any]


class SummaryAnnex(Annex):
    """A table of figures over a unit and those right below it, computed when it is asked for.

    ``first_row`` is the blank line as issued that every line looks like; ``printed_rows`` how many
    there are. Nobody hands it in: ``filed`` is false.
    """

    filed: ClassVar[bool] = False
    fields = ()
    unit_heading: ClassVar[str] = "单位"
    measures: ClassVar[tuple[Measure, ...]]
    heading_row: ClassVar[int]
    first_row: ClassVar[int]
    printed_rows: ClassVar[int]
    unit_cell: ClassVar[str]
    unit_prefix: ClassVar[str] = "填报单位："

    def measure(self, key: str) -> Measure:
        """``KeyError`` when there is none of that key."""
        return {measure.key: measure for measure in self.measures}[key]

    def printed(self) -> dict[str, str]:
        """The issued words; a heading names its unit, in the group's row where groups have one."""
        said = {f"A{self.heading_row}": self.unit_heading, self.unit_cell: self.unit_prefix}
        for letter, measure in zip(_LETTERS[1:], self.measures, strict=False):
            said[f"{letter}{self.heading_row}"] = measure.label
        return {**self.headings, **said}

    # -- The figures -----------------------------------------------------------------------------
    def subordinates(self, unit: OrgUnit) -> list[OrgUnit]:
        """Units right below, in the order of the tree; those closed only count with their figures."""
        rows = OrgUnit.objects.filter(tree.within(unit.path), depth=unit.depth + 1)
        return list(rows.select_related("unit_type").order_by("path"))

    def listed(self, unit: OrgUnit) -> bool:
        """Whether a unit right below has a line even where all its figures are nought."""
        return unit.closed_on is None

    def lines(self, asked: Asked) -> list[SummaryLine]:
        """One line a unit right below, one for 本级 where it has figures, and 合计.

        One query a measure, whatever the number of units and rows.
        """
        below = {child.path: child for child in self.subordinates(asked.unit)}
        wide = len(asked.unit.path) + tree.STEP
        sorted_: dict[str, dict[str, list[Any]]] = {path: {} for path in (*below, asked.unit.path)}
        for measure in self.measures:
            rows = measure.records(asked).filter(tree.within(asked.unit.path, measure.place))
            for path, value in measure.cells(rows):
                cells = sorted_.get(path[:wide])
                if cells is not None:
                    cells.setdefault(measure.key, []).append(value)
        lines = [
            self._line(child.name, child, [sorted_[path]])
            for path, child in below.items()
            if sorted_[path] or self.listed(child)
        ]
        if sorted_[asked.unit.path]:
            lines.append(self._line(OWN, None, [sorted_[asked.unit.path]]))
        return [*lines, self._line(TOTAL, None, list(sorted_.values()))]

    def rows(self, measure: Measure, asked: Asked, line: str = TOTAL) -> QuerySet:
        """What stands behind a figure: of 合计, of 本级, or of the unit below with the path ``line``."""
        rows = measure.records(asked)
        if line == OWN:
            return rows.filter(**{measure.place: asked.unit.path})
        path = asked.unit.path if line == TOTAL else line
        return rows.filter(tree.within(path, measure.place))

    def _line(
        self, label: str, unit: OrgUnit | None, cells: list[dict[str, list[Any]]]
    ) -> SummaryLine:
        return SummaryLine(
            label,
            unit,
            {
                measure.key: measure.together(
                    value for one in cells for value in one.get(measure.key, ())
                )
                for measure in self.measures
            },
        )

    # -- The workbook ----------------------------------------------------------------------------
    def write(
        self, lines: Sequence[SummaryLine], *, unit_name: str, properties: Mapping[str, object]
    ) -> bytes:
        """The filled table; figures are numbers, withheld ones their words."""
        return self._fill(self._written(lines, unit_name), properties)

    def verify(self, data: bytes, lines: Sequence[SummaryLine], *, unit_name: str) -> None:
        """Re-open a written table; raises ``WorkbookMismatch`` unless it says exactly ``lines``."""
        self._verify(data, self._written(lines, unit_name))

    def _written(self, lines: Sequence[SummaryLine], unit_name: str) -> list[Line]:
        below = self.first_row + self.printed_rows
        letter, row = self.unit_cell[0], int(self.unit_cell[1:])
        said = {letter: f"{self.unit_prefix}{unit_name}"}
        above = [Line(n, said if n == row else {}) for n in range(1, self.first_row)]
        filled = [
            Line(
                self.first_row + min(place, self.printed_rows - 1),
                {"A": line.label, **self._cells(line)},
            )
            for place, line in enumerate(lines)
        ]
        note = [Line(n) for n in sorted(self.issued.sheet.rows) if n >= below]
        return [*above, *filled, *note]

    def _cells(self, line: SummaryLine) -> dict[str, Any]:
        return {
            letter: in_cell(line.figures[measure.key])
            for letter, measure in zip(_LETTERS[1:], self.measures, strict=False)
        }


def in_cell(figure: Any) -> str | int | Decimal:
    """A figure as a cell holds it: a number, or the words of one that is none."""
    if isinstance(figure, Rate):
        return NONE if figure.share is None else figure.share
    if isinstance(figure, int | Decimal):
        return figure
    text = str(figure)
    return int(text) if text.isdecimal() else text
