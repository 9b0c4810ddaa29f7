"""Numbers of identity cards (GB 11643): brought to one form, checked, and what they say.

Eighteen characters: division, date of birth, order (odd for men), check digit. Cards issued before
1999 have fifteen, with a year of two digits and no check digit; their bearer's number today is the
eighteen that they become.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
SHAPE = re.compile(r"\d{17}[\dX]")
OLD_SHAPE = re.compile(r"\d{15}")
NOISE = re.compile(r"[\s\-\u200b-\u200f\u2060\ufeff'’`]")


@dataclass(frozen=True)
class IdentityNumber:
    """A number that holds: ``text`` of 18 characters; ``sex`` is ``F`` or ``M``."""

    text: str
    born_on: dt.date
    sex: str

    @property
    def division(self) -> str:
        return self.text[:6]


def normalised(typed: str) -> str:
    """``typed`` without spaces, full-width forms and lower case; an old number as its eighteen digits.

    What is no number at all comes back as it is: :func:`checked` judges.
    """
    text = NOISE.sub("", unicodedata.normalize("NFKC", typed)).upper()
    if OLD_SHAPE.fullmatch(text):
        longer = f"{text[:6]}19{text[6:]}"
        return longer + check_digit(longer)
    return text


def check_digit(first_seventeen: str) -> str:
    return CHECK[sum(int(d) * w for d, w in zip(first_seventeen, WEIGHTS, strict=True)) % 11]


def checked(typed: str, *, today: dt.date | None = None) -> IdentityNumber:
    """The number that was typed. ``ValidationError`` says what is wrong and how to mend it; it never
    quotes the number."""
    text = normalised(typed)
    if re.search(r"\dE\+?\d", text):
        raise ValidationError(
            "身份证号被表格软件存成了数字，后几位已经丢失。请把该列设为文本，按证件重新填写。",
            code="number",
        )
    if not SHAPE.fullmatch(text):
        raise ValidationError(
            f"身份证号应为18位（旧证15位），这里有{len(text)}位，请按证件核对。", code="length"
        )
    try:
        born_on = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise ValidationError("身份证号第7至14位不是日期，请按证件核对。", code="date") from None
    if not dt.date(1900, 1, 1) <= born_on <= (today or timezone.localdate()):
        raise ValidationError("身份证号中的出生日期不合理，请按证件核对。", code="date")
    if text[-1] != check_digit(text[:17]):
        raise ValidationError("身份证号的校验位不对，可能有一位填错，请按证件核对。", code="check")
    return IdentityNumber(text, born_on, "M" if int(text[16]) % 2 else "F")
