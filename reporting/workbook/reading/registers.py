"""A document read as the table of one register: every table of every sheet, each record once."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from reporting.workbook.reading import lines
from reporting.workbook.reading.alike import Alike, Layout
from reporting.workbook.reading.cells import Wanted, empty_formulas
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Level, Reading, Skipped
from reporting.workbook.reading.rows import RowReader, put_in_order
from reporting.workbook.reading.tables import Block, find
from reporting.workbook.reading.views import Turned, View
from reporting.workbook.reading.words import squeezed, text_of

_VOID = re.compile(r"作废|废止|废弃|废稿|不用|勿用|停用")
_DRAFT = re.compile(
    r"初稿|草稿|旧|原稿|备份|副本|copy|backup|修改前|上年|去年|往年|底稿|留底", re.IGNORECASE
)
_SAMPLE = re.compile(
    r"样表|示例|样例|范例|模板|填表说明|填报说明|说明|例表|字典|下拉|数据源", re.IGNORECASE
)
_FINAL = re.compile(r"定稿|终稿|最终|正式|最新|修改后|更正|新$")
_COLUMNS = re.compile(r"\t+|[ \u3000]{2,}")
MOST_SKIPPED = 500
MOST_TURNED = 60  # lines of a table on its side, and of one whose headings are seen to lie
MOST_LYING = 5_000
_LYING_COLUMNS = 4  # in which headings one below the other are looked for


@dataclass
class Read:
    """What one grid came to."""

    view: View
    blocks: list[Block]
    records: Records
    skipped: list[Skipped]
    part: Reading
    outside: list[tuple[str, str]] = field(default_factory=list)  # where, text


def read_register(
    document: Document,
    reading: Reading,
    *,
    fields: Sequence[Wanted],
    headings: Headings,
    printed: frozenset[str] = frozenset(),
    is_town: Callable[[str], bool] | None = None,
    exact: bool = False,
    alike: Alike | None = None,
) -> list[Read]:
    """Fill ``reading`` with records, skipped lines, tables and problems; what was read, by sheet.

    ``alike`` remembers sheets from one file to the next, where all else that is given stays the same.
    """
    reader = _GridReader(reading, fields, headings, printed, is_town, exact, alike)
    reads = [reader.read(grid) for grid in document.grids]
    for place, block in _going_on(reads, fields, headings):
        name, before = reads[place].view.grid.name, reads[place - 1].view.grid.name
        reads[place] = reader.read_blocks(reads[place].view, [block])
        reads[place].part.problem(
            name, "question", f"“{name}”没有表头，现按“{before}”的表头读取，是否如此？",
            candidates=[{"name": before}],
        )  # fmt: skip
    if not any(read.blocks for read in reads) and (typed := typed_table(document)):
        reads.append(reader.read(typed))
    shown = [read for read in reads if not read.view.grid.hidden]
    for read in reads:
        if read.view.grid.hidden and read.view.height:
            _leave_out(reading, read, "hidden sheet")
            reading.problem(
                read.view.grid.name, "warning",
                f"工作表“{read.view.grid.name}”是隐藏的，没有读取；如要报送，请取消隐藏后重新上传。",
            )  # fmt: skip
    kept = _without_void(reading, [read for read in shown if read.records])
    kept = _without_repeats(reading, kept)
    for read in shown:
        if read in kept:
            reading.records += read.records
            reading.skipped += read.skipped[:MOST_SKIPPED]
            reading.problems += read.part.problems
            reading.nil = reading.nil or read.part.nil
            reading.tables += [place_of(block) for block in read.blocks]
            _tell_hidden(reading, read)
            _tell_missing(reading, read, fields)
        elif not read.records:
            reading.skipped += read.skipped[:MOST_SKIPPED]
            reading.nil = reading.nil or read.part.nil
            reading.tables += [place_of(block) for block in read.blocks]
    _tell_none(reading, shown, fields)
    return reads


def typed_table(document: Document) -> Grid | None:
    """A table typed into paragraphs, its columns parted by tabs or runs of blanks."""
    lines_ = [line for paragraph in document.paragraphs for line in paragraph.split("\n")]
    rows: list[list[object]] = [list(_COLUMNS.split(line.strip())) for line in lines_]
    return Grid("正文", rows, sheet=False) if sum(len(row) > 1 for row in rows) > 1 else None


@dataclass
class _GridReader:
    """Reads one grid after another for one annex."""

    reading: Reading
    fields: Sequence[Wanted]
    headings: Headings
    printed: frozenset[str]
    is_town: Callable[[str], bool] | None
    exact: bool
    alike: Alike | None

    def read(self, grid: Grid) -> Read:
        if self.alike is None:
            return self._read(grid)
        known = self.alike.read(grid, exact=self.exact)
        if known is not None:
            return self._read_again(*known)
        read = self._read(grid)
        self.alike.keep(grid, read, exact=self.exact)
        return read

    def _read_again(self, block: Block, run: Run, layout: Layout) -> Read:
        part = Reading(self.reading.file, skipped=[*layout.skipped])
        records = Records()
        records.add(run)
        records = put_in_order(records, self.fields, part, exact=self.exact)
        return Read(block.grid, [block], records, part.skipped, part, [*layout.outside])

    def _read(self, grid: Grid) -> Read:
        view = View(grid)
        blocks = find(view, self.headings, len(self.fields))
        if not blocks and (1 < view.height <= MOST_TURNED or _lies(view, self.headings)):
            turned = Turned(grid)
            blocks = find(turned, self.headings, len(self.fields))
            view = turned if blocks else view
        return self.read_blocks(view, blocks)

    def read_blocks(self, view: View, blocks: list[Block]) -> Read:
        return _read_blocks(view, blocks, self)


def _read_blocks(view: View, blocks: list[Block], asked: _GridReader) -> Read:
    reading, fields = asked.reading, asked.fields
    part = Reading(reading.file)
    read = Read(view, blocks, Records(), part.skipped, part)
    for block in blocks:
        reader = RowReader(
            block, fields, asked.headings, part, asked.exact, asked.is_town, asked.printed
        )
        read.records += reader.read()
        labels = {wanted.key: wanted.label for wanted in fields}
        for where, key in empty_formulas(block, labels):
            part.problem(
                where, "error",
                f"{where}“{labels[key]}”的公式没有保存结果，读不出数；请在 Excel 或 WPS 中打开，保存后重新上传。",
                key,
            )  # fmt: skip
    first = min((block.top for block in blocks), default=view.height)
    for row in range(min(view.height, 5_000)):
        owned = _columns_of(blocks, row)
        for column, cell in enumerate(view.grid.rows[row]):
            if (
                (row < first or not owned or column not in owned)
                and isinstance(cell, str)
                and cell.strip()
            ):
                read.outside.append((view.cell(row, column), cell))
    taken = {skip.where for skip in read.skipped}
    for row in range(min(first, 50)):
        texts = [text_of(cell).strip() for cell in view.grid.rows[row] if text_of(cell).strip()]
        if texts and blocks:
            where = view.cell(row, 0)
            if where not in taken:
                why = "footer" if squeezed("".join(texts)) in asked.printed else "title"
                read.skipped.append(Skipped(where, " ".join(texts)[:200], lines.WORDS[why]))
    return read


def _columns_of(blocks: Sequence[Block], row: int) -> set[int]:
    """Columns of the tables that own ``row``."""
    return {
        column
        for block in blocks
        if block.top <= row < block.last
        for column in range(block.left, block.right + 1)
    }


def _lies(view: View, headings: Headings) -> bool:
    """Whether headings stand one below the other in one of the first columns of a longer sheet."""
    if view.height > MOST_LYING:
        return False
    for column in range(min(view.width, _LYING_COLUMNS)):
        found = {
            headings.match(view.own(row, column)).key
            for row in range(view.height)
            if headings.match(view.own(row, column)).tier >= 3
        }
        if len(found - {""}) > 1:
            return True
    return False


def _going_on(
    reads: list[Read], fields: Sequence[Wanted], headings: Headings
) -> Iterator[tuple[int, Block]]:
    """Grids without a heading that go on with the table of the grid before, column by column.

    So Word parts a table at the end of a page. At least one line must fill all that is required.
    """
    for place, (before, read) in enumerate(pairwise(reads), start=1):
        if read.blocks or not before.blocks or read.view.grid.hidden or before.view.grid.hidden:
            continue
        last, view = before.blocks[-1], read.view
        top = [cell for cell in next(filter(any, view.grid.rows), []) if cell != ""]
        if sum(headings.match(cell).tier >= 3 for cell in top) * 2 > len(top):
            continue  # a table of its own, of names and telephones
        if not last.columns or type(before.view) is not View or view.width != last.right + 1:
            continue
        wanted = [last.columns[w.key][0] for w in fields if w.required and w.key in last.columns]
        if any(
            all(text_of(view.own(r, c)).strip() for c in wanted)
            for r in range(min(view.height, 50))
        ):
            yield place, replace(last, grid=view, top=0, first=0, last=view.height)


def place_of(block: Block) -> str:
    bottom = max(block.last - 1, block.first - 1)
    return block.grid.address(block.top, block.left, bottom, block.right)


def _leave_out(reading: Reading, read: Read, why: str, more: str = "") -> None:
    reading.skipped += [
        Skipped(record.where, " ".join(record.original.values())[:200], lines.WORDS[why] + more)
        for record in read.records[:MOST_SKIPPED]
    ]


def is_void(grid: Grid) -> bool:
    """Whether a sheet is called 作废."""
    return grid.sheet and _VOID.search(grid.name) is not None


def _without_void(reading: Reading, reads: list[Read]) -> list[Read]:
    """Sheets named 作废 go; drafts and samples go when another sheet is there."""
    kept = list(reads)
    for pattern, always in ((_VOID, True), (_SAMPLE, False)):
        for read in list(kept):
            name = read.view.grid.name
            if read.view.grid.sheet and pattern.search(name) and (always or len(kept) > 1):
                kept.remove(read)
                _leave_out(reading, read, "void sheet")
                reading.problem(
                    name, "warning", f"工作表“{name}”从名称看不是要报送的，没有读取，请核对。"
                )
    return kept


def _without_repeats(reading: Reading, reads: list[Read]) -> list[Read]:
    """A sheet that says again what another says is told, not doubled; one that says it otherwise asks."""
    if len(reads) < 2:
        return reads
    kept: list[Read] = []
    for read in sorted(reads, key=_rank):
        mine = _rows_of(read)
        same = next((other for other in kept if mine <= _rows_of(other)), None)
        name = read.view.grid.name
        if same is not None:
            _leave_out(reading, read, "repeats", f"“{same.view.grid.name}”")
            reading.problem(
                name, "warning", f"“{name}”与“{same.view.grid.name}”的内容相同，只读一次。"
            )
            continue
        wider = next((other for other in kept if _rows_of(other) < mine), None)
        names = _names_of(read)
        rival = next(
            (other for other in kept if len(names & _names_of(other)) * 2 > len(names)), None
        )
        if wider is not None:
            kept.remove(wider)
            _leave_out(reading, wider, "repeats", f"“{name}”")
            reading.problem(
                wider.view.grid.name, "warning",
                f"“{wider.view.grid.name}”的内容都在“{name}”里，只读一次。",
            )  # fmt: skip
        elif rival is not None:
            first = rival.view.grid.name
            _leave_out(reading, read, "repeats", f"“{first}”（内容不一致）")
            level: Level = "warning" if _DRAFT.search(name) or _FINAL.search(first) else "question"
            reading.problem(
                name, level,
                f"“{name}”与“{first}”写的是同一批，内容不一致；现按“{first}”读取，请确认以哪张为准。",
                candidates=[{"name": first}, {"name": name}],
            )  # fmt: skip
            continue
        kept.append(read)
    return [read for read in reads if read in kept]


def _rank(read: Read) -> int:
    name = read.view.grid.name
    return 0 if _FINAL.search(name) else 2 if _DRAFT.search(name) else 1


def _rows_of(read: Read) -> set[str]:
    return {
        squeezed("|".join(str(value) for value in record.values.values()))
        for record in read.records
    }


def _names_of(read: Read) -> set[str]:
    return {squeezed(str(next(iter(record.values.values()), ""))) for record in read.records}


def _tell_hidden(reading: Reading, read: Read) -> None:
    hidden = read.view.grid.hidden_columns
    for block in read.blocks:
        for key, columns in block.columns.items():
            if any(column in hidden for column in columns):
                where = block.grid.cell(block.top, columns[0])
                reading.problem(
                    where, "warning", f"{where}所在的列是隐藏的，已照样读入，请核对。", key
                )


def _tell_missing(reading: Reading, read: Read, fields: Sequence[Wanted]) -> None:
    for block in read.blocks:
        for wanted in fields:
            if wanted.required and wanted.key not in block.columns:
                where = block.grid.address(block.top, block.left, block.top, block.right)
                reading.problem(
                    where,
                    "error",
                    f"{where}的表头里没有“{wanted.label}”这一列，请补上后重新上传。",
                    wanted.key,
                )


def _tell_none(reading: Reading, shown: list[Read], fields: Sequence[Wanted]) -> None:
    if reading.records:
        return
    if not any(read.blocks for read in shown):
        labels = "”“".join(wanted.label for wanted in fields)
        reading.problem(
            "",
            "error",
            f"没有找到表格：没有一行同时有“{labels}”这些表头。请用下载的表样填写，或核对表头后重新上传。",
        )
    elif reading.nil:
        reading.problem(
            "",
            "question",
            "表里注明没有内容，是否按“本期无”报送？",
            candidates=[{"name": "本期无"}],
        )
    else:
        reading.problem(
            "", "error", "表格是空的，没有一行记录；请填写后重新上传，确实没有的请报“本期无”。"
        )
