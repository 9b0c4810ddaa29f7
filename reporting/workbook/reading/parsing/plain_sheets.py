"""Workbooks in the plain shape most programs save, read in one pass; ``None`` for any other.

calamine reads whatever there is, and a scan of the same bytes tells what it leaves out. Nearly every
register is plainer than that: rows of cells in their places, with texts and numbers in them. Such a
sheet is matched row by row against patterns that leave out nothing, so that what they cover can hold
no formula, hidden row, error or day. The first thing they do not cover sends the whole workbook the
long way, which also finds the words for what is wrong. Both ways come to the same grids, which
``tests/reading/test_plain_sheets.py`` holds them to.
"""

import re
from collections.abc import Iterator, Sequence

from reporting.workbook.reading.parsing import xlsx_parts, xlsx_styles, zips
from reporting.workbook.reading.parsing.grids import Grid, Merge, trimmed
from reporting.workbook.reading.parsing.plain_rows import BLANKS, NotPlain, Rows, decoded, unescaped

Read = tuple[Grid, list[str]]  # and the words of its page's header and footer
_PART = re.compile(r"xl/worksheets/sheet\d{1,3}\.xml")
_HIDDEN = re.compile(rb"\bstate\s*=\s*(?!\"visible\")")
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"']yes[\"'])? ?\?>\s*)?<worksheet\b",
    re.IGNORECASE,
)
_LONGEST_HEAD = 256 << 10  # bytes before the rows: columns, views
_LONGEST_TAIL = 4 << 20  # bytes of one row, and of all behind the rows
_MOST_STRINGS = 32 << 20  # bytes of the texts that sheets share
ROWS, END = b"<sheetData>", b"</sheetData>"
_STRING = re.compile(r'<si><t( xml:space="preserve")?>([^<]*)</t></si>')
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})" ?/>')


def read(container: zips.Container, most_rows: int) -> list[Read] | None:
    """The sheets of a plain workbook with all that is to be known of them."""
    try:
        return list(_sheets(container, most_rows))
    except NotPlain:
        return None


def _sheets(container: zips.Container, most_rows: int) -> Iterator[Read]:
    book = zips.whole(container, "xl/workbook.xml")
    relations = zips.whole(container, "xl/_rels/workbook.xml.rels")
    if _HIDDEN.search(book) or b"chartsheet" in relations or b"dialogsheet" in relations:
        raise NotPlain
    styles = styles_of(container, book)
    if styles.struck:
        raise NotPlain
    parts = xlsx_parts.sheet_parts(container)
    if not all(_PART.fullmatch(part) and part in container.NameToInfo for part in parts.values()):
        raise NotPlain
    strings = _strings(container)
    for name, part in parts.items():
        yield _sheet(name, zips.pieces(container, part), Rows(strings, styles, most_rows))


def styles_of(container: zips.Container, book: bytes) -> xlsx_styles.Styles:
    """The styles of cells, by which numbers are days; those of a workbook that counts from 1904 are not."""
    styles = xlsx_styles.styles(container)
    return styles._replace(days=frozenset()) if b"date1904" in book else styles


def _strings(container: zips.Container) -> Sequence[str]:
    name = zips.find(container, "xl/sharedStrings.xml")
    if name is None:
        return ()
    if container.getinfo(name).file_size > _MOST_STRINGS:
        raise NotPlain
    return strings_in(b"".join(zips.pieces(container, name)))


def strings_in(content: bytes) -> Sequence[str]:
    """The texts that sheets share, of the part that lists them. Raises ``NotPlain``."""
    begin, end = content.find(b"<si>"), content.rfind(b"</si>") + 5
    if begin < 0:
        return ()
    text, escaped = decoded(content[begin:end])
    parts = _STRING.split(text)
    if any(parts[0::3]):
        raise NotPlain
    kept = zip(parts[1::3], parts[2::3], strict=True)
    texts = [text if blanks else text.strip(BLANKS) for blanks, text in kept]
    return unescaped(texts) if escaped else texts


def _sheet(name: str, pieces: Iterator[bytes], rows: Rows) -> Read:
    rest = head = b""
    ended = False
    for piece in pieces:
        rest += piece
        if not head:
            begin = rest.find(ROWS)
            if begin < 0 and len(rest) < _LONGEST_HEAD:
                continue
            if begin < 0 or not _is_head(rest[:begin]):
                raise NotPlain
            head, rest = rest[:begin], rest[begin + len(ROWS) :]
        if not ended:
            end = rest.find(END)
            ended = end >= 0
            # Cut where a row ends, so that no pattern straddles two blocks.
            cut = end if ended else rest.rfind(b"</row>") + 6
            if cut > 5 or ended:
                rows.take(rest[:cut])
                rest = rest[cut:]
        if len(rest) > _LONGEST_TAIL:
            raise NotPlain
    if not ended:
        raise NotPlain
    grid, printed = around(head, rest.removeprefix(END))
    grid.name, grid.rows = name, trimmed(rows.rows)
    return grid, printed


def around(head: bytes, tail: bytes) -> Read:
    """What a sheet says before and behind its rows: a grid without rows and name. Raises ``NotPlain``."""
    if not _is_head(head):
        raise NotPlain
    if not tail.rstrip().endswith(b"</worksheet>") or b"<row" in tail or b"<!" in tail:
        raise NotPlain
    facts = xlsx_parts.facts_of(head, tail)
    grid = Grid("", merges=_merges(tail), hidden_columns=facts.hidden_columns)
    return grid, facts.printed


def _is_head(content: bytes) -> bool:
    return _HEAD.match(content) is not None and b"<!" not in content


def _merges(tail: bytes) -> list[Merge]:
    found = _MERGE.findall(tail)
    if len(found) != tail.count(b"mergeCell "):
        raise NotPlain
    index = xlsx_parts.letters_to_index
    return [
        (int(top) - 1, index(left.decode()), int(bottom) - 1, index(right.decode()))
        for left, top, right, bottom in found[: xlsx_parts.MOST_NOTED]
    ]
