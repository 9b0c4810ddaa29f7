"""空白名单: what is missing, one list a tab, each line with the one act that mends it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from federation.views.units import with_places
from pairing import blank, parties
from pairing.models import Pairing
from pairing.views.tracking_links import log_url, pair_url

ROWS = 50
# tab → its word, and the heads of its table.
TABS = {
    "posts": ("未结对的岗、委", ("单位", "所在", "级别")),
    "villages": ("未结对的村（社区）", ("村（社区）", "所在")),
    "silent": ("久未联系", ("结对", "类别", "最近联系", "已过")),
    "one_off": ("一次性结对", ("结对", "类别", "开始", "最近联系")),
    "projects": ("没有帮扶项目", ("结对", "类别", "开始")),
}


class Blank(PlainPage):
    policy = Policy("pairing_view", resource="pairing", sensitivity=4).to("查看空白名单")
    template_name = "pairing/blank.html"
    title = "空白名单"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        user, today = self.request.user, timezone.localdate()
        with scope.asked_once():
            lists = {
                "posts": blank.posts(user).order_by("path"),
                "villages": blank.villages(user, self.township()).order_by("path"),
                "silent": blank.silent(user, today),
                "one_off": blank.one_off(user, today),
                "projects": blank.without_project(user, today),
            }
            asked = self.request.GET.get("tab", "")
            tab = asked if asked in TABS else "posts"
            page = Paginator(lists[tab], ROWS).get_page(self.request.GET.get("page"))
            lines = (
                _unit_lines(page, tab, user)
                if tab in ("posts", "villages")
                else (_pair_lines(page, tab, user, today))
            )
            counts = {key: found.count() for key, found in lists.items() if key != tab}
        counts[tab] = page.paginator.count
        return super().get_context_data(
            tabs=[
                {"label": word, "url": f"?tab={key}", "active": key == tab, "count": counts[key]}
                for key, (word, _) in TABS.items()
            ],
            tab=tab, caption=TABS[tab][0], heads=TABS[tab][1], lines=lines, page=page,
            township=self.township(),
            townships=blank.townships(user).order_by("path") if tab == "villages" else [],
            **kwargs,
        )  # fmt: skip

    def township(self) -> OrgUnit | None:
        """The one chosen; out of reach is 404."""
        asked = self.request.GET.get("township", "")
        return uuid_or_404(OrgUnit, blank.townships(self.request.user), asked) if asked else None


def _unit_lines(page, tab: str, user) -> list[dict]:
    """Units with where they lie, and the way to 牵线搭桥 for who may pair them."""
    units = list(page)
    edits = scope.granted_paths(user, "pairing_edit")
    side = "helper" if tab == "posts" else "recipient"
    found = []
    for unit, place in with_places(units):
        level = [str(unit.post_level or unit.unit_type)] if tab == "posts" else []
        may = any(unit.path.startswith(path) for path in edits)
        url = f"{reverse('pairing:matches')}?{side}={unit.uuid}"
        acts = [{"label": "牵线结对", "url": url, "of": unit.name}] if may else []
        found.append(_line("", tab, [unit.name, place, *level], acts))
    return found


def _pair_lines(page, tab: str, user, today) -> list[dict]:
    pairs = list(page)
    names = parties.names(pairs, to=user)
    mine = Pairing.objects.visible_to(user, "log").filter(pk__in=[pair.pk for pair in pairs])
    logs = set(mine.values_list("pk", flat=True))
    issues = scope.may(user, "notices_issue")
    found = []
    for pair in pairs:
        shown = parties.joined(names[pair.pk])
        acts = []
        if pair.pk in logs and tab == "projects":
            acts.append({"label": "登记项目", "url": pair_url(pair), "of": shown})
        elif pair.pk in logs:
            acts.append({"label": "登记联系", "url": log_url(pair, on=today), "of": shown})
        if issues and tab != "projects":
            acts.append({"label": "催一下", "url": reverse("notices:new"), "of": shown})
        cells = [shown, pair.kind.name, *_days(pair, tab, today)]
        found.append(_line(pair_url(pair), tab, cells, acts))
    return found


def _line(url: str, tab: str, cells: list[str], acts: list[dict]) -> dict:
    return {"url": url, "cells": list(zip(TABS[tab][1], cells, strict=True)), "acts": acts}


def _days(pair, tab: str, today) -> list[str]:
    began = f"{pair.began:%Y-%m-%d}" if pair.began else "—"
    last = f"{pair.last_contact_on:%Y-%m-%d}" if pair.last_contact_on else "从未联系"
    if tab == "silent":
        return [last, f"{(today - pair.since).days} 天"]
    return [began, last] if tab == "one_off" else [began]
