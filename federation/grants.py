"""Grants follow appointments: derived here, reconciled nightly, never edited by hand."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db import transaction

from federation import audit
from federation.models import Appointment, HookUpLink, OrgUnit, UnitGrant, User

# What a department's hook-up lends to those appointed in it.
HOOK_UP_ACTIONS = {
    HookUpLink.Kind.LIAISON: frozenset({"federation_view", "reporting_view", "pairing_view"}),
    HookUpLink.Kind.RECEIVING: frozenset(
        {
            "federation_view",
            "reporting_view",
            "reporting_review",
            "reporting_export",
            "pairing_view",
        }
    ),
}
Wanted = tuple[int, int, int, int | None]  # permission, unit, appointment, hook-up


def _wanted(user: User) -> set[Wanted]:
    ids = dict(
        Permission.objects.filter(
            content_type__app_label="federation", content_type__model="orgunit"
        ).values_list("codename", "pk")
    )
    appointments = list(user.appointments.select_related("post"))
    links: dict[int, list[HookUpLink]] = {}
    for link in HookUpLink.objects.filter(department__in=[a.unit_id for a in appointments]):
        links.setdefault(link.department_id, []).append(link)
    wanted: set[Wanted] = set()
    for appointment in appointments:
        for action in appointment.post.actions:
            if action in ids:
                wanted.add((ids[action], appointment.unit_id, appointment.pk, None))
        if "reporting_view" not in appointment.post.actions:
            continue  # an administrator seated in a department reads no archive through its links
        for link in links.get(appointment.unit_id, []):
            for action in HOOK_UP_ACTIONS[HookUpLink.Kind(link.kind)]:
                if action in ids:
                    wanted.add((ids[action], link.unit_id, appointment.pk, link.pk))
    return wanted


@transaction.atomic
def derive(user: User, *, by: User | None = None) -> tuple[int, int]:
    """Make the grants of ``user`` equal to her appointments; returns how many were added, removed.

    Dates stay with the appointment and the hook-up and are asked on every read, so a grant is dead
    on the day after its end even before this runs again.
    """
    User.objects.select_for_update().get(pk=user.pk)
    wanted = _wanted(user)
    held = {
        (g.permission_id, g.content_object_id, g.appointment_id, g.hook_up_id): g.pk
        for g in UnitGrant.objects.filter(user=user)
    }
    gone = [pk for key, pk in held.items() if key not in wanted]
    new = wanted - held.keys()
    UnitGrant.objects.filter(pk__in=gone).delete()
    UnitGrant.objects.bulk_create(
        UnitGrant(
            user=user,
            permission_id=permission,
            content_object_id=unit,
            appointment_id=appointment,
            hook_up_id=link,
        )
        for permission, unit, appointment, link in new
    )
    if new or gone:
        audit.record(user, "derive_grants", by=by, detail={"added": len(new), "removed": len(gone)})
    return len(new), len(gone)


@transaction.atomic
def derive_all(users: Iterable[User] | None = None) -> tuple[int, int]:
    """Reconcile every account; the nightly check. Returns totals added and removed."""
    added = removed = 0
    for user in users if users is not None else User.objects.order_by("pk"):
        more, fewer = derive(user)
        added, removed = added + more, removed + fewer
    return added, removed


@transaction.atomic
def appoint(
    user: User, unit: OrgUnit, post, *, starts_on, ends_on=None, by: User | None = None
) -> Appointment:
    """Give ``user`` the ``post`` at ``unit`` from ``starts_on`` to ``ends_on`` (both inclusive)."""
    appointment, _ = Appointment.objects.update_or_create(
        user=user, unit=unit, post=post, starts_on=starts_on, defaults={"ends_on": ends_on}
    )
    audit.record(appointment, "appoint", by=by, unit=unit, detail={"post": post.code})
    derive(user, by=by)
    return appointment


@transaction.atomic
def end_appointment(appointment: Appointment, *, on, by: User | None = None) -> None:
    """The appointment's last day becomes ``on``; its grants are dead from the day after."""
    appointment.ends_on = on
    appointment.save(update_fields=["ends_on"])
    audit.record(appointment, "end_appointment", by=by, unit=appointment.unit)
    derive(appointment.user, by=by)


@transaction.atomic
def hook_up(
    department: OrgUnit,
    unit: OrgUnit,
    *,
    kind: str,
    starts_on,
    ends_on=None,
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
