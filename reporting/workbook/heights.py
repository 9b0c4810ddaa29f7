"""How many lines a text takes in a cell, so that a row can grow and nothing is cut on paper.

An estimate, made without the fonts: a full-width character is one em, a Latin one a little over
half. Where it errs, it errs towards a taller row.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: A spreadsheet shows no row taller than this (points).
TALLEST_ROW = 409.0
# One character of column width in points: 宋体 11 has digits 8 px wide at 96 dpi.
_WIDTH_UNIT = 6.0
_INDENT = 9.0  # points per indent step
_PADDING = 6.0  # points lost to both cell margins
_LATIN = 0.56  # em; 仿宋_GB2312 has 0.5, the fonts that stand in for it a little more
# 仿宋 sets 14 pt text on 18.75 pt lines; the Noto fonts that replace it on Linux need 1.45 em.
_LEADING = 1.45
_MARGIN = 3.0  # points above and below the text
_NOT_FIRST = frozenset("，。、；：？！）》」』】〕…—·％,.;:?!)]}%”’")


@dataclass(frozen=True)
class Space:
    """The room one cell gives its text. ``width`` in column-width characters, ``font`` in points."""

    width: float
    font: float
    indent: int = 0

    @property
    def ems(self) -> float:
        return max(1.0, (self.width * _WIDTH_UNIT - self.indent * _INDENT - _PADDING) / self.font)


@lru_cache(maxsize=4096)
def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(char) in "WFA" else _LATIN


def text_width(text: str) -> float:
    """Width of the widest line of ``text``, in ems."""
    return max((sum(map(_em, line)) for line in text.split("\n")), default=0.0)


def _paragraph_lines(text: str, ems: float) -> int:
    if len(text) <= ems:  # no character is wider than an em
        return 1
    em = _em  # a local name: this loop is most of what filling a form costs
    lines, used, word, last = 1, 0.0, 0.0, 0.0
    for char in text:
        width = em(char)
        used += width
        latin = width == _LATIN and char != " "
        word = word + width if latin else 0.0
        if used > ems:
            lines += 1
            # What moves to the new line: the whole word, or the character before a mark that
            # may not begin a line.
            used = width
            if latin and word <= ems:
                used = word
            elif char in _NOT_FIRST:
                used += last
            word = used if latin else 0.0
        last = width
    return lines


def line_count(text: str, ems: float) -> int:
    if len(text) <= ems and "\n" not in text:
        return 1
    return sum(_paragraph_lines(paragraph, ems) for paragraph in text.split("\n"))


def needed_height(text: str, space: Space) -> float:
    """Points of row height that ``text`` needs in ``space``."""
    return round(line_count(text, space.ems) * space.font * _LEADING + _MARGIN, 1)
