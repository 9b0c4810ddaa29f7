"""延期: asked for on a task, listed, decided by who judges the duty."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import DayColumn, PageTable, render_state
from federation.views.account_forms import Day
from federation.views.base import ListPage, PlainPage
from notices import extensions, rights
from notices.fulfilment import Refused
from notices.models import Extension, Task
from notices.views.tasks import TaskPage, task_url

VIEW = Policy("notices_view", resource="extension", sensitivity=2)


class AskForm(forms.Form):
    wanted_on = Day("申请延至")
    reason = forms.CharField(
        label="申请延期的理由",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 300}),
    )


class ExtensionAsk(TaskPage):
    policy = VIEW.to(get="打开申请延期页", post="申请延期", resource="task")
    template_name = "notices/extension_ask.html"

    def prepare(self) -> None:
        self.object = self.get_object()
        if not rights.answers(self.request.user, self.object):
            raise PermissionDenied(f"延期由{self.object.unit}申请；您可以查看。")

    def get_title(self):
        return f"申请延期：{self.object.duty}"

    def get(self, request, *args, **kwargs):
        self.prepare()
        return self.show(AskForm(use_required_attribute=False))

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        form = AskForm(request.POST, use_required_attribute=False)
        if form.is_valid():
            try:
                extensions.ask(self.object, **form.cleaned_data, by=request.user)
            except Refused as error:
                form.add_error(None, str(error))
        if form.errors:
            return self.show(form, status=422)
        messages.success(request, "已申请延期，批复后截止日期随之改变；批复前仍按原日期。")
        return HttpResponseRedirect(task_url(self.object))

    def show(self, form, status: int = 200):
        context = self.get_context_data(
            form=form, task=self.object, idempotency_key=new_key(), submit_label="提交申请",
            cancel_url=task_url(self.object), no_paper_switch=True,
        )  # fmt: skip
        return self.render_to_response(context, status=status)


# -- The list ----------------------------------------------------------------------------------------
class ExtensionFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label="状态", choices=Extension.State.choices, empty_label="全部"
    )
    unit = django_filters.CharFilter(
        label="单位", field_name="task__unit__name", lookup_expr="contains"
    )

    class Meta:
        model = Extension
        fields = ("state", "unit")


class ExtensionTable(PageTable):
    task = tables.Column("单位", orderable=False)
    duty = tables.Column("事项", accessor="task__duty", orderable=False)
    due_on = DayColumn("现截止", accessor="task__due_on")
    wanted_on = DayColumn("申请延至")
    state = tables.Column("状态", orderable=False)
    asked_at = DayColumn("申请日期")

    class Meta:
        model = Extension
        fields = ("task", "duty", "due_on", "wanted_on", "state", "asked_at")
        order_by = ()

    def render_task(self, record):
        return format_html('<a href="{}">{}</a>', extension_url(record), record.task.unit)

    def render_duty(self, record):
        return f"{record.task.duty} {record.task.period_words}".strip()

    def render_state(self, record):
        return render_state(record.state)


def extension_url(extension: Extension) -> str:
    return reverse("notices:extension", args=[extension.uuid])


def within(user):
    """Extensions of the tasks in reach."""
    return Extension.objects.filter(task__in=Task.objects.visible_to(user)).select_related(
        "task__duty__notice__issuer", "task__duty__receiving_department", "task__unit", "asked_by",
        "decided_by",
    )  # fmt: skip


class ExtensionList(ListPage):
    policy = VIEW.to("查看延期申请")
    model = Extension
    filterset_class = ExtensionFilter
    table_class = ExtensionTable
    title = "延期申请"
    scope_word = "含下级"
    empty_text = "没有符合条件的延期申请。"

    def get_queryset(self):
        waiting = Case(
            When(state="asked", then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        return within(self.request.user).order_by(waiting, "-asked_at", "-pk")


# -- Deciding ----------------------------------------------------------------------------------------
class DecideForm(forms.Form):
    on = Day("批准延至", required=False)
    answer = forms.CharField(
        label="批复意见",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 300}),
        help_text="不予延期须写明意见。",
    )


class ExtensionRecord(PlainPage):
    """One request: what is asked and, for who judges, granting it with this day or another, or not."""

    policy = VIEW.to(get="查看延期申请", post="批复延期")
    template_name = "notices/extension.html"

    def get_title(self):
        return f"延期申请：{self.extension.task.unit}"

    def get_crumbs(self):
        return [("延期申请", reverse("notices:extensions")), (str(self.extension.task.unit), "")]

    def prepare(self) -> None:
        self.extension = get_object_or_404(within(self.request.user), uuid=self.kwargs["uuid"])

    def get(self, request, *args, **kwargs):
        self.prepare()
        return self.show(DecideForm(initial={"on": self.extension.wanted_on}))

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not rights.judges(request.user, self.extension.task.duty):
            raise PermissionDenied("延期由发文单位或受理部室批复；您可以查看。")
        form = DecideForm(request.POST)
        if form.is_valid():
            self.decide(form, "refuse" in request.POST)
        if form.errors:
            return self.show(form, status=422)
        messages.success(request, "已批复，申请单位会看到。")
        return HttpResponseRedirect(extension_url(self.extension))

    def decide(self, form, refuse: bool) -> None:
        said, by = form.cleaned_data, self.request.user
        try:
            if refuse:
                extensions.refuse(self.extension, by=by, answer=said["answer"])
            elif said["on"] is None:
                form.add_error("on", "请填写批准延至哪一天。")
            else:
                extensions.grant(self.extension, on=said["on"], by=by, answer=said["answer"])
        except Refused as error:
            form.add_error(None, str(error))

    def show(self, form, status: int = 200):
        extension = self.extension
        decides = rights.judges(self.request.user, extension.task.duty)
        context = self.get_context_data(
            extension=extension, task=extension.task, form=form, idempotency_key=new_key(),
            decides=decides and extension.state == Extension.State.ASKED,
        )  # fmt: skip
        return self.render_to_response(context, status=status)
