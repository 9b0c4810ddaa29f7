"""提出结对, and each step of a pair's life: a form each, one address."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import View

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.scope import OutOfReach
from federation.views.base import PlainPage, ScopedDetailView, whole_number
from federation.views.units import as_choice, with_places
from pairing import conflicts, fields, liaisons, pairs, parties, record, steps
from pairing.models import Pairing, PairKind
from pairing.pair_forms import (
    ActivateForm,
    ConfirmForm,
    DeclineForm,
    EditForm,
    EndForm,
    EndLiaisonForm,
    LiaisonForm,
    NewPairForm,
    RenewForm,
    ReopenForm,
    TransferForm,
)
from pairing.refusal import Overtaken, Refused
from registry.views.forms import FormPage, VersionedPage

EDIT = Policy("pairing_edit", resource="pairing", sensitivity=4)
TURN = Policy("pairing_view", or_action="pairing_edit", resource="pairing", sensitivity=4)
READ_FIRST = "请看过上面的提示，无误的再点一次“提出结对”。"


class PairNew(FormPage, PlainPage):
    """The kind is chosen first: what may be filled depends on it."""

    policy = EDIT.to(get="打开结对登记页", post="提出结对")
    template_name = "pairing/pair_new.html"
    title, submit_label, done = "提出结对", "提出结对", "已提出，待双方确认。"
    told: tuple = ()

    def get_crumbs(self):
        return [("结对", reverse("pairing:pairs"))]

    def make_form(self, data=None):
        kinds = PairKind.objects.filter(is_active=True)
        self.kind = get_object_or_404(kinds, code=self.chosen())
        return NewPairForm(data, user=self.request.user, kind=self.kind)

    def chosen(self) -> str:
        return self.request.POST.get("kind") or self.request.GET.get("kind", "")

    def form_context(self, form):
        more = {"kind": self.kind, "told": self.told, "cancel_url": reverse("pairing:pairs")}
        return {**super().form_context(form), **more}

    def get(self, request):
        if not self.chosen():
            kinds = PairKind.objects.filter(is_active=True).select_related("bundle")
            return self.render_to_response(self.get_context_data(kinds=kinds))
        return self.show(self.make_form())

    @idempotent
    def post(self, request):
        if not self.chosen():
            return self.get(request)
        return self.taken(self.make_form(request.POST))

    def act(self, form):
        values = form.values()
        draft = pairs.draft(kind=self.kind, **values)
        found = conflicts.of(draft)
        hints = ",".join(sorted(c.code for c in found if c.weight == conflicts.TELLS))
        self.told = tuple(c for c in found if c.weight == conflicts.TELLS)
        if hints and not conflicts.refused(draft, found) and form.cleaned_data["seen"] != hints:
            form.data = form.data.copy()
            form.data["seen"] = hints
            raise Refused(READ_FIRST)
        return pairs.propose(kind=self.kind, by=self.request.user, **values)

    def after(self, made):
        return reverse("pairing:pair", args=[made.uuid])


class Step:
    """``word`` on the button, ``form``, what follows from it, and the act."""

    def __init__(self, word: str, form: type, meaning: str, act: Any):
        self.word, self.form, self.meaning, self.act = word, form, meaning, act


def _side(act: Any, side: str) -> Any:
    return lambda pair, **said: act(pair, side=side, **said)


def _end_liaison(pair: Pairing, *, liaison: Any, by: Any, version: int | None = None) -> None:
    liaisons.end_liaison(liaison, by=by)


def _name_liaison(pair: Pairing, *, version: int | None = None, **said: Any) -> None:
    liaisons.name_liaison(pair, **said)


STEPS: dict[str, Step] = {
    "confirm-helper": Step("帮扶方确认", ConfirmForm, "帮扶方同意结对。不是帮扶方本人确认的，记为代确认。", _side(pairs.confirm, "helper")),
    "confirm-recipient": Step("受助方确认", ConfirmForm, "受助方同意结对。不是受助方本人确认的，记为代确认。", _side(pairs.confirm, "recipient")),
    "decline-helper": Step("帮扶方不同意", DeclineForm, "这个结对不再办理，可以恢复后重新确认。", _side(pairs.decline, "helper")),
    "decline-recipient": Step("受助方不同意", DeclineForm, "这个结对不再办理，可以恢复后重新确认。", _side(pairs.decline, "recipient")),
    "activate": Step("开始结对", ActivateForm, "从开始日期起按规则计算联系、互访、实事。", pairs.activate),
    "end": Step("结束结对", EndForm, "结束以后的月份不再计算；记录照旧保留，可以恢复。", pairs.end),
    "reopen": Step("恢复结对", ReopenForm, "已结束的从恢复日期起接着结对；未成的重新由双方确认。", pairs.reopen),
    "renew": Step("续结", RenewForm, "原来的记录和计数不断，新的一年另起一期。", pairs.renew),
    "transfer": Step("移交", TransferForm, "换帮扶方或受助方，结对和记录不断。", pairs.transfer),
    "liaison": Step("指定联系人", LiaisonForm, "联系人能看到受助方的姓名，并登记联系记录。", _name_liaison),
    "end-liaison": Step("结束联系人", EndLiaisonForm, "从今天起不再由这位联系人联系；已登记的记录保留。", _end_liaison),
}  # fmt: skip


class PairStep(ScopedDetailView):
    """``step`` is a key of :data:`STEPS`; what is refused is told on the form, with what was typed."""

    policy = TURN.to(
        get="打开结对的一个办理页", post="办理结对：确认、开始、续结、移交、结束、恢复、联系人"
    )
    model = Pairing
    template_name = "pairing/step.html"
    sample: ClassVar = {"step": "end"}

    def get_queryset(self):
        return super().get_queryset().select_related("kind", "unit", "recipient_unit")

    def prepare(self) -> Step:
        if self.kwargs["step"] not in STEPS:
            raise Http404
        self.object = self.get_object()
        if not steps.right(self.object, self.kwargs["step"], self.request.user):
            raise PermissionDenied
        return STEPS[self.kwargs["step"]]

    def get_title(self):
        return STEPS[self.kwargs["step"]].word

    def get_crumbs(self):
        name = parties.shown(self.object, to=self.request.user)
        return [("结对", reverse("pairing:pairs")), (name, self.after())]

    def after(self) -> str:
        return reverse("pairing:pair", args=[self.object.uuid])

    def get(self, request, *args, **kwargs):
        step = self.prepare()
        return self.show(step.form(user=request.user, pair=self.object))

    @idempotent
    def post(self, request, *args, **kwargs):
        step = self.prepare()
        form = step.form(request.POST, user=request.user, pair=self.object)
        try:
            status = self.act(step, form) if form.is_valid() else 422
        except OutOfReach as error:
            raise Http404 from error
        if status:
            return self.show(form, status=status)
        messages.success(request, f"已办理：{step.word}。")
        return HttpResponseRedirect(self.after())

    def act(self, step: Step, form) -> int:
        """0 when it was done, or the status of the page that says why not."""
        version = whole_number(self.request.POST.get("version", ""))
        try:
            step.act(self.object, by=self.request.user, version=version, **form.values())
        except Refused as error:
            form.add_error(None, str(error))
            return 409 if isinstance(error, Overtaken) else 422
        return 0

    def facts(self, form) -> list:
        """What is agreed to by a step that asks for nothing."""
        return [] if form.visible_fields() else record.facts(self.object, self.request.user)

    def show(self, form, status: int = 200):
        step = STEPS[self.kwargs["step"]]
        context = self.get_context_data(
            form=form, sections=form.sections(), facts=self.facts(form), meaning=step.meaning, version=self.object.version,
            pair_name=parties.shown(self.object, to=self.request.user),
            idempotency_key=new_key(), submit_label=step.word, no_paper_switch=True,
            cancel_url=self.after(),
        )  # fmt: skip
        return self.render_to_response(context, status=status)


class PairEdit(VersionedPage, ScopedDetailView):
    policy = EDIT.to(get="打开结对修改页", post="修改结对的方式、目标、牵手内容")
    model = Pairing
    title = "修改结对"

    def get_queryset(self):
        return super().get_queryset().select_related("kind", "unit", "recipient_unit")

    def get_crumbs(self):
        name = parties.shown(self.object, to=self.request.user)
        return [("结对", reverse("pairing:pairs")), (name, self.after(self.object))]

    def make_form(self, data=None):
        return EditForm(data, user=self.request.user, row=self.object)

    def form_context(self, form):
        return {**super().form_context(form), "cancel_url": self.after(self.object)}

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.show(self.make_form())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.sent(request.POST)

    def act(self, form):
        version = self.object.version
        return pairs.change(self.object, by=self.request.user, version=version, **form.values())

    def after(self, made):
        return reverse("pairing:pair", args=[self.object.uuid])


class PairPick(View):
    """Parties one may pair: JSON ``{results: [{id, label, note}]}``, at most 20."""

    policy = EDIT.to("在表格里挑选结对的一方")
    sample: ClassVar = {"what": "helpers"}
    http_method_names = ("get", "head", "options")

    def get(self, request, what):
        words = request.GET.get("q", "")[:30]
        if what in ("helping", "places"):
            units = fields.units_for(request.user, what).matching(words)
            found = with_places(list(units.order_by("-depth", "pinyin", "path")[: fields.LISTED]))
            return JsonResponse({"results": [as_choice(unit, place) for unit, place in found]})
        if what not in ("helpers", "households", "sites"):
            raise Http404
        rows = fields.found_by(request.user, what, words)
        return JsonResponse({"results": [self.choice(row) for row in rows]})

    def choice(self, row: Any) -> dict[str, str]:
        label = fields.label_of(row, self.request.user)
        return {"id": str(row.uuid), "label": label, "note": fields.note_of(row)}
