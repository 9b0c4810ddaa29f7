"""What the list of pairs is narrowed by: kind, state, place, year, words."""

from __future__ import annotations

import datetime as dt

import django_filters
from django.db.models import Q
from django.utils import timezone

from federation import scope, tree
from federation.models import OrgUnit
from pairing.models import Pairing, PairKind, Term

STATES = [*Pairing.State.choices, ("all", "全部状态")]
EARLIEST = 2012


def _years() -> list[tuple[str, str]]:
    return [(str(y), f"{y}年") for y in range(timezone.localdate().year + 1, EARLIEST - 1, -1)]


class PlaceFilter(django_filters.FilterSet):
    """By kind, unit and county."""

    q = django_filters.CharFilter(label="单位", method="named", max_length=40)
    kind = django_filters.ModelChoiceFilter(
        label="类别", queryset=PairKind.objects.all(), to_field_name="code", empty_label="全部"
    )
    county = django_filters.CharFilter(label="县（市、区）", method="within", max_length=40)

    class Meta:
        model = Pairing
        fields = ("q", "kind", "county")

    def named(self, queryset, name, value):
        """By a unit on either side; never by a person."""
        units = OrgUnit.objects.matching(value[:40])
        return queryset.filter(Q(unit__in=units) | Q(recipient_unit__in=units))

    def within(self, queryset, name, value):
        paths = tree.topmost(OrgUnit.objects.matching(value).values_list("path", flat=True))
        below = scope.reach(paths, "unit__path") | scope.reach(paths, "recipient_unit__path")
        return queryset.filter(below)


class PairFilter(PlaceFilter):
    """Pairs that are over are shown to who asks for them."""

    state = django_filters.ChoiceFilter(
        label="状态", choices=STATES, method="standing", empty_label="待确认和结对中"
    )
    year = django_filters.ChoiceFilter(
        label="年度", choices=_years, method="of_year", empty_label="全部"
    )

    class Meta:
        model = Pairing
        fields = ("q", "kind", "state", "county", "year")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.data.get("state") not in dict(STATES):
            self.queryset = self.queryset.open()

    def standing(self, queryset, name, value):
        return queryset if value == "all" else queryset.filter(state=value)

    def of_year(self, queryset, name, value):
        """Active on some day of the year."""
        first, last = dt.date(int(value), 1, 1), dt.date(int(value), 12, 31)
        terms = Term.objects.visible_to(self.request.user).holding(first, last)
        return queryset.filter(pk__in=terms.values("pairing_id"))
