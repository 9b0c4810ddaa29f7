"""Phone numbers brought to one form, so that two ways of writing one are found to be the same."""

import re
import unicodedata

from django.core.exceptions import ValidationError

NOISE = re.compile(r"[\s\-—－()（）.·]")
MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{9,11}|[2-8]\d{6,7}")


def normalised(typed: str) -> str:
    """``typed`` in plain digits, without +86, spaces and dashes."""
    text = NOISE.sub("", unicodedata.normalize("NFKC", typed))
    return re.sub(r"^(?:\+|00)86", "", text)


def checked(typed: str) -> str:
    """The number, normalised. ``ValidationError`` where it is neither a mobile nor a landline."""
    text = normalised(typed)
    if not (MOBILE.fullmatch(text) or LANDLINE.fullmatch(text)):
        raise ValidationError("电话应为11位手机号，或带区号的座机号。", code="phone")
    return text
