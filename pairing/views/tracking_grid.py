"""跟踪: pairs by the months of a year, each cell leading to the log that mends it."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from federation import scope
from federation.models import OrgUnit
from federation.policy import Policy
from federation.tables import PageTable, render_state
from federation.views.base import ScopedListView, whole_number
from pairing import grid, parties
from pairing.models import Pairing, PairKind, RuleWindow
from pairing.views.tracking_links import log_url, pair_url

VIEW = Policy("pairing_view", resource="pairing", sensitivity=4)
FIRST_YEAR = 2014
ROWS = 50


def counties(user) -> QuerySet:
    """County-level units in reach: what a city looks at one by one."""
    reach = scope.granted_units(user, "pairing_view").open_now()
    return reach.filter(unit_type__level="county").order_by("path")


def years() -> list[int]:
    return list(range(timezone.localdate().year, FIRST_YEAR - 1, -1))


def year_of(request) -> int:
    asked = whole_number(request.GET.get("year", ""))
    return asked if asked in years() else timezone.localdate().year


class GridFilter(django_filters.FilterSet):
    year = django_filters.ChoiceFilter(
        label="年度", method="as_it_is", empty_label="本年",
        choices=lambda: [(str(year), f"{year}年") for year in years()],
    )  # fmt: skip
    county = django_filters.ModelChoiceFilter(
        label="县（市、区）", queryset=lambda request: counties(request.user), method="below",
        to_field_name="uuid", empty_label="全部",
    )  # fmt: skip
    kind = django_filters.ModelChoiceFilter(
        label="类别", queryset=PairKind.objects.filter(is_active=True), to_field_name="code",
        empty_label="全部",
    )  # fmt: skip
    state = django_filters.ChoiceFilter(
        label="状态", empty_label="全部", choices=[("active", "结对中"), ("ended", "已结束")]
    )
    late = django_filters.BooleanFilter(
        label="只看逾期", method="only_late", widget=forms.CheckboxInput
    )

    class Meta:
        model = Pairing
        fields = ("year", "county", "kind", "state", "late")

    def as_it_is(self, queryset, name, value):
        return queryset

    def below(self, queryset, name, value: OrgUnit):
        return queryset.below(value)

    def only_late(self, queryset, name, value):
        if not value:
            return queryset
        windows = RuleWindow.objects.visible_to(self.request.user)
        windows = grid.of_year(windows, year_of(self.request))
        return grid.with_late(queryset, windows, timezone.localdate())


class GridTable(PageTable):
    pair = tables.Column("结对", empty_values=(), orderable=False)

    class Meta:
        model = Pairing
        fields = ("pair",)
        order_by = ()
        attrs = {"class": "pair-grid"}

    def __init__(self, *args, user, year, **kwargs):
        more = [(name, StandingColumn(name, words)) for name, words in grid.COLUMNS.items()]
        super().__init__(*args, extra_columns=more, **kwargs)
        self.user, self.year = user, year

    def before_render(self, request):
        shown = [row.record for row in self.paginated_rows]
        keys = [pair.pk for pair in shown]
        today = timezone.localdate()
        self.names = parties.names(shown, to=self.user)
        self.cells = grid.cells(shown, self.year, to=self.user, on=today)
        mine = Pairing.objects.visible_to(self.user, "log").filter(pk__in=keys)
        self.logs = set(mine.values_list("pk", flat=True))

    def render_pair(self, record):
        helper, recipient = self.names[record.pk]
        return format_html(
            '<a class="row-link" href="{}">{} — {}</a><span class="small-print">{}</span>',
            pair_url(record), helper, recipient, record.kind.name,
        )  # fmt: skip


class StandingColumn(tables.Column):
    """One month, half-year or year of :data:`grid.COLUMNS`."""

    empty_values = ()

    def __init__(self, name: str, words: str):
        super().__init__(words, orderable=False, empty_values=(), accessor="pk")
        self.name = name

    def render(self, record, table):
        found = table.cells.get(record.pk, {}).get(self.name, [])
        if not found:
            return format_html('<span class="muted" aria-label="{}">·</span>', "无要求")
        may_log, several = record.pk in table.logs, len(found) > 1
        return format_html_join(
            "", "{}", ((_standing(one, record, may_log, several),) for one in found)
        )


def _standing(one: grid.Standing, pair: Pairing, may_log: bool, named: bool) -> SafeString:
    """The badge, with the rule's name where a cell holds several; a link where a log mends it."""
    badge = render_state(f"window_{one.state}", _count(one) if one.state == "met" else "")
    name = format_html('<span class="window-name">{}</span>', one.rule) if named else ""
    if one.mends and may_log:
        said = f"{one.rule}：{'逾期' if one.state == 'late' else '待办'}，去登记"
        return format_html(
            '<a class="window" href="{}" title="{}">{}{}</a>',
            mend_url(pair, one),
            said,
            name,
            badge,
        )
    return format_html('<span class="window" title="{}">{}{}</span>', one.rule, name, badge)


def _count(one: grid.Standing) -> str:
    return f"{one.done}＋{one.back}次" if one.back else f"{one.done}次"


def mend_url(pair: Pairing, one: grid.Standing) -> str:
    """The log form preset with the day and kind; projects have no log and are entered at the pair."""
    return log_url(pair, on=one.on, kind=one.kind) if one.kind else pair_url(pair)


class Grid(ScopedListView):
    policy = VIEW.to("查看结对跟踪表")
    model = Pairing
    filterset_class = GridFilter
    table_class = GridTable
    template_name = "pairing/grid.html"
    scope_word = "含下级"
    layout = ("year",)
    empty_text = "没有符合条件的结对。"

    def get_title(self):
        return f"结对跟踪 {year_of(self.request)}年"

    def page_size(self) -> int:
        return super().page_size() if "per_page" in self.request.GET else ROWS

    def get_queryset(self):
        pairs = grid.of_life(super().get_queryset(), year_of(self.request))
        return pairs.select_related("kind").order_by("unit__path", "recipient_unit__path", "pk")

    def get_table_kwargs(self):
        return {"user": self.request.user, "year": year_of(self.request)}

    def get_tools(self):
        tools = [
            {"label": "空白名单", "url": reverse("pairing:blank"), "icon": "list-check"},
            {"label": "回访抽查", "url": reverse("pairing:callbacks"), "icon": "telephone"},
        ]
        if scope.may(self.request.user, "pairing_edit"):
            url = reverse("pairing:matches")
            tools.insert(1, {"label": "牵线搭桥", "url": url, "icon": "arrow-left-right"})
        return tools
