"""Giving a reason before a child's archive opens, and seeing one masked value for a minute."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from federation.confirmation import confirmed_recently
from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from registry import access, masking
from registry.refusal import Refused
from registry.views.opening import found_by
from registry.views.zone import READ, ArchivePage, person_url


class ReasonForm(forms.Form):
    why = forms.ChoiceField(label="事由", choices=list(access.REASONS.items()))
    text = forms.CharField(
        label="说明",
        min_length=access.SHORTEST_REASON,
        max_length=180,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="至少4个字。不要写姓名、身份证号、电话；会记入查阅记录，关爱责任人能看到。",
    )

    @property
    def reason(self) -> str:
        return f"{access.REASONS[self.cleaned_data['why']]}：{self.cleaned_data['text'].strip()}"


class OpenArchive(ArchivePage):
    """The reason holds for an hour of this session; each opening leaves its own line."""

    policy = READ.to(get="打开“填写查阅事由”", post="填写查阅事由，打开未成年人档案")
    template_name = "registry/reason.html"
    form_class = ReasonForm
    words = "查阅档案"
    submit_label = "打开档案"

    def answer(self, request):
        form = self.make_form(request.POST)
        if form.is_valid():
            try:
                words = access.checked_reason(self.object, form.reason)
            except Refused as refused:
                form.add_error("text", str(refused))
            else:
                access.give_reason(request.session, self.object, words, by=request.user)
                how = request.GET.get("found", "")
                return redirect(found_by(person_url(self.object), how))
        return self.render_to_response(self.get_context_data(form=form), status=422)


@method_decorator(never_cache, name="dispatch")
class RevealField(ArchivePage):
    """One field of one archive. By htmx in its place on the record, without script on a page."""

    policy = Policy("registry_reveal", resource="person", sensitivity=4).to(
        get="打开“查看隐去的内容”", post="查看一项隐去的内容"
    )
    template_name = "registry/reveal.html"
    form_class = ReasonForm
    words = "查看隐去的内容"
    submit_label = "查看"
    sample = {"field": "phone"}

    def page_context(self) -> dict[str, Any]:
        field = self.kwargs["field"]
        if field not in access.FIELDS:
            raise Http404
        return {
            "field": field,
            "label": access.FIELDS[field],
            "masked": masking.shown(self.object, field, to=self.request.user),
            "why_not": access.why_no_reveal(self.object, field, by=self.request.user),
            "seconds": access.SHOWN_SECONDS,
        }

    def get_template_names(self):
        if self.request.headers.get("HX-Request") != "true":
            return [self.template_name]
        asks = self.request.method == "POST" or "ask" in self.request.GET
        return ["registry/parts/_reveal_form.html" if asks else "registry/parts/_masked.html"]

    @confirmed_recently("reveal")
    @idempotent
    def post(self, request, uuid, field):
        self.object = self.get_object()
        return self.answer(request)

    def answer(self, request):
        form = self.make_form(request.POST)
        if form.is_valid():
            try:
                value = access.reveal(
                    self.object, self.kwargs["field"], by=request.user, reason=form.reason
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                return self.shown(request, value)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def shown(self, request, value):
        panel = request.headers.get("HX-Request") == "true"
        template = "registry/parts/_revealed.html" if panel else "registry/revealed.html"
        context = {**self.page_context(), "object": self.object, "value": value,
                   "title": self.get_title(), "back_url": self.back(), "key": new_key()}  # fmt: skip
        response = render(request, template, context)
        response["Cache-Control"] = "no-store"
        if not panel:
            response["Refresh"] = f"{access.SHOWN_SECONDS}; url={self.back()}"
        return done(response, again_at=self.back())
