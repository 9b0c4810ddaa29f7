"""Logs from phones that were put aside: what waits for the unit, and its decision on one."""

from __future__ import annotations

from typing import ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import MomentColumn
from federation.views.base import ScopedDetailView, ScopedListView
from pairing import parties, quarantine
from pairing.log_words import Words
from pairing.models import LogKind, QuarantinedLog
from pairing.tables import NamedTable
from registry.refusal import Refused

EDIT = Policy("pairing_edit", resource="log", sensitivity=4)
STEPS = {"take": "补录", "drop": "不采用"}


class PutAsideFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label="状态", choices=QuarantinedLog.State.choices, empty_label="全部"
    )

    class Meta:
        model = QuarantinedLog
        fields = ("state",)


class PutAsideTable(NamedTable):
    pairing = tables.Column("结对", accessor="pk")
    by = tables.Column("登记人")
    on = tables.Column("日期", accessor="body__on")
    why = tables.Column("原因")
    at = MomentColumn("收到")
    state = tables.Column("状态", accessor="get_state_display")
    acts = tables.Column("办理", accessor="uuid")

    class Meta:
        model = QuarantinedLog
        fields = ("pairing", "by", "on", "why", "at", "state", "acts")
        order_by = ()
        orderable = False

    def pair_of(self, record):
        return record.pairing

    def render_pairing(self, record):
        return self.name_of(record)

    def render_acts(self, record):
        if record.state != QuarantinedLog.State.WAITING:
            return ""
        links = (
            (reverse("pairing:put_aside_step", args=[record.uuid, s]), w) for s, w in STEPS.items()
        )
        return format_html_join(" ", '<a class="cell-link" href="{}">{}</a>', links)


class PutAside(ScopedListView):
    policy = EDIT.to("查看待处理的手机记录")
    model = QuarantinedLog
    filterset_class, table_class = PutAsideFilter, PutAsideTable
    title = "待处理的手机记录"
    empty_text = "没有待处理的手机记录。志愿者离任或结对结束后才传来的记录会列在这里。"

    def get_queryset(self):
        return super().get_queryset().select_related("pairing", "by")

    def get_table(self, **kwargs):
        return super().get_table(user=self.request.user, **kwargs)


class PutAsideStep(ScopedDetailView):
    """One put aside: taken over as a log (补录), or not used."""

    policy = EDIT.to(get="打开一条待处理的手机记录", take="补录手机记录", drop="不采用手机记录",
                     post="处理手机记录")  # fmt: skip
    model = QuarantinedLog
    template_name = "kinds/confirm.html"
    sample: ClassVar = {"step": "take"}

    def get_queryset(self):
        return super().get_queryset().select_related("pairing__kind", "pairing__unit", "by")

    def get_object(self, queryset=None):
        if self.kwargs["step"] not in STEPS:
            raise Http404
        return super().get_object(queryset)

    def get_title(self):
        return "处理手机记录"

    def get_crumbs(self):
        return [("待处理的手机记录", reverse("pairing:put_aside"))]

    def get_context_data(self, **kwargs):
        row, takes = self.object, self.kwargs["step"] == "take"
        kind = LogKind.objects.filter(code=row.body.get("kind")).first()
        told = f"{row.by.display_name} {row.body.get('on', '')} {kind or ''}"
        summary = Words(row.pairing, to=self.request.user).of(row.body.get("summary") or "")
        return super().get_context_data(
            question=f"{STEPS[self.kwargs['step']]}“{parties.shown(row.pairing, to=self.request.user)}”的这条记录？",
            consequence=f"{told}：{summary or '未写内容'}（{row.why}）",
            verb=STEPS[self.kwargs["step"]],
            ask_reason="" if takes else "不采用的原因",
            idempotency_key=new_key(),
            cancel_url=reverse("pairing:put_aside"),
            **kwargs,
        )

    @idempotent
    def post(self, request, uuid, step):
        self.object = self.get_object()
        try:
            quarantine.decide(
                self.object,
                by=request.user,
                takes=step == "take",
                reason=request.POST.get("reason", ""),
            )
        except (Refused, ValidationError) as refused:
            words = "；".join(getattr(refused, "messages", [str(refused)]))
            context = self.get_context_data(reason_error=words)
            messages.error(request, words)
            return self.render_to_response(context, status=422)
        messages.success(request, "已处理。")
        return HttpResponseRedirect(reverse("pairing:put_aside"))
