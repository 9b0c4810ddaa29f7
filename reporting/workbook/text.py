"""Text on its way into a cell: what is cleaned, what is refused, what must be marked as text.

Text is always stored as text. A value that a spreadsheet would read as a formula, a number or a
date once somebody presses F2 and Enter in it also gets the quote prefix, so that it stays text.
"""

import re
from dataclasses import dataclass

from reporting.workbook.errors import UnsafeValue

#: The most characters a spreadsheet keeps in one cell, counted as UTF-16 units as Excel does.
CELL_LIMIT = 32_767

# Control characters other than TAB and LF, lone surrogates and non-characters make the file
# unreadable; embeddings, overrides and isolates reverse the words a reader sees.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_BROKEN = "\ud800-\udfff\ufffe\uffff"
_BIDI = "\u202a-\u202e\u2066-\u2069"
FORBIDDEN = f"{_CONTROL}{_BROKEN}{_BIDI}"
_forbidden = re.compile(f"[{FORBIDDEN}]")

#: First characters that Excel, WPS or LibreOffice may act on, full-width forms included: saved to
#: CSV in a Western charset, LibreOffice turns a full-width equals sign into a plain one.
TRIGGERS = "=+-@\t\n＝＋－＠'\";|#"
_trigger = re.compile(f"(?:\\s*[{re.escape(TRIGGERS)}])|[\t\n]")
# 13800000000, 1-2, 3/4, 12:30, 1e5, 50%: digits that become a number, a date or a time when edited.
_number_like = re.compile(r"\s*[(（¥￥$]?[\d０-９][\d０-９,.．:：/eE%％ )）-]*\s*\Z")


@dataclass(frozen=True)
class SafeText:
    """Text as it will stand in the cell.

    ``removed`` counts the characters that had to go; line ends becoming LF are not counted.
    """

    text: str
    removed: int
    quoted: bool


def join_surrogates(text: str) -> str:
    """Join surrogate pairs that came in as two characters, so that 𠮷 survives; lone ones stay."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def needs_quote(text: str) -> bool:
    """Whether a spreadsheet would turn ``text`` into something else when the cell is edited."""
    if text[:1].isalpha():  # Chinese words too; nothing below begins with a letter
        return False
    return bool(_trigger.match(text) or _number_like.match(text))


def safe_text(value: str) -> SafeText:
    """Clean ``value`` for a cell. Raises ``UnsafeValue`` when it is too long: nothing is cut."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    removed = 0
    # Printable text, nearly all there is, holds none of them; line ends are not printable.
    if not text.isprintable() and _forbidden.search(text):
        text, removed = _forbidden.subn("", join_surrogates(text))
    if len(text) > CELL_LIMIT // 2:
        units = len(text.encode("utf-16-le")) // 2
        if units > CELL_LIMIT:
            raise UnsafeValue(
                f"文字共{units}字，超过一个单元格能存的{CELL_LIMIT}字，请缩短或分开填写。"
            )
    return SafeText(text, removed, needs_quote(text))
