"""What the zone puts on an archive's record, and on 工作台: who reads, who cares, on what ground."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone

from federation import frame, scope
from federation.frame import Panel
from federation.models import AuditEvent
from registry import access, masking, readers
from registry.models import Carer, Erasure, Person

NAMED = 8  # readers and readings shown before the fold
LATELY = dt.timedelta(days=7)
WORDS = {
    "open_archive": "打开档案",
    "reveal": "查看",
    "export_archive": "导出",
}


# -- On the record ---------------------------------------------------------------------------------
def context(
    request: Any, person: Person, *, hidden: frozenset[str], missing: str, editable: bool
) -> dict[str, Any]:
    """For ``registry/parts/zone.html``."""
    user, found = request.user, readers.of(person)
    return {
        "zone": {
            "person": person,
            "missing": missing,
            "fields": _fields(person, user, hidden),
            "readers": found[:NAMED],
            "more_readers": found[NAMED:],
            "count": len(found),
            "readings": [_reading(event) for event in readers.readings(person)],
            "carers": [reader for reader in found if reader.carer],
            "may_name": editable and scope.may(user, "registry_children", person.unit),
            "may_edit": editable,
            "erasure": _erasure(person, user),
        }
    }


def _fields(person: Person, user: Any, hidden: frozenset[str]) -> list[dict[str, Any]]:
    """What is masked for ``user``, each with whether she may see it for a reason."""
    if not scope.may(user, "registry_reveal", person.unit):
        return []
    rows = []
    for field, label in access.FIELDS.items():
        masked = masking.shown(person, field, to=user)
        if not masked or (field == "name" and masked == person.name) or field in hidden:
            continue
        rows.append({"field": field, "label": label, "masked": masked})
    return rows


def _reading(event: AuditEvent) -> dict[str, Any]:
    what = WORDS.get(event.verb, event.verb)
    if field := event.detail.get("field"):
        what += access.FIELDS.get(field, "隐去的内容")
    if found := event.detail.get("found"):
        what += f"（从搜索，{found}）"
    return {
        "who": str(event.actor or "系统"),
        "at": event.at,
        "what": what,
        "reason": event.detail.get("reason", ""),
        "outside": event.detail.get("caring") is False,
    }


def _erasure(person: Person, user: Any) -> Erasure | None:
    return Erasure.objects.visible_to(user).waiting().filter(person=person).first()


# -- On 工作台 ---------------------------------------------------------------------------------------
def children_read_by_others(request) -> Panel | None:
    """A child's carers and unit see who outside of both opened her archive this week, and why."""
    user = request.user
    held = frame.actions_held(user)
    if not {"registry_care", "registry_children"} & held:
        return None
    children = _cared_for(user)
    if not children:
        return None
    records = {f"registry.person:{person.uuid}": person for person in children}
    events = (
        AuditEvent.objects.filter(
            record__in=records, verb__in=readers.LISTED, at__gt=timezone.now() - LATELY
        )
        .filter(detail__caring=False)
        .exclude(actor=user)
        .select_related("actor")
        .order_by("-id")
    )
    items = [_item(event, records[event.record]) for event in events[:NAMED]]
    if not items:
        return None
    count = events.count() if len(items) == NAMED else len(items)
    return Panel("档案被外单位查阅", "eye", items, count, "warn", position=30)


def _cared_for(user: Any) -> list[Person]:
    """Minors in her care: by name, and those of the units where she holds the zone exactly."""
    mine = Person.objects.visible_to(user).minors().select_related("unit")
    cared = Carer.objects.in_force().filter(user=user).values("person_id")
    units = scope.units_held(user, "registry_children")
    return list(mine.filter(pk__in=cared) | mine.filter(unit__in=units))


def _item(event: AuditEvent, person: Person) -> dict[str, Any]:
    told = _reading(event)
    moment = timezone.localtime(event.at)
    reason = f" · {told['reason']}" if told["reason"] else ""
    return {
        "title": f"{told['who']}{told['what']}：{person.name}",
        "url": reverse("registry:person", args=[person.uuid]),
        "meta": f"{moment:%m-%d %H:%M} · {person.unit}{reason}",
    }


def counted(request) -> dict[str, Any]:
    if "registry_adjudicate" not in frame.actions_held(request.user):
        return {}
    return {"many_reveals": _many_reveals(request.user), "erasures": _erasures(request.user)}


def _many_reveals(user: Any) -> Any:
    paths = scope.granted_paths(user, "registry_adjudicate")
    return (
        AuditEvent.objects.filter(verb="many_reveals", at__gt=timezone.now() - LATELY)
        .filter(scope.reach(paths, "unit__path"))
        .exclude(actor=user)
        .select_related("actor", "unit")
        .order_by("-id")
    )


def many_reveals(request) -> Panel | None:
    """Whoever judges archives above is told of an account that revealed more than 30 in an hour."""
    count = frame.counts_of(request).get("many_reveals", 0)
    if not count:
        return None
    items = [
        {
            "title": f"{event.actor}一小时内查看隐去的内容超过{access.REVEALS_AN_HOUR}次",
            "url": "",
            "meta": f"{timezone.localtime(event.at):%m-%d %H:%M} · {event.unit}",
        }
        for event in _many_reveals(request.user)[:NAMED]
    ]
    return Panel("频繁查看隐去的内容", "exclamation-triangle", items, count, "late", position=29)


def _erasures(user: Any) -> Any:
    people = Person.objects.visible_to(user, "adjudicate")
    rows = Erasure.objects.visible_to(user, "adjudicate").waiting()
    rows = rows.filter(person__in=people, confirmed_by=None).exclude(proposed_by=None)
    return rows.exclude(proposed_by=user).select_related("unit").order_by("due_on")


def erasures_waiting(request) -> Panel | None:
    """Proposed erasures that wait for this person's word."""
    count = frame.counts_of(request).get("erasures", 0)
    if not count:
        return None
    items = [
        {
            "title": f"{row.unit}：{row.reason}",
            "url": reverse("registry:erasures"),
            "meta": f"删除日期 {row.due_on:%Y-%m-%d}",
        }
        for row in _erasures(request.user)[:NAMED]
    ]
    return Panel("待确认的档案删除", "trash", items, count, position=28)


PANELS = (children_read_by_others, many_reveals, erasures_waiting)
