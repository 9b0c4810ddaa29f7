"""应报名单: who is on the list of a duty, since when and why; adding and removing with a reason."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.views.generic import View

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.scope import OutOfReach
from federation.tables import PageTable
from federation.unit_field import UnitField
from federation.views.base import ListPage
from notices import expected
from notices.fulfilment import Refused
from notices.models import ExpectedUnit
from notices.views.boards import SUPERVISE, OfDuty
from notices.views.calendar import board_url


class AddForm(forms.Form):
    unit = UnitField(label="增加单位", url=reverse_lazy("unit_pick"))
    reason = forms.CharField(label="原因", max_length=200, help_text="会记在名单里，各级都能看到。")

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        self.fields["unit"].queryset = scope.granted_units(by, "notices_issue").open_now()


class ExpectedFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="单位", method="named")
    changed = django_filters.ChoiceFilter(
        label="名单", empty_label="全部", method="standing_so",
        choices=[("on", "在名单中"), ("off", "已移出"), ("added", "发布后增加")],
    )  # fmt: skip

    class Meta:
        model = ExpectedUnit
        fields = ("q", "changed")

    def named(self, queryset, name, value):
        return queryset.filter(unit__in=OrgUnit.objects.matching(value))

    def standing_so(self, queryset, name, value):
        if value == "added":
            return queryset.exclude(why_added="发布时确定")
        return queryset.filter(until__isnull=value == "on")


class ExpectedTable(PageTable):
    unit = tables.Column("单位", orderable=False)
    since = tables.Column("列入", orderable=False)
    until = tables.Column("移出", orderable=False, empty_values=())
    changed_by = tables.Column("办理人", orderable=False)
    acts = tables.Column("", orderable=False, empty_values=(), attrs={"td": {"class": "acts"}})

    class Meta:
        model = ExpectedUnit
        fields = ("unit", "since", "until", "changed_by", "acts")
        order_by = ()

    def __init__(self, *args, remove_url="", **kwargs):
        super().__init__(*args, **kwargs)
        self.remove_url = remove_url

    def render_since(self, record):
        return f"{record.since:%Y-%m-%d} {record.why_added}"

    def render_until(self, record):
        return f"{record.until:%Y-%m-%d} {record.why_removed}" if record.until else "—"

    def render_acts(self, record):
        if record.until or not self.remove_url:
            return ""
        url = f"{self.remove_url}?unit={record.unit.uuid}"
        return format_html(
            '<a class="btn btn-quiet" href="{}" aria-label="移出{}">移出</a>', url, record.unit
        )


class OfExpected(OfDuty):
    def may_change(self) -> bool:
        return self.duty.notice.issuer_id in scope.units_held(self.request.user, "notices_issue")

    def require_change(self) -> None:
        if not self.may_change():
            raise PermissionDenied(f"应报名单由发文单位{self.duty.notice.issuer}调整；您可以查看。")

    def url(self) -> str:
        return reverse("notices:expected", args=[self.duty.uuid])


class Expected(OfExpected, ListPage):
    """The list with its history, and for the issuer a form to add a unit."""

    policy = SUPERVISE.to(get="查看应报名单", post="增加应报单位")
    model = ExpectedUnit
    filterset_class = ExpectedFilter
    table_class = ExpectedTable
    template_name = "notices/expected.html"
    empty_text = "没有符合条件的单位。"
    form = None

    def get_queryset(self):
        reach = scope.granted_units(self.request.user, "notices_supervise")
        found = self.duty.expected.filter(unit__in=reach).select_related("unit", "changed_by")
        return found.order_by("unit__path", "pk")

    def get(self, request, *args, **kwargs):
        self.find(request, kwargs["uuid"])
        return super().get(request, *args, **kwargs)

    @idempotent
    def post(self, request, *args, **kwargs):
        self.find(request, kwargs["uuid"])
        self.require_change()
        self.form = AddForm(request.POST, by=request.user)
        try:
            if self.form.is_valid():
                expected.add(self.duty, **self.form.cleaned_data, by=request.user)
        except OutOfReach as error:
            raise Http404 from error
        except Refused as error:
            self.form.add_error(None, str(error))
        if self.form.errors:
            response = super().get(request, *args, **kwargs)
            response.status_code = 422
            return response
        messages.success(request, f"已列入：{self.form.cleaned_data['unit']}。")
        return HttpResponseRedirect(self.url())

    def get_title(self):
        return f"应报名单：{self.duty}"

    def get_crumbs(self):
        boards = ("任务进度", reverse("notices:boards"))
        return [boards, (str(self.duty), board_url(self.duty)), ("应报名单", "")]

    def get_table_kwargs(self):
        url = reverse("notices:expected_remove", args=[self.duty.uuid]) if self.may_change() else ""
        return {**super().get_table_kwargs(), "remove_url": url}

    def get_context_data(self, **kwargs):
        form = self.form or (AddForm(by=self.request.user) if self.may_change() else None)
        return super().get_context_data(
            **{"duty": self.duty, "form": form, "idempotency_key": new_key(), **kwargs}
        )


class ExpectedRemove(OfExpected, View):
    """Asks for the reason, then takes one unit off the list."""

    policy = SUPERVISE.to(get="打开移出应报单位页", post="移出应报单位")
    http_method_names = ("get", "post", "head", "options")

    def prepare(self) -> None:
        self.find(self.request, self.kwargs["uuid"])
        self.require_change()

    def unit_of(self, chosen: str) -> OrgUnit:
        listed = self.duty.expected.filter(until=None).select_related("unit")
        for row in listed:
            if str(row.unit.uuid) == chosen:
                return row.unit
        raise Http404

    def get(self, request, uuid):
        self.prepare()
        if "unit" not in request.GET:
            return redirect(self.url())
        return self.ask(self.unit_of(request.GET["unit"]))

    @idempotent
    def post(self, request, uuid):
        self.prepare()
        unit = self.unit_of(request.POST.get("unit", ""))
        try:
            expected.remove(self.duty, unit, reason=request.POST.get("reason", ""), by=request.user)
        except Refused as error:
            return self.ask(unit, str(error), status=422)
        messages.success(request, f"已移出：{unit}。")
        return HttpResponseRedirect(self.url())

    def ask(self, unit: OrgUnit, error: str = "", status: int = 200):
        context = {
            "title": "移出应报名单",
            "crumbs": [(str(self.duty), board_url(self.duty)), ("应报名单", self.url())],
            "question": f"把“{unit}”移出“{self.duty}”的应报名单？",
            "consequence": "它还没有报的各期任务随之取消，不再统计；已经报送的仍然计数。",
            "verb": "移出",
            "danger": True,
            "ask_reason": "移出的原因",
            "reason_error": error,
            "kept": [("unit", unit.uuid)],
            "idempotency_key": new_key(),
            "cancel_url": self.url(),
            "form_url": reverse("notices:expected_remove", args=[self.duty.uuid]),
        }
        return render(self.request, "kinds/confirm.html", context, status=status)
