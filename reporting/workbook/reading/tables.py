"""Finding the tables in a grid: heading rows of one to three lines, blocks beside and below others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reporting.workbook.reading.headings import Heading, Headings
from reporting.workbook.reading.views import View
from reporting.workbook.reading.words import squeezed, text_of

MOST_LINES = 3  # of one heading
LOOKED_AT = 1_000  # rows in which every cell is compared; further down only the first columns are
_SUB = 12  # characters of a heading under another


@dataclass
class Block:
    """One table: its heading lines, its columns by field, and the rows it owns."""

    grid: View
    top: int
    first: int
    last: int = 0
    columns: dict[str, list[int]] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)
    extras: dict[str, int] = field(default_factory=dict)  # number, town, unit → column
    others: dict[int, str] = field(default_factory=dict)
    left: int = 0
    right: int = 0

    def over(self, view: View) -> "Block":
        """The same table, filled in otherwise."""
        made = Block.__new__(Block)
        made.__dict__ |= self.__dict__
        made.grid = view
        return made

    @property
    def field_columns(self) -> list[int]:
        return [column for columns in self.columns.values() for column in columns]


def find(view: View, headings: Headings, wanted: int) -> list[Block]:
    """The tables of a grid in reading order; ``wanted`` is how many fields the annex has."""
    blocks: list[Block] = []
    further: Iterator[int] | None = None
    row = upto = 0
    saying: list[int] = []
    while row < view.height:
        if row > LOOKED_AT and blocks:
            further = further or _promising(view, row, headings, blocks)
            row = next((at for at in further if at >= row), view.height)
            if row == view.height:
                break
        if row >= upto:
            upto = row + LOOKED_AT
            saying = _saying(view.grid.rows[row:upto], row, headings)
        if row not in saying:
            row = next((at for at in saying if at > row), min(upto, view.height))
            continue
        lines = _heading_at(view, row, headings, wanted)
        if lines is None:
            row += 1
            continue
        depth, columns = lines
        further = None
        for block in _blocks(view, row, depth, columns, wanted):
            for earlier in blocks:
                if earlier.last == view.height and _overlap(earlier, block):
                    earlier.last = row
            block.last = view.height
            blocks.append(block)
        row += depth
    return blocks


def _saying(rows: list[list[Any]], first: int, headings: Headings) -> list[int]:
    """Numbers of the ``rows``, of which the first is ``first``, in which a cell is likely a heading."""
    texts = [[cell for cell in cells if type(cell) is str] for cells in rows]
    likely = headings.likely(set(chain.from_iterable(texts)) - {""})
    return [at for at, line in enumerate(texts, first) if not likely.isdisjoint(line)]


def _overlap(one: Block, other: Block) -> bool:
    return one.left <= other.right and other.left <= one.right


def _heading_at(
    view: View, row: int, headings: Headings, wanted: int
) -> tuple[int, dict[int, tuple[Heading, str, int]]] | None:
    """Lines of the heading that begins at ``row``, and what each column says; None for no heading.

    Of one, two or three lines the count that names most fields is taken, the lower one at a draw.
    """
    said = [headings.match(cell) for cell in view.grid.rows[row]]
    named = {heading.key for heading in said if heading.is_field}
    alone = row in view.merged_rows or len(named) >= min(2, wanted)
    best: tuple[int, dict[int, tuple[Heading, str, int]]] | None = None
    best_score = (0, 0)
    for depth in range(1, MOST_LINES + 1):
        if row + depth > view.height or (depth > 1 and not _belongs(view, row, depth, headings)):
            break
        if depth == 1 and not alone:
            continue
        columns = _columns(view, row, depth, headings)
        fields = {heading.key for heading, _, _ in columns.values() if heading.is_field}
        tiers = sum(
            max((h.tier for h, _, _ in columns.values() if h.key == key), default=0)
            for key in fields
        )
        sure = any(h.is_field and h.tier >= 3 for h, _, _ in columns.values())
        if not sure or len(fields) < min(2, wanted) or _too_wordy(view, row, depth):
            continue
        if (len(fields), tiers) > best_score or (
            (len(fields), tiers) == best_score and _all_headings(view, row + depth - 1, headings)
        ):
            best, best_score = (depth, columns), (len(fields), tiers)
    if best is None:
        return None
    depth, columns = best
    # Lines that only part what the heading above names (项目 | 目标) belong to it too.
    while (
        depth < MOST_LINES and row + depth < view.height and _is_sub_line(view, row, depth, columns)
    ):
        depth += 1
        columns = _columns(view, row, depth, headings)
    return depth, columns


def _is_words(text: str) -> bool:
    """Whether a cell in the line of headings is one: a sender's line or a title beside is none."""
    plain = squeezed(text)
    return len(plain) <= 20 and not any(sign in plain for sign in ":：")


def _all_headings(view: View, row: int, headings: Headings) -> bool:
    """Whether a line says headings and nothing else."""
    cells = [cell for cell in view.grid.rows[row] if text_of(cell).strip()]
    return bool(cells) and all(headings.match(cell).tier >= 3 for cell in cells)


def _promising(view: View, row: int, headings: Headings, blocks: list[Block]) -> Iterator[int]:
    """Rows from ``row`` on where one of the tables above may say its headings again."""
    columns = {column for block in blocks[-4:] for column in block.field_columns[:2]}
    found: set[int] = set()
    for column in columns:
        cells = view.grid.column(column, row, view.height)
        sure = headings.sure({cell for cell in cells if type(cell) is str and 0 < len(cell) <= 20})
        if sure:
            found |= {
                at for at, cell in enumerate(cells, row) if type(cell) is str and cell in sure
            }
    return iter(sorted(found))


def _too_wordy(view: View, row: int, depth: int) -> bool:
    """A line with a sentence in it is a record, not a heading."""
    return any(
        len(squeezed(text_of(cell))) > 60
        for line in view.grid.rows[row : row + depth]
        for cell in line
        if isinstance(cell, str)
    )


def _belongs(view: View, row: int, depth: int, headings: Headings) -> bool:
    """Whether the line ``depth - 1`` below ``row`` can be a further line of one heading."""
    line = row + depth - 1
    cells = [
        (column, text_of(view.own(line, column)))
        for column in range(len(view.grid.rows[line]))
        if text_of(view.own(line, column)).strip()
    ]
    if not cells:
        return any(
            merge[0] <= row and merge[2] >= line
            for column in range(view.width)
            if (merge := view.anchors.get((line, column)))
        )
    for column, text in cells:
        heading = headings.match(text)
        above = view.anchors.get((line - 1, column))
        under_group = above is not None and above[3] > above[1] and above[0] < line
        blank_above = text_of(view.shown(line - 1, column)).strip() == ""
        known = heading.tier >= 3 or (heading.tier >= 2 and (under_group or blank_above))
        if not known and not (under_group and len(squeezed(text)) <= _SUB):
            return False
    return True


def _is_sub_line(
    view: View, row: int, depth: int, columns: dict[int, tuple[Heading, str, int]]
) -> bool:
    """Whether the next line only has short words below cells that span columns, and blanks else."""
    line = row + depth
    found = False
    for column in range(view.width):
        text = squeezed(text_of(view.own(line, column)))
        merge = view.anchors.get((line, column))
        if merge and merge[0] < line:
            continue
        if not text:
            continue
        above = view.anchors.get((line - 1, column))
        if above is None or above[3] == above[1] or len(text) > _SUB:
            return False
        found = True
    return found


def _columns(
    view: View, row: int, depth: int, headings: Headings
) -> dict[int, tuple[Heading, str, int]]:
    """Per column: what its heading says, its lowest words, and the left end of the group above."""
    found: dict[int, tuple[Heading, str, int]] = {}
    for column in range(view.width):
        texts: list[tuple[str, int]] = []
        for line in range(row, row + depth):
            merge = view.anchors.get((line, column))
            # A title above is no heading, and a cell merged down says its words once.
            if merge and (merge[0] < row or line > merge[0]):
                continue
            text = text_of(view.shown(line, column)).strip()
            if text:
                texts.append((text, merge[1] if merge and merge[3] > merge[1] else column))
        if not texts:
            continue
        lowest, _ = texts[-1]
        group = texts[0][1]
        best = Heading()
        for text, _ in reversed(texts):
            heading = headings.match(text)
            if heading.tier >= 3 or (heading.tier > best.tier and heading.is_field):
                best = heading
                if heading.tier >= 3:
                    break
        joined = headings.match("".join(text for text, _ in texts)) if len(texts) > 1 else Heading()
        if joined.tier > best.tier:
            best = joined
        found[column] = (best, lowest, group)
    return found


def _blocks(
    view: View, row: int, depth: int, columns: dict[int, tuple[Heading, str, int]], wanted: int
) -> Iterator[Block]:
    """The tables side by side under one heading: a new one begins where a heading comes again."""
    spread: list[list[int]] = [[]]
    seen: dict[str, str] = {}
    for column in sorted(columns):
        heading, words, _ = columns[column]
        name = heading.key if heading.is_field else heading.sort
        again = name in seen and name != "other" and seen[name] == squeezed(words)
        before = columns.get(column - 1, (Heading(), "", -1))
        spans = column and before[2] == columns[column][2]
        # 结对村 | 结对村: two columns for one field, not a second table.
        twice = heading.is_field and before[0].key == heading.key and before[0].is_field
        if again and not spans and not twice:
            # 序号 and its like right before the repeated heading belong to the new table.
            carried: list[int] = []
            while spread[-1] and columns[spread[-1][-1]][0].sort in ("number", "town", "unit"):
                if heading.sort == "number":
                    break
                carried.insert(0, spread[-1].pop())
            spread.append(carried)
            seen = {}
            for kept in carried:
                seen[columns[kept][0].sort] = squeezed(columns[kept][1])
        spread[-1].append(column)
        seen.setdefault(name, squeezed(words))
    for group in spread:
        block = _block(view, row, depth, {column: columns[column] for column in group})
        if len(block.columns) >= min(2, wanted):
            yield block


def _block(view: View, row: int, depth: int, columns: dict[int, tuple[Heading, str, int]]) -> Block:
    block = Block(view, row, row + depth)
    best: dict[str, int] = {}
    groups: dict[str, set[int]] = {}
    for heading, _, group in columns.values():
        if heading.is_field and heading.tier >= best.get(heading.key, 0):
            if heading.tier > best.get(heading.key, 0):
                groups[heading.key] = set()
            best[heading.key] = heading.tier
            groups[heading.key].add(group)
    for column, (heading, words, group) in columns.items():
        if heading.is_field:
            sure = heading.tier == best[heading.key] or group in groups[heading.key]
            if sure or (heading.tier >= 3 and best[heading.key] == 3):
                block.columns.setdefault(heading.key, []).append(column)
                block.tiers[heading.key] = best[heading.key]
                continue
        if heading.sort in ("number", "town", "unit"):
            block.extras.setdefault(heading.sort, column)
        else:
            block.others[column] = words
    block.left, block.right = _reach(view, block, columns)
    # A heading over several columns owns the blank ones under it too.
    for column in range(block.left, block.right + 2):
        merge = view.anchors.get((row, column))
        if merge and merge[1] >= block.left and column not in columns and merge[3] == column:
            block.right = max(block.right, column)
    return block


def _reach(
    view: View, block: Block, columns: dict[int, tuple[Heading, str, int]]
) -> tuple[int, int]:
    """Leftmost and rightmost column: the known ones, and unknown ones right beside them."""
    known = [*block.field_columns, *block.extras.values()]

    def beside(column: int) -> bool:
        shown = column not in view.grid.hidden_columns
        return column in columns and shown and _is_words(columns[column][1])

    visible = [c for c in known if c not in view.grid.hidden_columns] or known
    left, right = min(visible, default=0), max(visible, default=0)
    left, right = min([left, *block.field_columns]), max([right, *block.field_columns])
    while beside(left - 1):
        left -= 1
    while beside(right + 1):
        right += 1
    return left, right
