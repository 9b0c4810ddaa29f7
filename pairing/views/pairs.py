"""结对: the list of pairs in reach, and the record of one of them."""

from __future__ import annotations

from django.urls import reverse

from federation import frame, scope
from federation.policy import Policy
from federation.views.base import ScopedDetailView, ScopedListView
from pairing import exports, panels_logs, panels_papers, panels_tracking, parties, record
from pairing.filters import PairFilter
from pairing.models import Pairing
from pairing.tables import PairTable

VIEW = Policy("pairing_view", or_action="pairing_log", resource="pairing", sensitivity=4)


class PairList(ScopedListView):
    policy = VIEW.to("查看结对")
    model = Pairing
    filterset_class, table_class = PairFilter, PairTable
    title = "结对"
    empty_text = "没有符合条件的结对。"

    def get_queryset(self):
        return super().get_queryset().select_related("kind", "recipient_unit")

    def get_primary_action(self):
        if not scope.may(self.request.user, "pairing_edit"):
            return None
        return {"label": "提出结对", "url": reverse("pairing:new"), "icon": "plus-lg"}

    def get_tools(self):
        found = frame.tools_for(self.request)
        found += exports.tools(self.request.user, self.request.GET)
        if scope.may(self.request.user, "pairing_edit"):
            found += [
                {"label": "年末续结", "url": reverse("pairing:renewals"), "icon": "arrow-repeat"},
                {
                    "label": "从附件1、附件2生成", "url": reverse("pairing:from_annexes"),
                    "icon": "file-earmark-plus",
                },
            ]  # fmt: skip
        return found

    def get_table(self, **kwargs):
        return super().get_table(user=self.request.user, **kwargs)


class PairPage(ScopedDetailView):
    """What every page of one pair shares."""

    policy = VIEW
    model = Pairing

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("kind__bundle", "unit", "recipient_unit", "helper", "person")
        )

    def get_title(self):
        return parties.shown(self.object, to=self.request.user)

    def get_crumbs(self):
        return [("结对", reverse("pairing:pairs"))]


class PairRecord(PairPage):
    policy = VIEW.to("查看一个结对")
    template_name = "pairing/pair.html"

    def get_context_data(self, **kwargs):
        pair = self.object
        return super().get_context_data(
            state=f"pairing_{pair.state}",
            pair=pair,
            **record.of(pair, self.request.user),
            **panels_papers.context(self.request, pair),
            **panels_logs.context(self.request, pair),
            **panels_tracking.context(self.request, pair),
            **kwargs,
        )
