"""删除: what is proposed, who agreed, and on which day it is done."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from registry import erasing, masking
from registry.models import Erasure, Person
from registry.refusal import Refused
from registry.views.zone import EDIT, ArchivePage, day_field, person_url, today

ON_A_PAGE = 50
STEPS = {
    "take_up": (erasing.take_up, "已提出删除 {} 份，等另一人确认。"),
    "confirm": (erasing.confirm, "已确认 {} 份，到期后删除。"),
    "cancel": (erasing.cancel, "已取消 {} 份。"),
}


class EraseForm(forms.Form):
    reason = forms.CharField(
        label="原因", max_length=200, help_text="不要写姓名、身份证号；删除后原因仍会保留。"
    )
    due_on = day_field("删除日期", initial=today, help_text="由另一人确认后，在这一天夜间删除。")


class ProposeErasure(ArchivePage):
    policy = EDIT.to(get="打开“删除档案”", post="提出删除档案", resource="erasure")
    template_name = "registry/erase.html"
    form_class = EraseForm
    words = "删除档案"
    submit_label = "提出删除"

    def act(self, data):
        erasing.propose(self.object, by=self.request.user, **data)
        return "已提出删除，等另一人确认。"

    def back(self):
        return person_url(self.object)


class Erasures(PlainPage):
    """The list, with what each still waits for. A step is of one row or of those the page showed:
    all or none."""

    policy = Policy(
        "registry_edit", or_action="registry_adjudicate", resource="erasure", sensitivity=4
    ).to(get="查看待删除的档案", post="确认、取消删除")
    template_name = "registry/erasures.html"
    title = "到期删除"

    def rows(self):
        found = Erasure.objects.visible_to(self.request.user, "edit")
        return found.select_related("unit", "person", "proposed_by", "confirmed_by")

    def get_context_data(self, **kwargs):
        user = self.request.user
        rows = self.rows().order_by("done_at", "cancelled_at", "due_on", "-id")
        page = Paginator(rows.filter(cancelled_at=None), ON_A_PAGE).get_page(
            self.request.GET.get("page")
        )
        people = {row.person_id for row in page if row.person_id}
        with scope.asked_once():
            seen = set(
                Person.objects.visible_to(user).filter(pk__in=people).values_list("pk", flat=True)
            )
            judged = set(
                Person.objects.visible_to(user, "adjudicate")
                .filter(pk__in=people)
                .values_list("pk", flat=True)
            )
        lines = [_line(row, user, seen, judged) for row in page]
        return super().get_context_data(
            lines=lines,
            page=page,
            bulk=_bulk(lines),
            idempotency_key=new_key(),
            today=today(),
            **kwargs,
        )

    @idempotent
    def post(self, request):
        named = request.POST.getlist("erasure")[:ON_A_PAGE] or [""]
        rows = [uuid_or_404(Erasure, self.rows(), one) for one in dict.fromkeys(named)]
        if request.POST.get("step") not in STEPS:
            raise Http404
        act, words = STEPS[request.POST["step"]]
        try:
            with transaction.atomic():
                for row in rows:
                    act(row, by=request.user)
            messages.success(request, words.format(len(rows)))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(reverse("registry:erasures"))


def _bulk(lines) -> list[tuple[str, str, list]]:
    """Steps that several of the rows shown wait for: word of the step, label, the rows."""
    named = (("take_up", "may_propose", "提出"), ("confirm", "may_confirm", "确认"))
    found = [(step, word, [one["row"] for one in lines if one[may]]) for step, may, word in named]
    return [(step, f"{word}本页 {len(rows)} 份", rows) for step, word, rows in found if rows[1:]]


def _line(row, user, seen, judged) -> dict:
    """A row as the page shows it: the name as one may read it, and what one may do."""
    open_still = row.done_at is None
    known = row.person_id in seen
    return {
        "row": row,
        "name": masking.shown(row.person, "name", to=user) if known else str(row.person_uuid)[:8],
        "url": person_url(row.person) if known else "",
        "may_confirm": open_still and row.proposed_by_id and not row.confirmed_by_id
        and row.proposed_by_id != user.pk and row.person_id in judged,
        "may_cancel": open_still and known,
        "may_propose": open_still and known and row.proposed_by_id is None,
    }  # fmt: skip
