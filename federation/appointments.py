"""Giving seats and taking them back: 任职, 兼任, 代理, 借调, 调动.

A day named ``from_day`` is the first on which the change holds; the last day of the seat before is
the one before it, so that a change of today holds at once. Rights are read with their dates at every
request; ``grants.end_appointment`` ends the person's sessions, so that she logs in to what is hers now.

Raises as :mod:`federation.accounts` does.
"""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from federation import audit, grants
from federation.administrators import Administrator
from federation.models import Appointment, OrgUnit, Post, User
from federation.scope import OutOfReach

Basis = Appointment.Basis
EARLIEST = dt.date(1949, 3, 24)  # the day the federation was founded


# -- Giving ---------------------------------------------------------------------------------------
@transaction.atomic
def appoint(
    user: User,
    *,
    unit: OrgUnit,
    post: Post,
    starts_on: dt.date,
    by: User,
    ends_on: dt.date | None = None,
) -> Appointment:
    """任职, also beside what she holds already (兼任)."""
    user, admin = _locked(user), Administrator(by)
    admin.require_sight(user)
    return give(user, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on, admin=admin)


@transaction.atomic
def second(
    user: User, *, unit: OrgUnit, post: Post, starts_on: dt.date, ends_on: dt.date, by: User
) -> Appointment:
    """借调: work at another unit until a day; what she holds at her own goes on."""
    user, admin = _locked(user), Administrator(by)
    admin.require_sight(user)
    own = user.appointments.live().filter(basis=Basis.REGULAR)
    if not own.exists():
        raise ValidationError("没有原任职的人不能借调，请办“任职”。", code="no_own_seat")
    if own.filter(unit=unit).exists():
        raise ValidationError({"unit": ["她本来就在这个组织任职，借调要到另一个组织。"]})
    return give(
        user, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on,
        basis=Basis.SECONDED, admin=admin,
    )  # fmt: skip


@transaction.atomic
def deputise(
    user: User, *, acting_for: Appointment, starts_on: dt.date, ends_on: dt.date, by: User
) -> Appointment:
    """代理: hold another's seat until a day; the other keeps it."""
    user, admin = _locked(user), Administrator(by)
    admin.require_sight(user)
    if acting_for.user_id == user.pk:
        raise ValidationError({"acting_for": ["不能代理自己的岗位。"]})
    if not Appointment.objects.live().filter(pk=acting_for.pk).exists():
        raise ValidationError({"acting_for": ["这一任职已经结束，不能代理，请办“任职”。"]})
    return give(
        user, unit=acting_for.unit, post=acting_for.post, starts_on=starts_on, ends_on=ends_on,
        basis=Basis.DEPUTY, acting_for=acting_for, admin=admin,
    )  # fmt: skip


def give(
    user: User,
    *,
    unit: OrgUnit,
    post: Post,
    starts_on: dt.date,
    admin: Administrator,
    ends_on: dt.date | None = None,
    basis: str = Basis.REGULAR,
    acting_for: Appointment | None = None,
) -> Appointment:
    """Judge the seat and give it; the caller has judged the person and locked her account."""
    admin.require_seat(post, unit)
    _judge_person(user, admin)
    _judge_place(post, unit)
    _judge_days(starts_on, ends_on, ending=basis != Basis.REGULAR)
    _judge_overlap(user, post, unit, starts_on, ends_on)
    return grants.appoint(
        user, unit, post, starts_on=starts_on, ends_on=ends_on,
        basis=basis, acting_for=acting_for, by=admin.user,
    )  # fmt: skip


def _judge_person(user: User, admin: Administrator) -> None:
    if user == admin.user:
        raise PermissionDenied("不能给自己办理任职。")
    if not user.is_active:
        raise ValidationError("账号已停用，请先启用。", code="disabled")


def _judge_place(post: Post, unit: OrgUnit) -> None:
    if not post.fits(unit):
        raise ValidationError(
            {"post": [f"{unit.unit_type}没有“{post}”这个岗位，请换一个岗位或组织。"]}
        )
    if unit.closed_on and unit.closed_on <= timezone.localdate():
        raise ValidationError({"unit": [f"“{unit}”已于{unit.closed_on}撤销，不能任职。"]})


def _judge_days(starts_on: dt.date, ends_on: dt.date | None, *, ending: bool) -> None:
    if starts_on < EARLIEST:
        raise ValidationError({"starts_on": ["开始日期太早，请核对年份。"]})
    if ending and ends_on is None:
        raise ValidationError({"ends_on": ["代理、借调要写明到哪一天为止。"]})
    if ends_on and ends_on < starts_on:
        raise ValidationError({"ends_on": ["结束日期不能早于开始日期。"]})


def _judge_overlap(
    user: User, post: Post, unit: OrgUnit, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    """The sentences for what the database refuses as well (``federation_one_duty``)."""
    touching = user.appointments.live(starts_on).select_related("unit", "post")
    if ends_on:
        touching = touching.filter(starts_on__lte=ends_on)
    for held in touching:
        if held.post.kind != post.kind:
            raise ValidationError(
                {
                    "post": [
                        f"她已任“{held.seat}”：系统、安全、审计管理员和业务岗位不能由一个账号同时担任，请另用一个账号，或先结束那一任职。"
                    ]
                },
                code="two_duties",
            )
        if (held.unit_id, held.post_id) == (unit.pk, post.pk):
            raise ValidationError(
                {"post": [f"她已任“{held.seat}”（{held.starts_on}起），不必再任。"]},
                code="held_already",
            )


# -- Taking back ----------------------------------------------------------------------------------
@transaction.atomic
def end(appointment: Appointment, *, from_day: dt.date, by: User) -> None:
    """One seat ends; ``from_day`` is the first day without it."""
    admin, user = Administrator(by), _locked(appointment.user)
    admin.require_sight(user)
    seat = _held(appointment)
    admin.require_seat(seat.post, seat.unit)
    _judge_end([seat], from_day)
    end_all([seat], from_day=from_day, by=by)


@transaction.atomic
def transfer(
    user: User,
    *,
    ending: Iterable[Appointment],
    unit: OrgUnit,
    post: Post,
    from_day: dt.date,
    by: User,
) -> Appointment:
    """调动: the seats ``ending`` end, and the next day ``from_day`` she begins at ``unit``.

    All in one: both the seats she leaves and the one she comes to must be the actor's to give.
    """
    user, admin = _locked(user), Administrator(by)
    admin.require_sight(user)
    seats = [_held(appointment) for appointment in ending]
    if not seats or any(seat.user_id != user.pk for seat in seats):
        raise ValidationError({"ending": ["请勾选随调动结束的任职。"]})
    for seat in seats:
        admin.require_seat(seat.post, seat.unit)
        if (seat.unit_id, seat.post_id) == (unit.pk, post.pk):
            raise ValidationError({"unit": ["调动要换一个组织或岗位。"]})
    admin.require_seat(post, unit)
    _judge_end(seats, from_day)
    end_all(seats, from_day=from_day, by=by)
    new = give(user, unit=unit, post=post, starts_on=from_day, admin=admin)
    detail = {"from": [seat.seat for seat in seats], "to": new.seat, "since": str(from_day)}
    audit.record(user, "transfer", by=by, unit=unit, detail=detail)
    return new


def _judge_end(seats: list[Appointment], from_day: dt.date) -> None:
    if from_day < max(seat.starts_on for seat in seats):
        begun = max(seat.starts_on for seat in seats)
        raise ValidationError({"from_day": [f"不能早于任职开始的{begun}。"]})


def end_all(seats: list[Appointment], *, from_day: dt.date, by: User) -> None:
    """Write the ends; the caller has judged them and holds the account."""
    for seat in seats:
        last = max(from_day, seat.starts_on) - dt.timedelta(days=1)
        if seat.ends_on is None or seat.ends_on > last:
            grants.end_appointment(seat, on=last, by=by)


def to_act_for(user: User, admin: Administrator):
    """Seats that ``user`` could stand in for: in force or to begin, given here, not her own."""
    seats = Appointment.objects.live().filter(admin.seats(), Q(basis=Basis.REGULAR))
    return seats.exclude(user=user).select_related("unit", "post", "user")


def _held(appointment: Appointment) -> Appointment:
    """The seat as it is now, refused when it has ended meanwhile."""
    seat = Appointment.objects.live().select_related("unit__unit_type", "post", "user")
    found = seat.filter(pk=appointment.pk).first()
    if found is None:
        if not Appointment.objects.filter(pk=appointment.pk).exists():
            raise OutOfReach("没有这一任职。")
        raise ValidationError("这一任职已经结束，请刷新页面。", code="ended")
    return found


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)
