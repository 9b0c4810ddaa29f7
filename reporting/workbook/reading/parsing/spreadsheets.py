"""Sheets of .xlsx and .xls: values by calamine, the rest from the parts of the file."""

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from itertools import chain
from typing import Any

from reporting.workbook.reading.parsing import (
    biff,
    part_checks,
    plain_sheets,
    properties,
    recoded,
    templates,
    xlsx_parts,
    xlsx_runs,
    xlsx_styles,
    zips,
)
from reporting.workbook.reading.parsing.grids import Cell, Document, Grid, as_number, trimmed
from reporting.workbook.reading.parsing.refusal import Refused

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def read_xlsx(data: bytes, *, most_rows: int) -> Document:
    given = data
    data, container = recoded.plain(data, zips.weigh(data))
    part_checks.check_small_parts(container)
    part_checks.check_strings(container)
    plain = plain_sheets.read(container, most_rows)
    if plain is not None:
        document = Document("xlsx", [grid for grid, _ in plain])
        printed = [words for _, words in plain]
    else:
        facts = _facts(container, most_rows)
        document = read_values(data, "xlsx", most_rows, facts)
        printed = [fact.printed for fact in facts.values()]
    document.properties = properties.told(container)
    document.notes += xlsx_parts.carried(container)
    boxes = xlsx_parts.text_boxes(container)
    document.paragraphs = [*boxes, *chain.from_iterable(printed)]
    if plain is not None and data is given:
        templates.keep(container, document, boxes)
    return document


def _facts(container: zips.Container, most_rows: int) -> dict[str, xlsx_parts.SheetFacts]:
    """What the sheets' XML says beside their values. Raises ``Refused`` for what lies or is too long."""
    styles = xlsx_styles.styles(container).struck
    struck = xlsx_parts.Struck(styles, xlsx_runs.shared(container, every=bool(styles)))
    facts = {
        name: _scan(container, name, part, struck, most_rows) if part else xlsx_parts.SheetFacts()
        for name, part in xlsx_parts.sheet_parts(container).items()
    }
    for name, fact in facts.items():
        check_reach(name, fact, most_rows)
    return facts


def _scan(
    container: zips.Container, name: str, part: str, struck: xlsx_parts.Struck, most_rows: int
) -> xlsx_parts.SheetFacts:
    try:
        return xlsx_parts.scan(container, part, struck, most_rows)
    except Refused as refused:
        raise Refused(refused.code, f"工作表“{name}”：{refused.sentence}") from None


def read_xls(data: bytes, *, most_rows: int) -> Document:
    if biff.locked(data):
        raise Refused("password", "文件加了打开密码，读不出来。请取消密码后重新上传。")
    sheets = biff.facts(data)
    for number, fact in enumerate(sheets, start=1):
        _check_rows(f"第{number}张工作表", fact.last_row + 1, most_rows)
    document = read_values(data, "xls", most_rows, {})
    if len(sheets) == len(document.grids):
        for grid, fact in zip(document.grids, sheets, strict=True):
            grid.hidden_rows, grid.hidden_columns = fact.hidden_rows, fact.hidden_columns
            grid.struck = fact.struck
            grid.formulas = {
                f"{xlsx_parts.index_to_letters(column)}{row + 1}": True
                for row, column in fact.formulas
            }
            _put_errors(grid, fact.errors)
    return document


def check_reach(name: str, fact: xlsx_parts.SheetFacts, most_rows: int) -> None:
    """Raises ``Refused`` for a sheet whose cells stand further out than any reader should follow."""
    if fact.last_column >= xlsx_parts.MOST_COLUMNS:
        raise Refused(
            "far",
            f"工作表“{name}”的内容一直排到{fact.farthest}，超过{xlsx_parts.MOST_COLUMNS}列，没有读取。"
            "请删除表格右侧多余的列后再上传。",
        )
    if (
        fact.last_row > 1_048_575
        or (fact.last_row + 1) * (fact.last_column + 1) > xlsx_parts.MOST_CELLS
    ):
        raise Refused(
            "far",
            f"工作表“{name}”的内容一直排到{fact.farthest}，远在表格之外，没有读取。"
            "请删除表格下方和右侧多余的内容后再上传。",
        )
    _check_rows(f"工作表“{name}”", fact.last_row + 1, most_rows)


def read_values(
    data: bytes, kind: str, most_rows: int, facts: Mapping[str, xlsx_parts.SheetFacts]
) -> Document:
    """The sheets' values, with what was found out about each beside them. Raises ``Refused``."""
    from python_calamine import (  # noqa: PLC0415 -- after the limits of the child are set
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    document = Document(kind)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for meta in book.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                document.notes.append(f"“{meta.name}”是图表，不是表格，没有读取。")
                continue
            sheet = book.get_sheet_by_name(meta.name)
            fact = facts.get(meta.name) or xlsx_parts.SheetFacts()
            grid = Grid(
                meta.name,
                hidden=meta.visible != SheetVisibleEnum.Visible,
                hidden_rows=fact.hidden_rows,
                hidden_columns=fact.hidden_columns,
                formulas=fact.formulas,
                struck=fact.struck,
            )
            grid.rows = _rows(sheet, most_rows)
            _put_errors(grid, fact.errors)
            _put_kept(grid, fact.kept)
            _keep_formulas(grid, most_rows)
            ranges = sheet.merged_cell_ranges or []
            grid.merges = [
                (top, left, bottom, right)
                for (top, left), (bottom, right) in ranges[: xlsx_parts.MOST_NOTED]
            ]
            document.grids.append(grid)
    except PasswordError:
        raise Refused("password", "文件加了打开密码，读不出来。请取消密码后重新上传。") from None
    except (CalamineError, ValueError, OSError, RecursionError, OverflowError):
        raise Refused(
            "broken",
            "文件已损坏，打不开。请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再上传。",
        ) from None
    return document


def _check_rows(sheet: str, rows: int, most_rows: int) -> None:
    if rows > most_rows + xlsx_parts.TITLES:
        raise Refused(
            "rows",
            f"{sheet}有{rows}行，一次最多{most_rows}行，没有读取。请分成几个文件上传。",
        )


def _rows(sheet: Any, most_rows: int) -> list[list[Cell]]:
    _check_rows(f"工作表“{sheet.name}”", sheet.total_height, most_rows)
    if sheet.total_width > xlsx_parts.MOST_COLUMNS:
        raise Refused(
            "far",
            f"工作表“{sheet.name}”有{sheet.total_width}列，最多{xlsx_parts.MOST_COLUMNS}列，没有读取。"
            "请删除表格右侧多余的列后再上传。",
        )
    if sheet.height == 0:
        return []
    rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    for row in rows:
        try:
            "".join(row)  # tells a line of texts in a fraction of the time of asking each cell
        except TypeError:
            row[:] = [cell if type(cell) is str else _value(cell) for cell in row]
    return trimmed(rows)


def _put_errors(grid: Grid, errors: Mapping[tuple[int, int], str]) -> None:
    """A cell that says #REF! must be seen to say so; calamine leaves it blank."""
    for (row, column), words in errors.items():
        if row < len(grid.rows) and column < xlsx_parts.MOST_COLUMNS:
            grid.rows[row].extend("" for _ in range(column + 1 - len(grid.rows[row])))
            grid.rows[row][column] = words


def _put_kept(grid: Grid, kept: Mapping[tuple[int, int], str]) -> None:
    """Of a cell struck out in part only what is left; calamine gives all of its words."""
    for (row, column), words in kept.items():
        if row < len(grid.rows) and column < len(grid.rows[row]):
            grid.rows[row][column] = words
            grid.part_struck.add((row, column))


def _keep_formulas(grid: Grid, most_rows: int) -> None:
    """Lines at the end that hold nothing but formulas without results stay lines of the table."""
    last = max(
        (int(address.lstrip(_LETTERS)) for address, stored in grid.formulas.items() if not stored),
        default=0,
    )
    if len(grid.rows) < last <= most_rows + 1_000:
        grid.rows.extend([] for _ in range(last - len(grid.rows)))


def _value(cell: Any) -> Cell:
    if isinstance(cell, dt.datetime):
        return {"d": cell.isoformat(" ") if cell.time() != dt.time() else cell.date().isoformat()}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    if isinstance(cell, float):
        return as_number(cell)
    return cell if isinstance(cell, bool | int | str) else str(cell)
