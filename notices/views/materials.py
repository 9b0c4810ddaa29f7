"""材料: the page on which an answer is written, its autosave, its files."""

import json

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from federation import kept_files
from federation.idempotency import done, idempotent, new_key
from federation.views.base import Page, whole_number
from notices import materials, rights
from notices.fulfilment import Refused
from notices.models import Duty, Material, MaterialFile
from notices.views.tasks import VIEW, TaskPage, task_url

LABELS = {"number": "数量", "text": "内容"}
LONGEST = 20_000  # characters; a summary of several pages


class MaterialForm(forms.Form):
    """What a duty asks for: a number where it counts, a text, files."""

    number = forms.IntegerField(
        label="数量",
        required=False,
        min_value=0,
        max_value=materials.LARGEST_NUMBER,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "请填整数，如 12。",
            "min_value": "不能小于 0。",
            "max_value": "数字太大，请核对。",
        },
    )
    text = forms.CharField(
        label="内容",
        required=False,
        strip=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"max_length": f"内容超过 {LONGEST} 字，请精简，或写成文件上传。"},
    )

    def __init__(self, *args, duty: Duty, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        if duty.deliverable == Duty.Deliverable.COUNT:
            self.fields["number"].label = (
                f"数量（{duty.count_unit}）" if duty.count_unit else "数量"
            )
            self.fields["number"].help_text = duty.number_words
            self.fields["number"].marked = True
        else:
            del self.fields["number"]
        narrative = duty.deliverable == Duty.Deliverable.NARRATIVE
        self.fields["text"].label = "内容" if narrative else "说明"
        if not narrative:
            self.fields["text"].widget.attrs["rows"] = 5
            self.fields["text"].help_text = "可以不填。"

    def typed(self) -> dict:
        """What can be kept of what was typed, else what was kept before; ``errors`` says why."""
        self.full_clean()
        clean = {**self.initial, **self.cleaned_data}
        return {"text": clean["text"].replace("\r\n", "\n"), "number": clean["number"]}


class MaterialPage(TaskPage):
    """What the page and its autosave share."""

    def prepare(self) -> None:
        self.object = self.get_object()
        if self.object.duty.deliverable == Duty.Deliverable.ANNEX:
            raise PermissionDenied("附件表格请在报表中填写。")
        if not rights.answers(self.request.user, self.object):
            raise PermissionDenied(f"材料由{self.object.unit}填写；您可以查看。")
        self.material = materials.of(self.object)

    def make_form(self, data=None) -> MaterialForm:
        kept = {"text": self.material.text, "number": self.material.number}
        return MaterialForm(data, duty=self.object.duty, initial=kept)

    def version(self) -> int:
        version = whole_number(self.request.POST.get("version", ""))
        return -1 if version is None else version

    def get_title(self):
        return f"填写：{self.object.duty}"


class MaterialFill(MaterialPage):
    policy = VIEW.to(get="打开材料填写页", post="填写、报送材料", sensitivity=3)
    template_name = "notices/material.html"

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_open:
            messages.info(request, f"任务当前为“{self.object.get_state_display()}”，只能查看。")
            return redirect(task_url(self.object))
        return self.render_to_response(self.get_context_data(form=self.make_form()))

    def get_context_data(self, **kwargs):
        task, material = self.object, self.material
        files = material.files.filter(in_draft=True) if material.pk else []
        return super().get_context_data(
            **{
                "task": task,
                "state": task.state,
                "files": files,
                "version": material.version,
                "idempotency_key": new_key(),
                "autosave_url": reverse("notices:material_autosave", args=[task.uuid]),
                "saved_at": material.edited_at,
                "base": dumped(material),
                "returned": returned_for(task),
                "locked": task.is_locked(),
                "submit_label": "报送",
                "draft_label": "存为草稿",
                "cancel_url": task_url(task),
                "no_paper_switch": True,
                "multipart": True,
                "accept": ",".join(kept_files.DOCUMENTS),
                **kwargs,
            }
        )

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        form = self.make_form(chosen(request.POST))
        try:
            self.material = materials.save(
                self.object, **form.typed(), by=request.user, version=self.version()
            )
        except materials.Stale as stale:
            return conflict(request, self, stale.material, form.typed())
        except Refused as error:
            messages.error(request, str(error))
            return redirect(task_url(self.object))
        return self.go_on(form)

    def go_on(self, form):
        """Files in and out, then 报送 where it was asked for; what is typed is kept by now."""
        try:
            self.keep_files()
            if not form.errors and "submit" in self.request.POST:
                report = materials.send(self.object, by=self.request.user)
                messages.success(self.request, f"已报送（第{report.ordinal}次），等待审核。")
                return HttpResponseRedirect(task_url(self.object))
        except (Refused, ValidationError) as error:
            form.add_error(None, getattr(error, "messages", None) or str(error))
        if form.errors:
            return self.show_errors(form)
        messages.success(self.request, "已保存。")
        return HttpResponseRedirect(self.here())

    def here(self) -> str:
        return reverse("notices:material", args=[self.object.uuid])

    def keep_files(self) -> None:
        post, by = self.request.POST, self.request.user
        if uploads := self.request.FILES.getlist("files"):
            self.material = materials.add_files(self.object, uploads, by=by)
        elif "upload" in post:
            raise Refused("请先选择文件，再点“上传”。")
        if post.get("take_out"):
            mine = MaterialFile.objects.filter(material=self.material, in_draft=True)
            self.material = materials.take_out(file_of(mine, post["take_out"]), by=by)

    def show_errors(self, form):
        self.material = materials.of(self.object)
        page = self.render_to_response(self.get_context_data(form=form), status=422)
        return done(page.render(), again_at=self.here())


def file_of(files, value: str) -> MaterialFile:
    found = next((file for file in files if str(file.uuid) == value), None)
    if found is None:
        raise Refused("这个文件已不在草稿中，请刷新页面。")
    return found


def returned_for(task) -> str:
    """Why the answer came back last; empty when it did not."""
    if task.state != "returned":
        return ""
    back = task.events.filter(kind="returned").order_by("pk").last()
    return back.reason if back else ""


def dumped(material: Material) -> str:
    return json.dumps({"text": material.text, "number": material.number}, ensure_ascii=False)


def chosen(post):
    """What was typed, or on the conflict page what was chosen of both."""
    if not any(name.startswith("choice:") for name in post):
        return post
    picked = post.copy()
    for name in LABELS:
        side = post.get(f"choice:{name}")
        picked[name] = post.get(f"{side}:{name}", "") if side else post.get(f"kept:{name}", "")
    return picked


class MaterialAutosave(MaterialPage):
    """The draft as one types: JSON ``{version, saved_at, base}``, or 409 with where to compare."""

    policy = VIEW.to("边填边存材料", sensitivity=3)
    http_method_names = ("post",)

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        form = self.make_form(request.POST)
        typed = form.typed()
        if form.errors:
            return JsonResponse({"error": next(iter(form.errors.values()))[0]}, status=422)
        try:
            saved = materials.save(self.object, **typed, by=request.user, version=self.version())
        except materials.Stale:
            where = reverse("notices:material", args=[self.object.uuid])
            return JsonResponse({"conflict_url": where}, status=409)
        except Refused as error:
            return JsonResponse({"error": str(error)}, status=422)
        now = timezone.localtime(saved.edited_at or timezone.now())
        answer = {"version": saved.version, "saved_at": f"{now:%H:%M}"}
        kept = JsonResponse({**answer, "base": dumped(saved)})
        return done(kept, again=json.dumps(answer))


def conflict(request, page: MaterialPage, theirs: Material, mine: dict):
    """409: 原值, 对方 and 我的 for what differs; choosing sends it at the new version."""
    try:
        base = json.loads(request.POST.get("base", ""))
    except ValueError:
        base = {}
    base = base if isinstance(base, dict) else {}
    cells, kept = [], [("base", dumped(theirs))]
    for name, label in LABELS.items():
        if mine[name] == getattr(theirs, name):
            kept.append((f"kept:{name}", "" if mine[name] is None else str(mine[name])))
            continue
        cells.append(
            {
                "name": name,
                "label": label,
                "original": base.get(name),
                "theirs": getattr(theirs, name),
                "mine": mine[name],
                "choice": "theirs" if mine[name] == base.get(name) else "mine",
            }
        )
    context = {
        "title": "有人先保存了",
        "other": {"who": theirs.edited_by or "他人", "at": theirs.edited_at},
        "cells": cells,
        "form_url": page.here() if isinstance(page, MaterialFill) else request.path,
        "version": theirs.version,
        "idempotency_key": new_key(),
        "kept": kept,
        "cancel_url": request.path,
    }
    return render(request, "kinds/conflict.html", context, status=409)


class MaterialDownload(Page, View):
    """A file of a material in reach: of the draft for its unit, of a report for whoever sees the task."""

    policy = VIEW.to("下载材料文件", sensitivity=3)

    def get(self, request, uuid):
        reach = Material.objects.visible_to(request.user)
        files = MaterialFile.objects.select_related("material__task").filter(material__in=reach)
        file = get_object_or_404(files, uuid=uuid)
        if not rights.answers(request.user, file.material.task):
            # What is not handed in yet is nobody else's to read.
            get_object_or_404(file.reports.all()[:1])
        return kept_files.answer(file.file, file.name)
