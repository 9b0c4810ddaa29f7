"""联系记录: the logs of a pair, a new one, one of them with its photos, and taking it back."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.views.generic.base import View

from federation import kept_files
from federation.idempotency import idempotent, key_of, new_key
from federation.policy import Policy
from federation.views.base import ScopedDetailView, ScopedListView, ScopedMixin, uuid_or_404
from pairing import logs, panels_logs, parties, photos
from pairing.log_forms import LogForm, PhotoForm, WithdrawForm
from pairing.log_tables import LogFilter, LogTable
from pairing.log_words import Words
from pairing.models import ContactLog, LogPhoto, Pairing
from pairing.views.pairs import PairPage
from registry import history
from registry.views.forms import FormPage

READ = Policy("pairing_view", or_action="pairing_log", resource="log", sensitivity=4)
WRITE = Policy("pairing_log", resource="log", sensitivity=4)


class PairLogs(ScopedListView):
    """All logs of one pair, with those taken back and those entered late."""

    policy = READ.to("查看一个结对的联系记录")
    model = ContactLog
    filterset_class, table_class = LogFilter, LogTable
    template_name = "pairing/logs.html"
    title = "联系记录"
    empty_text = "没有符合条件的联系记录。"

    @cached_property
    def pair(self) -> Pairing:
        rows = Pairing.objects.visible_to(self.request.user)
        rows = rows.select_related("kind", "person", "household__head")
        return uuid_or_404(Pairing, rows, self.kwargs["uuid"])

    def get_queryset(self):
        return super().get_queryset().filter(pairing=self.pair).select_related("kind", "by")

    @cached_property
    def both(self) -> tuple[str, str]:
        return parties.both(self.pair, to=self.request.user)

    def get_table(self, **kwargs):
        words = Words(self.pair, to=self.request.user, both=self.both)
        return super().get_table(words=words, **kwargs)

    def get_crumbs(self):
        return crumbs(self.pair, self.both)

    def get_primary_action(self):
        if not logs.may_log(self.pair, self.request.user):
            return None
        url = reverse("pairing:log_new", args=[self.pair.uuid])
        return {"label": "登记", "url": url, "icon": "plus-lg"}

    def get_context_data(self, **kwargs):
        return super().get_context_data(ribbons=panels_logs.ribbons_of(self.pair), **kwargs)


class LogNew(FormPage, PairPage):
    """``?kind=`` chooses what is told, ``?on=`` the day; the form asks what that kind asks."""

    policy = WRITE.to(get="打开联系记录登记页", post="登记联系记录")
    template_name = "pairing/log_new.html"
    title, done = "登记联系记录", "已登记。"

    def get_title(self):
        return self.title

    def get_crumbs(self):
        user = self.request.user
        return crumbs(self.object, parties.both(self.object, to=user))

    def kind(self):
        self.kinds = logs.kinds_for(self.object)
        asked = self.request.POST.get("kind") or self.request.GET.get("kind") or "contact"
        found = [kind for kind in self.kinds if kind.code == asked]
        return found[0] if found else self.kinds[0]

    def make_form(self, data=None):
        late = f"今天是 {timezone.localdate()}；以前月份的也可以补录，会标明“补录”和登记日期。"
        preset = {"initial": {"on": day}} if (day := self.day()) else {}
        return LogForm(data, user=self.request.user, kind=self.kind(), late=late, **preset)

    def day(self):
        """The day that a cell of 结对跟踪 asks for; None where none is asked or it is none."""
        try:
            return parse_date(self.request.GET.get("on", ""))
        except ValueError:
            return None

    def form_context(self, form):
        more = {"kinds": self.kinds, "kind": form.kind, "cancel_url": self.after(None)}
        return {**super().form_context(form), **more}

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.taken(self.make_form(request.POST))

    def act(self, form):
        told = {"kind": form.kind, "by": self.request.user, "key": key_of(self.request)}
        try:
            return logs.enter(self.object, **told, **form.values())
        except logs.KeyTaken as taken:
            raise ValidationError(str(taken)) from taken

    def after(self, made):
        return reverse("pairing:pair", args=[self.object.uuid])


class OneLog(ScopedDetailView):
    """What the pages of one log share."""

    policy = READ
    model = ContactLog

    def get_queryset(self):
        pair = ("pairing__kind", "pairing__person", "pairing__household__head", "pairing__unit")
        return super().get_queryset().select_related("kind", "by", "withdrawn_by", *pair)

    def get_title(self):
        return str(self.object)

    @cached_property
    def both(self) -> tuple[str, str]:
        return parties.both(self.object.pairing, to=self.request.user)

    def get_crumbs(self):
        return crumbs(self.object.pairing, self.both, listed=True)


class LogRecord(OneLog):
    policy = READ.to("查看一条联系记录")
    template_name = "pairing/log.html"

    def get_context_data(self, **kwargs):
        log, user = self.object, self.request.user
        changes = not log.withdrawn_at and logs.may_withdraw(log, user)
        shows = parties.may_know(log.pairing, user)
        return super().get_context_data(
            log=log,
            facts=facts(log, Words(log.pairing, to=user, both=self.both)),
            supports=log.support_lines.all(),
            photos=log.photos.all() if shows else [],
            events=history.events_of(log),
            acts=acts(log) if changes else [],
            may_change=changes,
            idempotency_key=new_key(),
            **kwargs,
        )


class LogStep(FormPage, OneLog):
    """Taking back, a photo more, a photo less."""

    policy = WRITE.to(get="打开撤回、添照片的表单", post="撤回联系记录，添、删照片")
    template_name = "registry/form.html"
    sample: ClassVar = {"step": "withdraw"}
    steps: ClassVar = {
        "withdraw": ("撤回联系记录", WithdrawForm, "撤回", "已撤回。"),
        "photo": ("添加照片", PhotoForm, "上传", "照片已保存。"),
        "unphoto": ("删去照片", None, "删去", "照片已删去。"),
    }

    def dispatch(self, request, *args, **kwargs):
        if kwargs["step"] not in self.steps:
            raise Http404
        self.title, self.form, self.submit_label, self.done = self.steps[kwargs["step"]]
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return self.title

    def get_crumbs(self):
        return [*super().get_crumbs(), (str(self.object), self.after(None))]

    def make_form(self, data=None):
        if self.form is None:
            raise Http404
        return self.form(data, files=self.request.FILES or None, user=self.request.user)

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": self.after(None)}

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        if self.form is None:
            return self.removed()
        return self.taken(self.make_form(request.POST))

    def act(self, form):
        by = {"by": self.request.user}
        if self.kwargs["step"] == "withdraw":
            return logs.withdraw(self.object, reason=form.cleaned_data["reason"], **by)
        return photos.add(self.object, form.cleaned_data["photo"], **by)

    def removed(self):
        rows = self.object.photos.all()
        photo = photos.found(rows, self.request.POST.get("photo", ""))
        photos.remove(photo, by=self.request.user)
        return HttpResponseRedirect(self.after(None))

    def after(self, made):
        return reverse("pairing:log", args=[self.object.uuid])


class LogPhotoFile(ScopedMixin, View):
    """One photo, to who reads of the person it may show."""

    policy = READ.to("打开联系记录的照片")
    model = LogPhoto
    http_method_names = ("get", "head", "options")

    def get(self, request, uuid):
        rows = self.get_queryset().select_related("pairing__person__unit", "pairing__household")
        photo = photos.found(rows, uuid)
        if not parties.may_know(photo.pairing, request.user):
            raise Http404
        response = kept_files.answer(photo.file, photo.name)
        response["Content-Type"] = photos.type_of(photo)
        del response["Content-Disposition"]
        return response


def crumbs(pair: Pairing, both: tuple[str, str], *, listed: bool = False) -> list[tuple[str, str]]:
    shown = parties.joined(both)
    found = [
        ("结对", reverse("pairing:pairs")),
        (shown, reverse("pairing:pair", args=[pair.uuid])),
    ]
    if listed:
        found.append(("联系记录", reverse("pairing:logs", args=[pair.uuid])))
    return found


def facts(log: ContactLog, words: Words) -> list[tuple]:
    entered = f"{timezone.localtime(log.entered_at):%Y-%m-%d %H:%M}"
    rows = [
        ("日期", log.on),
        ("类别", log.kind),
        ("方向", log.get_direction_display() if log.direction else None),
        ("方式", log.get_way_display()),
        ("内容", words.of(log.summary)),
        ("折合（元）", log.value),
        ("受益（人）", log.beneficiaries),
        ("登记人", log.by),
        ("登记时间", f"{entered}（补录）" if log.is_late_entry else entered),
        ("登记方式", "手机" if log.from_phone else "电脑"),
    ]
    if log.withdrawn_at:
        at = f"{timezone.localtime(log.withdrawn_at):%Y-%m-%d %H:%M}"
        rows.append(("撤回", f"{log.withdrawn_by}，{at}，{words.of(log.withdrawn_reason)}"))
    return [(label, held) for label, held in rows if held not in (None, "")]


def acts(log: ContactLog) -> list[dict[str, str]]:
    steps = [("photo", "添加照片", "camera"), ("withdraw", "撤回", "arrow-return-left")]
    if log.photos.count() >= photos.MOST:
        steps = steps[1:]
    return [
        {"label": label, "icon": icon, "url": reverse("pairing:log_step", args=[log.uuid, step])}
        for step, label, icon in steps
    ]
