"""The official form as printed, with its words filled in: for review, record and print.

The layout is read from the workbook as issued, so that a new annex needs nothing here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.html import format_html

from reporting import annexes
from reporting.models import Submission, SubmissionRow
from reporting.paper_parts import Area, Block, Paper, PaperCell, PaperRow, look
from reporting.workbook.sheet_view import CellView, RowView, SheetView, page_text, sheet_view

NIL = "本期无"
#: What a half-typed draft may do to an annex's own printing.
_UNPRINTABLE = (TypeError, ValueError, AttributeError, LookupError)

Flags = Mapping[tuple[int, str], str]


def of(submission: Submission, *, flags: Flags | None = None, open: bool = False) -> Paper:
    """The sheet of ``submission``.

    ``flags`` are standing reasons by (row pk, field key), an empty key for a whole row. With
    ``open`` every blank a person filled can be returned as ``cell:<row uuid>:<key>``. Reads
    ``rows`` and their ``changes``, and nothing more for each row.
    """
    rows = list(submission.rows.all())
    prefetch_related_objects(rows, "changes")
    form = submission.form
    view = sheet_view(form.workbook_path)
    if isinstance(form, annexes.RegisterAnnex):
        return _Register(form, view, rows, flags or {}, open).paper(submission)
    return _Form(form, view, rows, flags or {}, open).paper(submission)


class _Drawing:
    """What both kinds of sheet share: lines around the table, cells and their looks."""

    kind: str
    row_scope = ""

    def __init__(
        self,
        form: Any,
        view: SheetView,
        rows: list[SubmissionRow],
        flags: Flags,
        open: bool,
    ) -> None:
        self.form, self.view, self.rows, self.flags, self.open = form, view, rows, flags, open
        self.used: set[tuple[int, str]] = set()
        self.texts: dict[str, str] = {}

    def paper(self, submission: Submission) -> Paper:
        self.prepare(submission)
        above, table, below = self.view.parts()
        head, body = self.table(submission, table)
        return Paper(
            title=self.form.title,
            kind=self.kind,
            wide=self.view.wide,
            widths=self.view.widths,
            above=tuple(self._blocks(above, titled=True)),
            head=tuple(head),
            body=tuple(body),
            below=tuple(self._blocks(below, titled=False)),
            notes=tuple(self._notes()),
        )

    def prepare(self, submission: Submission) -> None:
        """Set ``texts``: words that replace issued ones, by address."""

    def table(
        self, submission: Submission, rows: tuple[RowView, ...]
    ) -> tuple[list[PaperRow], list[PaperRow]]:
        raise NotImplementedError

    def cell(self, cell: CellView) -> PaperCell:
        """A cell that no field fills."""
        words = self.texts.get(cell.address, cell.words)
        return PaperCell(page_text(words), **look(cell), scope=self.row_scope if words else "")

    def _blocks(self, rows: tuple[RowView, ...], *, titled: bool) -> Iterator[Block]:
        kept: list[PaperRow] = []
        for row in rows:
            cells = [cell for cell in row.cells if self.texts.get(cell.address, cell.words)]
            line = PaperRow(self.height(row), tuple(self.plain(cell) for cell in cells))
            if titled and cells and cells[0].align == "center":
                kept.append(line)
                continue
            if kept:
                yield Block(tuple(kept), title=True)
                kept, titled = [], False
            yield Block((line,))
        if kept:
            yield Block(tuple(kept), title=True)

    def plain(self, cell: CellView) -> PaperCell:
        return PaperCell(page_text(self.texts.get(cell.address, cell.words)), **look(cell))

    def height(self, row: RowView) -> float:
        return round(row.height * self.view.fit, 1)

    def reason(self, row: SubmissionRow, key: str) -> str:
        self.used.add((row.pk, key))
        return page_text(self.flags.get((row.pk, key)) or "")

    def area(self, row: SubmissionRow, key: str, words: str) -> Area:
        field = self.form.field(key)
        return Area(
            row.uuid,
            key,
            field.label,
            words,
            self.reason(row, key),
            self.open and not field.readonly,
        )

    def filled(
        self, cell: CellView, row: SubmissionRow, keys: tuple[str, ...], words: str, **more: Any
    ) -> PaperCell:
        """A cell that the fields ``keys`` of ``row`` fill."""
        corrected = not row.corrected_keys.isdisjoint(keys)
        areas = [self.area(row, key, words) for key in keys]
        reasons = tuple(
            f"{area.label}：{area.reason}" if len(areas) > 1 else area.reason
            for area in areas
            if area.reason
        )
        if not any(area.open for area in areas):
            areas = []
        elif len(areas) > 1:
            areas = [self._part(row, area) for area in areas]
        return PaperCell(
            words, **look(cell), areas=tuple(areas), reasons=reasons, corrected=corrected, **more
        )

    def _part(self, row: SubmissionRow, area: Area) -> Area:
        """One of several areas in a cell; a blank one says which it is."""
        field = self.form.field(area.key)
        value = shown(field, _values(row).get(area.key)) or format_html(
            '<span class="muted">{}（空）</span>', area.label
        )
        return replace(area, value=value, share=field.width or 0)

    def _notes(self) -> Iterator[tuple[str, str]]:
        """Reasons that no cell has shown; none may be lost."""
        numbers = {row.pk: number for number, row in enumerate(self.rows, start=1)}
        labels = {field.key: field.label for field in self.form.fields}
        for (row, key), reason in self.flags.items():
            if (row, key) not in self.used and reason:
                place = f"第 {numbers.get(row, '?')} 行" if self.kind == "register" else ""
                what = labels.get(key, key) if key else "整行" if place else "整份"
                yield f"{place}{what}", page_text(reason)


class _Form(_Drawing):
    kind = "form"
    row_scope = "row"

    def table(
        self, submission: Submission, rows: tuple[RowView, ...]
    ) -> tuple[list[PaperRow], list[PaperRow]]:
        row = self.rows[0] if self.rows else SubmissionRow(submission=submission)
        values = _values(row)
        body = []
        for line in rows:
            cells = [
                self._value(cell, row, values)
                if cell.address in self.form.cells
                else self.cell(cell)
                for cell in line.cells
            ]
            body.append(PaperRow(self.height(line), tuple(cells)))
        return [], body

    def _value(self, cell: CellView, row: SubmissionRow, values: Mapping[str, Any]) -> PaperCell:
        keys = self.form.cell_keys.get(cell.address, ())
        try:
            words = self.form.cells[cell.address](values)
        except _UNPRINTABLE:
            words = "  ".join(
                filter(None, (shown(self.form.field(k), values.get(k)) for k in keys))
            )
        if row.pk is None:
            return PaperCell(page_text(words or cell.words), **look(cell))
        return self.filled(cell, row, keys, page_text(words or cell.words))


class _Register(_Drawing):
    kind = "register"

    def prepare(self, submission: Submission) -> None:
        self.texts[self.form.unit_cell] = f"{self.form.unit_prefix}{submission.unit.name}"

    def table(
        self, submission: Submission, rows: tuple[RowView, ...]
    ) -> tuple[list[PaperRow], list[PaperRow]]:
        first, printed = self.form.first_row, self.form.printed_rows
        head = [self._head(row) for row in rows if row.number < first]
        lines = [row for row in rows if first <= row.number < first + printed]
        body = [
            self._row(lines[index] if index < len(lines) else lines[0], row)
            for index, row in enumerate(self.rows)
        ]
        if submission.nil_report and not body:
            body.append(self._nil(lines[0]))
        body += [self._blank(line) for line in lines[len(body) :]]
        tail = [row for row in rows if row.number >= first + printed]
        body += [PaperRow(self.height(r), tuple(self.plain(c) for c in r.cells)) for r in tail]
        return head, body

    def _head(self, row: RowView) -> PaperRow:
        cells = (
            PaperCell(cell.words, **look(cell), scope="colgroup" if cell.colspan > 1 else "col")
            for cell in row.cells
        )
        return PaperRow(self.height(row), tuple(cells))

    def _row(self, line: RowView, row: SubmissionRow) -> PaperRow:
        values, cells = _values(row), []
        for cell, column in zip(line.cells, self.form.columns, strict=False):
            words = page_text(shown(self.form.field(column.key), values.get(column.key)))
            cells.append(self.filled(cell, row, (column.key,), words, label=column.heading))
        return PaperRow(self.height(line), tuple(cells))

    def _nil(self, line: RowView) -> PaperRow:
        shape = look(line.cells[0])
        shape["colspan"] = len(line.cells)
        return PaperRow(self.height(line), (PaperCell(NIL, **shape),))

    def _blank(self, line: RowView) -> PaperRow:
        return PaperRow(self.height(line), tuple(self.plain(c) for c in line.cells), blank=True)


def shown(field: annexes.Field, value: Any) -> str:
    """The text of one field on paper, whatever was typed."""
    try:
        return page_text(field.display(value))
    except _UNPRINTABLE:
        return ""


def _values(row: SubmissionRow) -> Mapping[str, Any]:
    return row.values if isinstance(row.values, Mapping) else {}
