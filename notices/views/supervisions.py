"""督办: the list, one 督办单 with its steps, its paper, and issuing a new one."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import MomentColumn, PageTable
from federation.templatetags.portal import state as state_badge
from federation.views.base import ActView, PlainPage, ScopedDetailView, ScopedListView
from notices import supervising, wording
from notices.fulfilment import Refused
from notices.models import Supervision, SupervisionEvent, SupervisionState
from notices.models.supervision import TO_ANSWER
from notices.views.messages import task_url
from notices.views.supervision_forms import (
    IssueForm,
    OptionalWordsForm,
    ReturnForm,
    WordsForm,
)

SUPERVISE = Policy("notices_supervise", resource="supervision", sensitivity=2)
READ = Policy("notices_view", resource="supervision", sensitivity=2)
Kind = SupervisionEvent.Kind
TONES = {Kind.ANSWERED: "info", Kind.RETURNED: "warn", Kind.STRUCK_OFF: "ok"}


def sign_of(row: Supervision) -> str:
    """The sign of a 督办单; red when its answer is late."""
    late = row.to_answer and row.answer_by < timezone.localdate()
    return "supervision_late" if late else f"supervision_{row.state}"


class SupervisionFilter(django_filters.FilterSet):
    unit = django_filters.CharFilter(
        label="承办单位", field_name="unit__name", lookup_expr="contains"
    )
    state = django_filters.ChoiceFilter(
        label="状态", choices=SupervisionState.choices, empty_label="全部"
    )
    late = django_filters.ChoiceFilter(
        label="答复", choices=[("1", "逾期未答复")], method="is_late", empty_label="全部"
    )

    class Meta:
        model = Supervision
        fields = ("unit", "state", "late")

    def is_late(self, queryset, name, value):
        return queryset.filter(state__in=TO_ANSWER, answer_by__lt=timezone.localdate())


class SupervisionTable(PageTable):
    number = tables.Column("编号", order_by=("year", "serial"))
    unit = tables.Column("承办单位", accessor="unit__name", order_by=("unit__path",))
    about = tables.Column("事项", empty_values=(), orderable=False)
    answer_by = tables.Column("答复期限")
    state = tables.Column("状态", empty_values=())
    issuer = tables.Column("发出单位", accessor="issuer__name", order_by=("issuer__path",))
    issued_at = MomentColumn("发出时间")

    class Meta:
        model = Supervision
        fields = ("number", "unit", "about", "answer_by", "state", "issuer", "issued_at")
        order_by = ()

    def render_number(self, record):
        url = reverse("notices:supervision", args=[record.uuid])
        return format_html('<a href="{}">{}</a>', url, record.number)

    def render_about(self, record):
        return f"{record.about} 项任务"

    def render_answer_by(self, record):
        return f"{record.answer_by:%Y-%m-%d}"

    def render_state(self, record):
        return render_to_string("parts/state.html", state_badge(sign_of(record)))


class SupervisionList(ScopedListView):
    policy = SUPERVISE.to("查看督办单列表")
    model = Supervision
    filterset_class = SupervisionFilter
    table_class = SupervisionTable
    title = "督办"
    empty_text = "还没有督办单。任务逾期后，可以点“发督办单”，要求单位限期办理并答复。"

    def get_queryset(self):
        """Issued by one's units and addressed to them."""
        found = Supervision.objects.visible_to(self.request.user, "view")
        return found.select_related("unit", "issuer").annotate(about=Count("tasks"))

    def get_primary_action(self):
        return {
            "label": "发督办单",
            "url": reverse("notices:supervision_new"),
            "icon": "envelope-exclamation",
        }


class OneSupervision:
    model = Supervision

    def get_queryset(self):
        found = Supervision.objects.visible_to(self.request.user, "view")
        return found.select_related("unit", "issuer")

    def tasks_of(self, row):
        found = row.tasks.select_related("duty__notice", "unit").order_by("due_on", "pk")
        return [
            {
                "subject": wording.subject(task),
                "notice": task.duty.notice,
                "dates": wording.due(task),
                "state": task.get_state_display(),
                "url": task_url(task),
            }
            for task in found
        ]


class SupervisionPage(OneSupervision, ScopedDetailView):
    policy = READ.to("查看督办单")
    template_name = "notices/supervision.html"

    def get_title(self):
        return f"{self.object.number} {self.object.unit}"

    def get_crumbs(self):
        if scope.units_held(self.request.user, "notices_supervise"):
            return [("督办", reverse("notices:supervisions")), (self.object.number, "")]
        return []

    def get_context_data(self, **kwargs):
        row, user = self.object, self.request.user
        forms = {
            "answer_form": WordsForm(label="办理情况", auto_id="answer_%s")
            if row.to_answer and supervising.may_answer(user, row)
            else None,
            "return_form": None,
            "may_strike_off": False,
        }
        if supervising.may_supervise(user, row) and row.state != SupervisionState.STRUCK_OFF:
            forms["may_strike_off"] = True
            if not row.to_answer:
                forms["return_form"] = ReturnForm(auto_id="return_%s")
        forms.update(kwargs)
        return super().get_context_data(
            state=sign_of(row),
            facts=[
                ("编号", row.number),
                ("发出单位", row.issuer.name),
                ("承办单位", row.unit.name),
                ("答复期限", f"{row.answer_by:%Y-%m-%d}"),
            ],
            tasks=self.tasks_of(row),
            events=events_of(row),
            idempotency_key=new_key(),
            **forms,
        )


def events_of(row: Supervision) -> list[dict]:
    """The history, newest first."""
    return [
        {
            "who": str(event.by or ""),
            "at": event.at,
            "word": event.get_kind_display(),
            "reason": event.text,
            "tone": TONES.get(event.kind, "muted"),
        }
        for event in row.events.select_related("by").order_by("-pk")
    ]


class SupervisionPrint(OneSupervision, ScopedDetailView):
    policy = READ.to("打印督办单")
    template_name = "notices/supervision_print.html"

    def get_title(self):
        return self.object.number

    def get_context_data(self, **kwargs):
        events = list(self.object.events.select_related("by"))
        return super().get_context_data(
            tasks=self.tasks_of(self.object),
            events=events,
            back_url=reverse("notices:supervision", args=[self.object.uuid]),
            **kwargs,
        )


class SupervisionStep(OneSupervision, ActView):
    """答复, 退回 or 销号; what is refused is told on the page of the 督办单, with what was typed."""

    policy = Policy("notices_sign", or_action="notices_supervise").to(
        "办理督办单", resource="supervision", sensitivity=2,
        answer="答复督办单", **{"return": "退回督办答复", "strike_off": "督办销号"},
    )  # fmt: skip
    sample = {"step": "answer"}

    @idempotent
    def post(self, request, uuid, step):
        row = self.get_object()
        if step not in STEPS:
            raise Http404
        form_class, may, act, done = STEPS[step]
        if not may(request.user, row):
            raise PermissionDenied
        form = form_class(request.POST, auto_id=f"{step}_%s")
        if form.is_valid():
            try:
                act(row, by=request.user, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{row.number}{done}。")
                return redirect("notices:supervision", uuid)
        told = "；".join(error for errors in form.errors.values() for error in errors)
        messages.error(request, told)
        return self._again(row, step, form)

    def _again(self, row, step, form):
        page = SupervisionPage(request=self.request, kwargs=self.kwargs, object=row)
        page.args = ()
        name = {"answer": "answer_form", "return": "return_form"}.get(step)
        context = page.get_context_data(**({name: form} if name else {}))
        return page.render_to_response(context, status=422)


STEPS = {
    "answer": (WordsForm, supervising.may_answer, supervising.answer, "已答复"),
    "return": (
        ReturnForm,
        supervising.may_supervise,
        supervising.send_back,
        "已退回，请承办单位重新答复",
    ),
    "strike_off": (OptionalWordsForm, supervising.may_supervise, supervising.strike_off, "已销号"),
}


class SupervisionNew(PlainPage):
    """Late tasks by unit; tick, say what is required by when, issue."""

    policy = SUPERVISE.to(get="打开“发督办单”", post="发督办单")
    template_name = "notices/supervision_new.html"
    title = "发督办单"

    def get_crumbs(self):
        return [("督办", reverse("notices:supervisions")), ("发督办单", "")]

    def late(self):
        """Late tasks of one's own notices that no other 督办单 is open about."""
        busy = Supervision.objects.unscoped(reason="a task is supervised once at a time")
        busy = busy.exclude(state=SupervisionState.STRUCK_OFF).values("tasks")
        late = supervising.late_tasks(self.request.user).exclude(pk__in=busy)
        late = late.select_related("duty__notice", "unit")
        return late.order_by("unit__path", "due_on", "pk")

    def get_context_data(self, form=None, **kwargs):
        unit = self.request.GET.get("unit", "")
        form = form or IssueForm(
            late=self.late(), unit=unit, chosen=self.request.GET.getlist("task")
        )
        return super().get_context_data(
            form=form,
            idempotency_key=new_key(),
            submit_label="发出",
            cancel_url=reverse("notices:supervisions"),
            no_paper_switch=True,
            **kwargs,
        )

    @idempotent
    def post(self, request):
        form = IssueForm(request.POST, late=self.late())
        if form.is_valid():
            try:
                made = supervising.issue(by=request.user, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{made.number}已发给{made.unit}。")
                return redirect("notices:supervision", made.uuid)
        return self.render_to_response(self.get_context_data(form=form), status=422)
