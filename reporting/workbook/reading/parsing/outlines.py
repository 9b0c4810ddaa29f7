"""Which words between the tags of a part come to which cell, shared text or property.

An outline counts for any part with the same tags, byte for byte; see ``templates``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import plain_rows, plain_sheets, properties

MOST_ROWS = 2_000  # of a sheet that is remembered
WORDS = re.compile(rb">([^<>]+)<")
_HEAD = re.compile(
    rb"<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>\s*<\w|<\w",
    re.IGNORECASE,
)
_MARK = re.compile("\ue000(\\d+)\ue001")  # stands for words while it is found out what they are
_Told = tuple[plain_rows.Sort | None, str]


@dataclass
class Outline:
    """What the tags of a filled part come to. Words are numbered as they stand between them."""

    #: Words that are none of a cell, a property or a shared text must be those that were read.
    fixed: list[tuple[int, bytes]] = field(default_factory=list)
    #: Of properties, by name: the number of the words, or what is said without any.
    said: dict[str, int | str] = field(default_factory=dict)
    #: Of shared texts: numbers of words; -1 for a blank one.
    texts: list[int] = field(default_factory=list)
    #: Words at whose ends blanks count, and those that are no text.
    sorts: list[tuple[int, plain_rows.Sort]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)  # as ``texts``, of a sheet


# -- How it is found -------------------------------------------------------------------------------
def _parted(content: bytes) -> tuple[list[bytes], list[bytes], list[int]]:
    """What stands between words, the words, and where these begin; nothing but tags, and a head at most."""
    if not _HEAD.match(content) or b"<!" in content or content.find(b"<?", 1) >= 0:
        raise plain_rows.NotPlain
    pieces = WORDS.split(content)
    return pieces[::2], pieces[1::2], [found.start(1) for found in WORDS.finditer(content)]


def of_properties(content: bytes) -> Outline:
    """Words that are no property's may be any, since nobody reads them; but blanks may be around it all."""
    between, words, _ = _parted(content)
    fixed = [(number, text) for number, text in enumerate(words) if not text.strip()]
    marked = [between[0]]
    for number, (text, piece) in enumerate(zip(words, between[1:], strict=True)):
        shown = f"\ue000{number}\ue001".encode() if text.strip() else text
        marked += (b">", shown, b"<", piece)
    said: dict[str, int | str] = {}
    for key, value in properties.said_in([b"".join(marked)]).items():
        found = _MARK.fullmatch(value)
        if found is None and "\ue000" in value:
            raise plain_rows.NotPlain
        said[key] = int(found[1]) if found else value
    return Outline(fixed, said)


def of_strings(content: bytes) -> Outline:
    _, words, starts = _parted(content)
    begin, end = content.find(b"<si>"), content.rfind(b"</si>") + 5
    if begin < 0:
        raise plain_rows.NotPlain
    found = plain_sheets.STRING.findall(plain_rows.decoded(content[begin:end])[0])
    told: list[_Told] = [("text" if kept else None, text) for kept, text in found]
    outline = Outline()
    outline.texts = _numbered(outline, words, starts, (begin, end), told)
    return outline


def of_sheet(content: bytes, values: plain_rows.Rows) -> Outline:
    between, words, starts = _parted(content)
    begin = content.find(plain_sheets.ROWS) + len(plain_sheets.ROWS)
    end = content.find(plain_sheets.END)
    # An odd dimension is looked for in the first bytes only, as far as words may push it.
    if end < 0 or any(b"dimension" in piece for piece in between[1:]):
        raise plain_rows.NotPlain
    outline = Outline()
    places = list(values.places(content[begin:end]))
    told: list[_Told] = []
    for _, _, sort, kept, text in places:
        said = None if sort == "text" and not kept else sort
        told.append((said, "" if sort == "blank" else text))
    numbers = _numbered(outline, words, starts, (begin, end), told)
    last = places[-1][0] if places else 0
    if last > MOST_ROWS:
        raise plain_rows.NotPlain
    outline.rows = [[] for _ in range(last)]
    for (row, column, *_), number in zip(places, numbers, strict=True):
        cells = outline.rows[row - 1]
        cells += [-1] * (column - len(cells))
        cells.append(number)
    return outline


def _numbered(
    outline: Outline,
    words: list[bytes],
    starts: list[int],
    within: tuple[int, int],
    told: Sequence[_Told],
) -> list[int]:
    """The number of the words of each text that was told, -1 where it is blank; all others are fixed.

    With each its sort, unless it is a text at whose ends blanks do not count.
    """
    begin, end = within
    free = [at for at, start in enumerate(starts) if begin <= start < end]
    outline.fixed = [(at, words[at]) for at in range(len(words)) if not begin <= starts[at] < end]
    numbers: list[int] = []
    for sort, text in told:
        if not text:
            numbers.append(-1)
            continue
        at = free.pop(0) if free else -1
        if at < 0 or words[at] != text.encode():
            raise plain_rows.NotPlain
        numbers.append(at)
        if sort is not None:
            outline.sorts.append((at, sort))
    if free:
        raise plain_rows.NotPlain
    return numbers
