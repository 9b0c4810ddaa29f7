"""What the styles of an .xlsx say of its cells: which are struck out, which numbers are days."""

import functools
import re
from typing import NamedTuple

from reporting.workbook.reading.parsing import markup, zips

# Formats every program knows by number, under which a number is a number; of days only 14 is told.
_UNDATED = frozenset({0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 37, 38, 39, 40, 48, 49})
_DAY = 14
_UNDATED_CODE = re.compile(r"General|[0#?.,%_ ()+;@-]+")
_DAY_CODE = re.compile(r"yyyy(?:\\?[-/.])mm?(?:\\?[-/.])dd?(?:;@)?")


class Styles(NamedTuple):
    """Numbers of cell styles. A style that is neither of the last two says something else, or it is unsure."""

    struck: frozenset[int] = frozenset()
    undated: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()


def styles(container: zips.Container) -> Styles:
    content = zips.whole(container, "xl/styles.xml")
    if not content:
        return Styles()
    return (_told_again if len(content) <= zips.REMEMBERED else _told)(content)


def _told(content: bytes) -> Styles:
    fonts: list[bool] = []
    cells: list[tuple[int, int]] = []  # font, format
    codes: dict[int, str] = {}
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if name == "font" and inside[-2:-1] == ["fonts"]:
            fonts.append(False)
        elif name == "strike" and "fonts" in inside and fonts:
            fonts[-1] = attributes.get("val", "1") not in ("0", "false")
        elif name == "xf" and inside[-2:-1] == ["cellXfs"]:
            cells.append((_number(attributes, "fontId"), _number(attributes, "numFmtId")))
        elif name == "numFmt" and inside[-2:-1] == ["numFmts"]:
            codes[_number(attributes, "numFmtId")] = attributes.get("formatCode", "")

    def end(name: str) -> None:
        inside.pop()

    markup.read([content], start=start, end=end, text=markup.nobody)
    return Styles(
        frozenset(n for n, (font, _) in enumerate(cells) if font < len(fonts) and fonts[font]),
        frozenset(
            n for n, (_, form) in enumerate(cells) if _is(form, codes, _UNDATED, _UNDATED_CODE)
        ),
        frozenset(n for n, (_, form) in enumerate(cells) if _is(form, codes, {_DAY}, _DAY_CODE)),
    )


_told_again = functools.lru_cache(maxsize=64)(_told)


def _number(attributes: dict[str, str], name: str) -> int:
    return int(attributes.get(name, "0") or 0)


def _is(
    form: int, codes: dict[int, str], known: frozenset[int] | set[int], code: re.Pattern[str]
) -> bool:
    """Whether a format is one of ``known``, or says itself what ``code`` matches."""
    return code.fullmatch(codes[form]) is not None if form in codes else form in known
