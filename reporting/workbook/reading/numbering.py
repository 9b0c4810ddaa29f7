"""Numbers in front of names: 1、甲岗 2、乙岗, 一、, （一）, ①, No.1. They count lines and belong to no name."""

import re

from reporting.workbook.reading.records import Records
from reporting.workbook.reading.words import chinese_number

_NUMBERED = re.compile(
    r"\s*(?:"
    r"(?P<circled>[①-⑳㈠-㈩⑴-⒇⒈-⒛])[、.．]?"
    r"|[（(]\s*(?P<inside>\d{1,3}|[一二三四五六七八九十]{1,3})\s*[)）][、.．]?"
    r"|(?:[Nn][Oo]\.?\s?|第)(?P<said>\d{1,3})[、.．:：个号\s]"
    r"|(?P<plain>[\d０-９]{1,3}|[一二三四五六七八九十]{1,3})[、.．)）]"
    r")\s*(?P<name>[^\d\s.．].*)",
    re.DOTALL,
)
_CIRCLES = (("①", 20), ("㈠", 10), ("⑴", 20), ("⒈", 20))


def parted(text: str) -> tuple[int, str] | None:
    """Number and name of a numbered name; ``None`` for any other."""
    found = _NUMBERED.match(text)
    if found is None:
        return None
    if sign := found["circled"]:
        number = next(
            ord(sign) - ord(first) + 1 for first, count in _CIRCLES
            if 0 <= ord(sign) - ord(first) < count
        )  # fmt: skip
        return number, found["name"].strip()
    digits = found["inside"] or found["said"] or found["plain"]
    value = int(digits) if digits.isdigit() else chinese_number(digits)
    return (int(value), found["name"].strip()) if value is not None else None


def strip_numbers(records: Records, key: str) -> None:
    """Take the numbers off the field ``key`` where they count the records, group by group.

    A number alone may belong to a name (110报警台); only all in a row, from 1 on in each group, count.
    """
    before, last = 0, ""
    for name in map(str, records.column(key)):
        found = parted(name)
        if found is None:
            return
        again = found[0] == before and name == last
        if not (again or found[0] in (1, before + 1)):
            return
        before, last = found[0], name
    for record in records:
        if (now := parted(str(record.values.get(key, "")))) is not None:
            record.values[key] = now[1]
