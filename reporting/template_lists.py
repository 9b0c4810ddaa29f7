"""Lists that come in on a sheet of ours (账号, 阵地, 帮扶力量): its template, its rows, their run.

django-import-export maps the rows. What they may touch, which columns there are and which rules every row
goes through is said by the resource of the room whose list it is.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.utils import translation
from import_export.resources import Resource
from tablib import Dataset

from federation.models import OrgUnit
from reporting.workbook import Sheet, UnreadableWorkbook, write_ledger
from reporting.workbook.sheet_reading import MOST_BYTES

Column = tuple[str, str, bool]  # its word on the sheet, its key, whether it must be filled
Row = dict[str, Any]
SEARCHED = 10  # lines from the top among which the headings are
MOST_CHARACTERS = 400  # of a cell; nothing that is asked for is longer
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Wrong(NamedTuple):
    """What is wrong in the row at ``index`` of the list; ``key`` of its column, empty for the whole row."""

    index: int
    key: str
    words: str


# -- The page --------------------------------------------------------------------------------------
class ListForm(forms.Form):
    file = forms.FileField(
        label="填好的表格",
        help_text="只收 .xlsx，不超过2MB；上传后先核对，确认以前什么也不会保存。",
        widget=forms.FileInput(attrs={"accept": ".xlsx", "class": "form-control"}),
        error_messages={"required": "请选择填好的表格。", "empty": "这个文件是空的。"},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError("文件超过2MB。请只保留要导入的那张表，去掉图片和格式。")
        return file


def template(title: str, columns: Sequence[Column]) -> FileResponse:
    """The empty sheet to fill, its headings those that are read back."""
    made = io.BytesIO()
    headings = [f"{word}*" if needed else word for word, _, needed in columns]
    write_ledger(made, title=title, headings=headings, rows=[], properties={})
    made.seek(0)
    return FileResponse(made, as_attachment=True, filename=f"{title}模板.xlsx", content_type=XLSX)


# -- The sheet -------------------------------------------------------------------------------------
def table_of(sheet: Sheet, columns: Sequence[Column], *, most: int) -> tuple[list[Row], list[str]]:
    """Rows by key, with ``row`` the number of their line, and the headings nobody asked for.

    Raises ``UnreadableWorkbook`` where headings or rows are missing, or rows are more than ``most``.
    """
    known = {word: key for word, key, _ in columns}
    needed = [word for word, _, must in columns if must]
    tops = [[cell.replace("*", "").strip() for cell in cells] for cells in sheet.rows[:SEARCHED]]
    at = next((n for n, words in enumerate(tops) if len(set(needed) & set(words)) >= 2), None)
    if at is None:
        raise UnreadableWorkbook(f"没有找到表头：要有“{'”“'.join(needed)}”，请用下载的模板。")
    headings = tops[at]
    lacking = [word for word in needed if word not in headings]
    twice = sorted({word for word in headings if word and headings.count(word) > 1})
    if lacking or twice:
        said = [f"缺“{'”“'.join(lacking)}”栏"] if lacking else []
        said += [f"“{'”“'.join(twice)}”栏重复"] if twice else []
        raise UnreadableWorkbook(f"表头{'，'.join(said)}，请用下载的模板。")
    rows = [
        {**dict.fromkeys(known.values(), ""), **_by_key(headings, cells, known), "row": number}
        for number, cells in enumerate(sheet.rows[at + 1 :], start=at + 2)
        if any(cells)
    ]
    if not rows:
        raise UnreadableWorkbook("表头下面没有内容，请填好再上传。")
    if len(rows) > most:
        raise UnreadableWorkbook(f"有{len(rows)}行，一次最多{most}行，请分几次导入。")
    return rows, [heading for heading in headings if heading and heading not in known]


def _by_key(headings: Sequence[str], cells: Sequence[str], known: Mapping[str, str]) -> Row:
    return {
        known[heading]: cell.strip()[:MOST_CHARACTERS]
        for heading, cell in zip(headings, cells, strict=False)
        if heading in known
    }


# -- One cell --------------------------------------------------------------------------------------
def by_name(units: Iterable[OrgUnit], *, short: bool = False) -> dict[str, list[OrgUnit]]:
    """Units by what they are called; ``short`` names as well, if wished."""
    found: dict[str, list[OrgUnit]] = {}
    for unit in units:
        for called in {unit.name, unit.short_name} if short else {unit.name}:
            found.setdefault(called, []).append(unit)
    return found


def names_in(rows: Iterable[Row]) -> set[str]:
    """Every name of a unit that the rows mention, in ``unit`` or ``parent``."""
    return {str(row.get(key, "")) for row in rows for key in ("unit", "parent")} - {""}


def unit_of(row: Row, units: Mapping[str, list[OrgUnit]]) -> OrgUnit:
    """The one unit called ``row["unit"]``, below the one called ``row["parent"]`` where that is said."""
    name, parent = row["unit"], row["parent"]
    found = units.get(name, [])
    if parent:
        above = [unit.path for unit in units.get(parent, [])]
        found = [unit for unit in found if any(unit.path.startswith(path) for path in above)]
    if not found:
        below = f"“{parent}”下面" if parent else "您的管辖范围内"
        raise ValidationError(f"{below}没有“{name}”，请按“组织”名册里的全称填写。")
    if len(found) > 1:
        raise ValidationError(f"叫“{name}”的有{len(found)}个，请在“上级单位”栏写明属于哪里。")
    return found[0]


def day_of(text: str) -> dt.date | None:
    """A day in any of the ways we write one, whatever stands behind it; None where nothing is written."""
    with translation.override("zh-hans"):
        try:
            return forms.DateField(required=False).clean(text.split(" ")[0])
        except ValidationError:
            raise ValidationError("日期写成 2014-06-01 或 2014年6月1日。") from None


# -- The run ---------------------------------------------------------------------------------------
def run(
    resource: Resource, rows: Sequence[Row], columns: Sequence[Column], *, dry_run: bool
) -> list[Wrong]:
    """All rows in one transaction; with a fault, or dry, nothing of it stays. What is wrong with them."""
    keys = ["row", *(key for _, key, _ in columns)]
    data = Dataset(*([row[key] for key in keys] for row in rows), headers=keys)
    result = resource.import_data(
        data, dry_run=dry_run, raise_errors=False, use_transactions=True,
        rollback_on_validation_errors=True,
    )  # fmt: skip
    for base in result.base_errors:
        raise base.error
    for failed in result.error_rows:
        raise failed.errors[0].error  # a fault of ours, not of the sheet
    return [
        Wrong(bad.number - 1, key, words)
        for bad in result.invalid_rows
        for key, sentences in _said(bad.error).items()
        for words in sentences
    ]


def _said(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
