"""结对年度统计: the table of a year, and the rows behind each of its figures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import django_filters
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import View

from federation import audit, scope
from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import ListPage, PlainPage, uuid_or_404, whole_number
from pairing import exports
from pairing.annexes import pairing_year
from pairing.models import PairKind
from pairing.year_rows import FigureTable
from reporting.annexes import Asked
from reporting.annexes.summaries import OWN, TOTAL
from reporting.jobs import request_job

SEEN = Policy("pairing_view", resource="year_table", sensitivity=3)


class OfYear:
    """The question of the address: whose table, of which year, of which kind of pairs."""

    request: Any

    def asked(self) -> Asked:
        said, user = self.request.GET, self.request.user
        if unit := said.get("unit"):
            found = uuid_or_404(OrgUnit, scope.granted_units(user, "pairing_view"), unit)
        else:
            found = next(iter(scope.roots(user, "pairing_view")), None)
        if found is None:
            raise Http404
        years = pairing_year.years(user)
        year = whole_number(said.get("year", ""))
        kind = PairKind.objects.filter(code=said.get("kind", "")).first()
        only = {"kind": kind.code} if kind else {}
        return Asked(user, found, str(year if year in years else years[0]), only=only)


def address(name: str, asked: Asked, **more: str) -> str:
    said = {"unit": asked.unit.uuid, "year": asked.period, **asked.only, **more}
    return f"{reverse(f'pairing:{name}')}?{urlencode(said)}"


class Year(OfYear, PlainPage):
    policy = SEEN.to("查看结对年度统计")
    template_name = "pairing/year.html"
    title = "结对年度统计"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        asked, annex = self.asked(), exports.year_table()
        paths = scope.granted_paths(self.request.user, "pairing_view")
        above = [
            one for one in asked.unit.ancestors() if any(one.path.startswith(p) for p in paths)
        ]
        return super().get_context_data(
            asked=asked, unit=asked.unit, measures=annex.measures, groups=groups(annex),
            above=[(one.name, address("year", asked, unit=one.uuid)) for one in above if one != asked.unit],
            lines=[self.line(annex, asked, line) for line in annex.lines(asked)],
            years=pairing_year.years(self.request.user), kinds=PairKind.objects.all(),
            may_export=scope.may(self.request.user, "pairing_export", asked.unit),
            idempotency_key=new_key(), **kwargs,
        )  # fmt: skip

    @staticmethod
    def line(annex, asked: Asked, line) -> dict[str, Any]:
        """What the page draws: each figure with its column's word, and the address of its rows."""
        at = line.unit.uuid if line.unit else ("own" if line.label == OWN else "")
        return {
            "label": line.label,
            "url": address("year", asked, unit=line.unit.uuid) if line.unit else "",
            "total": line.label == TOTAL,
            "figures": [
                (m, figure, address("year_rows", asked, measure=m.key, line=at) if m.opens and figure else "")
                for m, figure in zip(annex.measures, line.figures.values(), strict=True)
            ],
        }  # fmt: skip


def groups(annex) -> list[tuple[str, int]]:
    """Headings over several columns, with how many."""
    found: list[tuple[str, int]] = []
    for measure in annex.measures:
        if found and found[-1][0] == measure.group:
            found[-1] = (measure.group, found[-1][1] + 1)
        else:
            found.append((measure.group, 1))
    return found


class YearRows(OfYear, ListPage):
    """The rows of one figure; their sum stands above them."""

    policy = SEEN.to("查看年度统计的明细")
    template_name = "pairing/year_rows.html"
    table_class = FigureTable
    filterset_class = django_filters.FilterSet
    empty_text = "这个数字下面没有记录。"

    def get_queryset(self):
        annex, self.question = exports.year_table(), self.asked()
        try:
            self.measure = annex.measure(self.request.GET.get("measure", "pairs"))
        except KeyError as error:
            raise Http404 from error
        if not self.measure.opens:
            raise Http404
        self.at = self.request.GET.get("line", "")
        line = {"": TOTAL, "own": OWN}.get(self.at)
        if line is None:
            below = OrgUnit.objects.below(self.question.unit, include_self=False)
            line = uuid_or_404(OrgUnit, below, self.at).path
        self.figure = self.measure.of(annex.rows(self.measure, self.question, line))
        return FigureTable.behind(annex.rows(self.measure, self.question, line))

    def get_filterset(self, filterset_class):
        return filterset_class(None, queryset=self.get_queryset(), request=self.request)

    def get_table(self, **kwargs):
        return super().get_table(user=self.request.user, measure=self.measure, **kwargs)

    def get_title(self):
        return f"{self.question.period}年 {self.measure.group} {self.measure.label}"

    def get_crumbs(self):
        return [("结对年度统计", address("year", self.question))]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            figure=self.figure, measure=self.measure, unit=self.question.unit, **kwargs
        )


class Export(View):
    policy = Policy("pairing_export", resource="year_table", sensitivity=4).to(
        "导出结对台账和年度统计"
    )
    http_method_names = ("post",)

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        said, user = request.POST, request.user
        units = scope.granted_units(user, self.policy.action)
        asked = said.get("unit", "")
        unit = (
            uuid_or_404(OrgUnit, units, asked)
            if asked
            else scope.roots(user, self.policy.action)[0]
        )
        kind = exports.YEAR if said.get("what") == "year" else exports.PAIRS
        params = {key: " ".join(said.get(key, "").split())[:40] for key in exports.FILTERS}
        if kind == exports.YEAR and whole_number(params["year"]) not in pairing_year.years(
            user, "export"
        ):
            raise Http404
        params["within"] = "1" if asked else ""
        if audit.holds_private(params["q"]):
            params["q"] = ""
        params = {key: value for key, value in params.items() if value}
        job = request_job(kind, requester=user, unit=unit, params=params)
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))
