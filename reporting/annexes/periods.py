"""The stretch of time an annex answers for, and how it is written down."""

import datetime as dt
import enum
import re
import unicodedata

from django.utils import timezone

from notices.spans import Cycle, span_at


class Period(enum.Enum):
    """Values are stored as ``2014``, ``2014H1``, ``2014Q2`` and ``2014-05``."""

    YEAR = "year"
    HALF_YEAR = "half_year"
    QUARTER = "quarter"
    MONTH = "month"

    def check(self, text: str) -> str:
        """``text`` in its stored form. Raises ``ValueError`` with a Chinese sentence."""
        plain = unicodedata.normalize("NFKC", text if isinstance(text, str) else "").strip()
        pattern, example, stored = _FORMS[self]
        found = pattern.fullmatch(plain[:20])
        if not found:
            raise ValueError(f"报告期“{plain[:20]}”写法不对，应写作“{example}”。")
        return stored.format(found[1], *(int(number) for number in found.groups()[1:]))

    def holding(self, moment: dt.datetime) -> str:
        """The period an aware ``moment`` lies in, by the calendar of Asia/Shanghai."""
        day = timezone.localdate(moment, timezone.get_default_timezone())
        return span_at(Cycle(self.value), day).code

    def bounds(self, stored: str) -> tuple[dt.datetime, dt.datetime]:
        """The first moment of a stored period and of the one after it: ``start <= moment < end``.

        Aware, so that neither the process's time zone nor the database's has a say.
        """
        year, *rest = re.split(r"[HQ-]", self.check(stored))
        cycle = Cycle(self.value)
        month = (int(rest[0]) - 1 if rest else 0) * cycle.months + 1
        span = span_at(cycle, dt.date(int(year), month, 1))
        zone = timezone.get_default_timezone()
        first, after = span.starts_on, span.ends_on + dt.timedelta(days=1)
        midnight = dt.time(tzinfo=zone)
        return dt.datetime.combine(first, midnight), dt.datetime.combine(after, midnight)

    def words(self, stored: str) -> str:
        """A stored period as people write it: 2014年第2季度."""
        year, *rest = re.split(r"[HQ-]", self.check(stored))
        return _WORDS[self].format(year, *(int(number) for number in rest))


_YEAR = r"((?:19|20)\d\d)\s*"
_FORMS = {
    Period.YEAR: (re.compile(_YEAR + "年?(?:度)?"), "2014", "{}"),
    Period.HALF_YEAR: (
        re.compile(_YEAR + r"(?:年?\s*第?|-?[Hh])([12])(?:半年)?"),
        "2014H1",
        "{}H{}",
    ),
    Period.QUARTER: (
        re.compile(_YEAR + r"(?:年?\s*第?|-?[Qq])([1-4])(?:季度)?"),
        "2014Q2",
        "{}Q{}",
    ),
    Period.MONTH: (
        re.compile(_YEAR + r"(?:年|-|\.|/)\s*(0?[1-9]|1[0-2])月?(?:份)?"),
        "2014-05",
        "{}-{:02d}",
    ),
}
_WORDS = {
    Period.YEAR: "{}年",
    Period.HALF_YEAR: "{}年第{}个半年",
    Period.QUARTER: "{}年第{}季度",
    Period.MONTH: "{}年{}月",
}
