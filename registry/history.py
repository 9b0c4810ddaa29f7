"""办理记录 of an archive: who built and changed it, from the audit trail; who read it is told elsewhere."""

from __future__ import annotations

from typing import Any

from federation import audit
from federation.models import AuditEvent
from registry import masking
from registry.access import READING

SHOWN = 50
WARNING = frozenset(
    {"leave_programme", "end_relation", "close_site", "helper_left"}
)  # who read it is told on a page of its own


def events_of(row: Any) -> list[dict[str, Any]]:
    """Newest first, at most 50, for parts/history.html; one query."""
    told = AuditEvent.objects.filter(record=f"{row._meta.label_lower}:{row.uuid}")
    told = told.exclude(verb__in=READING).select_related("actor").order_by("-id")
    return [
        {
            "word": audit.verb_word(event.verb),
            "who": event.actor or "系统",
            "at": event.at,
            "tone": "warn" if event.verb in WARNING else "muted",
            "icon": "circle-fill",
            "reason": _words(event.detail),
        }
        for event in told[:SHOWN]
    ]


def _words(detail: dict[str, Any]) -> str:
    """What changed, as far as the trail holds it: names of fields, never what stood in them."""
    parts = []
    if detail.get("what"):
        parts.append(str(detail["what"]))
    if detail.get("fields"):
        parts.append("改动：" + "、".join(map(str, detail["fields"])))
    if detail.get("reason"):
        parts.append(f"原因：{masking.scan(str(detail['reason']))}")
    return "；".join(parts)
