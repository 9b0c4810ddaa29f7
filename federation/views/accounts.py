"""账号与任职: the accounts of one's subtree, one account's record, and the picker of its units."""

import django_filters
import django_tables2 as tables
from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.generic import DetailView, View

from federation import account_history, scope, sessions
from federation.administrators import Administrator
from federation.models import Appointment, Post, UnitGrant, User
from federation.permissions import known_actions
from federation.policy import Policy
from federation.tables import PageTable
from federation.templatetags.portal import state as state_badge
from federation.views.base import ListPage, Page
from federation.views.units import as_choice, with_places

MANAGERS = Policy(
    "federation_manage", or_action="federation_grant", resource="account", sensitivity=2
)
PICKED = 20
STATES = {
    "on": "启用",
    "new": "还未登录过",
    "unseated": "没有任职",
    "off": "停用",
}


def state_of(user: User, seats: list[Appointment]) -> str:
    """The sign of an account: the first of 停用, 没有任职, 还未登录过 that is true, else 启用."""
    if not user.is_active:
        return "account_off"
    if not seats:
        return "account_unseated"
    return "account_on" if user.last_login else "account_new"


def period(seat: Appointment) -> str:
    """2014-01-01 起, 2014-01-01 至 2014-06-30."""
    return f"{seat.starts_on} 至 {seat.ends_on}" if seat.ends_on else f"{seat.starts_on} 起"


class AccountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="姓名、拼音", method="named")
    unit = django_filters.CharFilter(label="组织", method="at_unit")
    post = django_filters.ModelChoiceFilter(
        label="岗位", queryset=Post.objects.all(), method="in_post", empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=list(STATES.items()), method="in_state", empty_label="全部"
    )

    class Meta:
        model = User
        fields = ("q", "unit", "post", "state")

    def named(self, queryset, name, value):
        latin = value.lower().replace(" ", "")
        named = Q(display_name__contains=value.strip()) | Q(username__startswith=latin)
        if latin.isascii() and latin.isalpha():
            named |= Q(pinyin__startswith=latin) | Q(initials__startswith=latin)
        return queryset.filter(named)

    def seated(self, queryset, condition: Q):
        live = Appointment.objects.live().filter(condition, user=OuterRef("pk"))
        return queryset.filter(Exists(live))

    def at_unit(self, queryset, name, value):
        return self.seated(queryset, scope.named(value, "unit__path"))

    def in_post(self, queryset, name, value):
        return self.seated(queryset, Q(post=value))

    def in_state(self, queryset, name, value):
        seated = Exists(Appointment.objects.live().filter(user=OuterRef("pk")))
        if value == "off":
            return queryset.filter(is_active=False)
        found = queryset.filter(is_active=True)
        if value == "unseated":
            return found.filter(~seated)
        found = found.filter(seated)
        return found.filter(last_login__isnull=value == "new")


class AccountTable(PageTable):
    display_name = tables.Column("姓名", order_by=("pinyin", "pk"))
    username = tables.Column("用户名")
    unit = tables.Column("单位", orderable=False, empty_values=())
    post = tables.Column("岗位", orderable=False, empty_values=())
    period = tables.Column("起止", orderable=False, empty_values=())
    last_login = tables.Column("最近登录", empty_values=())
    state = tables.Column("状态", orderable=False, empty_values=())

    class Meta:
        model = User
        fields = ("display_name", "username", "unit", "post", "period", "last_login", "state")
        order_by = ("display_name",)

    def render_display_name(self, record):
        url = reverse("account_record", args=[record.uuid])
        return format_html('<a href="{}">{}</a>', url, record)

    def each(self, record, words):
        lines = ((words(seat),) for seat in record.seats)
        return format_html_join("", '<span class="d-block">{}</span>', lines) or "—"

    def render_unit(self, record):
        return self.each(record, lambda seat: seat.unit.name)

    def render_post(self, record):
        lent = Appointment.Basis.REGULAR
        return self.each(
            record,
            lambda seat: (
                seat.post.name
                if seat.basis == lent
                else f"{seat.post.name}（{seat.get_basis_display()}）"
            ),
        )

    def render_period(self, record):
        return self.each(record, period)

    def render_last_login(self, record):
        at = record.last_login
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "—"

    def render_state(self, record):
        return render_to_string("parts/state.html", state_badge(state_of(record, record.seats)))


class AccountScope:
    """Accounts the administrator sees, each with her live seats of that reach as ``seats``."""

    @property
    def admin(self) -> Administrator:
        if not hasattr(self, "_admin"):
            self._admin = Administrator(self.request.user)
        return self._admin

    def get_queryset(self):
        within = scope.reach(self.admin.paths, "unit__path")
        live = Appointment.objects.live().filter(within).select_related("unit", "post")
        seats = Prefetch("appointments", live.order_by("starts_on", "pk"), to_attr="seats")
        return self.admin.accounts().prefetch_related(seats)


class AccountList(AccountScope, ListPage):
    policy = MANAGERS.to("查看辖区内的账号")
    model = User
    filterset_class = AccountFilter
    table_class = AccountTable
    title = "账号与任职"
    scope_word = "含下级"
    empty_text = "没有符合条件的账号。新来的同志，点“新增人员”开通。"

    def get_primary_action(self):
        return {"label": "新增人员", "url": reverse("account_new"), "icon": "person-plus"}

    def get_tools(self):
        # Rooms above know workbooks; what they offer here stands on their app's config.
        offered = [t for c in apps.get_app_configs() for t in getattr(c, "account_tools", ())]
        return [{**tool, "url": reverse(tool["url"])} for tool in offered]


class AccountRecord(AccountScope, Page, DetailView):
    policy = MANAGERS.to("查看一个账号的任职和权限", sensitivity=3)
    model = User
    slug_field = slug_url_kwarg = "uuid"
    template_name = "federation/account_record.html"

    def get_title(self):
        return self.object.display_name

    def get_crumbs(self):
        return [("账号与任职", reverse("accounts"))]

    def get_context_data(self, **kwargs):
        user, mine = self.object, self.object == self.request.user
        whole = not mine and self.admin.may_administer(user)
        within = scope.reach(self.admin.paths, "unit__path")
        past_and_present = user.appointments.filter(within)
        shown = list(
            past_and_present.select_related("unit", "post", "acting_for__user").order_by(
                "-starts_on", "-pk"
            )
        )
        yours = set(past_and_present.filter(self.admin.seats()).values_list("pk", flat=True))
        live = {seat.pk for seat in user.seats}
        return super().get_context_data(
            state=state_of(user, user.seats),
            seats=[
                {
                    "seat": seat,
                    "period": period(seat),
                    "standing": standing(seat),
                    "endable": not mine and seat.pk in live and seat.pk in yours,
                }
                for seat in shown
            ],
            elsewhere=user.appointments.live().exclude(within).count(),
            rights=rights_in_words(user, self.admin.paths),
            open_sessions=sessions.within_limits().filter(user=user).count(),
            events=account_history.events_of(user, shown, paths=self.admin.paths),
            whole=whole,
            mine=mine,
            leavable=not mine and bool(live & yours),
            **kwargs,
        )


def standing(seat: Appointment) -> str:
    """在任, 未到任, 已结束 or 已撤回, as of today."""
    today = timezone.localdate()
    if seat.never_began:
        return "已撤回"
    if seat.ends_on and seat.ends_on < today:
        return "已结束"
    return "未到任" if seat.starts_on > today else "在任"


def rights_in_words(user: User, paths: list[str]) -> list[tuple[str, str]]:
    """(unit, what may be done there and below) of today's grants at or below ``paths``."""
    names = known_actions()
    grants = (
        UnitGrant.objects.in_force(timezone.localdate())
        .filter(scope.reach(paths, "content_object__path"), user=user)
        .order_by("content_object__path")
        .values_list("content_object__name", "content_object_id", "permission__codename")
    )
    held: dict[tuple[int, str], set[str]] = {}
    for unit, key, action in grants:
        held.setdefault((key, unit), set()).add(action)
    return [
        (unit, "、".join(names[action] for action in names if action in actions))
        for (_, unit), actions in held.items()
    ]


class UnitsToSeat(View):
    """Units of the administrator's for a picker: JSON ``{results: [{id, label, note}]}``, at most 20."""

    policy = MANAGERS.to("按名称找可任职的组织", sensitivity=1)
    http_method_names = ("get", "head", "options")

    def get(self, request):
        units = Administrator(request.user).units().open_now()
        found = units.matching(request.GET.get("q", "")[:40]).order_by("pinyin", "path")[:PICKED]
        chosen = [
            {**as_choice(unit, place), "label": unit.name} for unit, place in with_places(found)
        ]
        return JsonResponse({"results": chosen})
