"""What pairs put on 工作台: what lags behind and waits to be confirmed or rung, and a post's own pairs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from federation import frame, scope
from federation.frame import Panel
from pairing import blank, grid, parties, rules
from pairing.models import CallbackResult, Pairing, RuleWindow
from pairing.models.tracking import CallbackQuerySet
from pairing.views.tracking_links import pair_url

SHOWN = 8


@frame.counted
def counted(request: HttpRequest) -> dict[str, QuerySet]:
    user, today = request.user, timezone.localdate()
    held = frame.actions_held(user)
    if "pairing_edit" not in held:
        return {"carried": _carried(user)} if "pairing_log" in held else {}
    last_month = blank.month_before(today)
    windows = RuleWindow.objects.visible_to(user).filter(last_day__gte=last_month)
    drawing, own = _seats(user)
    calls = CallbackResult.objects.visible_to(user)
    return {
        "late": grid.late(windows, today).values("pairing").distinct(),
        "silent": blank.silent(user, today),
        "proposed": Pairing.objects.visible_to(user, "edit").filter(state=Pairing.State.PROPOSED),
        "to_call": calls.filter(result="", sample__unit__in=drawing),
        "to_explain": calls.filter(CallbackQuerySet.to_answer_condition(), pairing__unit__in=own),
    }


@frame.panel
def behind(request: HttpRequest) -> Panel | None:
    """For who organises pairs: one line for each thing there is, with its number."""
    if "pairing_edit" not in frame.actions_held(request.user):
        return None
    counts, last_month = frame.counts_of(request), blank.month_before(timezone.localdate())
    lines = [
        _line(counts["late"], "近两月有逾期的结对", "点开看是哪几格",
              f"{reverse('pairing:grid')}?late=on&year={last_month.year}"),
        _line(counts["silent"], "久未联系的结对", "超过规定天数没有联系记录",
              f"{reverse('pairing:blank')}?tab=silent"),
        _line(counts["proposed"], "等双方确认的结对", "催一下没有确认的一方",
              f"{reverse('pairing:pairs')}?state=proposed"),
        _line(counts["to_call"], "待回访的联系记录", "电话核实后登记结果",
              f"{reverse('pairing:callbacks')}?tab=waiting"),
        _line(counts["to_explain"], "待说明的回访结果", "7 天内可以说明",
              f"{reverse('pairing:callbacks')}?tab=answer"),
    ]  # fmt: skip
    lines = [line for line in lines if line["count"]]
    total = sum(line["count"] for line in lines)
    return Panel("结对跟踪", "people-fill", lines, total, position=14) if lines else None


def _carried(user: Any) -> Any:
    return Pairing.objects.carried_by(user).active()


def _seats(user: Any) -> tuple[set[int], set[int]]:
    """Units where she draws call-backs, and units for which she answers."""
    own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
    return scope.units_held(user, "pairing_edit"), own


def _line(count: int, title: str, meta: str, url: str) -> dict[str, Any]:
    return {"count": count, "title": f"{title} {count}", "meta": meta, "url": url}


@frame.panel
def hers(request: HttpRequest) -> Panel | None:
    """For a post's leader: her unit's pairs with their ribbons, and what was rung about."""
    held = frame.actions_held(request.user)
    if "pairing_log" not in held or "pairing_edit" in held:
        return None
    user, today = request.user, timezone.localdate()
    count = frame.counts_of(request)["carried"]
    if not count:
        return None
    pairs = list(_carried(user).select_related("kind__bundle").order_by("pk")[:SHOWN])
    names = parties.names(pairs, to=user)
    ribbons = rules.ribbons(pairs, on=today)
    items = [
        {
            "title": names[pair.pk][1],
            "url": pair_url(pair),
            "meta": " · ".join(_ribbon(one) for one in ribbons.get(pair.pk, [])),
            "state": _worst(ribbons.get(pair.pk, [])),
        }
        for pair in pairs
    ]
    more = reverse("pairing:pairs") if count > SHOWN else ""
    return Panel("我的结对", "people-fill", items, count, more_url=more, position=7)


MARKS = {"met": "✓", "open": "○", "late": "逾期", "not_owed": "不计"}


def _ribbon(one: rules.Ribbon) -> str:
    return f"{one.name} {MARKS[one.state]}"


def _worst(ribbons: list[rules.Ribbon]) -> str:
    states = {one.state for one in ribbons}
    return next((f"window_{state}" for state in ("late", "open", "met") if state in states), "")
