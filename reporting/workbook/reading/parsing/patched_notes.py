"""Comments added to a sheet that somebody else made, beside those it has already."""

import posixpath
import re
from xml.sax.saxutils import escape

from reporting.workbook.reading.parsing import zips
from reporting.workbook.reading.parsing.patched_styles import unpatchable
from reporting.workbook.reading.parsing.xlsx_parts import letters_to_index

_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_LEGACY = re.compile(rb"<legacyDrawing\b[^>]*?\b\w+:id=[\"']([^\"']+)[\"'][^>]*>")
# What may stand behind the place of a legacyDrawing in a sheet.
_BEHIND = re.compile(
    rb"<(?:legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts)\b"
)
_LAST_LIST = re.compile(rb"<extLst>(?:(?!<extLst).)*</extLst>\s*</worksheet>\s*\Z", re.DOTALL)
CREATOR = "妇联工作台"
_END = re.compile(rb"</worksheet>\s*\Z")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_TYPES = "[Content_Types].xml"
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_SHAPE_TYPE = (
    f'<v:shapetype {_SPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def add_notes(
    container: zips.Container,
    part: str,
    sheet: bytes,
    notes: dict[str, str],
    changed: dict[str, bytes],
) -> bytes:
    """``sheet`` with ``notes`` by address; the other parts that it takes go into ``changed``."""
    if not notes:
        return sheet
    folder, name = posixpath.split(part)
    list_name = f"{folder}/_rels/{name}.rels"
    listed = _read(container, changed, list_name) or (
        f'{_HEAD}<Relationships xmlns="{_RELATIONS}"></Relationships>'.encode()
    )
    targets = {
        _given(entry, b"Id"): (_given(entry, b"Type"), _given(entry, b"Target"))
        for entry in _RELATION.findall(listed)
    }
    held = next((t for kind, t in targets.values() if kind.endswith("/comments")), "")
    drawn = _LEGACY.search(sheet)
    drawing = targets.get(drawn[1].decode(), ("", ""))[1] if drawn else ""
    number = len(container.namelist()) + len(changed) + 1
    if held:
        path = _path(folder, held)
        changed[path] = _further_notes(_read(container, changed, path), notes)
    else:
        path = f"xl/comments{number}.xml"
        changed[path] = _new_notes(notes)
        listed = _related(listed, f"marked{number}n", "comments", f"/{path}")
        _declare(container, changed, f'<Override PartName="/{path}" ContentType="{_NOTES_TYPE}"/>')
    if drawn:
        path = _path(folder, drawing)
        changed[path] = _drawn(_read(container, changed, path), notes)
    else:
        path = f"xl/drawings/vmlDrawing{number}.vml"
        changed[path] = _drawn(f"<xml {_SPACES}>{_SHAPE_TYPE}</xml>".encode(), notes)
        listed = _related(listed, f"marked{number}d", "vmlDrawing", f"/{path}")
        _declare(container, changed, f'<Default Extension="vml" ContentType="{_DRAWING_TYPE}"/>')
        sheet = _with_drawing(sheet, f"marked{number}d")
    changed[list_name] = listed
    return sheet


def _read(container: zips.Container, changed: dict[str, bytes], name: str) -> bytes:
    return changed[name] if name in changed else zips.whole(container, name, most=32 << 20)


def _given(element: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb"=[\"']([^\"']*)[\"']", element)
    return found[1].decode("utf-8", "replace") if found else ""


def _path(folder: str, target: str) -> str:
    return posixpath.normpath(
        target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
    )


def _related(listed: bytes, key: str, kind: str, target: str) -> bytes:
    entry = f'<Relationship Id="{key}" Type="{_DOC}/{kind}" Target="{target}"/>'.encode()
    if listed.rstrip().endswith(b"/>") and b"</Relationships>" not in listed:
        return f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'.encode() + entry + b"</Relationships>"
    return _before(listed, b"</Relationships>", entry)


def _declare(container: zips.Container, changed: dict[str, bytes], entry: str) -> None:
    types = _read(container, changed, _TYPES)
    if entry.startswith("<Default") and re.search(rb"Extension=[\"']vml[\"']", types, re.I):
        return
    changed[_TYPES] = _before(types, b"</Types>", entry.encode())


def _before(content: bytes, end: bytes, more: bytes) -> bytes:
    at = content.rfind(end)
    if at < 0:
        raise unpatchable()
    return content[:at] + more + content[at:]


def _with_drawing(sheet: bytes, key: str) -> bytes:
    element = f'<legacyDrawing xmlns:r="{_DOC}" r:id="{key}"/>'.encode()
    start = sheet.rfind(b"</sheetData>")
    found = (
        _BEHIND.search(sheet, start) or _LAST_LIST.search(sheet, start) or _END.search(sheet, start)
    )
    if found is None:
        raise unpatchable()
    return sheet[: found.start()] + element + sheet[found.start() :]


def _run(words: str) -> bytes:
    return f'<r><t xml:space="preserve">{escape(words)}</t></r>'.encode()


def _new_notes(notes: dict[str, str]) -> bytes:
    listed = b"".join(_note(address, words, 0) for address, words in notes.items())
    return (
        f'{_HEAD}<comments xmlns="{_MAIN}"><authors><author>{CREATOR}</author></authors>'
        "<commentList>".encode()
        + listed
        + b"</commentList></comments>"
    )


def _note(address: str, words: str, author: int) -> bytes:
    run = _run(words)
    return b'<comment ref="%s" authorId="%d"><text>%s</text></comment>' % (
        address.encode(), author, run,
    )  # fmt: skip


def _further_notes(content: bytes, notes: dict[str, str]) -> bytes:
    """Added to those there are; words for a cell that has one already are put behind it."""
    authors = len(re.findall(rb"<author\b", content))
    content = _before(content, b"</authors>", f"<author>{CREATOR}</author>".encode())
    added = b""
    for address, words in notes.items():
        held = re.search(
            rb"<comment\b[^>]*\bref=[\"']" + address.encode() + rb"[\"'].*?</comment>",
            content,
            re.DOTALL,
        )
        if held is None:
            added += _note(address, words, authors)
            continue
        content = (
            content[: held.start()]
            + _before(held[0], b"</text>", _run("\n" + words))
            + content[held.end() :]
        )
    if b"</commentList>" not in content:
        raise unpatchable()
    return _before(content, b"</commentList>", added)


def _drawn(content: bytes, notes: dict[str, str]) -> bytes:
    """The boxes in which programs show comments, hidden until somebody points at the cell."""
    taken = {
        (int(row), int(column))
        for row, column in re.findall(
            rb"<x:Row>\s*(\d+)\s*</x:Row>\s*<x:Column>\s*(\d+)\s*</x:Column>", content
        )
    }
    shapes = b"" if b"_x0000_t202" in content else _SHAPE_TYPE.encode()
    first = 9_000 + content.count(b"<v:shape ")
    for number, (address, words) in enumerate(notes.items()):
        letters = address.rstrip("0123456789")
        row, column = int(address[len(letters) :]) - 1, letters_to_index(letters)
        if (row, column) in taken:
            continue
        height = 3 + len(words) // 14
        shapes += (
            f'<v:shape {_SPACES} id="_x0000_s{first + number}" type="#_x0000_t202" '
            'style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
            '<v:fill color2="#ffffe1"/><v:path o:connecttype="none"/><v:textbox/>'
            f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>'
            f"{column + 1}, 15, {max(row - 1, 0)}, 10, {column + 4}, 15, {row + height}, 4"
            f"</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row>"
            f"<x:Column>{column}</x:Column></x:ClientData></v:shape>"
        ).encode()
    return _before(content, b"</xml>", shapes)
