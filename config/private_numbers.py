"""Identity numbers and telephones inside what people write: one pattern for pages, files and logs.

Here, below all rooms, because the logs need it and import no room; pages mask by
:mod:`federation.data_dictionary`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable

IDENTITY, MOBILE, LANDLINE = "identity", "mobile", "landline"

# Written by hand, digits come full-width, and groups of them apart.
_DIGIT, _GAP = "[0-9０-９]", "[ \\u3000\\u00a0\\u200b\\-－—–.·]{0,2}"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = f"(?<!{_DIGIT})", f"(?!{_DIGIT})"


def _digits(count: int) -> str:
    return f"{_DIGIT}(?:{_GAP}{_DIGIT}){{{count - 1}}}"


_NUMBERS = re.compile(
    f"{_NO_DIGIT_BEFORE}(?:"
    f"(?P<identity>{_digits(17)}{_GAP}[0-9０-９XxＸｘ]|{_digits(15)})"
    f"|(?P<mobile>(?:(?:[+＋]|00|００){_GAP}[8８][6６]{_GAP})?[1１]{_GAP}[3-9３-９]{_GAP}{_digits(9)})"
    f"|(?P<landline>[(（]?[0０]{_digits(2)}{_DIGIT}?[)）]?{_GAP}{_digits(7)}(?:{_GAP}{_DIGIT})?)"
    f"){_NO_DIGIT_AFTER}"
)


def replaced(text: str, by: Callable[[str, str], str]) -> str:
    """``text`` with ``by(kind, digits)`` in place of each number, however it is written.

    Eighteen digits are taken for an identity number whether they check or not: one with a slip in it
    still tells whose it is. Fifteen must hold a date, or every long number would go.
    """

    def one(found: re.Match[str]) -> str:
        kind, written = str(found.lastgroup), found.group()
        plain = "".join(c for c in unicodedata.normalize("NFKC", written) if c.isalnum()).upper()
        if kind == IDENTITY and len(plain) < 18 and not _is_date(f"19{plain[6:12]}"):
            return written
        return by(kind, plain[-11:] if kind == MOBILE else plain)

    return _NUMBERS.sub(one, text)


def _is_date(text: str) -> bool:
    try:
        dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True
