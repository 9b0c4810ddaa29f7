"""年末: pairs to be renewed, changed or ended; and pairs made from what was approved on paper."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import PlainPage, ScopedListView
from pairing import from_annexes, renewing
from pairing.filters import PlaceFilter
from pairing.models import Pairing
from pairing.tables import RenewalTable

EDIT = Policy("pairing_edit", resource="pairing", sensitivity=4)
SHOWN = 200  # lines of a preview; more are counted


class Renewals(ScopedListView):
    """Ticked and renewed together; ending and transfer are on each pair's page."""

    policy = EDIT.to(get="查看年末待续结的结对", post="批量续结")
    model = Pairing
    filterset_class, table_class = PlaceFilter, RenewalTable
    empty_text = "没有待续结的结对。"

    @property
    def year(self) -> int:
        return renewing.year_in_question()

    def get_title(self):
        return f"{self.year}年续结"

    def get_crumbs(self):
        return [("结对", reverse("pairing:pairs"))]

    def get_queryset(self):
        rows = renewing.to_renew(self.request.user, self.year)
        begun = rows.annotate(since=Max("terms__starts_on"))
        return begun.select_related("kind", "recipient_unit")

    def get_table(self, **kwargs):
        return super().get_table(user=self.request.user, **kwargs)

    def get_context_data(self, **kwargs):
        renew = {
            "label": "续结所选", "url": reverse("pairing:renewals"), "icon": "arrow-repeat",
            "confirm": f"把所选结对续到{self.year}年？记录和计数不断。",
        }  # fmt: skip
        return super().get_context_data(bulk_actions=[renew], idempotency_key=new_key(), **kwargs)

    @idempotent
    def post(self, request, *args, **kwargs):
        try:
            chosen = list(self.get_queryset().filter(uuid__in=request.POST.getlist("row")[:500]))
        except ValidationError:  # no such id
            chosen = []
        done, left = renewing.renew_many(chosen, by=request.user, year=self.year)
        if done:
            messages.success(request, f"已续结 {len(done)} 对到{self.year}年。")
        for _, sentence in left[:5]:
            messages.warning(request, sentence)
        if not chosen:
            messages.warning(request, "没有选中待续结的结对，请先勾选。")
        return HttpResponseRedirect(reverse("pairing:renewals"))


class FromAnnexes(PlainPage):
    """What would be made is shown first; made a second time nothing is new."""

    policy = EDIT.to(get="预览从附件1、附件2生成的结对", post="从附件1、附件2生成结对")
    template_name = "pairing/from_annexes.html"
    title = "从附件1、附件2生成"

    def get_crumbs(self):
        return [("结对", reverse("pairing:pairs"))]

    def get_context_data(self, **kwargs):
        found = from_annexes.plan(self.request.user)
        return super().get_context_data(
            plan=found,
            candidates=found.candidates[:SHOWN],
            questions=found.questions[:SHOWN],
            idempotency_key=new_key(),
            **kwargs,
        )

    @idempotent
    def post(self, request):
        made, found = from_annexes.create(by=request.user)
        asked = f"，{len(found.questions)} 处须核对" if found.questions else ""
        messages.success(request, f"已生成 {len(made)} 对，待双方确认{asked}。")
        return redirect("pairing:from_annexes" if found.questions else "pairing:pairs")
