"""通知: the list, the reading page beside its duties, and the sheet for the printer."""

import django_filters
import django_tables2 as tables
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from federation import scope
from federation.idempotency import new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.tables import DayColumn, PageTable
from federation.templatetags.portal import state as state_badge
from federation.views.base import ScopedDetailView, ScopedListView
from notices import doc_numbers, document, rights
from notices.models import Notice, NoticeReceipt, NoticeState
from notices.views import beside

VIEW = Policy("notices_view", resource="notice", sensitivity=2)
SIGNED = (("mine", "我单位未签收"), ("any", "还有单位未签收"))


def notice_url(notice: Notice) -> str:
    return reverse("notices:notice", args=[notice.uuid])


def badge(name: str, word: str = ""):
    return render_to_string("parts/state.html", state_badge(name, word))


class NoticeFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="字号、标题", method="worded", max_length=100)
    year = django_filters.ChoiceFilter(label="年份", field_name="issue_date__year")
    issuer = django_filters.ModelChoiceFilter(
        label="发文单位", queryset=OrgUnit.objects.none(), to_field_name="uuid", empty_label="全部"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=NoticeState.choices, empty_label="全部", method="standing"
    )
    unsigned = django_filters.ChoiceFilter(
        label="签收", choices=SIGNED, method="not_signed", empty_label="全部"
    )

    class Meta:
        model = Notice
        fields = ("q", "year", "issuer", "state", "unsigned")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reach = self.queryset.order_by()
        years = sorted(set(reach.values_list("issue_date__year", flat=True)), reverse=True)
        self.filters["year"].extra.update(
            choices=[(str(year), f"{year}年") for year in years], empty_label="全部"
        )
        self.filters["issuer"].queryset = OrgUnit.objects.filter(
            pk__in=reach.values("issuer")
        ).order_by("path")
        # What a later version replaced is asked for by its state, or found from the later one.
        if not self.data.get("state"):
            self.queryset = self.queryset.exclude(state=NoticeState.SUPERSEDED)

    def worded(self, queryset, name, value):
        words = value.replace("\x00", "").strip()
        try:
            number = doc_numbers.parse(words)
        except ValueError:
            number = None
        plain = words.translate(str.maketrans("[]（）()【】", "〔〕〔〕〔〕〔〕"))
        return queryset.filter(
            Q(doc_number=str(number or words))
            | Q(doc_number__contains=plain)
            | Q(title__contains=words)
        )

    def standing(self, queryset, name, value):
        return queryset.filter(state=value)

    def not_signed(self, queryset, name, value):
        receipts = NoticeReceipt.objects.unscoped(reason="narrows notices that are in reach")
        waiting = receipts.filter(notice=OuterRef("pk"), signed_at=None, ended_on=None)
        if value == "mine":
            waiting = waiting.filter(unit__in=scope.units_held(self.request.user, "notices_sign"))
        else:
            mine = scope.units_held(self.request.user, "notices_issue")
            queryset = queryset.filter(issuer__in=mine)
        return queryset.filter(Exists(waiting), state=NoticeState.PUBLISHED)


class NoticeTable(PageTable):
    title = tables.Column("标题")
    doc_number = tables.Column("发文字号", order_by=("doc_agency", "doc_year", "doc_serial"))
    issuer = tables.Column("发文单位", order_by=("issuer__path",))
    issue_date = DayColumn("成文日期")
    state = tables.Column("状态")
    mine = tables.Column("我单位签收", empty_values=(), orderable=False)

    class Meta:
        model = Notice
        fields = ("title", "doc_number", "issuer", "issue_date", "state", "mine")
        order_by = ()

    def render_title(self, record):
        version = f"（第{record.version}版）" if record.version > 1 else ""
        return format_html('<a href="{}">{}</a>{}', notice_url(record), record.title, version)

    def render_state(self, record):
        return badge(record.state)

    def render_mine(self, record):
        if record.state == NoticeState.DRAFT or not record.mine:
            return "—"
        waiting = [receipt for receipt in record.mine if receipt.waits]
        if waiting and record.state == NoticeState.PUBLISHED:
            return badge("to_sign")
        return badge("signed") if not waiting else "—"


class NoticeList(ScopedListView):
    """Every notice one's units have issued or received."""

    policy = VIEW.to("查看通知目录")
    model = Notice
    filterset_class = NoticeFilter
    table_class = NoticeTable
    title = "通知"
    empty_text = "还没有通知。上级发布的、本单位拟写的通知都列在这里。"

    def get_queryset(self):
        mine = NoticeReceipt.objects.held_by(self.request.user, "sign")
        shown = Prefetch("receipts", queryset=mine, to_attr="mine")
        return super().get_queryset().select_related("issuer").prefetch_related(shown)

    def get_primary_action(self):
        if not rights.issuing_units(self.request.user).exists():
            return None
        return {"label": "拟写通知", "url": reverse("notices:new"), "icon": "pencil-square"}


class NoticePage(ScopedDetailView):
    """What every page of one notice shares."""

    policy = VIEW
    model = Notice

    def get_queryset(self):
        return super().get_queryset().select_related("issuer", "published_by")

    def get_title(self):
        return self.object.title.replace("\n", "")

    def get_crumbs(self):
        here = self.object.doc_number or "通知"
        return [("通知", reverse("notices:notices")), (here, notice_url(self.object))]


class NoticeRead(NoticePage):
    policy = VIEW.to("阅读通知")
    template_name = "notices/notice.html"

    def get_crumbs(self):
        return [("通知", reverse("notices:notices")), (self.object.doc_number or "通知", "")]

    def get_context_data(self, **kwargs):
        notice, user = self.object, self.request.user
        return super().get_context_data(
            state=notice.state,
            document=document.of(notice),
            attachments=list(notice.attachments.all()),
            duties=beside.duties_of(notice, user),
            versions=beside.versions_of(notice, user),
            signing=rights.to_sign(user, notice),
            signed=beside.signed_by(notice, user),
            acts=beside.acts_on(notice, user),
            idempotency_key=new_key(),
            **kwargs,
        )


class NoticePrint(NoticePage):
    policy = VIEW.to("打印通知")
    template_name = "notices/print.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            document=document.of(self.object), back_url=notice_url(self.object), **kwargs
        )
