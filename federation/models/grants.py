"""Grants on units: django-guardian's direct foreign-key table, tied to what each grant is for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from guardian.models import UserObjectPermissionBase

from federation.models.people import Appointment
from federation.models.units import HookUpLink, OrgUnit


class UnitGrantQuerySet(models.QuerySet):
    def in_force(self, day):
        """Grants whose appointment, and hook-up where there is one, is in force on ``day``."""
        return self.filter(
            Q(appointment__ends_on__isnull=True) | Q(appointment__ends_on__gte=day),
            Q(hook_up__isnull=True)
            | (
                Q(hook_up__starts_on__lte=day)
                & (Q(hook_up__ends_on__isnull=True) | Q(hook_up__ends_on__gte=day))
            ),
            appointment__starts_on__lte=day,
            user__is_active=True,
        )


class UnitGrant(UserObjectPermissionBase):
    """A person may do one action at one unit and below, because of one appointment.

    Written by :mod:`federation.grants` alone. Both reasons cascade, so that no grant outlives what
    it was given for.
    """

    content_object = models.ForeignKey(OrgUnit, models.CASCADE, related_name="grants")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="grants")
    hook_up = models.ForeignKey(
        HookUpLink, models.CASCADE, null=True, blank=True, related_name="grants"
    )

    objects: ClassVar = UnitGrantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        unique_together: ClassVar = []  # the constraints below know why a grant is held
        verbose_name = verbose_name_plural = "授权"
        constraints = [
            models.UniqueConstraint(
                fields=("user", "permission", "content_object", "appointment"),
                condition=Q(hook_up__isnull=True),
                name="federation_one_grant",
            ),
            models.UniqueConstraint(
                fields=("user", "permission", "content_object", "appointment", "hook_up"),
                condition=Q(hook_up__isnull=False),
                name="federation_one_hook_up_grant",
            ),
        ]
