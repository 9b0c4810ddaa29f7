"""A grid as it is seen: merges laid out, addresses told, and lying tables stood up."""

from typing import Any

from reporting.workbook.reading.parsing.grids import Grid
from reporting.workbook.reading.parsing.xlsx_parts import index_to_letters


class View:
    """A grid with its merges laid out, and its addresses."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.height = len(grid.rows)
        self.width = max((len(row) for row in grid.rows), default=0)
        self.anchors: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        for top, left, bottom, right in grid.merges:
            bottom, right = min(bottom, self.height - 1), min(right, max(self.width - 1, left))
            if (bottom - top + 1) * (right - left + 1) > 20_000 or (bottom, right) == (top, left):
                continue
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    self.anchors[row, column] = (top, left, bottom, right)

        self.merged_rows = {row for row, _ in self.anchors}

    @classmethod
    def laid_out_as(cls, other: "View", grid: Grid) -> "View":
        """Of a grid as high and as wide as another's, and merged in the same places."""
        made = cls.__new__(cls)
        made.grid, made.height, made.width = grid, other.height, other.width
        made.anchors, made.merged_rows = other.anchors, other.merged_rows
        return made

    def own(self, row: int, column: int) -> Any:
        """The cell itself; blank where a merge covers it."""
        cells = self.grid.rows[row] if row < self.height else []
        return cells[column] if column < len(cells) else ""

    def shown(self, row: int, column: int) -> Any:
        """The cell as seen: where a merge covers it, what stands in the merge."""
        merge = self.anchors.get((row, column))
        return self.own(merge[0], merge[1]) if merge else self.own(row, column)

    def address(self, top: int, left: int, bottom: int, right: int) -> str:
        if not self.grid.sheet:
            lines = f"第{top + 1}行" if top == bottom else f"第{top + 1}至{bottom + 1}行"
            return f"{self.grid.name} {lines}"
        first = f"{index_to_letters(left)}{top + 1}"
        last = f"{index_to_letters(right)}{bottom + 1}"
        return f"{self.grid.name}!{first}" + (f":{last}" if last != first else "")

    def addresses(self, rows: range, left: int, right: int) -> list[str]:
        """``address`` of each of the ``rows`` alone."""
        if not self.grid.sheet:
            return [self.address(row, left, row, right) for row in rows]
        first, last = f"{self.grid.name}!{index_to_letters(left)}", index_to_letters(right)
        if left == right:
            return [f"{first}{row + 1}" for row in rows]
        return [f"{first}{row + 1}:{last}{row + 1}" for row in rows]

    def cell(self, row: int, column: int) -> str:
        if not self.grid.sheet:
            return f"{self.grid.name} 第{row + 1}行第{column + 1}列"
        return f"{self.grid.name}!{index_to_letters(column)}{row + 1}"


class Turned(View):
    """A table that lies on its side, its headings one below the other: read as if it stood."""

    def __init__(self, grid: Grid) -> None:
        width = max((len(row) for row in grid.rows), default=0)
        rows = [
            [row[column] if column < len(row) else "" for row in grid.rows]
            for column in range(width)
        ]
        super().__init__(
            Grid(
                grid.name,
                rows,
                [(left, top, right, bottom) for top, left, bottom, right in grid.merges],
                grid.hidden,
                grid.hidden_columns,
                grid.hidden_rows,
                {(column, row) for row, column in grid.struck},
                grid.formulas,
                grid.sheet,
                grid.after_paragraph,
                {(column, row) for row, column in grid.part_struck},
            )
        )

    def address(self, top: int, left: int, bottom: int, right: int) -> str:
        if not self.grid.sheet:
            return f"{self.grid.name} 第{top + 1}列"
        return super().address(left, top, right, bottom)

    def addresses(self, rows: range, left: int, right: int) -> list[str]:
        return [self.address(row, left, row, right) for row in rows]

    def cell(self, row: int, column: int) -> str:
        return super().cell(column, row)
