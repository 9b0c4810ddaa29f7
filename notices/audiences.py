"""Who is told at a unit: by the actions and posts they hold there today, never by name."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from federation.models import Appointment, UnitGrant


@dataclass(frozen=True)
class Audience:
    """People of one place: ``at`` is ``unit``, ``hook_up`` or ``issuer`` of the task."""

    words: str
    at: str
    action: str = ""  # held exactly there
    posts: tuple[str, ...] = ()  # or one of these posts there


AUDIENCES = {
    "filler": Audience("本单位办理人员", "unit", action="notices_sign"),
    "head": Audience(
        "本单位负责人", "unit", posts=("chair", "vice_chair", "village_chair", "post_leader")
    ),
    "hook_up": Audience("挂钩部室", "hook_up", action="notices_view"),
    "leader": Audience("发文单位领导", "issuer", posts=("chair", "vice_chair")),
}


def people_at(audience: Audience, units: Iterable[int], day: dt.date) -> dict[int, list[int]]:
    """Unit → who belongs to ``audience`` there on ``day``, by key; one query for all units."""
    found: dict[int, set[int]] = defaultdict(set)
    if audience.action:
        grants = UnitGrant.objects.in_force(day).filter(
            content_object__in=set(units),
            content_object__closed_on=None,
            permission__codename=audience.action,
            hook_up=None,
        )
        pairs = grants.values_list("content_object_id", "user_id")
    else:
        seats = Appointment.objects.current(day).filter(
            unit__in=set(units),
            unit__closed_on=None,
            post__code__in=audience.posts,
            user__is_active=True,
        )
        pairs = seats.values_list("unit_id", "user_id")
    for unit, person in pairs:
        found[unit].add(person)
    return {unit: sorted(people) for unit, people in found.items()}
