"""When a duty is due: rules as data, one reading chosen for each phrase of a notice.

A rule is a small JSON object ``{"kind": …}`` on :class:`notices.models.Duty`, beside the notice's
own phrase. It answers one question for one covered period: from when, and until which day
(included). What is covered (``Cycle`` and window) and what is due are different things: 下基层
asks on 8月30日 for the summary of the whole year within a campaign of April to August.

All days are days of Asia/Shanghai; the last minute of a due day is on time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notices import working_days
from notices.spans import Cycle, Span, last_day, spans

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Occurrence:
    """One time a duty is owed. ``due_on`` None: it is asked for, but by no day."""

    span: Span
    opens_on: dt.date
    due_on: dt.date | None


class DueRuleError(ValueError):
    """A rule that is none, with a sentence for the person who typed it."""


@dataclass(frozen=True)
class Asked:
    """What a rule may look at: the covered period, and the due days of other duties by code."""

    span: Span
    others: Mapping[str, dt.date | None]


@dataclass(frozen=True)
class Kind:
    """One kind of rule: its parameters with defaults, its words and its reading."""

    words: str
    parameters: Mapping[str, Any]
    due: Callable[[dict[str, Any], Asked], dt.date | None]
    opens: Callable[[dict[str, Any], Asked], dt.date] | None = None


# -- Readings of 每季末10日前 ----------------------------------------------------------------------
QUARTER_READINGS = {
    "last_month": "季末月10日前（3、6、9、12月10日）",
    "before_end": "季末前10日（3月21日、6月20日、9月20日、12月21日）",
    "after_end": "季后10日内（4、7、10月和次年1月10日）",
}


def _quarter_end(rule: dict[str, Any], asked: Asked) -> dt.date:
    end, day = asked.span.ends_on, rule["day"]
    if rule["reading"] == "last_month":
        return end.replace(day=day)
    if rule["reading"] == "before_end":
        return end - dt.timedelta(days=day)
    return end + dt.timedelta(days=day)


def _on_date(rule: dict[str, Any], asked: Asked) -> dt.date:
    return _date(rule["date"])


def _month_day(rule: dict[str, Any], asked: Asked) -> dt.date:
    year = asked.span.ends_on.year
    return min(dt.date(year, rule["month"], 1) + (rule["day"] - 1) * ONE_DAY, _end_of(rule, year))


def _end_of(rule: dict[str, Any], year: int) -> dt.date:
    """29 February falls on the 28th of a common year."""
    return last_day(year, rule["month"])


def _window_end(rule: dict[str, Any], asked: Asked) -> dt.date:
    return last_day(asked.span.ends_on.year, rule["to_month"] or rule["month"])


def _window_start(rule: dict[str, Any], asked: Asked) -> dt.date:
    return dt.date(asked.span.ends_on.year, rule["month"], 1)


def _working_days_before(rule: dict[str, Any], asked: Asked) -> dt.date:
    if rule["duty"] not in asked.others:
        raise DueRuleError(f"截止规则依据的任务“{rule['duty']}”不在本通知中，请先添加该任务。")
    day = asked.others[rule["duty"]]
    if day is None:
        raise DueRuleError(f"任务“{rule['duty']}”没有截止日期，不能据以推算，请为其设定日期。")
    return working_days.shifted(day, -rule["days"])


KINDS: dict[str, Kind] = {
    "on_date": Kind("指定日期前（含当日）", {"date": None}, _on_date),
    "month_day": Kind("每年某月某日前（含当日）", {"month": None, "day": None}, _month_day),
    "end_of_period": Kind("本期最后一日", {}, lambda rule, asked: asked.span.ends_on),
    "quarter_end": Kind("每季末10日前", {"day": 10, "reading": "last_month"}, _quarter_end),
    "month_window": Kind(
        "某月（或某月至某月）内", {"month": None, "to_month": 0}, _window_end, _window_start
    ),
    "working_days_before": Kind(
        "早于另一任务若干工作日", {"days": 5, "duty": None}, _working_days_before
    ),
    "months_after_record": Kind("每人上次之后若干个月", {"months": 24}, lambda rule, asked: None),
    "no_date": Kind("不定期，不设截止日期", {}, lambda rule, asked: None),
}
RANGES = {
    "month": (1, 12),
    "day": (1, 31),
    "to_month": (0, 12),
    "days": (0, 60),
    "months": (1, 120),
}
NAMES = {
    "month": "月份",
    "day": "日",
    "to_month": "截止月份",
    "days": "工作日数",
    "months": "月数",
    "date": "日期",
    "reading": "“每季末10日前”的理解",
    "duty": "依据的任务",
}


def checked(data: Any) -> dict[str, Any]:
    """``data`` as a complete rule with every parameter. :class:`DueRuleError` says what is wrong."""
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise DueRuleError(f"截止规则须为以下之一：{'、'.join(k.words for k in KINDS.values())}。")
    kind = KINDS[data["kind"]]
    if unknown := sorted(set(data) - set(kind.parameters) - {"kind"}):
        raise DueRuleError(f"截止规则“{kind.words}”不认识：{'、'.join(unknown)}。")
    rule = {"kind": data["kind"], **kind.parameters, **data}
    for name in kind.parameters:
        _check_parameter(name, rule[name])
    if data["kind"] == "month_day":
        leap = last_day(2000, rule["month"]).day
        if rule["day"] > leap:
            raise DueRuleError(f"{rule['month']}月没有{rule['day']}日。")
    if data["kind"] == "month_window" and 0 < rule["to_month"] < rule["month"]:
        raise DueRuleError("截止月份早于开始月份。")
    return rule


def _check_parameter(name: str, value: Any) -> None:
    if name in RANGES:
        low, high = RANGES[name]
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            raise DueRuleError(f"截止规则的{NAMES[name]}须为 {low} 至 {high} 的整数。")
    elif name == "date":
        _date(value)
    elif name == "reading" and value not in QUARTER_READINGS:
        raise DueRuleError(f"请选择{NAMES[name]}：{'；'.join(QUARTER_READINGS.values())}。")
    elif name == "duty" and not (isinstance(value, str) and value):
        raise DueRuleError("请选择依据的任务。")


def _date(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DueRuleError(f"截止日期“{value}”不是日期，应写作 2014-05-25。") from error


def occurrences(
    data: Any,
    *,
    cycle: Cycle,
    window: tuple[dt.date, dt.date],
    covers: tuple[dt.date, dt.date] | None = None,
    others: Mapping[str, dt.date | None] | None = None,
) -> Iterator[Occurrence]:
    """Each time the duty is owed in ``window`` (campaign, both days included), in order.

    ``covers`` is the period a ONCE duty reports on where it is another than the window. A periodic
    duty is owed for every period that touches the window.
    """
    rule = checked(data)
    kind = KINDS[rule["kind"]]
    starts_on, ends_on = covers if covers and cycle is Cycle.ONCE else window
    for span in spans(cycle, starts_on, ends_on):
        asked = Asked(span, others or {})
        opens_on = kind.opens(rule, asked) if kind.opens else max(window[0], span.starts_on)
        yield Occurrence(span, opens_on, kind.due(rule, asked))


def next_for_record(data: Any, last_done: dt.date) -> dt.date | None:
    """The personal due day of a ``months_after_record`` rule (两癌检查 every 24 months), else None."""
    rule = checked(data)
    if rule["kind"] != "months_after_record":
        return None
    year, month = divmod(last_done.year * 12 + last_done.month - 1 + rule["months"], 12)
    return min(
        last_done.replace(year=year, month=month + 1, day=1) + (last_done.day - 1) * ONE_DAY,
        last_day(year, month + 1),
    )


def words(data: Any) -> str:
    """A rule as a person says it."""
    rule = checked(data)
    match rule["kind"]:
        case "on_date":
            day = _date(rule["date"])
            return f"{day.year}年{day.month}月{day.day}日前（含当日）"
        case "month_day":
            return f"每年{rule['month']}月{rule['day']}日前（含当日）"
        case "quarter_end":
            return f"每季：{QUARTER_READINGS[rule['reading']]}"
        case "month_window" if rule["to_month"] and rule["to_month"] != rule["month"]:
            return f"{rule['month']}月至{rule['to_month']}月"
        case "month_window":
            return f"{rule['month']}月内"
        case "working_days_before":
            return f"早于“{rule['duty']}”{rule['days']}个工作日"
        case "months_after_record":
            return f"每人上次之后{rule['months']}个月内"
        case kind:
            return KINDS[kind].words
