"""Words in a cell of an .xlsx that are struck out one by one, while the cell as a whole is not."""

import re

from reporting.workbook.reading.parsing import markup, zips
from reporting.workbook.reading.parsing.refusal import Refused

STRIKE, OWN = b"strike", b"rPr"  # where neither is mentioned, all words of a cell look alike
Runs = tuple[
    tuple[str, bool | None], ...
]  # words, and whether they are struck; None: as the cell is
_MOST = 200_000  # texts kept
_BETWEEN = "、，,；; \t\n"  # stands between words, and for nothing where one side is gone
_LONGEST = 8 << 20  # bytes of one text and its formats
# Stops where another text begins, so that texts without an end are not looked through again and again.
_STRING = re.compile(
    rb"<(?:\w+:)?si\b[^>]*(?:(?<=/)>|(?<!/)>((?:[^<]++|<(?!/?(?:\w+:)?si\b))*+)</(?:\w+:)?si>)"
)


def shared(container: zips.Container, *, every: bool) -> dict[int, Runs]:
    """The texts that sheets share of which words are struck, by number; with ``every``, all with runs."""
    name = zips.find(container, "xl/sharedStrings.xml")
    if name is None or not (every or _mentioned(container, name)):
        return {}
    found: dict[int, Runs] = {}
    number, rest = -1, b""
    for piece in zips.pieces(container, name):
        block, end = rest + piece, 0
        for text in _STRING.finditer(block):
            number, end = number + 1, text.end()
            content = text[1] or b""
            if (STRIKE in content or (every and OWN in content)) and len(found) < _MOST:
                found[number] = runs_in(content)
        rest = block[end:]
        if len(rest) > _LONGEST:
            raise Refused("long", "有单元格的文字长得不像表格内容，没有读取。请检查后重新上传。")
    return found


def _mentioned(container: zips.Container, name: str) -> bool:
    tail = b""
    for piece in zips.pieces(container, name):
        if STRIKE in tail + piece:
            return True
        tail = piece[-len(STRIKE) :]
    return False


def runs_in(content: bytes) -> Runs:
    """The runs of one text; none where it cannot be made out."""
    runs: list[tuple[str, bool | None]] = []
    inside: list[str] = []
    struck: bool | None = None
    words: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal struck
        inside.append(name)
        if name == "r":
            struck = None
        elif name == "rPr":
            struck = False
        elif name == "strike" and "rPr" in inside:
            struck = attributes.get("val", "1") not in ("0", "false")
        elif name == "t":
            words.clear()

    def text(said: str) -> None:
        if inside[-1] == "t":
            words.append(said)

    def end(name: str) -> None:
        nonlocal struck
        inside.pop()
        if name == "t" and "rPh" not in inside:  # how a word is spoken
            runs.append(("".join(words), struck))
        elif name == "r":
            struck = None

    try:
        markup.read([b"<text>", content, b"</text>"], start=start, end=end, text=text)
    except Refused:  # it is for calamine to say so
        return ()
    return tuple(runs)


def left(runs: Runs, cell: bool) -> tuple[str, bool]:
    """The words that are not struck, in a ``cell`` that is or is not; and whether any others are."""
    kept, gone = "", False
    for words, struck in runs:
        if cell if struck is None else struck:
            gone = gone or bool(words.strip())
        else:
            kept += words
    return kept.strip(_BETWEEN) if gone else kept, gone
