"""An .xlsx given back with some cells coloured, noted and added; every other byte stays as it was.

Only the parts that must change are written anew, by patterns over their bytes: pictures, print
set-up, widths and whatever else a program keeps in a workbook are passed on unread. A workbook
written in a way the patterns do not know is ``Refused`` as "unpatchable" and is rebuilt by others.
"""

import io
import re
import zipfile
from typing import Any

from reporting.workbook.reading.parsing import xlsx_parts, zips
from reporting.workbook.reading.parsing.patched_notes import add_notes
from reporting.workbook.reading.parsing.patched_styles import Styles, unpatchable

_STYLES = "xl/styles.xml"
_DATA = re.compile(rb"<sheetData\b[^>]*?/>|<sheetData\b[^>]*>.*</sheetData>", re.DOTALL)
_ROW = re.compile(rb"<row\b[^>]*?/>|<row\b[^>]*>.*?</row>", re.DOTALL)
_CELL = re.compile(rb"<c\b[^>]*?/>|<c\b[^>]*>.*?</c>", re.DOTALL)
_OPENING = re.compile(rb"<\w+\b[^>]*>")
_NUMBER = re.compile(rb"\br=[\"'](\d+)[\"']")
_ADDRESS = re.compile(rb"\br=[\"']([A-Za-z]+)(\d+)[\"']")
_STYLE = re.compile(rb"\ss=[\"'](\d+)[\"']")
_SPANS = re.compile(rb"\sspans=[\"'][^\"']*[\"']")
_DIMENSION = re.compile(rb"<dimension\b[^>]*?/>|<dimension\b[^>]*>\s*</dimension>")
_COLUMNS = re.compile(rb"<cols\b[^>]*?/>|<cols\b[^>]*>.*?</cols>", re.DOTALL)
_COLUMN = re.compile(rb"<col\b[^>]*?/>|<col\b[^>]*>\s*</col>")
_MIN, _MAX = re.compile(rb"\bmin=[\"'](\d+)[\"']"), re.compile(rb"\bmax=[\"'](\d+)[\"']")
_WIDTH = 64  # characters


def patched(data: bytes, plan: dict[str, Any]) -> bytes:
    """``data`` with ``plan`` carried out: by sheet name ``{"cells", "texts", "notes"}``.

    ``cells`` gives a level by address, ``texts`` ``[level, XML of the text]`` by address of cells in
    blank columns, ``notes`` the words of a comment by address.
    """
    container = zips.weigh(data)
    parts = xlsx_parts.sheet_parts(container)
    styles = Styles(zips.whole(container, _STYLES))
    changed: dict[str, bytes] = {}
    for name, marks in plan.items():
        part = zips.find(container, parts.get(name, ""))
        if part is None:
            raise unpatchable()
        content = zips.whole(container, part, most=256 << 20)
        content = _sheet(content, marks["cells"], marks["texts"], styles)
        changed[part] = add_notes(container, part, content, marks["notes"], changed)
    changed[zips.find(container, _STYLES) or _STYLES] = styles.xml()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for info in container.infolist():
            if info.is_dir():
                continue
            if info.filename in changed:
                content = changed.pop(info.filename)
            else:
                content = b"".join(zips.pieces(container, info.filename))
            copy.writestr(_entry(info.filename), content)
        for name, content in changed.items():
            copy.writestr(_entry(name), content)
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _sheet(
    content: bytes, levels: dict[str, str], texts: dict[str, list[str]], styles: Styles
) -> bytes:
    found = _DATA.search(content)
    if found is None or b"purl.oclc.org" in content[:2_000]:
        raise unpatchable()
    wanted: dict[int, dict[int, tuple[str, str]]] = {}
    for address, level in levels.items():
        row, column = _parted(address)
        wanted.setdefault(row, {})[column] = (level, "")
    for address, (level, text) in texts.items():
        row, column = _parted(address)
        wanted.setdefault(row, {})[column] = (level, text)
    head, tail = content[: found.start()], content[found.end() :]
    columns = sorted({_parted(address)[1] for address in texts})
    return b"".join(
        (
            _with_columns(_DIMENSION.sub(b"", head, count=1), columns),
            b"<sheetData>",
            b"".join(_rows(found[0], wanted, styles)),
            b"</sheetData>",
            tail,
        )
    )


def _rows(
    data: bytes, wanted: dict[int, dict[int, tuple[str, str]]], styles: Styles
) -> list[bytes]:
    made: list[bytes] = []
    left = sorted(wanted)
    for found in _ROW.finditer(data):
        row = found[0]
        opening = _OPENING.match(row)
        number = _NUMBER.search(opening[0]) if opening else None
        if number is None:
            raise unpatchable()
        at = int(number[1])
        while left and left[0] < at:
            new = left.pop(0)
            made.append(_row(b'<row r="%d">' % new, new, [], wanted[new], styles))
        if left and left[0] == at:
            left.pop(0)
            assert opening is not None  # noqa: S101 -- a number was found in it
            start = _SPANS.sub(b"", opening[0]).replace(b"/>", b">")
            made.append(_row(start, at, _CELL.findall(row), wanted[at], styles))
        else:
            made.append(row)
    made += [_row(b'<row r="%d">' % new, new, [], wanted[new], styles) for new in left]
    return made


def _row(
    opening: bytes,
    number: int,
    cells: list[bytes],
    wanted: dict[int, tuple[str, str]],
    styles: Styles,
) -> bytes:
    held: dict[int, bytes] = {}
    for cell in cells:
        address = _ADDRESS.search(cell[: cell.find(b">")])
        if address is None or int(address[2]) != number:
            raise unpatchable()
        held[xlsx_parts.letters_to_index(address[1].decode("ascii"))] = cell
    for column, (level, text) in wanted.items():
        name = b"%s%d" % (xlsx_parts.index_to_letters(column).encode("ascii"), number)
        if text:
            style = styles.of_text(level)
            held[column] = b'<c r="%s" s="%d" t="inlineStr">%s</c>' % (name, style, text.encode())
            continue
        cell = held.get(column, b'<c r="%s"/>' % name)
        end = cell.find(b">")
        given = _STYLE.search(cell[:end])
        style = styles.marked(int(given[1]) if given else 0, level)
        opened = _STYLE.sub(b"", cell[:end])
        held[column] = b'<c s="%d"%s%s' % (style, opened[2:], cell[end:])
    return b"".join((opening, *(held[column] for column in sorted(held)), b"</row>"))


def _with_columns(head: bytes, columns: list[int]) -> bytes:
    """``head`` of a sheet with a wide column at each of ``columns``, those around kept."""
    if not columns:
        return head
    found = _COLUMNS.search(head)
    held: list[tuple[int, int, bytes]] = []
    for element in _COLUMN.findall(found[0]) if found else ():
        least, most = _MIN.search(element), _MAX.search(element)
        if least is None or most is None:
            raise unpatchable()
        held.append((int(least[1]), int(most[1]), element))
    for column in columns:
        at = column + 1
        parted: list[tuple[int, int, bytes]] = []
        for low, high, element in held:
            if not low <= at <= high:
                parted.append((low, high, element))
                continue
            parted += [(low, at - 1, element)] if low < at else []
            parted += [(at + 1, high, element)] if high > at else []
        own = b'<col min="%d" max="%d" width="%d" customWidth="1"/>' % (at, at, _WIDTH)
        held = [*parted, (at, at, own)]
    listed = b"".join(
        _MAX.sub(b'max="%d"' % high, _MIN.sub(b'min="%d"' % low, element))
        for low, high, element in sorted(held)
    )
    made = b"<cols>" + listed + b"</cols>"
    return head[: found.start()] + made + head[found.end() :] if found else head + made


def _parted(address: str) -> tuple[int, int]:
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :]), xlsx_parts.letters_to_index(letters)
