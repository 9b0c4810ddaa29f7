"""What people type into cells, brought to one form; what they typed is kept beside it elsewhere."""

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

_SPACE = re.compile(r"\s+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}）”」])[ \t\u3000\xa0]+(?=[{_HAN}（“「])")
_SPREAD = re.compile(rf"(?:[{_HAN}][ \u3000\xa0]+){{2,}}[{_HAN}]")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\xad\u200e\u200f"), None)
# Letters and digits only: Chinese punctuation stays as it was typed.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}
_NARROW |= {
    ord("％"): ord("%"),
    ord("．"): ord("."),
    ord("\u3000"): ord(" "),
    ord("\xa0"): ord(" "),
}
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ％．]")
LONGEST_NONE = 8  # characters
#: Words for nothing at all.
NONE = frozenset(
    {"无", "没有", "暂无", "暂没有", "尚无", "未定", "空", "/", "\\", "-", "--", "—", "——", "－", "―", "一一", "〇", "无。", "n/a", "null", "none", "×"}
)  # fmt: skip
_AROUND_NONE = "()（）。."
#: How squeezed words begin that may say so.
BEGIN_NONE = frozenset(
    {sign for word in NONE for sign in (word[0], word[0].upper())} | set(_AROUND_NONE)
)
DITTO = frozenset(
    {
        "同上",
        "〃",
        "″",
        "′′",
        "々",
        "如上",
        "同上。",
        "同上一行",
        '"',
        "”",
        "“",
        "''",
        "同前",
        "同",
        "〃〃",
        "″″",
        "上同",
        "(同上)",
    }
)
_DIGITS = dict(
    zip(
        "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖两俩",
        [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 2],
        strict=True,
    )
)
_UNITS = {
    "十": 10,
    "拾": 10,
    "百": 100,
    "佰": 100,
    "千": 1_000,
    "仟": 1_000,
    "万": 10_000,
    "亿": 100_000_000,
}
_EPOCH = dt.date(1899, 12, 30)
_FIRST = itemgetter(0)  # letter of a text


def text_of(cell: Any) -> str:
    """A cell as a person reads it: 13800000000 without point, a date as 2014-05-25."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dict):
        return str(cell.get("d", ""))
    return "" if cell is None else str(cell)


def is_tidy(text: str) -> bool:
    """Whether there is nothing to put in order: no blank, no line end, no full-width digit."""
    return text.isprintable() and " " not in text and _WIDE.search(text) is None


def tidy(text: str) -> str:
    """One line, half-width letters and digits, no blanks between Chinese characters."""
    if is_tidy(text):
        return text
    text = text.translate(_INVISIBLE).translate(_NARROW).replace("\r", "")
    text = _SPACE.sub(" ", text.replace("\n", "" if _breaks_a_word(text) else " ")).strip()
    return _BETWEEN_HAN.sub("", text)


def _breaks_a_word(text: str) -> bool:
    return re.search(rf"[{_HAN}）)][ \u3000]*\n[ \u3000]*[{_HAN}（(]", text) is not None


def tidy_lines(text: str) -> str:
    """Lines kept; half-width letters and digits; words spread by blanks put together."""
    if is_tidy(text):
        return text
    text = text.translate(_INVISIBLE).translate(_NARROW).replace("\r\n", "\n").replace("\r", "\n")
    lines = (_SPREAD.sub(lambda m: _SPACE.sub("", m[0]), line).strip() for line in text.split("\n"))
    return "\n".join(lines).strip()


def is_squeezed(text: str) -> bool:
    """Whether ``squeezed`` would leave it as it is; in doubt, no."""
    # Nearly every cell is in that form already, and printable text holds no blank but " ".
    return text.isprintable() and " " not in text and unicodedata.is_normalized("NFKC", text)


class Texts:
    """Many texts that are looked through together; blank ones are left out."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.all = [text for text in texts if text]
        self.joined = "\n".join(self.all)  # a line each, unless one of them has several

    @functools.cached_property
    def squeezed(self) -> bool:
        """Whether ``squeezed`` would leave each of them as it is; in doubt, no."""
        return self._has_a_line_each and is_squeezed(self.joined.replace("\n", ""))

    @functools.cached_property
    def tidy(self) -> bool:
        """Whether ``is_tidy`` says so of each. Squeezed words are: no sign of theirs has a wide form."""
        return self.squeezed or (self._has_a_line_each and is_tidy(self.joined.replace("\n", "")))

    @functools.cached_property
    def normal(self) -> bool:
        """Whether each is in compatibility form; in doubt, no."""
        return self.squeezed or unicodedata.is_normalized("NFKC", self.joined)

    @functools.cached_property
    def firsts(self) -> set[str]:
        """The letters that they begin with."""
        return set(map(_FIRST, self.all))

    @property
    def _has_a_line_each(self) -> bool:
        return self.joined.count("\n") == len(self.all) - 1


def squeezed(text: str) -> str:
    """For comparing: compatibility forms, no blanks, nothing invisible."""
    if is_squeezed(text):
        return text
    return _SPACE.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))


def is_none(text: str) -> bool:
    if len(text) > LONGEST_NONE and len(text.strip()) > LONGEST_NONE:
        return False
    plain = squeezed(text)
    return says_none(plain) if plain else text.strip() != ""


def says_none(plain: str) -> bool:
    """``is_none`` of squeezed words that are not blank."""
    bare = plain.strip(_AROUND_NONE).lower()
    return bare in NONE or not bare


def chinese_number(text: str) -> int | float | None:
    """三百二十 → 320, 一万二 → 12000, 二〇一四 → 2014; ``None`` for anything else."""
    plain = squeezed(text)
    if not plain or any(char not in _DIGITS and char not in _UNITS for char in plain):
        return None
    if all(char in _DIGITS for char in plain):
        return int("".join(str(_DIGITS[char]) for char in plain))
    total = section = digit = 0
    last = 1
    for char in plain:
        if char in _DIGITS:
            digit = _DIGITS[char]
            continue
        unit = _UNITS[char]
        if unit >= 10_000:
            total = (total + section + digit) * unit
            section = digit = 0
        else:
            section += (digit or 1) * unit
            digit = 0
        last = unit
    if digit and last >= 100 and plain[-2] in _UNITS:  # 一万二 is 12,000, 三百五 is 350
        digit *= last // 10
    return total + section + digit


def number(cell: Any) -> int | float | None:
    """A number as offices write it: 1,200 · １２００ · 三百 · 5万 · 12户; ``None`` when it is none."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return cell
    plain = squeezed(text_of(cell)).replace(",", "").replace("，", "")
    plain = re.sub(r"^(?:约|共|计|人民币|[¥$￥])", "", plain)
    found = re.fullmatch(
        r"([+-]?\d+(?:\.\d+)?)(万|亿|%)?(?:[人户个名元场次亩件册份台期笔项岗村对]|人次)?", plain
    )
    if found:
        value = float(found[1]) * {"万": 10_000, "亿": 100_000_000, "%": 0.01}.get(
            found[2] or "", 1
        )
        return int(value) if float(value).is_integer() else value
    return chinese_number(re.sub(r"(?:[人户个名元场次亩件册份台期笔项岗村对]|人次|整)$", "", plain))


def date(cell: Any) -> str | None:
    """2014-05-25 from 2014.5.25, 20140525, 2014年5月25日, 二〇一四年五月二十五日, 41784 or a date cell."""
    if isinstance(cell, dict):
        found = re.match(r"\d{4}-\d{2}-\d{2}", str(cell.get("d", "")))
        return found[0] if found else None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        whole = int(cell)
        if 19_000_101 <= whole <= 21_001_231:
            return _day(whole // 10_000, whole // 100 % 100, whole % 100)
        if 20_000 <= whole <= 73_050:  # 1954 … 2099 as a serial number
            return (_EPOCH + dt.timedelta(days=whole)).isoformat()
        return None
    plain = squeezed(text_of(cell))
    plain = re.sub(r"(?:T?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|星期.|周.|前|止|\(.*\))+$", "", plain)
    if found := re.fullmatch(
        r"(\d{4})(?:年|[.\-/。,，、])(\d{1,2})(?:月|[.\-/。,，、])(\d{1,2})[日号]?", plain
    ):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if re.fullmatch(r"\d{8}", plain):
        return _day(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    if re.fullmatch(r"\d{5}(?:\.0+)?", plain):
        return date(int(float(plain)))
    if found := re.fullmatch(r"([〇零○一二三四五六七八九]{4})年(.{1,3})月(.{1,3})[日号]", plain):
        parts = [chinese_number(part.replace("○", "〇")) for part in found.groups()]
        if all(isinstance(part, int) for part in parts):
            return _day(*(int(part) for part in parts if part is not None))
    return None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None
