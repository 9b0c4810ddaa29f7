"""表单: one respondent's form in the browser, its autosave, and the page for two who typed at once."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import done, idempotent, new_key
from reporting import actions, annexes, rights, workflow
from reporting.forms import AnnexForm, dumped, loaded
from reporting.history import events_of, return_reason
from reporting.models import Submission
from reporting.views.submissions import VIEW, SubmissionPage, record_url, version_in


class FormPage(SubmissionPage):
    """What the form page and its autosave share: the submission, its row and its open cells."""

    def get_queryset(self):
        codes = [a.code for a in annexes.all() if isinstance(a, annexes.FormAnnex)]
        return super().get_queryset().filter(annex__in=codes)

    def prepare(self) -> None:
        self.object = self.get_object()
        if not rights.may_fill(self.request.user, self.object):
            raise PermissionDenied(
                f"本表由{self.object.unit}填写，或由{self.object.reviewer}代填；您可以查看。"
            )
        self.row = self.object.only_row
        self.open_keys = actions.open_keys(self.object, self.row)

    def make_form(self, data=None, values=None) -> AnnexForm:
        returns = {
            cell.key: cell.reason
            for cell in workflow.open_cells(self.object)
            if cell.row_id == self.row.pk
        }
        return AnnexForm(
            data,
            annex=self.object.form,
            values=values or self.row.values,
            open_keys=self.open_keys,
            returns=returns,
        )

    def typed(self) -> dict:
        """What was typed, or what was chosen on the conflict page."""
        if "mine_values" not in self.request.POST:
            return self.make_form(self.request.POST).typed()
        mine = loaded(self.request.POST["mine_values"])
        chosen = {
            name.removeprefix("choice:")
            for name, value in self.request.POST.items()
            if name.startswith("choice:") and value == "mine"
        }
        return {key: value for key, value in mine.items() if key in chosen}


class FormFill(FormPage):
    policy = VIEW.to(get="打开填写页", post="填写")
    template_name = "reporting/form.html"

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_open:
            messages.info(request, f"报表当前为“{self.object.get_state_display()}”，只能查看。")
            return redirect(record_url(self.object))
        return self.render_to_response(self.get_context_data(form=self.make_form()))

    def get_title(self):
        return self.object.form.title

    def get_context_data(self, **kwargs):
        submission = self.object
        events, form = events_of(submission), kwargs["form"]
        printed = submission.form.headings.values()
        return super().get_context_data(
            **{
                "state": submission.state,
                "version": submission.version,
                "idempotency_key": new_key(),
                "autosave_url": reverse("reporting:autosave", args=[submission.uuid]),
                "saved_at": submission.edited_at,
                "base": dumped(self.row.values),
                "sections": form.sections(),
                "known": submission.form.known(submission.unit),
                "submission": submission,
                "submit_label": f"提交{submission.reviewer}审核" if submission.reviewer else "提交",
                "draft_label": "存为草稿",
                "cancel_url": record_url(submission),
                "paper_view": self.request.GET.get("view") == "paper",
                "proxy": not rights.fills_own(self.request.user, submission),
                "return_reason": return_reason(events) if submission.state == "returned" else "",
                "returned": [(form[key], reason) for key, reason in form.returns.items()],
                # The title breaks where the paper breaks it.
                "title_lines": [line for line in printed if line in submission.form.title],
                "events": events,
                **kwargs,
            }
        )

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        typed = self.typed()
        try:
            saved = actions.save_values(
                self.object, self.row, typed, by=request.user, version=version_in(request.POST)
            )
        except workflow.Stale as stale:
            return conflict(request, self, stale.submission, typed)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect(record_url(self.object))
        if "submit" not in request.POST:
            messages.success(request, "草稿已保存。")
            return HttpResponseRedirect(reverse("reporting:form_fill", args=[saved.uuid]))
        return self._submit(saved, typed)

    def _submit(self, saved: Submission, typed: dict):
        """Submit what was just kept; with errors the form is shown again and the draft stays kept."""
        try:
            workflow.perform(
                "submit", submission=saved, actor=self.request.user, version=saved.version
            )
        except ValidationError as error:
            self.object, self.row = saved, saved.rows.get(pk=self.row.pk)
            form = self.make_form(
                self.request.POST if "mine_values" not in self.request.POST else None
            )
            form.show_errors(
                error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
            )
            page = self.render_to_response(self.get_context_data(form=form), status=422)
            return done(page.render(), again_at=reverse("reporting:form_fill", args=[saved.uuid]))
        messages.success(
            self.request, f"已提交，等待{saved.reviewer}审核。" if saved.reviewer else "已提交。"
        )
        return HttpResponseRedirect(record_url(saved))


class Autosave(FormPage):
    """The draft as one types: JSON ``{version, saved_at, base}``, or 409 with where to compare."""

    policy = VIEW.to("边填边存")
    http_method_names = ("post",)

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        typed = self.make_form(request.POST).typed()
        try:
            saved = actions.save_values(
                self.object, self.row, typed, by=request.user, version=version_in(request.POST)
            )
        except workflow.Stale:
            where = reverse("reporting:form_fill", args=[self.object.uuid])
            return JsonResponse({"conflict_url": where}, status=409)
        except ValidationError as error:
            return JsonResponse({"error": error.messages[0]}, status=422)
        now = timezone.localtime(saved.edited_at or timezone.now())
        base = dumped(saved.rows.get(pk=self.row.pk).values)
        answer = {"version": saved.version, "saved_at": f"{now:%H:%M}"}
        return done(JsonResponse({**answer, "base": base}), again=json.dumps(answer))


def conflict(request, page: FormPage, submission: Submission, mine: dict):
    """409: 原值, 对方 and 我的 for every cell that differs; choosing sends them at the new version."""
    theirs, base = submission.only_row.values, loaded(request.POST.get("base", ""))
    cells = []
    for field in submission.form.fields:
        if field.key not in mine or mine[field.key] == theirs.get(field.key):
            continue
        untouched = mine[field.key] == base.get(field.key)
        cells.append(
            {
                "name": field.key,
                "label": field.label,
                "original": field.display(base.get(field.key)),
                "theirs": field.display(theirs.get(field.key)),
                "mine": field.display(mine[field.key]),
                "choice": "theirs" if untouched else "mine",
            }
        )
    last = submission.edited_by or submission.submitted_by
    context = {
        "title": "有人先保存了",
        "other": {"who": last or "他人", "at": submission.edited_at or submission.submitted_at},
        "cells": cells,
        "form_url": reverse("reporting:form_fill", args=[submission.uuid]),
        "version": submission.version,
        "idempotency_key": new_key(),
        "kept": [("mine_values", dumped(mine)), ("base", dumped(theirs))],
        "cancel_url": record_url(submission),
    }
    return render(request, "kinds/conflict.html", context, status=409)
