"""拟写通知: a draft's head with its autosave, and the parts that hang on it."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from federation.idempotency import done, idempotent, new_key
from federation.policy import Policy
from federation.views.base import PlainPage, whole_number
from notices import drafting, rights
from notices.duty_form import DutyForm
from notices.forms import AddresseeForm, AttachmentForm, ContactForm, HeadForm, NewForm
from notices.models import Duty, Notice
from notices.views import beside
from notices.views.notices import NoticePage, notice_url

ISSUE = Policy("notices_issue", resource="draft_notice", sensitivity=2)
FORMS = {
    "addressee": AddresseeForm,
    "contact": ContactForm,
    "attachment": AttachmentForm,
    "duty": DutyForm,
}


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
        merged = Merge(self.object, request.POST)
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


class Merge:
    """What was typed joined with what the draft holds now, field by field.

    ``form`` is bound to the outcome; ``cells`` are the fields that both changed, each otherwise. What
    only the other changed stays hers.
    """

    def __init__(self, notice: Notice, post):
        self.theirs = HeadForm(instance=notice).texts()
        chosen = {n.removeprefix("choice:"): v for n, v in post.items() if n.startswith("choice:")}
        base = _texts(post.get("base", ""), self.theirs)
        if "mine_values" in post:
            mine = _texts(post["mine_values"], self.theirs)
        else:
            mine = HeadForm(post, instance=notice).texts()
            mine = {n: v if n in post else self.theirs[n] for n, v in mine.items()}
        self.mine, self.cells, outcome = mine, [], {}
        labels = HeadForm(instance=notice).fields
        for name, theirs in self.theirs.items():
            typed, before = mine[name], base[name]
            asked = chosen.get(name)
            outcome[name] = theirs if typed == before or asked == "theirs" else typed
            both = theirs not in (before, typed) and typed != before
            if both and asked is None:
                self.cells.append(
                    {"name": name, "label": labels[name].label or name, "original": before,
                     "theirs": theirs, "mine": typed, "choice": "mine"}
                )  # fmt: skip
        self.form = HeadForm(outcome, instance=Notice.objects.unscoped(
            reason="bound to the outcome; reached in scope before").get(pk=notice.pk))  # fmt: skip


def _texts(given: str, fallback: dict[str, str]) -> dict[str, str]:
    """A JSON object of texts by field; whatever else was sent counts as not given."""
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        found = {}
    found = found if isinstance(found, dict) else {}
    return {
        name: found[name] if isinstance(found.get(name), str) else text
        for name, text in fallback.items()
    }


def conflict(request, notice: Notice, merged: Merge):
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
        merged = Merge(self.object, request.POST)
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


class PartPage(DraftPage):
    """Shared by the form of a part, its removal and the preview of a duty."""

    word = ""

    def prepare(self) -> None:
        super().prepare()
        self.kind, line = self.kwargs["kind"], self.kwargs["line"]
        if self.kind not in FORMS:
            raise Http404
        number = whole_number(line)
        if line != "new" and number is None:
            raise Http404
        parts = drafting.PARTS[self.kind].objects.filter(notice=self.object)
        self.part = parts.filter(pk=number).first() if number is not None else None
        self.gone = line != "new" and self.part is None

    def make_form(self, data=None, files=None):
        start = {"instance": self.part} if self.part else {}
        return FORMS[self.kind](data, files, notice=self.object, **start)


class PartEdit(PartPage):
    """One addressee, contact, attachment or duty: added (``line`` new) or changed."""

    policy = ISSUE.to(get="打开通知的一项", post="添加、修改通知的一项")
    template_name = "notices/part.html"
    sample = {"kind": "contact", "line": "new"}

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        if self.gone:
            raise Http404
        return self.render_to_response(self.page(self.make_form()))

    def get_title(self):
        return f"{'修改' if self.part else '添加'}{FORMS[self.kind].word}"

    def get_crumbs(self):
        return [*super().get_crumbs(), ("草稿", edit_url(self.object))]

    def page(self, form, **more) -> dict:
        duty = self.kind == "duty"
        return self.get_context_data(
            form=form, sections=form.sections(), kind=self.kind, part=self.part,
            mark=drafting.mark(self.part) if self.part else "",
            idempotency_key=new_key(), submit_label="保存", no_paper_switch=True,
            cancel_url=edit_url(self.object, self.kind),
            preview=beside.preview_of(form) if duty else None, **more,
        )  # fmt: skip

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        form = self.make_form(request.POST, request.FILES)
        if "preview" in request.POST:
            return self.render_to_response(self.page(form))
        if self.overtaken():
            return self.render_to_response(self.page(form, overtaken=self.overtaken()), status=409)
        if form.is_valid():
            try:
                drafting.put(
                    self.object, self.kind, form.values(), by=request.user, part=self.part,
                    upload=form.cleaned_data.get("upload"),
                )  # fmt: skip
            except ValidationError as error:
                show_errors(form, error)
            else:
                messages.success(request, f"{form.word}已保存。")
                return HttpResponseRedirect(edit_url(self.object, self.kind))
        return self.render_to_response(self.page(form), status=422)

    def overtaken(self) -> str:
        """A sentence when somebody changed or removed the part since the page was opened."""
        if self.gone:
            return "有人已经删除了这一项。您填的都还在；再按一次“保存”，就重新添加。"
        if self.part and self.request.POST.get("mark") != drafting.mark(self.part):
            last = drafting.last_change(self.object)
            who = last.actor if last and last.actor else "他人"
            return (
                f"您填写期间，{who}改过这一项，现在是“{self.part}”。您填的都还在下面；"
                "核对以后再按一次“保存”，就以您填的为准。"
            )
        return ""


class PartRemove(PartPage):
    policy = ISSUE.to("删去通知的一项")
    http_method_names = ("post",)
    sample = {"kind": "contact", "line": "1"}

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        if self.part is None:
            raise Http404
        word = str(self.part)
        try:
            drafting.take_out(self.object, self.part, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, f"已删去：{word}。")
        return HttpResponseRedirect(edit_url(self.object, self.kind))


class DutyPreview(DraftPage):
    """What the duty being typed would mean: its days, and who owes it.  A part of the form's page."""

    policy = ISSUE.to("预览交办事项")
    template_name = "notices/_preview.html"

    def get(self, request, *args, **kwargs):
        self.prepare()
        number = whole_number(request.GET.get("part", ""))
        part = Duty.objects.filter(notice=self.object, pk=number).first() if number else None
        start = {"instance": part} if part else {}
        form = DutyForm(request.GET, notice=self.object, **start)
        return self.render_to_response({"preview": beside.preview_of(form)})
