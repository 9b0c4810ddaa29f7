"""拟写通知: a draft's head with its autosave."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from federation.views.base import PlainPage
from notices import drafting, merging, rights
from notices.forms import HeadForm, NewForm
from notices.models import Notice
from notices.views import beside
from notices.views.notices import NoticePage, notice_url

ISSUE = Policy("notices_issue", resource="draft_notice", sensitivity=2)


def edit_url(notice: Notice, kind: str = "") -> str:
    return reverse("notices:edit", args=[notice.uuid]) + (f"#{kind}" if kind else "")


def show_errors(form, error: ValidationError) -> None:
    """Sentences of the rules beside the fields they are about; the rest on top."""
    told = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
    for name, sentences in told.items():
        for sentence in sentences:
            if sentence not in form.errors.get(name, []):
                form.add_error(name if name in form.fields else None, sentence)


class NoticeNew(PlainPage):
    """The first lines; the rest is written on the draft."""

    policy = ISSUE.to(get="打开拟写页", post="拟写通知", resource="notice")
    template_name = "notices/new.html"
    title = "拟写通知"

    def get_crumbs(self):
        return [("通知", reverse("notices:notices"))]

    def form(self, data=None) -> NewForm:
        units = list(rights.issuing_units(self.request.user))
        if not units:
            raise PermissionDenied("您任职的组织不发文；部室拟的通知由所属妇联发布。")
        return NewForm(data, units=units, initial={"issue_date": timezone.localdate()})

    def get_context_data(self, **kwargs):
        form = kwargs.pop("form", None) or self.form()
        return super().get_context_data(
            form=form, sections=form.sections(), submit_label="下一步：写正文",
            cancel_url=reverse("notices:notices"), no_paper_switch=True,
            idempotency_key=new_key(), **kwargs,
        )  # fmt: skip

    @idempotent
    def post(self, request):
        form = self.form(request.POST)
        if form.is_valid():
            values = {n: v for n, v in form.cleaned_data.items() if n in drafting.HEAD}
            issuer = form.cleaned_data["issuer"]
            try:
                made = drafting.create(issuer=issuer, by=request.user, values=values)
            except ValidationError as error:
                show_errors(form, error)
            else:
                return HttpResponseRedirect(edit_url(made))
        return self.render_to_response(self.get_context_data(form=form), status=422)


class DraftPage(NoticePage):
    """What every page of one draft shares: hers to write, and still a draft."""

    policy = ISSUE

    def prepare(self) -> None:
        self.object = self.get_object()
        rights.check_issue(self.request.user, self.object)

    def frozen(self):
        """Back to the notice, when it is no draft any more."""
        messages.info(self.request, "这份通知已经发布，内容不能再改；需要修改请用“更正”。")
        return redirect(notice_url(self.object))


class NoticeEdit(DraftPage):
    policy = ISSUE.to(get="打开通知草稿", post="修改通知草稿")
    template_name = "notices/edit.html"

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        form = HeadForm(instance=self.object)
        return self.render_to_response(self.page(form, form.texts()))

    def get_title(self):
        return "更正通知" if self.object.version > 1 else "拟写通知"

    def page(self, form: HeadForm, base: dict[str, str]) -> dict:
        notice = self.object
        last = drafting.last_change(notice)
        return self.get_context_data(
            form=form,
            sections=form.sections(),
            base=json.dumps(base, ensure_ascii=False),
            idempotency_key=new_key(),
            autosave_url=reverse("notices:autosave", args=[notice.uuid]),
            saved_at=last.at if last else None,
            cancel_url=notice_url(notice),
            submit_label="保存",
            no_paper_switch=True,
            state="draft",
            **beside.parts_of(notice),
        )

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        merged = merging.Merge(self.object, request.POST)
        if merged.cells:
            return conflict(request, self.object, merged)
        form = merged.form
        if form.is_valid():
            try:
                drafting.change(self.object, form.cleaned_data, by=request.user)
            except ValidationError as error:
                show_errors(form, error)
            else:
                messages.success(request, "草稿已保存。")
                there = reverse("notices:publish", args=[self.object.uuid])
                onward = "check" in request.POST
                return HttpResponseRedirect(there if onward else edit_url(self.object))
        self.object.refresh_from_db()
        context = self.page(form, HeadForm(instance=self.object).texts())
        return self.render_to_response(context, status=422)


def conflict(request, notice: Notice, merged: merging.Merge):
    last = drafting.last_change(notice)
    who = last.actor if last and last.actor else "他人"
    texts = {n: json.dumps(v, ensure_ascii=False) for n, v in (
        ("mine_values", merged.mine), ("base", merged.theirs))}  # fmt: skip
    context = {
        "title": "有人先保存了",
        "other": {"who": who, "at": last.at if last else timezone.now()},
        "cells": merged.cells,
        "form_url": reverse("notices:edit", args=[notice.uuid]),
        "version": notice.version,
        "idempotency_key": new_key(),
        "kept": list(texts.items()),
        "cancel_url": edit_url(notice),
    }
    return render(request, "kinds/conflict.html", context, status=409)


class NoticeAutosave(DraftPage):
    """The draft as one types: JSON ``{saved_at, base, note}``, or 409 with where to compare.

    What cannot be kept as typed is named in ``note``; everything else is kept.
    """

    policy = ISSUE.to("边写边存")
    http_method_names = ("post",)

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return JsonResponse({"error": "未保存：这份通知已经发布，不能再改。"}, status=422)
        merged = merging.Merge(self.object, request.POST)
        if merged.cells:
            return JsonResponse({"conflict_url": edit_url(self.object)}, status=409)
        good = merged.form.good()
        try:
            drafting.change(self.object, good, by=request.user)
        except ValidationError as error:
            return JsonResponse({"error": f"未保存：{error.messages[0]}"}, status=422)
        # What was not kept is still to be compared with what the draft holds.
        base = {n: merged.mine[n] if n in good else merged.theirs[n] for n in merged.theirs}
        answer = {"saved_at": f"{timezone.localtime():%H:%M}", "note": _note(merged.form)}
        body = {**answer, "base": json.dumps(base, ensure_ascii=False)}
        return done(JsonResponse(body), again=json.dumps(answer))


def _note(form: HeadForm) -> str:
    if not form.errors:
        return ""
    name, sentences = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"其余已保存；“{label}”还没有：{sentences[0]}"
