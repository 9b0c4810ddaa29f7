"""Grants follow appointments: derived here, reconciled nightly, never edited by hand."""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from federation import audit, scope, sessions
from federation.models import Appointment, HookUpLink, OrgUnit, Post, UnitGrant, User

# What a department's hook-up lends to those appointed in it.
HOOK_UP_ACTIONS = {
    HookUpLink.Kind.LIAISON: frozenset(
        {"federation_view", "reporting_view", "notices_view", "pairing_view"}
    ),
    HookUpLink.Kind.RECEIVING: frozenset(
        {
            "federation_view",
            "reporting_view",
            "reporting_proxy",
            "reporting_review",
            "reporting_export",
            "notices_view",
            "notices_issue",
            "notices_supervise",
            "pairing_view",
        }
    ),
}
Wanted = tuple[int, int, int, int | None]  # permission, unit, appointment, hook-up
BATCH = 500  # accounts locked and reconciled together


def _wanted(users: list[User]) -> dict[int, set[Wanted]]:
    """The grants each of ``users`` should hold, by her key; four queries whatever their number."""
    ids = dict(
        Permission.objects.filter(
            content_type__app_label="federation", content_type__model="orgunit"
        ).values_list("codename", "pk")
    )
    # Nothing is held at, or lent to, a unit that was closed; its successor is appointed anew.
    appointments = list(
        Appointment.objects.filter(user__in=users, unit__closed_on=None).select_related("post")
    )
    links: dict[int, list[HookUpLink]] = {}
    seats = {appointment.unit_id for appointment in appointments}
    for link in HookUpLink.objects.filter(department__in=seats, unit__closed_on=None):
        links.setdefault(link.department_id, []).append(link)
    wanted: dict[int, set[Wanted]] = {user.pk: set() for user in users}
    for appointment in appointments:
        hers = wanted[appointment.user_id]
        for action in appointment.post.actions:
            if action in ids:
                hers.add((ids[action], appointment.unit_id, appointment.pk, None))
        if "reporting_view" not in appointment.post.actions:
            continue  # an administrator seated in a department reads no archive through its links
        for link in links.get(appointment.unit_id, []):
            for action in HOOK_UP_ACTIONS[HookUpLink.Kind(link.kind)]:
                if action in ids:
                    hers.add((ids[action], link.unit_id, appointment.pk, link.pk))
    return wanted


def derive(user: User, *, by: User | None = None) -> tuple[int, int]:
    """Make the grants of ``user`` equal to her appointments; returns how many were added, removed.

    Dates stay with the appointment and the hook-up and are asked on every read, so a grant is dead
    on the day after its end even before this runs again.
    """
    return derive_all([user], by=by)


@transaction.atomic
def derive_all(users: Iterable[User] | None = None, *, by: User | None = None) -> tuple[int, int]:
    """Reconcile ``users``, or every account (the nightly check); returns totals added, removed."""
    chosen = users if users is not None else User.objects.only("pk").order_by("pk")
    keys = sorted({user.pk for user in chosen})
    added = removed = 0
    for start in range(0, len(keys), BATCH):
        more, fewer = _reconcile(keys[start : start + BATCH], by)
        added, removed = added + more, removed + fewer
    return added, removed


def _reconcile(keys: list[int], by: User | None) -> tuple[int, int]:
    users = list(User.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    wanted = _wanted(users)
    held: dict[int, dict[Wanted, int]] = {user.pk: {} for user in users}
    for grant in UnitGrant.objects.filter(user__in=users):
        key = (
            grant.permission_id,
            grant.content_object_id,
            grant.appointment_id,
            grant.hook_up_id,
        )
        held[grant.user_id][key] = grant.pk
    new: list[UnitGrant] = []
    gone: list[int] = []
    for user in users:
        extra = [pk for key, pk in held[user.pk].items() if key not in wanted[user.pk]]
        lacking = sorted(wanted[user.pk] - held[user.pk].keys(), key=lambda w: (w[:3], w[3] or 0))
        gone += extra
        new += [
            UnitGrant(
                user=user,
                permission_id=permission,
                content_object_id=unit,
                appointment_id=appointment,
                hook_up_id=link,
            )
            for permission, unit, appointment, link in lacking
        ]
        if lacking or extra:
            detail = {"added": len(lacking), "removed": len(extra)}
            audit.record(user, "derive_grants", by=by, detail=detail)
        if extra:
            sessions.end_for_less(user)
    UnitGrant.objects.filter(pk__in=gone).delete()
    UnitGrant.objects.bulk_create(new, batch_size=500)
    scope.forget()
    return len(new), len(gone)


@transaction.atomic
def appoint(
    user: User,
    unit: OrgUnit,
    post: Post,
    *,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    basis: str = Appointment.Basis.REGULAR,
    acting_for: Appointment | None = None,
    by: User | None = None,
) -> Appointment:
    """Give ``user`` the ``post`` at ``unit`` from ``starts_on`` to ``ends_on`` (both inclusive).

    What is asked of the giver stands in :mod:`federation.appointments`.
    """
    appointment, _ = Appointment.objects.update_or_create(
        user=user,
        unit=unit,
        post=post,
        starts_on=starts_on,
        defaults={"ends_on": ends_on, "basis": basis, "acting_for": acting_for},
    )
    detail = {"who": str(user), "post": post.name, "since": str(starts_on)}
    if ends_on:
        detail["until"] = str(ends_on)
    if acting_for:
        detail["acting_for"] = str(acting_for.user)
    verb = "appoint" if basis == Appointment.Basis.REGULAR else basis
    audit.record(appointment, verb, by=by, unit=unit, detail=detail)
    derive(user, by=by)
    return appointment


@transaction.atomic
def end_appointment(appointment: Appointment, *, on: dt.date, by: User | None = None) -> None:
    """The appointment's last day becomes ``on``; its grants are dead from the day after.

    When that day is past already, the person's sessions end with them.
    """
    appointment.ends_on = on
    appointment.save(update_fields=["ends_on"])
    detail = {"who": str(appointment.user), "post": appointment.post.name, "until": str(on)}
    audit.record(appointment, "end_appointment", by=by, unit=appointment.unit, detail=detail)
    derive(appointment.user, by=by)
    if on < timezone.localdate():
        sessions.end_for_less(appointment.user)


@transaction.atomic
def hook_up(
    department: OrgUnit,
    unit: OrgUnit,
    *,
    kind: str,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    by: User | None = None,
) -> HookUpLink:
    """Link a department to a unit and lend the link's actions to those appointed there."""
    link, _ = HookUpLink.objects.update_or_create(
        department=department,
        unit=unit,
        kind=kind,
        starts_on=starts_on,
        defaults={"ends_on": ends_on},
    )
    audit.record(link, "hook_up", by=by, unit=unit)
    derive_all(User.objects.filter(appointments__unit=department).distinct())
    return link


@transaction.atomic
def end_hook_up(link: HookUpLink, *, on: dt.date, by: User | None = None) -> None:
    """The link's last day becomes ``on``; one that had not begun before is taken back whole."""
    audit.record(link, "end_hook_up", by=by, unit=link.unit)
    lent = list(User.objects.filter(appointments__unit=link.department_id).distinct())
    if link.starts_on > on:
        link.delete()
    else:
        link.ends_on = on
        link.save(update_fields=["ends_on"])
    derive_all(lent, by=by)
