"""Which words between the tags of a part of properties come to which of them.

An outline counts for any part with the same tags, byte for byte; see ``templates``.
"""

import re
from dataclasses import dataclass, field

from reporting.workbook.reading.parsing import plain_rows, properties
from reporting.workbook.reading.parsing.gaps import WORDS

_HEAD = re.compile(
    rb"<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>\s*<\w|<\w",
    re.IGNORECASE,
)
_MARK = re.compile("\ue000(\\d+)\ue001")  # stands for words while it is found out what they are


@dataclass
class Outline:
    """What the tags of such a part come to. Words are numbered as they stand between them."""

    #: Words that are no property's must be those that were read.
    fixed: list[tuple[int, bytes]] = field(default_factory=list)
    #: By the name of the property: the number of the words, or what is said without any.
    said: dict[str, int | str] = field(default_factory=dict)


def of_properties(content: bytes) -> Outline:
    """Words that are no property's may be any, since nobody reads them; but blanks may be around it all.

    Raises ``NotPlain`` for anything but tags, words and a head, ``Refused`` as ``properties`` does.
    """
    if not _HEAD.match(content) or b"<!" in content or content.find(b"<?", 1) >= 0:
        raise plain_rows.NotPlain
    pieces = WORDS.split(content)
    between, words = pieces[::2], pieces[1::2]
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
