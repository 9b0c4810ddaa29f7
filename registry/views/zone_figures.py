"""Figures of a unit and those below it, from which nobody can be told."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from federation import scope
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from registry import figures


class Figures(PlainPage):
    policy = Policy("registry_view", resource="register", sensitivity=3).to("查看档案统计")
    template_name = "registry/figures.html"
    title = "档案统计"
    scope_word = "含下级"

    def unit(self) -> OrgUnit:
        """The one asked for, or the first of one's own."""
        user = self.request.user
        if asked := self.request.GET.get("unit"):
            return uuid_or_404(OrgUnit, scope.granted_units(user, "registry_view"), asked)
        roots = scope.roots(user, "registry_view")
        if not roots:
            raise Http404
        return roots[0]

    def get_context_data(self, **kwargs):
        user, unit = self.request.user, self.unit()
        columns, categories = figures.programmes(), figures.categories()
        cells, needs = figures.enrolled(user, unit), figures.unmet(user, unit)
        page = reverse("registry:figures")
        paths = scope.granted_paths(user, "registry_view")
        above = [one for one in unit.ancestors() if any(one.path.startswith(p) for p in paths)]
        return super().get_context_data(
            unit=unit,
            above=[(one.name, f"{page}?unit={one.uuid}") for one in above if one.pk != unit.pk],
            page=page,
            tables=[
                _table("各单位在册人数", "单位", columns, figures.by_unit(cells, unit, list(columns))),
                _table("各年龄段在册人数", "年龄", columns, figures.by_age(cells, list(columns))),
                _table(
                    "未解决的困难需求（件）", "单位", categories,
                    figures.by_unit(needs, unit, list(categories)),
                ),
            ],
            **kwargs,
        )  # fmt: skip


def _table(caption: str, first: str, columns: dict[str, str], rows: list[figures.Row]) -> tuple:
    """What the page draws: each figure with the word of its column, for the cards of a phone."""
    words = list(columns.values())
    lines = [
        {
            "label": row.label,
            "unit": row.unit,
            "labelled": list(zip(words, row.figures, strict=True)),
        }
        for row in rows
    ]
    return caption, first, words, lines
