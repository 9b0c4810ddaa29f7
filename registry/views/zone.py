"""What the pages around one archive share: its name as one may read it, a form, one act."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import ScopedDetailView
from registry import masking
from registry.models import Person
from registry.refusal import Refused

READ = Policy("registry_view", or_action="registry_care", resource="person", sensitivity=4)
EDIT = Policy("registry_edit", resource="person", sensitivity=4)
ZONE = Policy("registry_children", resource="person", sensitivity=4)
DATE = {"type": "date"}


def person_url(person: Person) -> str:
    return reverse("registry:person", args=[person.uuid])


def day_field(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DATE), **more)


def today() -> Any:
    return timezone.localdate()


class FormPage:
    """GET shows the form, POST acts on it; what is refused comes back with everything typed.

    Give ``form_class``, ``submit_label`` and :meth:`act`, which returns the sentence of success.
    """

    form_class: ClassVar[type[forms.Form]]
    submit_label = "保存"

    def make_form(self, *args: Any) -> forms.Form:
        return self.form_class(*args)

    def act(self, data: dict[str, Any]) -> str:
        raise NotImplementedError

    def back(self) -> str:
        raise NotImplementedError

    def page_context(self) -> dict[str, Any]:
        return {}

    def get_context_data(self, form=None, **kwargs):
        return super().get_context_data(  # type: ignore[misc]
            form=form or self.make_form(),
            idempotency_key=new_key(),
            submit_label=self.submit_label,
            cancel_url=self.back(),
            no_paper_switch=True,
            **self.page_context(),
            **kwargs,
        )

    def answer(self, request):
        form = self.make_form(request.POST, request.FILES)
        if form.is_valid():
            try:
                messages.success(request, self.act(form.cleaned_data))
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                return redirect(self.back())
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined]


class ArchivePage(FormPage, ScopedDetailView):
    """A page with one form about one archive in reach."""

    model = Person
    words = ""
    http_method_names = ("get", "post", "head", "options")

    def get_queryset(self):
        return super().get_queryset().select_related("unit__unit_type")

    def get_title(self):
        return f"{self.words}：{masking.shown(self.object, 'name', to=self.request.user)}"

    def get_crumbs(self):
        name = masking.shown(self.object, "name", to=self.request.user)
        return [(name, self.back()), (self.words, "")]

    def back(self):
        return person_url(self.object)

    @idempotent
    def post(self, request, uuid):
        self.object = self.get_object()
        return self.answer(request)
