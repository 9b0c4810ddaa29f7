"""What every form of this room shares: keys, answers to faults, and the page for two who typed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from federation.idempotency import new_key
from federation.models import AuditEvent
from federation.scope import OutOfReach
from federation.views.base import whole_number
from registry.forms import ArchiveForm, show_errors
from registry.refusal import Overtaken, Refused
from registry.two_at_once import TwoAtOnce, base_of

SAID = (ValidationError, Refused)


class FormPage:
    """A page with one form. Give ``make_form`` and ``act(form)``; ``after`` is where it leads.

    A fault answers 422 with everything typed in place.
    """

    template_name = "registry/form.html"
    submit_label = "保存"
    done = "已保存。"
    request: Any

    def make_form(self, data: Any = None) -> ArchiveForm:
        raise NotImplementedError

    def act(self, form: ArchiveForm) -> Any:
        raise NotImplementedError

    after: Callable[[Any], str]

    def form_context(self, form: ArchiveForm) -> dict[str, Any]:
        return {
            "form": form,
            "sections": form.sections(),
            "idempotency_key": new_key(),
            "submit_label": self.submit_label,
            "no_paper_switch": True,
        }

    def show(self, form: ArchiveForm, *, status: int = 200) -> HttpResponse:
        context = self.get_context_data(**self.form_context(form))  # type: ignore[attr-defined]
        return self.render_to_response(context, status=status)  # type: ignore[attr-defined]

    def taken(self, form: ArchiveForm) -> HttpResponse:
        """The form was sent: do it, or show it again with what is wrong."""
        try:
            good = form.is_valid()
        except OutOfReach as error:  # an id that nobody picked
            raise Http404 from error
        if good:
            try:
                made = self.act(form)
            except OutOfReach as error:
                raise Http404 from error
            except SAID as error:
                show_errors(form, as_validation(error))
            else:
                messages.success(self.request, self.done)
                return HttpResponseRedirect(self.after(made))
        return self.show(form, status=422)


def as_validation(error: Exception) -> ValidationError:
    return error if isinstance(error, ValidationError) else ValidationError(str(error))


class VersionedPage(FormPage):
    """A form of a row with a version: who saves after somebody else chooses field by field."""

    object: Any
    form_url = ""

    def form_context(self, form: ArchiveForm) -> dict[str, Any]:
        base = base_of(self.make_form())
        return {**super().form_context(form), "version": self.object.version, "base": base}

    def sent(self, post: Any) -> HttpResponse:
        version = whole_number(post.get("version", ""))
        if version == self.object.version and "mine_values" not in post:
            return self._kept(self.make_form(post))
        merged = TwoAtOnce(self.make_form, post)
        if merged.cells or (version != self.object.version and "mine_values" in post):
            return self.conflict(merged)
        return self._kept(merged.form)

    def _kept(self, form: ArchiveForm) -> HttpResponse:
        try:
            return self.taken(form)
        except Overtaken:
            self.object.refresh_from_db()
            return self.conflict(TwoAtOnce(self.make_form, self.request.POST))

    def conflict(self, merged: TwoAtOnce) -> HttpResponse:
        """409: 原值, 对方 and 我的 of every field that differs; choosing sends them at the new version."""
        row = self.object
        record = f"{row._meta.label_lower}:{row.uuid}"
        last = AuditEvent.objects.filter(record=record, verb__startswith="change_")
        last = last.select_related("actor").order_by("-id").first()
        context = {
            "title": "有人先保存了",
            "other": {
                "who": (last and last.actor) or "他人",
                "at": last.at if last else timezone.now(),
            },
            "cells": merged.cells,
            "form_url": self.request.path,
            "version": row.version,
            "idempotency_key": new_key(),
            "kept": merged.kept,
            "cancel_url": self.after(row),
        }
        return render(self.request, "kinds/conflict.html", context, status=409)
