"""报表: the list, one submission's record and print view, and the steps people take with it."""

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html

from federation.confirmation import confirmed_recently
from federation.frame import crumbs_to
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.tables import DayColumn, PageTable, render_state
from federation.views.base import ActView, ScopedDetailView, ScopedListView, whole_number
from reporting import annexes, exports, paper, rights, workflow
from reporting.history import events_of
from reporting.models import State, Submission
from reporting.progress import standing

VIEW = Policy("reporting_view", resource="submission", sensitivity=3)


def record_url(submission: Submission) -> str:
    return reverse("reporting:submission", args=[submission.uuid])


def fill_url(submission: Submission) -> str:
    """Where the submission is filled: a form of blanks, or a table of rows."""
    name = "table_fill" if isinstance(submission.form, annexes.RegisterAnnex) else "form_fill"
    return reverse(f"reporting:{name}", args=[submission.uuid])


def annex_choices():
    return [(a.code, f"{a.mark} {a.title}") for a in annexes.all() if a.filed]


STANDINGS = (
    ("on_time", "按时"),
    ("late", "逾期报送"),
    ("missing", "未报"),
    ("overdue", "逾期未报"),
)


class SubmissionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="填报单位", method="named")
    annex = django_filters.ChoiceFilter(label="附件", choices=annex_choices, empty_label="全部")
    state = django_filters.ChoiceFilter(label="状态", choices=State.choices, empty_label="全部")
    standing = django_filters.ChoiceFilter(
        label="报送", choices=STANDINGS, method="standing_at", empty_label="全部"
    )

    class Meta:
        model = Submission
        fields = ("q", "annex", "state", "standing")

    def named(self, queryset, name, value):
        latin = value.strip().lower()
        if latin.isascii() and latin.isalpha():
            return queryset.filter(
                Q(unit__initials__startswith=latin) | Q(unit__pinyin__startswith=latin)
            )
        return queryset.filter(unit__name__contains=value.strip())

    def standing_at(self, queryset, name, value):
        if value == "on_time":
            return queryset.filter(first_submitted_on__isnull=False).exclude(
                pk__in=queryset.late().values("pk")
            )
        if value == "late":
            return queryset.late().filter(first_submitted_on__isnull=False)
        missing = queryset.filter(first_submitted_on__isnull=True)
        return missing.late() if value == "overdue" else missing


class StateColumn(tables.Column):
    """Word, shape and colour of a submission's state."""

    def render(self, value, record):
        return render_state(record.state)


class SubmissionTable(PageTable):
    unit = tables.Column("填报单位", order_by=("unit__pinyin",))
    annex = tables.Column("附件")
    period = tables.Column("报告期")
    state = StateColumn("状态")
    due_on = DayColumn("截止日期")
    first_submitted_on = tables.Column("报送日期", empty_values=())
    reviewer = tables.Column("审核单位", orderable=False)

    class Meta:
        model = Submission
        fields = ("unit", "annex", "period", "state", "due_on", "first_submitted_on", "reviewer")
        order_by = ()

    def render_unit(self, record):
        return format_html('<a href="{}">{}</a>', record_url(record), record.unit.name)

    def render_annex(self, record):
        return record.form.mark

    def render_first_submitted_on(self, record):
        if record.first_submitted_on is None:
            return render_state("late", "逾期未报") if record.is_late else "—"
        shown = f"{record.first_submitted_on:%Y-%m-%d}"
        if standing(record) == "late":
            return format_html('<span class="me-2">{}</span>{}', shown, render_state("late"))
        return shown


class SubmissionList(ScopedListView):
    policy = VIEW.to("查看报表列表", sensitivity=2)
    model = Submission
    filterset_class = SubmissionFilter
    table_class = SubmissionTable
    title = "报表"
    scope_word = "含下级"
    empty_text = "没有符合条件的报表。收到通知后，您单位应报的表会出现在这里。"

    def get_queryset(self):
        return super().get_queryset().select_related("unit", "reviewer")


class SubmissionPage(ScopedDetailView):
    """Base of every page about one submission."""

    policy = VIEW
    model = Submission

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related(
                "unit__unit_type",
                "unit__post_level",
                "reviewer",
                "collection",
                "submitted_by",
                "edited_by",
            )
        )

    def get_title(self):
        return f"{self.object.form.mark} {self.object.unit.name}"

    def get_crumbs(self):
        units = crumbs_to(
            self.object.unit, self.request.user, lambda unit: reverse("unit", args=[unit.uuid])
        )
        return [*units, (self.object.form.mark, "")]


class SubmissionRecord(SubmissionPage):
    policy = VIEW.to("查看报表")
    template_name = "reporting/submission.html"

    def get_primary_action(self):
        submission, user = self.object, self.request.user
        if submission.is_open and rights.may_fill(user, submission):
            proxy = not rights.fills_own(user, submission)
            return {
                "label": "代填" if proxy else "填写",
                "url": fill_url(submission),
                "icon": "pencil",
            }
        if submission.state == State.SUBMITTED and rights.may_review(user, submission):
            url = reverse("reporting:review", args=[submission.uuid])
            return {"label": "审核", "url": url, "icon": "check2-square"}
        return None

    def get_context_data(self, **kwargs):
        submission = self.object
        return super().get_context_data(
            state=submission.state,
            facts=[
                ("填报单位", submission.unit.name),
                ("审核单位", submission.reviewer),
                ("报告期", submission.period),
                ("截止日期", f"{submission.due_on:%Y-%m-%d}"),
                ("报送", _sent(submission)),
                ("通知", submission.form.notice),
            ],
            paper=paper.of(submission),
            events=events_of(submission),
            who_sees=who_sees(submission),
            steps=[
                s for s in workflow.available(submission, self.request.user) if s.code == "withdraw"
            ],
            may_review=rights.may_review(self.request.user, submission),
            export=exports.offer(submission, self.request.user),
            idempotency_key=new_key(),
            **kwargs,
        )


def _sent(submission: Submission) -> str:
    if submission.submitted_at is None:
        return "未报" + ("（已逾期）" if submission.is_late else "")
    proxy = "，代填" if submission.filled_on_behalf else ""
    nil = "，本期无" if submission.nil_report else ""
    late = "，逾期" if submission.is_late else ""
    return f"{submission.first_submitted_on:%Y-%m-%d}{late}{proxy}{nil}"


def who_sees(submission: Submission) -> list[dict]:
    lines = [{"who": submission.unit.name, "what": "填写、查看"}]
    if submission.reviewer:
        lines.append({"who": submission.reviewer.name, "what": "审核、代填、查看"})
    lines.append({"who": "更上级妇联", "what": "只能查看"})
    return lines


class SubmissionPrint(SubmissionPage):
    policy = VIEW.to("打印报表")
    template_name = "reporting/print.html"

    def get_context_data(self, **kwargs):
        sheet = paper.of(self.object)
        return super().get_context_data(
            paper=sheet, sheet_class=sheet.sheet_class, back_url=record_url(self.object), **kwargs
        )


def cells_in(post) -> list[workflow.Cell]:
    """Flagged cells of a review page: fields named ``cell:<row>:<key>`` holding the reason."""
    found = []
    for name, reason in post.items():
        if name.startswith("cell:") and name.count(":") == 2 and reason.strip():
            _, row, key = name.split(":")
            found.append(workflow.Cell(row=row, key=key, reason=reason))
    return found


class SubmissionStep(ActView):
    """Submit, withdraw, approve or return; the answer is the page one came from, or the next."""

    policy = VIEW.to(
        submit="提交",
        withdraw="撤回",
        approve="审核通过",
        **{"return": "退回"},
        consolidate="自行标为已汇总",
        invented="办理没有的步骤",
        post="办理一步",
    )
    model = Submission

    @confirmed_recently("approve", when=lambda step, **_: step == "approve")
    @idempotent
    def post(self, request, uuid, step):
        submission = self.get_object()
        reason, cells = request.POST.get("reason", ""), cells_in(request.POST)
        transition = workflow.STEPS.get(step)
        if transition is None or transition.who == "system":
            raise PermissionDenied("没有这个步骤。")
        try:
            workflow.perform(
                step,
                submission=submission,
                actor=request.user,
                reason=reason,
                cells=cells,
                version=version_in(request.POST),
                nil_report=bool(request.POST.get("nil_report")),
            )
        except workflow.Stale as stale:
            return moved_on(request, stale.submission, reason, cells)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            return HttpResponseRedirect(
                (request.POST.get("stay") and fill_url(submission)) or record_url(submission)
            )
        messages.success(request, f"已{transition.word}：{submission.unit}{submission.form.mark}。")
        return HttpResponseRedirect(self._next(submission, step))

    def _next(self, submission, step):
        if step in {"approve", "return"}:
            from reporting.views.reviews import next_waiting  # noqa: PLC0415 -- reviews imports this

            following = next_waiting(self.request.user, submission)
            if following is not None:
                return reverse("reporting:review", args=[following.uuid])
        return record_url(submission)


def version_in(post) -> int:
    """The version the page carried; a page without one is refused as stale."""
    version = whole_number(post.get("version", ""))
    return -1 if version is None else version


def moved_on(request, submission, reason: str, cells: list[workflow.Cell]):
    """409 for an act on a page that has been overtaken; what was typed is shown to be kept."""
    lines = [reason] if reason.strip() else []
    lines += [f"{_label(submission, cell.key)}：{cell.reason}" for cell in cells]
    return render(
        request,
        "reporting/moved_on.html",
        {
            "title": "报表已有变化",
            "submission": submission,
            "typed": lines,
            "back_url": reverse("reporting:review", args=[submission.uuid]),
        },
        status=409,
    )


def _label(submission, key: str) -> str:
    try:
        return submission.form.field(key).label
    except KeyError:
        return "整行"
