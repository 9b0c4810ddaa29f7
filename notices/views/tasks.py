"""任务: one task with its answer and its history, the steps taken with it, and all that a unit owes."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from federation import scope
from federation.confirmation import confirmed_recently
from federation.frame import crumbs_to
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import DayColumn, PageTable, render_state
from federation.views.account_forms import Day
from federation.views.base import ScopedDetailView, ScopedListView, whole_number
from notices import deliverables, materials, rights
from notices.fulfilment import Refused
from notices.history import events_of
from notices.models import Duty, Task, TaskState

VIEW = Policy("notices_view", resource="task", sensitivity=2)


def task_url(task: Task) -> str:
    return reverse("notices:task", args=[task.uuid])


def notice_url(notice) -> str:
    return reverse("notices:notice", args=[notice.uuid])


def signs_of(task: Task) -> list[tuple[str, str]]:
    """(sign, words) of where ``task`` stands: its state, and beside it whether late or locked."""
    found = [(task.state, task.get_state_display())]
    if task.is_late():
        found.append(("late", "逾期" if task.is_open else "逾期报送"))
    if task.is_open and task.is_locked():
        found.append(("locked", "已锁定"))
    return found


def badges(task: Task):
    """The signs of ``task`` for a table's cell."""
    return format_html_join(
        "", '<span class="me-2">{}</span>', ((render_state(*s),) for s in signs_of(task))
    )


class TaskPage(ScopedDetailView):
    """Base of every page about one task."""

    policy = VIEW
    model = Task

    def get_queryset(self):
        related = ("duty__notice__issuer", "duty__receiving_department", "unit__unit_type")
        return super().get_queryset().select_related(*related)

    def get_title(self):
        return str(self.object.duty)

    def get_crumbs(self):
        task = self.object
        units = crumbs_to(task.unit, self.request.user, unit_tasks_url)
        return [*units, (f"{task.duty}{task.period_words}", task_url(task))]


def unit_tasks_url(unit) -> str:
    return reverse("notices:unit_tasks", args=[unit.uuid])


class TaskRecord(TaskPage):
    policy = VIEW.to("查看任务")
    template_name = "notices/task.html"

    def get_primary_action(self):
        task = self.object
        if not task.is_open or not rights.answers(self.request.user, task):
            return None
        if task.is_locked():
            url = reverse("notices:extension_ask", args=[task.uuid])
            return {"label": "申请延期", "url": url, "icon": "calendar-plus"}
        url = self.answer_url()
        return {"label": "填写、报送", "url": url, "icon": "pencil"} if url else None

    def answer_url(self) -> str:
        task = self.object
        if task.duty.deliverable == Duty.Deliverable.ANNEX:
            return deliverables.answer_url(task)
        return reverse("notices:material", args=[task.uuid])

    def get_context_data(self, **kwargs):
        task, user = self.object, self.request.user
        annex = task.duty.deliverable == Duty.Deliverable.ANNEX
        return super().get_context_data(
            **{
                "task": task,
                "signs": signs_of(task),
                "facts": facts_of(task),
                "annex": annex,
                "answer_url": self.answer_url(),
                "reports": [] if annex else reports_of(task),
                "extensions": task.extensions.select_related("asked_by", "decided_by").order_by(
                    "-pk"
                ),
                "offers": offers(task, user),
                "events": events_of(task),
                "who_sees": who_sees(task),
                "idempotency_key": new_key(),
                "typed": {},
                **kwargs,
            }
        )


def facts_of(task: Task) -> list[tuple[str, object]]:
    duty = task.duty
    found = [
        ("责任单位", task.unit.name),
        ("统计期", f"{task.covers_from:%Y-%m-%d} 至 {task.covers_to:%Y-%m-%d}"),
        ("受理", duty.receiving_department or duty.notice.issuer),
        ("报送内容", duty.get_deliverable_display()),
    ]
    if duty.number_words:
        found.append(("数量要求", duty.number_words))
    if task.first_reported_on:
        found.append(("首次报送", f"{task.first_reported_on:%Y-%m-%d}"))
    return found


def reports_of(task: Task):
    """What was handed in, the newest first; three queries."""
    material = materials.of(task)
    if not material.pk:
        return []
    found = material.reports.select_related("sent_by", "judged_by").prefetch_related("files")
    return list(found.order_by("-ordinal"))


def offers(task: Task, user) -> set[str]:
    """Steps that the page offers ``user`` now; the rules ask again."""
    annex = task.duty.deliverable == Duty.Deliverable.ANNEX
    found: set[str] = set()
    if rights.answers(user, task):
        if task.is_open and task.due_on and not task.is_locked():
            found.add("extend")
        if not annex:
            found |= _filler_steps(task)
    if not annex and rights.judges(user, task.duty):
        found |= {"accept", "return"} if task.state == TaskState.REPORTED else set()
        found |= {"return"} if task.state == TaskState.DONE else set()
    return found


def _filler_steps(task: Task) -> set[str]:
    if task.is_open:
        return set() if task.is_locked() else {"nil"}
    returned = any(event.kind == "returned" for event in task.events.all())
    taken_back = task.state in {TaskState.REPORTED, TaskState.EXEMPT} and not returned
    return {"withdraw"} if taken_back and not task.is_locked() else set()


def who_sees(task: Task) -> list[dict]:
    receiving = task.duty.receiving_department or task.duty.notice.issuer
    return [
        {"who": task.unit.name, "what": "办理、查看"},
        {"who": receiving.name, "what": "审核、查看"},
        {"who": "其他上级妇联", "what": "只能查看"},
    ]


DONE = {
    "withdraw": "已撤回，可以修改后再报。",
    "nil": "已报“本期无”。",
    "accept": "已通过。",
    "return": "已退回。",
}


class TaskStep(TaskRecord):
    """Withdraw, 本期无, accept or return. What is wrong is said on the task's page, with what was typed."""

    policy = VIEW.to(withdraw="撤回", nil="报“本期无”", accept="审核通过", post="办理一步",
                     **{"return": "退回"}, invented="办理没有的步骤")  # fmt: skip
    http_method_names = ("post",)
    sample = {"step": "nil"}

    @confirmed_recently("approve", when=lambda step, **_: step == "accept")
    @idempotent
    def post(self, request, uuid, step):
        self.object = self.get_object()
        if step not in DONE:
            raise PermissionDenied("没有这个步骤。")
        try:
            self.take(step, request.POST)
        except (Refused, ValidationError) as error:
            return self.again(step, getattr(error, "messages", None) or [str(error)])
        messages.success(request, f"“{self.object.duty}”（{self.object.unit}）：{DONE[step]}")
        return HttpResponseRedirect(task_url(self.object))

    def take(self, step: str, typed) -> None:
        task, by, reason = self.object, self.request.user, typed.get("reason", "")
        shown = whole_number(typed.get("ordinal", ""))
        if step == "withdraw":
            materials.withdraw(task, by=by)
        elif step == "nil":
            materials.say_nil(task, reason=reason, by=by)
        elif step == "accept":
            materials.accept(task, by=by, ordinal=shown)
        else:
            due_on = Day("新的截止日期", required=False).clean(typed.get("due_on", ""))
            materials.give_back(task, by=by, reason=reason, due_on=due_on, ordinal=shown)

    def again(self, step: str, said: list[str]):
        context = self.get_context_data(
            typed={"step": step, "said": said, **self.request.POST.dict()}
        )
        return self.render_to_response(context, status=422)


# -- All that a unit owes --------------------------------------------------------------------------
class TaskFilter(django_filters.FilterSet):
    year = django_filters.NumberFilter(
        label="年份", method="in_year", min_value=1990, max_value=2199
    )
    state = django_filters.ChoiceFilter(label="状态", choices=TaskState.choices, empty_label="全部")
    q = django_filters.CharFilter(label="事项、文号", method="named")

    class Meta:
        model = Task
        fields = ("year", "state", "q")

    def in_year(self, queryset, name, value):
        return queryset.filter(covers_to__year=int(value))

    def named(self, queryset, name, value):
        words = value.strip()
        return queryset.filter(duty__title__contains=words) | queryset.filter(
            duty__notice__doc_number__contains=words
        )


class TaskTable(PageTable):
    duty = tables.Column("事项", orderable=False)
    period = tables.Column("报告期")
    notice = tables.Column("通知", accessor="duty__notice__doc_number", orderable=False)
    state = tables.Column("状态", orderable=False)
    due_on = DayColumn("截止日期")
    first_reported_on = DayColumn("报送日期")

    class Meta:
        model = Task
        fields = ("duty", "period", "notice", "state", "due_on", "first_reported_on")
        order_by = ()

    def render_duty(self, record):
        return format_html('<a href="{}">{}</a>', task_url(record), record.duty)

    def render_period(self, record):
        return record.period_words or "一次"

    def render_state(self, record):
        return badges(record)


class UnitTasks(ScopedListView):
    """A unit's page with all it owes."""

    policy = VIEW.to("查看一个单位的全部任务")
    model = Task
    filterset_class = TaskFilter
    table_class = TaskTable
    scope_word = "本级"
    empty_text = "这个单位没有符合条件的任务。"

    def dispatch(self, request, *args, **kwargs):
        units = scope.granted_units(request.user, "notices_view").select_related("unit_type")
        self.unit = get_object_or_404(units, uuid=kwargs["uuid"])
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        found = super().get_queryset().at(self.unit).select_related("duty__notice")
        return found.order_by("-covers_to", "due_on", "pk")

    def get_title(self):
        return f"{self.unit}的任务"

    def get_crumbs(self):
        return crumbs_to(self.unit, self.request.user, unit_tasks_url)
