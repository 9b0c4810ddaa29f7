"""Names of many archives at once, as one person may read them: two questions for any number of rows."""

from __future__ import annotations

from functools import cached_property

from django.db.models import Q

from federation import scope
from federation.models import User
from registry import masking
from registry.models import Carer, Person
from registry.models.persons import ADULT, born_after


class Names:
    """For rows that are in her reach; the rule is that of ``access.may_open``, asked for all at once."""

    def __init__(self, user: User):
        self.user = user

    @cached_property
    def zone(self) -> set[int]:
        """Units at exactly which minors are in her care."""
        return scope.units_held(self.user, "registry_children")

    @cached_property
    def cared(self) -> set[int]:
        """Archives whose named carer she is."""
        mine = Carer.objects.in_force().filter(user=self.user)
        return set(mine.values_list("person_id", flat=True))

    def open_to_her(self, person: Person) -> bool:
        return not person.is_minor or person.unit_id in self.zone or person.pk in self.cared

    def readable(self) -> Q:
        """Which archives in reach she may read the name of: those a search by name may find."""
        known = Q(unit__in=self.zone) | Q(pk__in=self.cared)
        return Q(born_on=None) | Q(born_on__lte=born_after(ADULT)) | known

    def of(self, person: Person) -> str:
        return masking.shown(person, "name", to=self.user, opens=self.open_to_her(person))

    def born(self, person: Person) -> str:
        """The birthday; of a minor of other units the year alone."""
        return masking.shown(person, "born_on", to=self.user, opens=self.open_to_her(person))
