"""关爱责任人 of one archive; 查阅授权 of the units where one holds the zone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import idempotent
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404, whole_number
from registry import authorisations, carers
from registry.models import Authorisation, Carer
from registry.refusal import Refused
from registry.views.zone import ZONE, ArchivePage, FormPage, day_field, today


class CarerForm(forms.Form):
    user = forms.ModelChoiceField(label="责任人", queryset=None, to_field_name="uuid")
    starts_on = day_field("开始日期", initial=today)
    ends_on = day_field("结束日期", required=False, help_text="不填为长期。")

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = carers.candidates(person)


class Carers(ArchivePage):
    policy = ZONE.to(get="打开“关爱责任人”", post="指定、结束关爱责任人")
    template_name = "registry/carers.html"
    form_class = CarerForm
    words = "关爱责任人"
    submit_label = "指定"

    def make_form(self, *args):
        return CarerForm(*args[:1], person=self.object)

    def page_context(self) -> dict[str, Any]:
        rows = self.object.carers.select_related("user", "named_by").order_by("-starts_on")
        return {"rows": rows, "today": timezone.localdate()}

    def act(self, data):
        made = carers.name(self.object, by=self.request.user, **data)
        return f"已指定{made.user}为关爱责任人。"

    def answer(self, request):
        ends = whole_number(request.POST.get("end", ""))
        if ends is None:
            return super().answer(request)
        rows = Carer.objects.visible_to(request.user, "edit").filter(person=self.object, pk=ends)
        return _told(request, rows.first(), carers.end, "已结束。", self.back())


def _told(request, row, act, words, back):
    """Do ``act`` on a row of a list; what is refused is said on the page one comes back to."""
    try:
        if row is not None:
            act(row, by=request.user)
            messages.success(request, words)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(back)


class AuthorisationForm(forms.Form):
    user = forms.ModelChoiceField(label="被授权人", queryset=None, to_field_name="uuid")
    unit = forms.ModelChoiceField(
        label="范围",
        queryset=None,
        to_field_name="uuid",
        help_text="可查看该单位及下级档案中隐去的内容。",
    )
    given_by = forms.CharField(label="批准人", max_length=30, help_text="分管领导姓名。")
    purpose = forms.CharField(label="用途", max_length=200)
    starts_on = day_field("开始日期", initial=today)
    ends_on = day_field("结束日期", help_text="最长一年。")

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = authorisations.candidates(by)
        self.fields["unit"].queryset = authorisations.units(by).order_by("path")


class Authorisations(FormPage, PlainPage):
    """Who may see masked values outside her own unit, until when, by whose approval."""

    policy = Policy("registry_children", resource="authorisation", sensitivity=3).to(
        get="查看查阅授权", post="登记、结束查阅授权"
    )
    template_name = "registry/authorisations.html"
    title = "查阅授权"
    submit_label = "登记授权"

    def back(self):
        return reverse("registry:authorisations")

    def make_form(self, *args):
        return AuthorisationForm(*args[:1], by=self.request.user)

    def page_context(self):
        rows = Authorisation.objects.visible_to(self.request.user, "children")
        rows = rows.select_related("user", "unit", "recorded_by").order_by("-ends_on", "-id")[:100]
        return {"rows": rows, "today": timezone.localdate()}

    def act(self, data):
        made = authorisations.give(by=self.request.user, **data)
        return f"已为{made.user}登记查阅授权，{made.ends_on:%Y-%m-%d}止。"

    @idempotent
    def post(self, request):
        if "end" not in request.POST:
            return self.answer(request)
        rows = Authorisation.objects.visible_to(request.user, "children")
        row = uuid_or_404(Authorisation, rows, request.POST["end"])
        return _told(request, row, authorisations.end, "授权已结束。", self.back())
