"""What the page of one pair says of it: facts, history, liaisons, conflicts, who can see it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from federation.models import User
from pairing import conflicts, parties, steps
from pairing.annexes.pairing_intent import SUPPORT
from pairing.models import Pairing, PairingEvent
from registry import masking

SIGNS = {
    "confirm": ("ok", "check-lg"), "decline": ("warn", "x-lg"), "activate": ("ok", "play-circle"),
    "renew": ("ok", "arrow-repeat"), "end": ("warn", "slash-circle"),
}  # fmt: skip
SIDES = {"helper": "帮扶方", "recipient": "受助方"}


def of(pair: Pairing, user: User) -> dict[str, Any]:
    """Context of ``pairing/pair.html``; each part asks the same however long the history is."""
    mine = steps.offered(pair, user)
    liaisons = list(pair.liaisons.in_force().select_related("user"))
    return {
        "facts": facts(pair, user),
        "acts": _acts(pair, mine),
        "conflicts": conflicts.of(pair) if "edit" in mine else [],
        "liaisons": [str(row.user) for row in liaisons],
        "terms": list(pair.terms.order_by("-starts_on")),
        "events": events(pair),
        "who_sees": who_sees(pair, [str(row.user) for row in liaisons]),
    }


def _acts(pair: Pairing, mine: list[str]) -> list[dict[str, str]]:
    found = []
    for step in mine:
        word, icon = steps.ICONS[step]
        url = (
            reverse("pairing:edit", args=[pair.uuid])
            if step == "edit"
            else reverse("pairing:step", args=[pair.uuid, step])
        )
        found.append({"label": word, "icon": icon, "url": url})
    return found


def facts(pair: Pairing, user: User) -> list[tuple[str, Any]]:
    helper, recipient = parties.both(pair, to=user)
    words = dict(SUPPORT)
    rows = [
        ("帮扶方", helper),
        ("帮扶方所属", pair.unit if pair.helper_id else None),
        ("受助方", recipient),
        ("受助方所在", None if pair.recipient_is == "unit" else pair.recipient_unit),
        ("类别", pair.kind),
        ("方式", pair.get_mode_display()),
        ("例外原因", masking.scan(pair.exception_reason)),
        ("按规则", pair.kind.bundle),
        ("牵手内容", "、".join(words[code] for code in pair.supports if code in words)),
        ("帮扶项目、目标", masking.scan(pair.goal)),
        ("来源", pair.get_origin_display()),
        ("最近联系", pair.last_contact_on),
        ("结束日期", pair.ended_on),
        ("结束原因", masking.scan(pair.end_reason)),
    ]
    kept = {"帮扶方", "受助方", "类别", "方式"}
    return [(label, value) for label, value in rows if value or label in kept]


def events(pair: Pairing) -> list[dict[str, Any]]:
    """办理记录, newest first."""
    rows = pair.events.select_related("by").order_by("-at", "-id")
    return [_event(row) for row in rows]


def _event(row: PairingEvent) -> dict[str, Any]:
    tone, icon = SIGNS.get(row.act, ("muted", "circle-fill"))
    word = row.get_act_display()
    if side := SIDES.get(row.detail.get("side", "")):
        word = f"{side}{word}"
    if row.on_behalf:
        word += "（代）"
    parts = [masking.scan(row.reason)]
    if row.detail.get("on"):
        parts.insert(0, f"自 {row.detail['on']}" if row.act != "end" else f"至 {row.detail['on']}")
    if row.detail.get("year"):
        parts.insert(0, f"{row.detail['year']}年")
    if row.detail.get("fields"):
        parts.insert(0, "改动：" + "、".join(row.detail["fields"]))
    return {
        "word": word, "who": row.by or "系统", "at": row.at, "tone": tone, "icon": icon,
        "reason": "；".join(part for part in parts if part),
    }  # fmt: skip


def who_sees(pair: Pairing, liaisons: list[str]) -> list[dict[str, str]]:
    """谁能看到 in words: the rule of ``reach_of_pairs``, and of names."""
    found = [
        {"who": f"{pair.unit}及上级", "what": "查看、登记；有维护权限的可以办理"},
        {"who": f"{pair.recipient_unit}及上级", "what": "查看、登记、确认"},
    ]
    if liaisons:
        found.append({"who": "联系人：" + "、".join(liaisons), "what": "查看、登记自己的对子"})
    if pair.recipient_is in ("person", "household"):
        what = "只对能打开其档案的人和联系人显示，其他人看到的是" + f"“{parties.unnamed(pair)}”"
        found.append({"who": "受助人姓名", "what": what})
    return found
