"""转移: what is offered to and by one's units, and one transfer with its answer."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import DayColumn, PageTable, render_state
from federation.views.base import ScopedDetailView, ScopedListView
from registry import masking, transfers
from registry.models import Transfer
from registry.refusal import Refused
from registry.views.life_parts import (
    MOST_WORDS,
    name_of,
    opener,
    person_url,
    programmes_of,
    sex_and_age,
)

VIEW = Policy("registry_view", resource="transfer", sensitivity=4)


class TransferFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label="状态", choices=Transfer.State.choices, empty_label="全部"
    )
    unit = django_filters.CharFilter(label="转出", field_name="unit__name", lookup_expr="contains")
    to_unit = django_filters.CharFilter(
        label="转入", field_name="to_unit__name", lookup_expr="contains"
    )

    class Meta:
        model = Transfer
        fields = ("state", "unit", "to_unit")


class TransferTable(PageTable):
    person = tables.Column("姓名", orderable=False)
    who = tables.Column("性别年龄", empty_values=(), orderable=False)
    unit = tables.Column("转出", accessor="unit__name", orderable=False)
    to_unit = tables.Column("转入", accessor="to_unit__name", orderable=False)
    effective_on = DayColumn("生效日期")
    state = tables.Column("状态", orderable=False)
    offered_at = DayColumn("发起")

    class Meta:
        model = Transfer
        fields = ("person", "who", "unit", "to_unit", "effective_on", "state", "offered_at")
        order_by = ()

    def before_render(self, request):
        self.user, self.opens = request.user, opener(request.user)

    def render_person(self, record):
        url = reverse("registry:transfer", args=[record.uuid])
        name = name_of(record.person, to=self.user, opens=self.opens(record.person))
        return format_html('<a href="{}">{}</a>', url, name)

    def render_who(self, record):
        return sex_and_age(record.person)

    def render_state(self, record):
        return render_state(f"transfer_{record.state}")


class TransferList(ScopedListView):
    policy = VIEW.to("查看档案转移")
    model = Transfer
    filterset_class = TransferFilter
    table_class = TransferTable
    title = "档案转移"
    scope_word = "含下级"
    empty_text = "没有转移。要把一份档案转给别的村（社区），在档案页点“转移档案”。"

    def get(self, request, *args, **kwargs):
        transfers.carry_out_due()
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        waiting = Case(
            When(state="offered", then=Value(0)), When(state="accepted", then=Value(1)),
            default=Value(2), output_field=IntegerField(),
        )  # fmt: skip
        found = super().get_queryset().select_related("person", "unit", "to_unit")
        return found.order_by(waiting, "-offered_at", "-pk")


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="说明", max_length=MOST_WORDS, required=False, help_text="不接收须写明原因。",
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": MOST_WORDS}),
    )  # fmt: skip


STEPS = {
    "accept": (transfers.accept, "已接收，到生效日期档案转到转入单位。"),
    "refuse": (transfers.refuse, "已答复不接收，转出单位会看到。"),
    "withdraw": (transfers.withdraw, "已撤回，档案仍在转出单位。"),
}


class TransferRecord(ScopedDetailView):
    """What the receiving unit needs to answer, and no more of the archive."""

    policy = VIEW.to(
        get="查看一次转移", accept="接收转移", refuse="不接收转移", withdraw="撤回转移",
        post="答复转移",
    )  # fmt: skip
    model = Transfer
    template_name = "registry/transfer.html"

    def get_queryset(self):
        joined = ("person__unit", "unit", "to_unit", "offered_by", "answered_by")
        return super().get_queryset().select_related(*joined)

    def get_title(self):
        return f"转移：{name_of(self.object.person, to=self.request.user)}"

    def get_crumbs(self):
        return [("档案转移", reverse("registry:transfers")), ("转移", "")]

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.show(AnswerForm())

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        step, form = request.POST.get("step", ""), AnswerForm(request.POST)
        if step not in STEPS:
            raise Http404
        if form.is_valid() and self.act(step, form):
            messages.success(request, STEPS[step][1])
            return HttpResponseRedirect(reverse("registry:transfers"))
        return self.show(form, status=422)

    def act(self, step: str, form) -> bool:
        try:
            STEPS[step][0](self.object, by=self.request.user, **form.cleaned_data)
        except transfers.NotYours as error:
            raise PermissionDenied(str(error)) from error
        except Refused as error:
            form.add_error(None, str(error))
            return False
        return True

    def show(self, form, status: int = 200):
        row, user = self.object, self.request.user
        answers = row.state == "offered" and transfers.may_take(user, row)
        if not answers:
            form.fields["answer"].help_text = ""
        health = any(scope.may(user, "registry_children", u) for u in (row.unit, row.to_unit))
        gives = transfers.may_give(user, row.person)
        context = self.get_context_data(
            form=form, transfer=row, state=f"transfer_{row.state}", idempotency_key=new_key(),
            who=sex_and_age(row.person), programmes=programmes_of(row.person, health=health),
            name=name_of(row.person, to=user), reason=masking.scan(row.reason),
            answer=masking.scan(row.answer), person_url=person_url(row.person) if gives else "",
            answers=answers,
            withdraws=row.state in {"offered", "accepted"} and gives,
        )  # fmt: skip
        return self.render_to_response(context, status=status)
