"""离任 and what has to be handed over first.

A room says what a person holds through ``handover = "reporting.handover.held_by"`` on its app config:
``held_by(user, units) -> list[Holding]``, ``units`` being those of the seats that would end.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from federation import accounts, appointments, audit
from federation.administrators import Administrator
from federation.models import Appointment, OrgUnit, SavedQuery, UnitGrant, User
from federation.row_security import acting_for

SHOWN = 50  # lines of one kind; more are counted


@dataclass(frozen=True)
class Held:
    """One thing that somebody must take over: its words, and who can go on with it."""

    words: str
    heirs: tuple[str, ...] = ()
    note: str = ""


@dataclass
class Holding:
    """One kind of thing she holds. ``needs_heir``: without an heir it would lie there."""

    title: str
    items: list[Held] = field(default_factory=list)
    needs_heir: bool = True
    more: int = 0

    @property
    def orphans(self) -> list[Held]:
        return [item for item in self.items if self.needs_heir and not item.heirs]


def holdings(user: User, seats: Iterable[Appointment]) -> list[Holding]:
    """All that ``user`` would leave behind with ``seats``, in the order of the rooms."""
    units = [seat.unit for seat in seats]
    found = [_seats(user, seats), *_rooms(user, units), _queries(user)]
    return [holding for holding in found if holding.items]


def _rooms(user: User, units: list[OrgUnit]) -> list[Holding]:
    asked: list[Callable] = [
        import_string(path)
        for config in apps.get_app_configs()
        if (path := getattr(config, "handover", ""))
    ]
    with acting_for(
        user
    ):  # the administrator reaches no records; what is named here is the leaver's
        return [holding for held_by in asked for holding in held_by(user, units)]


def _seats(user: User, seats: Iterable[Appointment]) -> Holding:
    """Each seat, and who else holds the same post there."""
    seats = list(seats)
    others = (
        Appointment.objects.current()
        .filter(unit__in=[s.unit_id for s in seats], user__is_active=True)
        .exclude(user=user)
        .select_related("user")
    )
    same: dict[tuple[int, int], list[str]] = {}
    for other in others:
        same.setdefault((other.unit_id, other.post_id), []).append(str(other.user))
    items = [
        Held(seat.seat, tuple(same.get((seat.unit_id, seat.post_id), ())), f"{seat.starts_on}起")
        for seat in seats
    ]
    return Holding("结束的任职", items, needs_heir=False)


def _queries(user: User) -> Holding:
    """How many, not their names: she typed those for herself, and they may name a person."""
    count = SavedQuery.objects.filter(user=user).count()
    items = [Held(f"{count} 个常用查询", note="只属于本人，不移交")] if count else []
    return Holding("常用查询", items, needs_heir=False)


def heirs(user: User, action: str, units: Iterable[OrgUnit]) -> dict[int, tuple[str, ...]]:
    """Who else may do ``action`` at exactly each of ``units`` today, by the unit's key; one query."""
    grants = (
        UnitGrant.objects.in_force(timezone.localdate())
        .filter(permission__codename=action, content_object__in=[unit.pk for unit in units])
        .exclude(user=user)
        .order_by("user__display_name")
        .values_list("content_object_id", "user__display_name")
        .distinct()
    )
    found: dict[int, tuple[str, ...]] = {}
    for unit, name in grants:
        found[unit] = (*found.get(unit, ()), name)
    return found


def ending_with(user: User, admin: Administrator) -> list[Appointment]:
    """The seats that 离任 would end: those of ``user`` that are the administrator's to give."""
    live = user.appointments.live().filter(admin.seats()).select_related("unit__unit_type", "post")
    return list(live.order_by("starts_on", "pk"))


@transaction.atomic
def leave(user: User, *, from_day: dt.date, by: User) -> list[Appointment]:
    """离任: every seat that is the actor's to give ends; the account is disabled if none is left.

    ``from_day``, today or before, is the first day without them. Seats elsewhere stay, and the
    account with them. Returns the seats that ended. Raises as :mod:`federation.appointments` does.
    """
    user, admin = User.objects.select_for_update().get(pk=user.pk), Administrator(by)
    admin.require_sight(user)
    seats = ending_with(user, admin)
    if not seats:
        raise ValidationError("她在您的管辖范围内没有可以结束的任职。", code="no_seat")
    if from_day > timezone.localdate():
        raise ValidationError(
            {"from_day": ["离任在当天办理；要预定日期，请在各项任职上点“结束任职”。"]}
        )
    appointments.end_all(seats, from_day=from_day, by=by)
    detail = {"from": [seat.seat for seat in seats], "since": str(from_day)}
    audit.record(user, "leave", by=by, unit=seats[0].unit, detail=detail)
    if user.is_active and not user.appointments.live().exists():
        accounts.switch(user, active=False, by=by)
    return seats
