"""The two sides of a pair on a form: each out of those its writer may pair."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy

from federation import scope
from federation.models import OrgUnit, User
from federation.scope import OutOfReach
from federation.unit_field import UnitField, UnitWidget
from registry.fields import people_named
from registry.models import Helper, Household, Site
from registry.names import Names

LISTED = 20


class PartyUnitField(UnitField):
    """A unit that helps (where she holds ``pairing_edit``) or is helped (``pairing_view``)."""

    def __init__(self, *, what: str, **kwargs: Any):
        super().__init__(url=reverse_lazy("pairing:pick", args=[what]), **kwargs)
        self.what = what

    def asked_by(self, user: User) -> None:
        self.queryset = units_for(user, self.what)


def units_for(user: User, what: str) -> QuerySet[OrgUnit]:
    action = "pairing_edit" if what == "helping" else "pairing_view"
    units = scope.granted_units(user, action).open_now()
    if what == "helping":
        return units
    # Where a volunteer's pairs arrive is told by the person; as a unit a village or contact point is.
    return units.filter(unit_type__level__in=("village", "township", "county"))


class PartyField(forms.Field):
    """One helper, household or site in reach; sent as a unit is, by id and text."""

    user: User

    def __init__(self, *, what: str, **kwargs: Any):
        self.what = what
        self.widget = UnitWidget(reverse_lazy("pairing:pick", args=[what]))
        super().__init__(required=False, **kwargs)

    def asked_by(self, user: User) -> None:
        self.user = user

    def clean(self, value: Any) -> Any:
        chosen, text = (value or {}).get("unit", ""), (value or {}).get("text", "")
        if not text:
            return None
        if not chosen:
            found = [
                row
                for row in found_by(self.user, self.what, text)
                if label_of(row, self.user) == text
            ]
            if len(found) != 1:
                raise ValidationError("请从列出的里面选，看清所属单位。")
            return found[0]
        try:
            return _rows(self.user, self.what).get(uuid=chosen)
        except (Helper.DoesNotExist, Household.DoesNotExist, Site.DoesNotExist, ValueError, ValidationError) as error:  # fmt: skip
            raise OutOfReach("所选的一方不在您的管辖范围内。") from error


def _rows(user: User, what: str) -> Any:
    if what == "helpers":
        return Helper.objects.visible_to(user).active().select_related("unit")
    if what == "sites":
        return Site.objects.visible_to(user).filter(closed_on=None).select_related("unit", "kind")
    return Household.objects.visible_to(user).select_related("unit", "head__unit")


def found_by(user: User, what: str, words: str) -> list[Any]:
    """At most twenty by the beginning of a name or pinyin, or by a household's number."""
    words, rows = words.replace("\x00", "").strip()[:30], _rows(user, what)
    if not words:
        return list(rows[:LISTED])
    latin = words.lower().replace(" ", "")
    if what == "sites":
        return list(rows.filter(name__contains=words)[:LISTED])
    if what == "helpers":
        named = Q(name__contains=words)
        if latin.isascii() and latin.isalpha():
            named = Q(initials__startswith=latin) | Q(pinyin__startswith=latin)
        return list(rows.filter(named)[:LISTED])
    heads = people_named(user, words.removesuffix("户")).order_by()
    numbered = Q(number__startswith=words.removeprefix("户编号"))
    return list(rows.filter(numbered | Q(head__in=heads.values("pk")))[:LISTED])


def label_of(row: Any, user: User) -> str:
    if not isinstance(row, Household):
        return row.name
    head, names = row.head, Names(user)
    if head is not None and people_named(user, "").filter(pk=head.pk).exists():
        return f"{names.of(head)}户"
    return f"户编号{row.number or row.pk}"


def note_of(row: Any) -> str:
    if isinstance(row, Helper):
        return f"{row.get_role_display()} · {row.unit}"
    return f"{row.kind} · {row.unit}" if isinstance(row, Site) else str(row.unit)
