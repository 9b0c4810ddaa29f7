"""Further cell styles for a workbook somebody else made: the style a cell has, and a mark on it.

Each level is told by its border as well as by its colour, since not everybody sees colours and most
offices print in black: an error has a thick line around it, a question a dashed one, a warning dots.
"""

import re

from reporting.workbook.reading.parsing.refusal import Refused

#: Level → colour of the cell, line around it, colour of the line.
LOOKS = {
    "error": ("FFFFC7CE", "medium", "FFC00000"),
    "question": ("FFFFEB9C", "mediumDashed", "FF9C5700"),
    "warning": ("FFDDEBF7", "dotted", "FF1F4E79"),
    "heading": ("FFF2F2F2", "thin", "FF808080"),
    "plain": ("", "thin", "FFBFBFBF"),
}
_SIDES = ("left", "right", "top", "bottom")
_XF = re.compile(rb"<xf\b[^>]*?/>|<xf\b[^>]*>.*?</xf>", re.DOTALL)


def unpatchable() -> Refused:
    return Refused("unpatchable", "这个工作簿的写法不常见，不能在原件上标注。")


class Styles:
    """The style sheet of one workbook; ``xml`` gives it back with what was asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._formats: list[bytes] = _XF.findall(self._inside(b"cellXfs"))
        self._first_fill = len(re.findall(rb"<fill\b", self._inside(b"fills")))
        self._first_border = len(re.findall(rb"<border\b", self._inside(b"borders")))
        self._known: dict[tuple[int, str], int] = {}
        if not (self._formats and self._first_fill and self._first_border):
            raise unpatchable()

    def marked(self, base: int, level: str) -> int:
        """The style ``base`` with the look of ``level``."""
        if (base, level) not in self._known:
            given = self._formats[base] if base < len(self._formats) else self._formats[0]
            self._known[base, level] = self._add(self._looking(given, level))
        return self._known[base, level]

    def of_text(self, level: str) -> int:
        """The style of our own words beside a row."""
        if (-1, level) not in self._known:
            self._known[-1, level] = self._add(
                self._looking(
                    b'<xf numFmtId="49" fontId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
                    b'<alignment horizontal="left" vertical="center" wrapText="1"/></xf>',
                    level,
                )
            )
        return self._known[-1, level]

    def xml(self) -> bytes:
        fills = b"".join(
            b'<fill><patternFill patternType="solid"><fgColor rgb="%s"/>'
            b'<bgColor indexed="64"/></patternFill></fill>' % colour.encode()
            for colour, _, _ in LOOKS.values()
            if colour
        )
        borders = b"".join(
            b"<border>%s<diagonal/></border>"
            % b"".join(
                f'<{side} style="{line}"><color rgb="{colour}"/></{side}>'.encode()
                for side in _SIDES
            )
            for _, line, colour in LOOKS.values()
        )
        content = self._with(self._content, b"fills", fills)
        content = self._with(content, b"borders", borders)
        inside = self._inside(b"cellXfs")
        added = self._formats[len(_XF.findall(inside)) :]
        return self._with(content, b"cellXfs", b"".join(added))

    def _add(self, element: bytes) -> int:
        self._formats.append(element)
        return len(self._formats) - 1

    def _looking(self, element: bytes, level: str) -> bytes:
        place = list(LOOKS).index(level)
        filled = [name for name, look in LOOKS.items() if look[0]]
        values = {b"borderId": self._first_border + place, b"applyBorder": 1}
        if level in filled:
            values |= {b"fillId": self._first_fill + filled.index(level), b"applyFill": 1}
        end = element.find(b">")
        opening, rest = element[:end], element[end:]
        slash = b"/" if opening.endswith(b"/") else b""
        opening = opening.removesuffix(b"/")
        for name, value in values.items():
            opening = re.sub(rb"\s" + name + rb"=[\"'][^\"']*[\"']", b"", opening)
            opening += b' %s="%d"' % (name, value)
        return opening + slash + rest

    def _inside(self, name: bytes) -> bytes:
        found = self._section(self._content, name)
        return found[2] if found else b""

    @staticmethod
    def _section(content: bytes, name: bytes) -> "re.Match[bytes] | None":
        pattern = rb"(<" + name + rb"\b[^>]*(?<!/)>)(.*?)(</" + name + rb">)"
        return re.search(pattern, content, re.DOTALL)

    def _with(self, content: bytes, name: bytes, more: bytes) -> bytes:
        found = self._section(content, name)
        if found is None:
            raise unpatchable()
        opening = re.sub(rb"\scount=[\"']\d+[\"']", b"", found[1])  # optional, and now wrong
        return content[: found.start()] + opening + found[2] + more + content[found.start(3) :]
