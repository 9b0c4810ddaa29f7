"""What people type, brought to one form: text, phones, e-mail, dates, villages.

Given anything that JSON can hold, and a few things it cannot; raises nothing but ``Unusable``.
"""

import datetime as dt
import functools
import re
import unicodedata
import uuid
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

#: Longest text that is looked at; beyond it only the length is reported.
LONGEST_INPUT = 20_000

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff]")
_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_LONE = re.compile("[\ud800-\udfff]")
# NFC would replace these with other characters; people have them in their names.
_COMPATIBILITY_HAN = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_ONLY_MOBILE = re.compile(r"(?<![^|])1[3-9][0-9]{9}(?![^|])")
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))?(\d{7,8})(?:(?:转|ext\.?|-)(\d{1,6}))?")
_DATE = re.compile(
    r"(\d{4})(?:年|\.|-|/)\s*(\d{1,2})(?:月|\.|-|/)\s*(\d{1,2})日?|(\d{4})(\d{2})(\d{2})"
)


class Unusable(ValueError):
    """Input that cannot be stored; the message continues a sentence that began with the label."""


def _is_clean(text: str) -> bool:
    """Whether nothing needs cleaning, as with nearly all text: printable text has no blank but " "."""
    return (
        text.isprintable()
        and "  " not in text
        and text[:1] != " " != text[-1:]
        and unicodedata.is_normalized("NFC", text)
    )


def all_clean(texts: Collection[str]) -> bool:
    """Whether ``clean_text`` would leave every one of many ``texts`` as it is; in doubt, no."""
    joined = "|".join(texts)  # a sign that changes nothing about those beside it
    return (
        _is_clean(joined)
        and " |" not in joined
        and "| " not in joined
        and max(map(len, texts), default=0) <= LONGEST_INPUT
    )


def mobiles_among(texts: set[str]) -> set[str]:
    """Those of many ``texts`` that are the eleven digits of a mobile and nothing else."""
    return texts & set(_ONLY_MOBILE.findall("|".join(texts)))


def clean_text(value: Any, *, lines: bool = False) -> str:
    """NFC text without control characters and outer blanks; one line unless ``lines``.

    Surrogate pairs that arrive as two characters are joined, so that 𠮷 survives.
    """
    if value is None:
        return ""
    if type(value) is str and len(value) <= LONGEST_INPUT and _is_clean(value):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable("的内容格式不对，请重新填写。")
    if isinstance(value, int) and abs(value) >= 10**30:
        raise Unusable("的数字过长，请核对后重新填写。")
    text = str(value)
    if len(text) > LONGEST_INPUT:
        raise Unusable(f"有{len(text)}字，过长，请删减。")
    if _LONE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if "\ufffd" in text:
            place = text.index("\ufffd") + 1
            raise Unusable(f"第{place}个字无法识别，请删除后重新输入。")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _BIDI.sub("", _CONTROL.sub("", text))
    text = "".join(
        part if index % 2 else unicodedata.normalize("NFC", part)
        for index, part in enumerate(_COMPATIBILITY_HAN.split(text))
    )
    if lines:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def phone_number(text: str) -> str | None:
    """A mobile as 11 digits, a landline as 0595-28380296 or bare 28380296; else ``None``."""
    plain = unicodedata.normalize("NFKC", text[:40])
    plain = re.sub(r"[\s()‐-―−]", lambda m: "" if m[0] in "() " or m[0].isspace() else "-", plain)
    if mobile := _MOBILE.fullmatch(plain.replace("-", "")):
        return mobile[1]
    plain = re.sub(r"^\+?86-?(?=0)", "", plain)
    plain = re.sub(r"^(0\d{2,3})-", r"\1", plain)
    plain = re.sub(r"^(0(?:10|2\d|[3-9]\d{2})?)?(\d{4})-(\d{4})$", r"\1\2\3", plain)
    found = _LANDLINE.fullmatch(plain)
    if not found:
        return None
    area, number, extension = found.groups()
    if number[0] in "01" or (area is None and len(number) != 8):
        return None
    return "-".join(part for part in (area, number, extension) if part)


def email_address(text: str) -> str | None:
    address = unicodedata.normalize("NFKC", text[:300]).replace(" ", "").replace("。", ".")
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


@functools.lru_cache(maxsize=4_096)
def iso_date(text: str) -> str | None:
    """2026年11月22日, 2026.11.22, 2026/11/22, 20261122 and 2026-11-22 as the last of them."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text[:20]).replace(" ", ""))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def village(entry: Any) -> dict[str, str | None] | None:
    """One village as ``{"unit", "text"}``; ``None`` for a blank."""
    if isinstance(entry, str):
        entry = {"unit": None, "text": entry}
    if entry is None or entry == {}:
        return None
    if not isinstance(entry, dict):
        raise Unusable("的内容格式不对，请重新选择或直接输入村名。")
    text, unit = clean_text(entry.get("text")), entry.get("unit")
    if unit in (None, ""):
        return {"unit": None, "text": text} if text else None
    try:
        unit = str(uuid.UUID(unit))
    except (ValueError, TypeError, AttributeError):
        raise Unusable("所选的村无法识别，请重新选择或直接输入村名。") from None
    if not text:
        raise Unusable("所选的村没有名称，请重新选择或直接输入村名。")
    return {"unit": unit, "text": text}


def village_text(entry: Any) -> str:
    """The name of one village as stored, for display."""
    if isinstance(entry, dict):
        entry = entry.get("text")
    return entry if isinstance(entry, str) else ""
