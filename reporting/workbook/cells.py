"""The one door to a cell: every value of every workbook we make passes ``SafeWriter``."""

import datetime as dt
import math
import re
from decimal import Decimal
from xml.sax.saxutils import escape

from reporting.workbook.errors import UnsafeValue
from reporting.workbook.text import safe_text

#: Spreadsheets keep 15 digits; an identity number stored as a number is already corrupt.
MOST_DIGITS = 15
CHINA = dt.timezone(dt.timedelta(hours=8))
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 -- a spreadsheet's day zero has no zone
FIRST_DAY = dt.date(1900, 3, 1)  # before it Excel and LibreOffice number the days differently
# A reader turns _x0041_ inside a cell into "A". Cut in two runs, it stays what was typed in
# every reader, while the standard's own escape is shown raw by some.
_escape_like = re.compile(r"(?<=_x[0-9A-Fa-f])(?=[0-9A-Fa-f]{3}_)")


def text_xml(text: str) -> str:
    """The ``<is>`` element of already safe ``text``."""
    if "_x" in text and (parts := _escape_like.split(text))[1:]:
        runs = (f'<r><t xml:space="preserve">{escape(part)}</t></r>' for part in parts)
        return f"<is>{''.join(runs)}</is>"
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else ""
    return f"<is><t{space}>{escape(text)}</t></is>"


def day_number(value: dt.date) -> float:
    """A date or moment as a spreadsheet counts it: days since 1899-12-30, Chinese local time."""
    if isinstance(value, dt.datetime):
        local = value.astimezone(CHINA).replace(tzinfo=None) if value.tzinfo else value
    else:
        local = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- as above
    if local.date() < FIRST_DAY:
        raise UnsafeValue(f"日期{value}早于1900年3月1日，表格软件无法正确保存，请核对日期。")
    return (local - _EPOCH) / dt.timedelta(days=1)


def number_text(value: int | float | Decimal) -> str:
    """A number as the file stores it. Refuses what would come back as another number."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnsafeValue("数值不是有限的数，无法写入表格，请核对计算。")
        return repr(value)
    number = Decimal(value)
    if not number.is_finite():
        raise UnsafeValue("数值不是有限的数，无法写入表格，请核对计算。")
    if len(number.as_tuple().digits) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise UnsafeValue(
            f"数值超过{MOST_DIGITS}位，表格软件会改掉后面的数字；证件号、账号请按文字保存。"
        )
    return format(number, "f")


class SafeWriter:
    """Turns values into cells and remembers what it had to clean.

    ``quoted`` says how a style index becomes the same style with the quote prefix. ``dated`` and
    ``timed`` are the styles of dates and of moments; without them a date is refused, since a date
    without a format is a bare number on paper.
    """

    def __init__(self, *, quoted: int, dated: int | None = None, timed: int | None = None) -> None:
        self._quoted, self._dated, self._timed = quoted, dated, timed
        self.notes: list[str] = []

    def put(self, address: str, value: object, style: int = 0) -> str:
        """The ``<c>`` element of ``value`` at ``address``.

        Raises ``UnsafeValue``, naming the cell, for what the cell could not hold unchanged.
        """
        try:
            return self._put(address, value, style)
        except UnsafeValue as error:
            raise UnsafeValue(f"单元格{address}：{error}") from None

    def _put(self, address: str, value: object, style: int) -> str:
        if value is None or value == "":
            return f'<c r="{address}" s="{style}"/>'
        if isinstance(value, str):
            safe = safe_text(value)
            if safe.removed:
                self.notes.append(f"单元格{address}：已去掉{safe.removed}个无法保存的控制字符。")
            if not safe.text:
                return f'<c r="{address}" s="{style}"/>'
            style += self._quoted if safe.quoted else 0
            return f'<c r="{address}" s="{style}" t="inlineStr">{text_xml(safe.text)}</c>'
        if isinstance(value, bool):
            return self._put(address, "是" if value else "否", style)
        if isinstance(value, int | float | Decimal):
            return f'<c r="{address}" s="{style}"><v>{number_text(value)}</v></c>'
        if isinstance(value, dt.date):
            dated = self._timed if isinstance(value, dt.datetime) else self._dated
            if dated is None:
                raise UnsafeValue("此处没有日期格式，请先把日期写成文字。")
            return f'<c r="{address}" s="{dated}"><v>{day_number(value)!r}</v></c>'
        raise UnsafeValue(f"不认识的内容类型“{type(value).__name__}”，请先转成文字或数。")
