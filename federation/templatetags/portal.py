"""What every template may say without loading anything: states, icons, dates, money, query links.

The words and signs of a state live here once, so that a list, a record and a print say the same.
"""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django import template
from django.core.paginator import Page
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

NOTHING = "—"
PAGE_SIZES = (20, 50, 100)


class Sign(NamedTuple):
    """How a state is told: by its word, by a shape and by a tone, never by one of them alone."""

    word: str
    icon: str
    tone: str


SIGNS: dict[str, Sign] = {
    # a submission
    "draft": Sign("草稿", "circle", "muted"),
    "submitted": Sign("待审", "circle-fill", "info"),
    "returned": Sign("退回", "arrow-return-left", "warn"),
    "approved": Sign("通过", "check-lg", "ok"),
    "consolidated": Sign("已汇总", "check-all", "ok"),
    "late": Sign("逾期", "clock", "late"),
    "exempt": Sign("免报", "dash-lg", "muted"),
    "late_entry": Sign("补录", "pencil", "violet"),
    # a unit that owes a submission
    "not_started": Sign("未填", "circle", "muted"),
    "on_time": Sign("按时", "check-lg", "ok"),
    "missing": Sign("未报", "x-lg", "late"),
    # a task and what hangs on it; returned, done, exempt as elsewhere
    "unsigned": Sign("待签收", "envelope", "info"),
    "owed": Sign("待报", "circle", "info"),
    "reported": Sign("已报", "circle-fill", "info"),
    "void": Sign("已取消", "slash-circle", "muted"),
    "locked": Sign("已锁定", "lock", "late"),
    "asked": Sign("待批", "hourglass", "info"),
    "granted": Sign("已批准", "check-lg", "ok"),
    "refused": Sign("未批准", "x-lg", "warn"),
    # an account
    "account_on": Sign("启用", "check-lg", "ok"),
    "account_new": Sign("还未登录过", "circle", "muted"),
    "account_unseated": Sign("没有任职", "dash-lg", "warn"),
    "account_off": Sign("停用", "slash-circle", "late"),
    # a job
    "queued": Sign("排队中", "hourglass", "muted"),
    "running": Sign("进行中", "arrow-repeat", "info"),
    "done": Sign("已完成", "check-lg", "ok"),
    "failed": Sign("未成功", "exclamation-triangle", "late"),
    "denied": Sign("未获准", "slash-circle", "late"),
    "cancelled": Sign("已取消", "slash-circle", "muted"),
    "expired": Sign("已过期", "archive", "muted"),
    # a file that was mailed
    "file_waiting": Sign("待读", "hourglass", "muted"),
    "file_asking": Sign("待回答", "question-circle", "warn"),
    "file_ready": Sign("可带入", "circle-fill", "info"),
    "file_applied": Sign("已带入", "check-lg", "ok"),
    "file_declined": Sign("不予带入", "slash-circle", "muted"),
    "file_unreadable": Sign("读不了", "exclamation-triangle", "late"),
    # a notice and its 签收
    "published": Sign("已发布", "check-lg", "ok"),
    "superseded": Sign("已更正", "arrow-repeat", "muted"),
    "withdrawn": Sign("已撤回", "x-lg", "late"),
    "signed": Sign("已签收", "check-lg", "ok"),
    "to_sign": Sign("未签收", "circle-fill", "warn"),
    # a lamp of a reminder or task
    "lamp_green": Sign("未到期", "circle", "ok"),
    "lamp_yellow": Sign("快到期", "exclamation-circle", "warn"),
    "lamp_red": Sign("已逾期", "clock", "late"),
    # a 督办单
    "supervision_issued": Sign("待答复", "circle-fill", "info"),
    "supervision_late": Sign("逾期未答复", "clock", "late"),
    "supervision_returned": Sign("退回重办", "arrow-return-left", "warn"),
    "supervision_settled": Sign("已办结，待销号", "check-lg", "info"),
    "supervision_struck_off": Sign("已销号", "check-all", "ok"),
    # an archive, a need, a site, a helper
    "person_active": Sign("在册", "check-lg", "ok"),
    "person_moved": Sign("迁出", "box-arrow-right", "muted"),
    "person_dead": Sign("死亡", "dash-lg", "muted"),
    "person_exited": Sign("退出", "dash-lg", "muted"),
    "person_merged": Sign("已并入", "sign-merge-right", "muted"),
    "person_erased": Sign("已删除", "x-lg", "muted"),
    "to_verify": Sign("待核实", "exclamation-circle", "warn"),
    "need_open": Sign("待解决", "circle-fill", "warn"),
    "need_under_way": Sign("办理中", "arrow-repeat", "info"),
    "need_met": Sign("已解决", "check-lg", "ok"),
    "need_dropped": Sign("不再需要", "dash-lg", "muted"),
    "site_open": Sign("在用", "check-lg", "ok"),
    "site_closed": Sign("停用", "x-lg", "muted"),
    "vetting_not_yet": Sign("未审核", "circle", "warn"),
    "vetting_passed": Sign("已审核", "check-lg", "ok"),
    "vetting_refused": Sign("不适合", "slash-circle", "late"),
    "helper_left": Sign("已退出", "dash-lg", "muted"),
    # a transfer, a pair of archives that may be one, a year's book
    "transfer_offered": Sign("待接收", "circle-fill", "info"),
    "transfer_accepted": Sign("已接收", "check-lg", "info"),
    "transfer_done": Sign("已转移", "check-all", "ok"),
    "transfer_refused": Sign("未接收", "x-lg", "warn"),
    "transfer_withdrawn": Sign("已撤回", "arrow-return-left", "muted"),
    "pair_open": Sign("待核对", "circle-fill", "info"),
    "pair_same": Sign("同一人", "union", "ok"),
    "pair_different": Sign("不同的人", "people", "muted"),
    "book_open": Sign("已开册", "journal", "info"),
    "book_closed": Sign("已封册", "lock", "ok"),
    # a pair of 结对
    "pairing_proposed": Sign("待确认", "circle", "info"),
    "pairing_agreed": Sign("已商定", "circle-fill", "info"),
    "pairing_active": Sign("结对中", "check-lg", "ok"),
    "pairing_ended": Sign("已结束", "dash-lg", "muted"),
    "pairing_declined": Sign("未成", "x-lg", "muted"),
    # a rule's window of a pair, a log that is asked about by phone
    "window_met": Sign("已办", "check-lg", "ok"),
    "window_late": Sign("逾期", "clock", "late"),
    "window_open": Sign("待办", "circle", "info"),
    "window_not_owed": Sign("不计", "dash-lg", "muted"),
    "callback_waiting": Sign("待回访", "telephone", "info"),
    "callback_shown": Sign("反馈单位中", "hourglass", "muted"),
    "callback_confirmed": Sign("属实", "check-lg", "ok"),
    "callback_not_reached": Sign("未联系上", "telephone-x", "warn"),
    "callback_denied": Sign("不属实", "x-lg", "late"),
    # a log of a pair
    "log_late_entry": Sign("补录", "clock-history", "info"),
    # what a pair puts in writing
    "agreement_unsigned": Sign("未签", "circle", "warn"),
    "agreement_in_force": Sign("有效", "check-lg", "ok"),
    "agreement_over": Sign("已到期", "clock", "late"),
    "project_planned": Sign("计划中", "circle", "muted"),
    "project_running": Sign("实施中", "arrow-repeat", "info"),
    "project_finished": Sign("已完成", "check-lg", "ok"),
    "project_abandoned": Sign("未实施", "slash-circle", "muted"),
    "case_draft": Sign("草稿", "circle", "muted"),
    "case_nominated": Sign("已推荐", "circle-fill", "info"),
    "case_published": Sign("已推广", "check-lg", "ok"),
    "case_declined": Sign("未采用", "arrow-return-left", "warn"),
    # a unit
    "closed": Sign("已撤销", "x-lg", "muted"),
}


def _sign(name: object) -> Sign:
    """The sign of a state; an unknown one is shown by its own name rather than hidden."""
    return SIGNS.get(str(name), Sign(str(name), "circle", "muted"))


@register.inclusion_tag("parts/state.html")
def state(name: object, word: str = "", *, pill: bool = False) -> dict[str, Any]:
    """A state badge. ``word`` replaces the usual word; ``pill`` is the framed form for heads."""
    sign = _sign(name)
    return {"word": word or sign.word, "icon": sign.icon, "tone": sign.tone, "pill": pill}


@register.filter
def state_word(name: object) -> str:
    return _sign(name).word


@register.filter
def state_tone(name: object) -> str:
    return _sign(name).tone


@register.simple_tag
@functools.lru_cache(maxsize=512)
def icon(name: str, classes: str = "") -> SafeString:
    """A bootstrap icon that stands beside a word and is therefore silent to a screen reader."""
    return format_html(
        '<i class="bi bi-{}{}" aria-hidden="true"></i>', name, f" {classes}" if classes else ""
    )


# -- Dates, times, numbers ------------------------------------------------------------------------


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value if isinstance(value, dt.date) else None


@register.filter
def iso_date(value: object) -> str:
    """2026-11-22, for tables and fields."""
    day = _day(value)
    return f"{day:%Y-%m-%d}" if day else NOTHING


@register.filter
def iso_date_or_text(value: object) -> str:
    """A date as in tables; a text someone already chose passes through."""
    return value if isinstance(value, str) else iso_date(value)


@register.filter
def prose_date(value: object) -> str:
    """2026年11月22日, for sentences and paper; no leading zeros (GB/T 9704)."""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日" if day else NOTHING


def _moment(value: object, pattern: str) -> str:
    if not isinstance(value, dt.datetime):
        return str(value) if value else NOTHING
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime(pattern)


@register.filter
def moment(value: object) -> str:
    """2026-11-22 10:32 in local time; a ready-made text passes through."""
    return _moment(value, "%Y-%m-%d %H:%M")


@register.filter
def clock(value: object) -> str:
    """10:32 in local time, with the date when it was another day; a ready-made text passes through."""
    return _moment(value, "%H:%M" if _day(value) == timezone.localdate() else "%Y-%m-%d %H:%M")


@register.filter
def elapsed(value: object) -> str:
    """A duration in words from seconds or a timedelta: 8 秒, 2 分 05 秒, 1 小时 03 分."""
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
    elif isinstance(value, (int, float)):
        seconds = int(value)
    else:
        return str(value) if value else NOTHING
    minutes, seconds = divmod(max(seconds, 0), 60)
    if not minutes:
        return f"{seconds} 秒"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} 小时 {minutes:02d} 分" if hours else f"{minutes} 分 {seconds:02d} 秒"


@register.filter
def thousands(value: object) -> str:
    """12,345; anything that is not a whole number passes through, nothing is a dash."""
    if value is None or value == "":
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def money(value: object) -> str:
    """An amount in 元 with thousands, two decimals only where there are 分."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return NOTHING
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


@register.filter
def dash(value: object) -> object:
    """Blank is not zero: nothing is shown as a dash, 0 as 0."""
    return NOTHING if value is None or value == "" else value


@register.filter
def percent_of(part: object, whole: object) -> int:
    """How much of ``whole`` is done, 0 to 100, rounded down so that 100 means finished."""
    if not isinstance(part, (int, float)) or not isinstance(whole, (int, float)) or whole <= 0:
        return 0
    return max(0, min(100, int(part * 100 / whole)))


@register.filter
def lookup(mapping: object, key: object) -> object:
    """The value under a key that the template holds in a variable; nothing when there is none."""
    get = getattr(mapping, "get", None)
    return get(key, "") if get else ""


# -- Links that keep the query --------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, *pairs: object, **changes: object) -> str:
    """This page's address with query parameters replaced; ``None`` or "" takes one away.

    ``{% url_with page=2 %}``; a name known only at run time is given as a pair:
    ``{% url_with table.prefixed_page_field 2 %}``.
    """
    request = context["request"]
    query = request.GET.copy()
    named = {**dict(zip(pairs[::2], pairs[1::2], strict=True)), **changes}
    for name, value in named.items():
        if value is None or value == "":
            query.pop(str(name), None)
        else:
            query[str(name)] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else str(request.path)


@register.simple_tag(takes_context=True)
def query_fields(context: template.Context, *without: str) -> SafeString:
    """The current query as hidden inputs, for a GET form that changes only part of it."""
    pairs = (
        (name, value)
        for name, values in context["request"].GET.lists()
        if name not in without
        for value in values
    )
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag
def page_sizes() -> tuple[int, ...]:
    """How many rows a page may hold; a list view takes no other number."""
    return PAGE_SIZES


@register.simple_tag
def page_numbers(page: Page) -> list[int | str]:
    """Page numbers around the current one, with … for what is left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


# -- Parts with arguments -------------------------------------------------------------------------


@register.inclusion_tag("parts/cell.html")
def cell(
    row: object, key: str, label: str, value: object = "", reason: str = "", *, open: bool = True
) -> dict[str, Any]:
    """One reviewable cell of a paper; returned with a reason as ``cell:<row>:<key>``.

    ``reason`` is an earlier return reason still standing; ``open=False`` shows the value alone.
    """
    return {
        "name": f"cell:{row}:{key}",
        "label": label,
        "value": value,
        "reason": reason,
        "open": open,
    }


@register.inclusion_tag("parts/combobox.html")
def combobox(
    name: str,
    url: str,
    items: object = (),
    *,
    multiple: bool = False,
    id: str = "",
    describedby: str = "",
    invalid: bool = False,
    placeholder: str = "",
    loose: str = "",
) -> dict[str, Any]:
    """A picker of units by name, initials or pinyin that keeps free text when nothing fits.

    ``items`` are mappings with ``unit`` (id or ""), ``text`` and ``note``. The form sends pairs in
    order: ``<name>_unit`` (id or "") and ``<name>_text``; a pair without text means nothing. ``loose``
    is what is said of words that fit no unit.
    """
    chosen = list(items) if isinstance(items, (list, tuple)) else []
    return {
        "name": name,
        "url": url,
        "chips": chosen if multiple else [],
        "single": chosen[0] if chosen and not multiple else None,
        "multiple": multiple,
        "id": id or f"id_{name}",
        "describedby": describedby,
        "invalid": invalid,
        "placeholder": placeholder,
        "loose": loose,
    }
