"""填报进度: what was asked, who owes it, who has answered, and who is late."""

import django_tables2 as tables
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from federation import scope
from federation.policy import Policy
from federation.views.base import PlainPage, ScopedListView
from reporting import exports, rights
from reporting.models import Collection, State, Submission
from reporting.progress import progress, progress_by_call
from reporting.views.incoming import new_url
from reporting.views.submissions import SubmissionFilter, SubmissionTable, fill_url, record_url

REVIEW = Policy("reporting_review", resource="collection", sensitivity=2)


class CollectionList(PlainPage):
    """Every call with answers in reach, each with its completeness."""

    policy = REVIEW.to("查看填报进度目录")
    template_name = "reporting/collections.html"
    title = "填报进度"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        reach = Submission.objects.visible_to(self.request.user, "review")
        counts = progress_by_call(reach)
        calls = Collection.objects.filter(pk__in=counts).select_related("issuer")
        lines = [(call, counts[call.pk]) for call in calls]
        return super().get_context_data(lines=lines, **kwargs)


class BoardTable(SubmissionTable):
    """Adds what can be done next to each line."""

    acts = tables.Column("", orderable=False, empty_values=(), attrs={"td": {"class": "acts"}})

    class Meta(SubmissionTable.Meta):
        sequence = ("unit", "post_level", "state", "due_on", "first_submitted_on", "acts")
        exclude = ("annex", "period", "reviewer")

    post_level = tables.Column(
        "级别", accessor="unit__post_level", empty_values=(), orderable=False
    )

    def __init__(self, *args, reviewed=frozenset(), proxied=frozenset(), **kwargs):
        super().__init__(*args, **kwargs)
        self.reviewed, self.proxied = reviewed, proxied

    def render_post_level(self, record):
        return record.unit.post_level or record.unit.unit_type

    def render_acts(self, record):
        if record.state == State.SUBMITTED and record.reviewer_id in self.reviewed:
            url = reverse("reporting:review", args=[record.uuid])
            return format_html('<a class="btn btn-plain" href="{}">审核</a>', url)
        if record.is_open and record.reviewer_id in self.proxied:
            return format_html('<a class="btn btn-quiet" href="{}">代填</a>', fill_url(record))
        return format_html('<a class="btn btn-quiet" href="{}">查看</a>', record_url(record))


class Board(ScopedListView):
    """One call: every unit that owes an answer, in exactly one box each."""

    policy = REVIEW.to("查看填报进度")
    model = Submission
    filterset_class = SubmissionFilter
    table_class = BoardTable
    template_name = "reporting/board.html"
    scope_word = "含下级"
    empty_text = "没有符合条件的单位。"

    def dispatch(self, request, *args, **kwargs):
        self.call = get_object_or_404(
            Collection.objects.select_related("issuer", "receiving_department"), uuid=kwargs["uuid"]
        )
        # The call itself is no secret; a person with nothing to see in it gets the same 404.
        reach = self.get_queryset().order_by().values_list("reviewer", flat=True)
        self.reviewers = set(reach.distinct())
        if not self.reviewers:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .filter(collection=self.call)
            .select_related("unit__unit_type", "unit__post_level", "reviewer")
        )

    def get_filterset(self, filterset_class):
        filterset = super().get_filterset(filterset_class)
        filterset.form.fields.pop("annex", None)
        return filterset

    def get_table_kwargs(self):
        user = self.request.user
        return {
            **super().get_table_kwargs(),
            "reviewed": rights.reviewed_units(user),
            "proxied": scope.units_held(user, "reporting_proxy"),
        }

    def get_title(self):
        return f"{self.call.form.mark} {self.call.form.title}"

    def get_crumbs(self):
        return [("填报进度", reverse("reporting:collections")), (self.call.form.mark, "")]

    def get_tools(self):
        roots = scope.roots(self.request.user, "reporting_export")
        take = [{"label": "带入来件", "url": new_url(self.call), "icon": "upload"}]
        download = [
            exports.tool(
                self.call.form,
                root,
                self.call.period,
                label=f"下载{self.call.form.mark}（{root.short_name}）",
            )
            for root in roots[:1]
        ]
        return [*(take if self.takes_in() else []), *download]

    def takes_in(self) -> bool:
        """Whether she reviews answers to this call: then mailed ones may come in through her."""
        return bool(self.reviewers & scope.units_held(self.request.user, "reporting_proxy"))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            call=self.call, progress=progress(self.get_queryset()), **kwargs
        )
