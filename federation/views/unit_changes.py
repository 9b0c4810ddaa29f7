"""组织变更: a form, what it would do, and doing it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse

from federation import unit_changes
from federation.confirmation import confirmed_recently
from federation.frame import crumbs_to
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.unit_forms import FORMS
from federation.views.base import ScopedDetailView
from federation.views.units import UnitScope

SHOWN = 100  # lines of one part on a preview; beyond them it says how many
UNKEPT = {"csrfmiddlewaretoken", "idempotency_key", "seen", "back"}


MANAGE = Policy("federation_manage", resource="unit", sensitivity=2)
TITLES = {kind: form.title for kind, form in FORMS.items()}


class ChangePage(UnitScope, ScopedDetailView):
    """What both steps share: the unit, the kind, and whether she may."""

    policy = MANAGE
    model = OrgUnit
    template_name = "federation/unit_change.html"

    def prepare(self):
        self.kind = self.kwargs["kind"]
        if self.kind not in FORMS:
            raise Http404
        self.object = self.get_object()
        if self.object.is_closed:
            raise PermissionDenied(f"“{self.object.name}”已撤销，不能再办理变更。")
        if refusal := unit_changes.may_change(self.kind, self.object, self.request.user):
            raise PermissionDenied(refusal)

    def get_title(self):
        return f"{FORMS[self.kind].title}：{self.object.name}"

    def get_crumbs(self):
        return crumbs_to(
            self.object, self.request.user, lambda unit: reverse("unit", args=[unit.uuid])
        )

    def make_form(self, data=None):
        return FORMS[self.kind](data, unit=self.object, by=self.request.user)

    def form_page(self, form, *, status=200):
        context = self.get_context_data(
            form=form,
            sections=form.sections(),
            submit_label=form.submit,
            cancel_url=reverse("unit", args=[self.object.uuid]),
            form_url=reverse("unit_change", args=[self.object.uuid, self.kind]),
            no_paper_switch=True,
        )
        return self.render_to_response(context, status=status)

    def preview(self, effect, *, status=200):
        """What would happen, and everything typed, to be agreed to or gone back to."""
        parts = [
            {"name": name, "lines": lines[:SHOWN], "count": len(lines), "more": lines[SHOWN:]}
            for name, lines in effect.parts.items()
        ]
        kept = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in UNKEPT
            for value in values
        ]
        address = [self.object.uuid, self.kind]
        context = self.get_context_data(
            effect=effect,
            parts=parts,
            kept=kept,
            verb=FORMS[self.kind].title,
            danger=self.kind in {"merge", "split", "close"},
            superseded=status == 409,
            idempotency_key=new_key(),
            form_url=reverse("unit_change_done", args=address),
            back_url=reverse("unit_change", args=address),
        )
        return self.response_class(
            self.request, "federation/unit_change_preview.html", context, status=status
        )

    def refuse(self, form, error: ValidationError):
        """The form again, with what stands in the way beside the field it is about."""
        if getattr(error, "code", "") == "same_name":
            form.ask_same_name()
            form.add_error("same_name", error)
        elif hasattr(error, "error_dict"):
            for name, told in error.message_dict.items():
                form.add_error(name if name in form.fields else None, told)
        else:
            form.add_error(None, error)
        return self.form_page(form, status=422)


class ChangeUnit(ChangePage):
    """The form; sent, it shows what would happen and changes nothing."""

    policy = MANAGE.to("预览组织变更", **{k: f"{title}：填写和预览" for k, title in TITLES.items()})

    def get(self, request, *args, **kwargs):
        self.prepare()
        return self.form_page(self.make_form())

    def post(self, request, *args, **kwargs):
        self.prepare()
        form = self.make_form(request.POST)
        if "back" in request.POST:
            return self.form_page(form)
        if not form.is_valid():
            return self.form_page(form, status=422)
        try:
            return self.preview(unit_changes.rehearse(form.change()))
        except ValidationError as error:
            return self.refuse(form, error)


class ChangeUnitDone(ChangePage):
    """Does what the preview showed; if that is no longer what would happen, shows it anew (409)."""

    policy = MANAGE.to("办理组织变更", **{k: f"{title}：确认办理" for k, title in TITLES.items()})
    http_method_names = ("post",)

    @confirmed_recently("grant")
    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.form_page(form, status=422)
        try:
            record = unit_changes.carry_out(form.change(), seen=request.POST.get("seen", ""))
        except unit_changes.Superseded as now:
            return self.preview(now.effect, status=409)
        except ValidationError as error:
            return self.refuse(form, error)
        messages.success(request, f"{record.words}，已生效。")
        return HttpResponseRedirect(reverse("unit", args=[record.unit.uuid]))
