"""组织: the directory, one unit's record, and the picker used by every form."""

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.http import JsonResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.generic import View

from federation import frame, scope, tree
from federation.frame import crumbs_to
from federation.models import OrgUnit, UnitChange, UnitType
from federation.policy import SIGNED_IN, Policy
from federation.tables import PageTable
from federation.unit_forms import offered
from federation.views.base import Page, ScopedDetailView, ScopedListView

PICKED = 20
CHANGES = 50  # shown on a unit's page; the audit trail has them all
STANDING = (("closed", "已撤销"), ("all", "全部"))


class UnitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="名称或拼音", method="named")
    unit_type = django_filters.ModelChoiceFilter(
        label="类型", queryset=UnitType.objects.all(), empty_label="全部"
    )
    standing = django_filters.ChoiceFilter(
        label="状态", choices=STANDING, empty_label="在册", method="standing_so"
    )

    class Meta:
        model = OrgUnit
        fields = ("q", "unit_type", "standing")

    def named(self, queryset, name, value):
        return queryset.matching(value)

    def standing_so(self, queryset, name, value):
        return queryset.closed() if value == "closed" else queryset


class UnitTable(PageTable):
    name = tables.Column("组织名称", order_by=("pinyin",))
    unit_type = tables.Column("类型")
    post_level = tables.Column("级别", empty_values=())
    parent = tables.Column("上级", orderable=False, empty_values=())
    division_code = tables.Column("区划代码")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.parents: dict[str, str] | None = None

    class Meta:
        model = OrgUnit
        fields = ("name", "unit_type", "post_level", "parent", "division_code")
        order_by = ()

    def render_name(self, record):
        url = reverse("unit", args=[record.uuid])
        closed = "（已撤销）" if record.is_closed else ""
        return format_html('<a href="{}">{}</a>{}', url, record.name, closed)

    def render_post_level(self, record):
        return record.post_level or ""

    def render_parent(self, record):
        if self.parents is None:
            shown = [row.record.path[: -tree.STEP] for row in self.page.object_list]
            self.parents = dict(OrgUnit.objects.filter(path__in=shown).values_list("path", "name"))
        return self.parents.get(record.path[: -tree.STEP], "")


class UnitScope:
    """Units in reach: at or below a grant of the page's action."""

    def get_queryset(self):
        return scope.granted_units(self.request.user, self.policy.action).select_related(
            "unit_type", "post_level"
        )


class UnitList(UnitScope, ScopedListView):
    policy = Policy("federation_view").to("查看组织列表", resource="unit", sensitivity=1)
    model = OrgUnit
    filterset_class = UnitFilter
    table_class = UnitTable
    title = "组织"
    scope_word = "含下级"
    empty_text = "没有符合条件的组织。"

    def get_queryset(self):
        found = super().get_queryset()
        # Only who asks for closed units is shown them.
        return found if self.request.GET.get("standing") in dict(STANDING) else found.open_now()

    def get_primary_action(self):
        root = next(iter(scope.roots(self.request.user, "federation_manage")), None)
        if root is None or root.is_closed:
            return None
        url = reverse("unit_change", args=[root.uuid, "add"])
        return {"label": "新增下级组织", "url": url, "icon": "plus-lg"}


class UnitRecord(UnitScope, ScopedDetailView):
    policy = Policy("federation_view").to("查看组织资料和任职", resource="unit", sensitivity=2)
    model = OrgUnit
    template_name = "federation/unit.html"

    def get_title(self):
        return self.object.name

    def get_crumbs(self):
        return crumbs_to(
            self.object, self.request.user, lambda unit: reverse("unit", args=[unit.uuid])
        )

    def get_context_data(self, **kwargs):
        unit = self.object
        children = OrgUnit.objects.open_now().filter(tree.within(unit.path), depth=unit.depth + 1)
        return super().get_context_data(
            state="closed" if unit.is_closed else None,
            tools=frame.tools_for(self.request),
            changes_offered=offered(unit, self.request.user),
            events=[event_of(change) for change in changes_of(unit)],
            children=children.select_related("unit_type", "post_level")[:500],
            appointments=unit.appointments.current().select_related("user", "post"),
            hooked_up_by=unit.hooked_up_by.select_related("department"),
            **kwargs,
        )


def changes_of(unit: OrgUnit):
    """组织变更 of the unit and those that named it, newest first; one query."""
    told = UnitChange.objects.filter(Q(unit=unit) | Q(others=unit)).select_related("by")
    return told.distinct()[:CHANGES]


def event_of(change: UnitChange) -> dict:
    """A change as parts/history.html shows it."""
    return {
        "word": change.get_kind_display(),
        "who": change.by,
        "at": change.at,
        "tone": "warn" if change.kind in {"merge", "split", "close"} else "info",
        "icon": "diagram-3",
        "reason": f"{change.words}（{change.day:%Y-%m-%d}）\n依据：{change.reason}",
        "plain": True,
    }


class UnitPick(Page, View):
    """Units for a picker as JSON ``{results: [{id, label, note}]}``, at most 20, pinyin order.

    ``level`` narrows by level, ``q`` matches name, initials or pinyin. Names of villages are
    public, so the whole city's are offered, those nearest the acting unit first. ``manage`` offers
    the units one manages instead, by their full names.
    """

    policy = SIGNED_IN.to("在表格里挑选村（社区）", resource="unit", sensitivity=1)

    def get(self, request):
        words = request.GET.get("q", "")[:40]
        if request.GET.get("manage"):
            return self._managed(request.user, words)
        found = OrgUnit.objects.open_now().matching(words)
        if request.GET.get("level") == "village":
            found = found.villages()
        home = request.acting.unit if request.acting else None
        picked = list(found.filter(self._near(home)).order_by("pinyin", "path")[:PICKED])
        if len(picked) < PICKED and home is not None and home.depth > 1:
            city = OrgUnit.objects.filter(path=self._city_path(home)).first()
            wider = found.filter(tree.within(city.path)) if city else found
            picked += list(
                wider.exclude(self._near(home)).order_by("pinyin", "path")[: PICKED - len(picked)]
            )
        return JsonResponse(
            {"results": [as_choice(unit, path) for unit, path in with_places(picked)]}
        )

    def _managed(self, user, words):
        found = scope.granted_units(user, "federation_manage").open_now().matching(words)
        picked = with_places(list(found.order_by("pinyin", "path")[:PICKED]))
        return JsonResponse(
            {"results": [{**as_choice(u, place), "label": u.name} for u, place in picked]}
        )

    def _city_path(self, home):
        city = home.ancestors().filter(unit_type__level="city").first()
        return city.path if city else home.path

    def _near(self, home):
        if home is None:
            return Q()
        county = home.ancestors().filter(unit_type__level="county").order_by("depth").first()
        return tree.within((county or home).path)


def with_places(units: list[OrgUnit]) -> list[tuple[OrgUnit, str]]:
    """Each unit with the names above it, county › township; one query."""
    paths = {p for unit in units for p in tree.ancestor_paths(unit.path, include_self=False)}
    names = {
        unit.path: (unit.area_name or unit.short_name)
        for unit in OrgUnit.objects.filter(
            path__in=paths, unit_type__level__in=("county", "township")
        )
    }
    return [
        (unit, " › ".join(names[p] for p in tree.ancestor_paths(unit.path) if p in names))
        for unit in units
    ]


def as_choice(unit: OrgUnit, place: str) -> dict[str, str]:
    return {"id": str(unit.uuid), "label": unit.short_name, "note": place}
