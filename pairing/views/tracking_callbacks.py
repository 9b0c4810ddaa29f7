"""回访抽查: what was drawn, the page of one call, and the unit's answer to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import Appointment, OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, ScopedDetailView, uuid_or_404
from pairing import callbacks, parties
from pairing.models import CallbackResult, CallbackSample, Pairing
from pairing.views.tracking_forms import SmallFormPage, VersionForm
from pairing.views.tracking_links import pair_url
from registry import masking
from registry.models import Person
from registry.refusal import Refused

VIEW = Policy("pairing_view", resource="callback", sensitivity=4)
ROWS = 50
Result = CallbackResult.Result
TABS = {"waiting": "待回访", "answer": "待说明", "all": "全部"}


def sign_of(row: CallbackResult) -> str:
    return f"callback_{row.result or 'waiting'}"


class Callbacks(PlainPage):
    """What was drawn: to ring, to answer, and what came of it; figures by the unit that drew."""

    policy = VIEW.to(get="查看回访抽查", post="抽取上月的联系记录")
    template_name = "pairing/callbacks.html"
    title = "回访抽查"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        user, today = self.request.user, timezone.localdate()
        month = callbacks.month_before(today)
        with scope.asked_once():
            found = CallbackResult.objects.visible_to(user)
            drawing = scope.units_held(user, "pairing_edit")
            own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
            lists = {
                "waiting": found.waiting().filter(sample__unit__in=drawing),
                "answer": found.to_answer().filter(pairing__unit__in=own),
                "all": found,
            }
            asked = self.request.GET.get("tab", "")
            tab = asked if asked in TABS else "waiting" if drawing else "answer"
            page = _page(lists[tab], self.request.GET.get("page"))
            lines = _lines(page, user)
            counts = {key: rows.count() for key, rows in lists.items()}
            figures = callbacks.figures(user, month.year)
            samples = CallbackSample.objects.visible_to(user).filter(unit__in=drawing)[:12]
        return super().get_context_data(
            tabs=[
                {"label": word, "url": f"?tab={key}", "active": key == tab, "count": counts[key]}
                for key, word in TABS.items()
            ],
            caption=TABS[tab], lines=lines, page=page, figures=figures, year=month.year,
            month=month, samples=[_sample(one) for one in samples.select_related("unit")],
            to_draw=callbacks.draws(user).exclude(callback_samples__month=month),
            percent=callbacks.percent(), idempotency_key=new_key(), **kwargs,
        )  # fmt: skip

    @idempotent
    def post(self, request):
        unit = uuid_or_404(OrgUnit, callbacks.draws(request.user), request.POST.get("unit", ""))
        try:
            month = callbacks.month_before(timezone.localdate())
            made = callbacks.draw(unit, month, by=request.user)
            count = made.results.count()
            messages.success(
                request, f"{month:%Y年%m月}共 {made.logs_in_all} 条，抽取 {count} 条。"
            )
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(reverse("pairing:callbacks"))


def _page(rows, number):
    rows = rows.select_related("sample__unit", "pairing__unit", "log__kind")
    return Paginator(rows.order_by("-sample__month", "sample", "id"), ROWS).get_page(number)


def _lines(page, user) -> list[dict]:
    """Each drawn log by its pair; who may not look at the pair as such sees no party."""
    rows = list(page)
    names = parties.names([row.pairing for row in rows], to=user)
    return [
        {
            "row": row,
            "names": parties.joined(names.get(row.pairing_id, ("", ""))),
            "url": reverse("pairing:callback", args=[row.uuid]),
            "sign": sign_of(row),
        }
        for row in rows
    ]


def _sample(sample: CallbackSample) -> dict:
    return {
        "sample": sample,
        "drawn": sample.results.count(),
        "same": set(sample.results.values_list("log__uuid", flat=True))
        == callbacks.repeated(sample),
    }


class CallForm(VersionForm):
    result = forms.ChoiceField(
        label="结果", widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in Result if one != Result.WAITING],
    )  # fmt: skip
    note = forms.CharField(
        label="说明", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="对方怎么说。不写姓名、电话。",
    )  # fmt: skip


class AnswerForm(VersionForm):
    words = forms.CharField(
        label="单位说明", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="不写受助人姓名、电话。",
    )  # fmt: skip


class CallbackPage(SmallFormPage, ScopedDetailView):
    """One drawn log: whom to ring and what came of it, or the unit's answer."""

    policy = VIEW.to(get="查看一条回访", post="登记回访结果、说明情况")
    model = CallbackResult
    template_name = "pairing/callback.html"
    http_method_names = ("get", "post", "head", "options")

    def get_queryset(self):
        near = ("sample__unit", "log__kind", "log__by", "pairing__unit", "pairing__recipient_unit",
                "pairing__person__unit", "pairing__household__head__unit", "pairing__site")  # fmt: skip
        return super().get_queryset().select_related(*near)

    def get_title(self):
        return f"回访：{self.object.log.kind} {self.object.log.on:%Y-%m-%d}"

    def get_crumbs(self):
        return [("回访抽查", reverse("pairing:callbacks"))]

    def back(self):
        return reverse("pairing:callbacks")

    @property
    def answers(self) -> bool:
        return callbacks.may_answer(self.object, self.request.user)

    @property
    def calls(self) -> bool:
        return not callbacks.why_not_caller(self.object, self.request.user)

    def make_form(self, data=None):
        row = self.object
        if self.calls or not self.answers:
            initial = {"result": row.result, "note": row.note, "version": row.version}
            return CallForm(data, initial=initial)
        return AnswerForm(data, initial={"words": row.answer, "version": row.version})

    def act(self, data: dict[str, Any]) -> str:
        row, by = self.object, self.request.user
        if "words" in data:
            callbacks.answer(row, words=data["words"], by=by, version=data["version"])
            return "已说明。"
        callbacks.record(
            row, result=data["result"], note=data["note"], by=by, version=data["version"]
        )
        return "已登记，反馈给单位说明，7 天后计入统计。"

    def words_of(self, row):
        if self.calls or not self.answers:
            return {"result": row.get_result_display(), "note": row.note}
        return {"words": row.answer}

    def get_context_data(self, **kwargs):
        row, user = self.object, self.request.user
        self.submit_label = "登记结果" if self.calls else "提交说明"
        above = row.sample.unit_id in scope.units_held(user, "pairing_edit")
        return super().get_context_data(
            state=sign_of(row), row=row, names=parties.shown(row.pairing, to=user),
            pair_url=pair_url(row.pairing), summary=masking.scan(row.log.summary),
            may_call=self.calls and not row.is_settled, may_answer=self.answers and not self.calls,
            why_not=callbacks.why_not_caller(row, user) if above else "",
            contacts=_contacts(row.pairing, user) if self.calls else [], **kwargs,
        )  # fmt: skip

    @idempotent
    def post(self, request, uuid):
        self.object = self.get_object()
        return self.answer(request)


def _contacts(pair: Pairing, user) -> list[dict]:
    """Whom to ring: a person's number only through the archive's own rules, a unit's people by name."""
    head = pair.household.head if pair.household else None
    person = pair.person or head
    if person is not None:
        reach = Person.objects.visible_to(user, "reveal").filter(pk=person.pk)
        if not reach.exists():
            return [{"words": "她的档案不在您的权限内，请由所在单位提供联系方式。"}]
        if person.is_minor:
            url = reverse("registry:person", args=[person.uuid])
            return [
                {"words": "未成年人：请联系档案里登记的监护人", "url": url, "label": "打开档案"}
            ]
        url = reverse("registry:reveal", args=[person.uuid, "phone"])
        return [
            {"words": "联系电话（查看要写明事由，并留下记录）", "url": url, "label": "查看电话"}
        ]
    if pair.site is not None:
        url = reverse("registry:site", args=[pair.site.uuid])
        return [{"words": pair.site.name, "url": url, "label": "打开阵地"}]
    seats = Appointment.objects.current()
    seats = seats.filter(unit=pair.recipient_unit, user__is_active=True)
    return [
        {"words": f"{seat.user}（{seat.post}）", "phone": seat.user.phone or "没有登记电话"}
        for seat in seats.select_related("user", "post").order_by("post__position", "pk")[:5]
    ] or [{"words": f"{pair.recipient_unit}没有在任人员，请向上级组织询问。"}]
