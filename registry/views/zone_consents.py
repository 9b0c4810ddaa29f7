"""同意 of one archive: what was given, by whom, with its scan; recording and withdrawing."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.views.generic.base import View

from federation import kept_files
from federation.policy import Policy
from federation.views.base import ScopedMixin, uuid_or_404
from registry import access, consents, masking
from registry.models import Consent
from registry.refusal import Refused
from registry.views.zone import ArchivePage, day_field, today


class GuardianChoices(forms.ModelChoiceField):
    def label_from_instance(self, relation):
        called = f"（{relation.called}）" if relation.called else ""
        name = relation.name or (masking.text("minor_name", relation.other.name))
        return f"{name} {relation.get_kind_display()}{called}"


class ConsentForm(forms.Form):
    basis = forms.ChoiceField(
        label="依据",
        choices=Consent.Basis.choices,
        widget=forms.RadioSelect,
        initial=Consent.Basis.CONSENT,
    )
    guardian = GuardianChoices(
        label="由谁代为同意",
        queryset=None,
        required=False,
        to_field_name="uuid",
        empty_label="本人",
        help_text="不满14周岁须由监护人同意。名单来自“亲属与监护”。",
    )
    citation = forms.CharField(
        label="法定依据",
        required=False,
        max_length=200,
        help_text="以履行法定职责为依据时填写文件名称、文号。",
    )
    purposes = forms.MultipleChoiceField(
        label="范围",
        choices=list(Consent.PURPOSES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["register", "contact"],
        error_messages={"required": "请至少勾选一项同意的范围。"},
    )
    notice_version = forms.CharField(
        label="告知书版本", max_length=20, initial=consents.NOTICE_VERSION
    )
    given_on = day_field("同意日期", initial=today)
    until = day_field("有效期至", required=False, help_text="不填为长期有效。")
    upload = forms.FileField(
        label="扫描件",
        required=False,
        help_text="签字的同意书，PDF 或照片，不超过 20 MB。",
        widget=forms.FileInput(attrs={"accept": ",".join(consents.KINDS)}),
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["guardian"].queryset = consents.guardians(person).select_related("other")
        self.fields["citation"].initial = consents.proposed_citation(person)
        if person.needs_guardians_consent:
            self.fields["guardian"].empty_label = "请选择监护人"


class Consents(ArchivePage):
    policy = Policy("registry_edit", resource="consent", sensitivity=4).to(
        get="打开“同意”", post="登记、撤回同意"
    )
    template_name = "registry/consents.html"
    words = "同意"
    submit_label = "登记同意"

    def make_form(self, *args):
        return ConsentForm(*args, person=self.object)

    def page_context(self) -> dict[str, Any]:
        rows = self.object.consents.select_related("recorded_by", "guardian")
        return {
            "rows": [
                (row, "、".join(Consent.PURPOSES[code] for code in row.purposes)) for row in rows
            ],
            "today": today(),
            "missing": consents.missing(self.object),
        }

    def act(self, data):
        try:
            consents.record(self.object, by=self.request.user, **data)
        except ValidationError as error:  # the scan
            raise Refused("；".join(error.messages)) from error
        return "已登记同意。"

    def answer(self, request):
        if "withdraw" not in request.POST:
            return super().answer(request)
        rows = Consent.objects.visible_to(request.user, "edit").filter(person=self.object)
        row = uuid_or_404(Consent, rows, request.POST["withdraw"])
        form = self.make_form()
        try:
            consents.withdraw(row, by=request.user, reason=request.POST.get("reason", ""))
        except Refused as refused:
            context = self.get_context_data(form=form, withdraw_error=str(refused))
            return self.render_to_response(context, status=422)
        messages.success(request, "已撤回同意，有关内容不再显示。")
        return redirect(self.back())


class ConsentScan(ScopedMixin, View):
    """The signed sheet, to whoever may edit the archive; each opening leaves its line."""

    policy = Policy("registry_edit", resource="consent", sensitivity=4).to("下载同意书扫描件")
    model = Consent
    http_method_names = ("get", "head", "options")

    def get(self, request, uuid):
        """404 without a file; for a child of another unit a reason is asked first."""
        row = uuid_or_404(Consent, self.get_queryset().select_related("person__unit"), uuid)
        kept_files.path_of(row.scan)
        said = access.reason_given(request.session, row.person)
        try:
            access.opened(row.person, by=request.user, reason=said, verb="open_consent_scan")
        except access.ReasonNeeded:
            return redirect("registry:open", row.person.uuid)
        return kept_files.answer(row.scan, f"同意书{PurePath(row.scan_name).suffix}")
