"""One archive's steps: 核实, 死亡, 迁出, 退出, 恢复, 撤销最近一次变动, 转移. A form each, one address."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse_lazy

from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.scope import OutOfReach
from federation.unit_field import UnitField
from federation.views.base import ScopedDetailView, whole_number
from registry import changing, transfers, verifying
from registry.models import Person
from registry.refusal import Overtaken, Refused
from registry.views.life_parts import (
    ChangeForm,
    OfferForm,
    OnForm,
    UndoForm,
    after,
    name_of,
    person_url,
)

KEPT = "档案离开在册名单，专项登记和关爱责任人到当日为止；困难需求照旧保留，可以撤销。"


class VillageOffer(OfferForm):
    to_unit = UnitField(
        OrgUnit.objects.open_now(), label="转入单位", url=reverse_lazy("unit_pick"),
        help_text="写村（社区）名称，从列出的里面选。",
    )  # fmt: skip


# step → word, form, what follows from it
STEPS = {
    "verify": ("核实", OnForm, "核实表示您看过档案，各项与实际相符。"),
    "death": ("登记死亡", ChangeForm, KEPT),
    "move": ("登记迁出", ChangeForm, KEPT),
    "exit": ("登记退出", ChangeForm, KEPT),
    "return": ("登记恢复", ChangeForm, "恢复在册，离开时结束的专项登记自恢复之日起重新登记。"),
    "undo": ("撤销最近一次变动", UndoForm, "状态、专项登记、关爱责任人恢复到变动之前。"),
    "transfer": (
        "转移档案",
        VillageOffer,
        "对方接收后，到生效日期档案转到对方；在此之前仍由本单位管理。",
    ),
}


class LifeStep(ScopedDetailView):
    """``step`` is a key of :data:`STEPS`; what is refused is told on the form, with what was typed."""

    policy = Policy("registry_edit").to(
        get="打开档案变动页", post="登记档案变动", resource="person", sensitivity=4,
        verify="核实档案", transfer="发起转移", undo="撤销变动",
    )  # fmt: skip
    model = Person
    template_name = "registry/life_step.html"
    sample = {"step": "verify"}

    def prepare(self) -> None:
        if self.kwargs["step"] not in STEPS:
            raise Http404
        self.word, self.form_class, self.meaning = STEPS[self.kwargs["step"]]
        self.object = self.get_object()

    def get_queryset(self):
        return super().get_queryset().select_related("unit")

    def get_title(self):
        return f"{self.word}：{name_of(self.object, to=self.request.user)}"

    def get(self, request, *args, **kwargs):
        self.prepare()
        return self.show(self.form_class())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        form = self.form_class(request.POST)
        try:
            good = form.is_valid()
        except OutOfReach as error:  # an id that nobody picked
            raise Http404 from error
        status = self.act(form) if good else 422
        if status:
            return self.show(form, status=status)
        messages.success(request, f"已{self.word}。")
        return HttpResponseRedirect(after(self.object))

    def act(self, form) -> int:
        """0 when it was done, or the status of the page that says why not."""
        said, person, by = form.cleaned_data, self.object, self.request.user
        seen = {"by": by, "version": whole_number(self.request.POST.get("version", ""))}
        try:
            DO.get(self.kwargs["step"], self._change)(person, said, seen)
        except Overtaken as error:
            form.add_error(None, str(error))
            return 409
        except Refused as error:
            form.add_error(None, str(error))
            return 422
        return 0

    def _change(self, person, said, seen) -> None:
        changing.change(person, kind=self.kwargs["step"], **said, **seen)

    def show(self, form, status: int = 200):
        person = self.object
        last = changing.last_change(person) if self.kwargs["step"] == "undo" else None
        context = self.get_context_data(
            form=form, person=person, meaning=self.meaning, last=last, version=person.version,
            idempotency_key=new_key(), submit_label=self.word, no_paper_switch=True,
            cancel_url=person_url(person) or None,
        )  # fmt: skip
        return self.render_to_response(context, status=status)


def _verify(person, said, seen) -> None:
    verifying.verify(person, by=seen["by"], on=said["on"])


def _undo(person, said, seen) -> None:
    last = changing.last_change(person)
    if last is None:
        raise Refused("这份档案没有可以撤销的变动。")
    changing.undo(last, **said, **seen)


def _offer(person, said, seen) -> None:
    transfers.offer(person, **said, **seen)


DO = {"verify": _verify, "undo": _undo, "transfer": _offer}
