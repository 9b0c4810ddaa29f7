"""签收: signing for a notice, who has and who has not, and the files that came with it."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import View

from federation import kept_files, scope
from federation.idempotency import idempotent
from federation.policy import Policy
from federation.tables import PageTable
from federation.views.base import ActView, ScopedListView, ScopedMixin
from notices import fulfilment, receipts, rights
from notices.models import Attachment, Notice, NoticeReceipt, NoticeState
from notices.views.notices import VIEW, badge, notice_url

SIGN = Policy("notices_sign", resource="notice", sensitivity=2)


class NoticeSign(ActView):
    """Sign for one or several of the units one sits at."""

    policy = SIGN.to("签收通知")
    model = Notice

    def scope_action(self):
        return "view"  # who received it reads it; for which units she signs is asked below

    @idempotent
    def post(self, request, uuid):
        notice = self.get_object()
        units = [r.unit for r in self._chosen(notice, request.POST.getlist("unit"))]
        try:
            for unit in units:
                receipts.sign(notice, unit, by=request.user)
        except fulfilment.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"已签收：{'、'.join(unit.name for unit in units)}。")
        return HttpResponseRedirect(notice_url(notice))

    def _chosen(self, notice, asked: list[str]) -> list[NoticeReceipt]:
        """The receipts of the units named; ``PermissionDenied`` for one she does not sit at."""
        held = scope.units_held(self.request.user, "notices_sign")
        mine = notice.receipts.filter(unit__in=held).select_related("unit")
        by_unit = {str(receipt.unit.uuid): receipt for receipt in mine.order_by("unit__path")}
        if not asked or set(asked) - set(by_unit):
            raise PermissionDenied("只能为本人任职的收文单位签收。")
        return [by_unit[unit] for unit in by_unit if unit in asked]


STATES = (("waiting", "未签收"), ("signed", "已签收"))


class ReceiptFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="单位", field_name="unit__name", lookup_expr="contains")
    standing = django_filters.ChoiceFilter(
        label="签收", choices=STATES, method="standing_at", empty_label="全部"
    )

    class Meta:
        model = NoticeReceipt
        fields = ("q", "standing")

    def standing_at(self, queryset, name, value):
        if value == "waiting":
            return queryset.filter(signed_at=None, ended_on=None)
        return queryset.filter(signed_at__isnull=False)


class ReceiptTable(PageTable):
    unit = tables.Column("收文单位", order_by=("unit__pinyin",))
    role = tables.Column("方式")
    signed_at = tables.Column("签收时间", empty_values=())
    signed_by = tables.Column("签收人", order_by=("signed_by__pinyin",))

    class Meta:
        model = NoticeReceipt
        fields = ("unit", "role", "signed_at", "signed_by")
        order_by = ()

    def render_unit(self, record):
        return record.unit.name

    def render_signed_at(self, record):
        if record.ended_on:
            return badge("closed", record.ended_why)
        if record.signed_at is None:
            return badge("to_sign")
        return badge("signed", f"{record.signed_at.astimezone():%Y-%m-%d %H:%M}")


class Receipts(ScopedListView):
    """Every recipient of one notice, those who have not signed on top."""

    policy = VIEW.to("查看签收情况")
    model = NoticeReceipt
    filterset_class = ReceiptFilter
    table_class = ReceiptTable
    template_name = "notices/receipts.html"
    title = "签收情况"
    empty_text = "没有符合条件的收文单位。"

    def get(self, request, *args, **kwargs):
        readable = Notice.objects.visible_to(request.user).select_related("issuer")
        self.notice = get_object_or_404(readable, uuid=kwargs["uuid"])
        if self.notice.state == NoticeState.DRAFT:
            raise Http404
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        found = rights.readable_receipts(self.request.user, self.notice)
        order = (F("signed_at").asc(nulls_first=True), "unit__path")
        return found.select_related("unit", "signed_by").order_by(*order)

    def get_crumbs(self):
        here = self.notice.doc_number or "通知"
        return [("通知", reverse("notices:notices")), (here, notice_url(self.notice))]

    def get_context_data(self, **kwargs):
        shown = self.get_queryset().order_by()
        asked = shown.filter(ended_on=None)
        total, waiting = asked.count(), asked.filter(signed_at=None).count()
        return super().get_context_data(
            notice=self.notice, receivers=total, waiting=waiting, signed=total - waiting, **kwargs
        )


class AttachmentFile(ScopedMixin, View):
    """One attachment as a download, for whoever reads its notice."""

    policy = VIEW.to("下载通知附件", resource="attachment")
    model = Notice

    def get(self, request, uuid):
        readable = Attachment.objects.filter(notice__in=self.get_queryset())
        found = get_object_or_404(readable, uuid=uuid)
        return kept_files.answer(found.file, found.file_name)
