"""Sheets of a binary workbook (.xlsb): values by calamine, the rest from the records of its parts."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import (
    biff,
    markup,
    part_checks,
    properties,
    spreadsheets,
    xlsx_parts,
    zips,
)
from reporting.workbook.reading.parsing.grids import Document, Merge
from reporting.workbook.reading.parsing.refusal import Refused

_LARGEST_SHEET = 64 << 20  # bytes
_ROW, _COLUMNS, _MERGE, _SHEET = 0, 60, 176, 156
_CELLS = range(2, 12)  # with a value; 1 is blank
_FORMULAS, _ERRORS = range(8, 12), (3, 11)
_SAVE = "请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再上传。"
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x10, 0x01


@dataclass
class _Facts(xlsx_parts.SheetFacts):
    merges: list[Merge] = field(default_factory=list)


def read_xlsb(data: bytes, *, most_rows: int) -> Document:
    container = zips.weigh(data)
    part_checks.check_small_parts(container)
    for info in container.infolist():
        if info.filename.lower().endswith(".bin"):
            for _ in zips.pieces(container, info.filename):  # is as long as the list says
                pass
    try:
        facts = {
            name: _scan(_whole(container, part)) for name, part in _sheet_parts(container).items()
        }
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _broken() from None
    for name, fact in facts.items():
        spreadsheets.check_reach(name, fact, most_rows)
    document = spreadsheets.read_values(data, "xlsb", most_rows, facts)
    for grid in document.grids:
        if grid.name in facts:
            grid.merges = facts[grid.name].merges
    document.properties = properties.told(container)
    document.notes += xlsx_parts.carried(container)
    return document


def _broken() -> Refused:
    return Refused("broken", f"文件已损坏，打不开。{_SAVE}")


def _whole(container: zips.Container, part: str) -> bytes:
    return zips.whole(container, part, most=_LARGEST_SHEET)


def _sheet_parts(container: zips.Container) -> dict[str, str]:
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[attributes.get("Id", "")] = path

    relations = _whole(container, "xl/_rels/workbook.bin.rels")
    if not relations:
        raise _broken()
    markup.read([relations], start=relation, end=lambda _: None, text=lambda _: None)
    found = {}
    for sort, body in _records(_whole(container, "xl/workbook.bin")):
        if sort == _SHEET:
            key, at = _text(body, 8)
            name, _ = _text(body, at)
            found[name] = targets.get(key, "")
    if len(found) > xlsx_parts.MOST_SHEETS:
        raise Refused(
            "sheets",
            f"文件里有{len(found)}张工作表，最多{xlsx_parts.MOST_SHEETS}张，请只保留要报送的表。",
        )
    return found


def _text(body: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", body, at)[0]
    if length > 1_000:
        raise _broken()
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        sort = data[at]
        at += 1
        if sort & 0x80:
            sort = sort & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        size = 0
        for shift in (0, 7, 14, 21):
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        yield sort, data[at : at + size]
        at += size


def _scan(data: bytes) -> _Facts:
    found, row = _Facts(), 0
    for sort, body in _records(data):
        if sort == _ROW:
            row = struct.unpack_from("<I", body)[0]
            if body[11] & _ROW_HIDDEN and len(found.hidden_rows) < xlsx_parts.MOST_NOTED:
                found.hidden_rows.add(row)
        elif sort in _CELLS:
            column = struct.unpack_from("<I", body)[0]
            if row > found.last_row or column > found.last_column:
                found.last_row = max(found.last_row, row)
                found.last_column = max(found.last_column, column)
                letters = xlsx_parts.index_to_letters(min(column, 99_999))
                found.farthest = f"{letters}{row + 1}"
            if sort in _ERRORS and len(body) > 8:
                found.errors[row, column] = biff.ERRORS.get(body[8], "#N/A")
            if sort in _FORMULAS and len(found.formulas) < xlsx_parts.MOST_NOTED:
                found.formulas[f"{xlsx_parts.index_to_letters(column)}{row + 1}"] = True
        elif sort == _COLUMNS:
            first, last = struct.unpack_from("<II", body)
            if struct.unpack_from("<H", body, 16)[0] & _COLUMN_HIDDEN:
                found.hidden_columns |= set(range(first, min(last, xlsx_parts.MOST_COLUMNS) + 1))
        elif sort == _MERGE and len(found.merges) < xlsx_parts.MOST_NOTED:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            found.merges.append((top, left, bottom, right))
    return found
