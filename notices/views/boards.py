"""任务进度: the completeness of a duty, the units behind each number, 催报, and all duties at once."""

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.db.models import Exists, Min, OuterRef
from django.http import Http404, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import View

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.tables import DayColumn, PageTable
from federation.views.base import PlainPage, ScopedListView, uuid_or_404, whole_number
from notices import board
from notices.board import Standing
from notices.models import Duty, NoticeState, Task, Urging
from notices.models.tasks import OPEN
from notices.spans import Cycle, Span
from notices.urging import urge
from notices.views.calendar import board_url
from notices.views.tasks import badges, task_url

SUPERVISE = Policy("notices_supervise", resource="duty", sensitivity=2)
# What the figures of a board lead to, by the word in the address.
STANDINGS = {
    "on_time": ("按时报送", board.CONDITIONS[Standing.ON_TIME]),
    "late": ("逾期报送", board.CONDITIONS[Standing.LATE]),
    "submitted": ("已报", board.CONDITIONS[Standing.ON_TIME] | board.CONDITIONS[Standing.LATE]),
    "missing": ("未报", board.CONDITIONS[Standing.MISSING]),
    "overdue": ("逾期未报", None),
    "exempt": ("免报（本期无）", board.CONDITIONS[Standing.EXEMPT]),
    "returned": ("退回", None),
    "done": ("已完成", None),
}


def where_stands(tasks, word: str, today):
    """``tasks`` that stand where ``word`` of :data:`STANDINGS` says."""
    if word == "overdue":
        return tasks.filter(board.CONDITIONS[Standing.MISSING], due_on__lt=today)
    if word in {"returned", "done"}:
        return tasks.filter(state=word)
    return tasks.filter(STANDINGS[word][1])


# -- All duties --------------------------------------------------------------------------------------
class Boards(PlainPage):
    """Every duty in force with tasks in reach, at the period that runs now."""

    policy = SUPERVISE.to("查看任务进度目录")
    template_name = "notices/boards.html"
    title = "任务进度"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        today = timezone.localdate()
        reach = Task.objects.visible_to(self.request.user, "supervise")
        duties = duties_in_force(reach)
        years = sorted({duty.notice.issue_date.year for duty in duties}, reverse=True)
        asked = whole_number(self.request.GET.get("year", ""))
        year = asked if asked in years else next(iter(years), today.year)
        chosen = [duty for duty in duties if duty.notice.issue_date.year == year]
        return super().get_context_data(
            lines=lines_of(chosen, reach, today), years=years, year=year, **kwargs
        )


def duties_in_force(reach) -> list[Duty]:
    """Duties of notices in force with a task in ``reach``, the newest notice first; one query."""
    found = Duty.objects.filter(
        Exists(reach.counted().filter(duty=OuterRef("pk"))), notice__state=NoticeState.PUBLISHED
    )
    return list(
        found.select_related("notice__issuer", "receiving_department").order_by(
            "-notice__issue_date", "notice", "position", "pk"
        )
    )


def lines_of(duties: list[Duty], reach, today) -> list[dict]:
    """A line for each duty at the period that runs now; two queries."""
    tasks = reach.filter(duty__in=duties)
    counts = board.completeness_by_duty(tasks, today)
    by_duty: dict[int, list[dict]] = {}
    for row in days_of(tasks, "duty", "period"):
        by_duty.setdefault(row["duty"], []).append(row)
    found = []
    for duty in duties:
        row = current(by_duty[duty.pk], today)
        found.append(
            {
                "duty": duty,
                "counts": counts[duty.pk, row["period"]],
                "due": row["due"],
                "period": period_words(duty, row),
                "url": board_url(duty, row["period"] if duty.rhythm is not Cycle.ONCE else ""),
            }
        )
    return found


def days_of(tasks, *by: str) -> list[dict]:
    """First day, opening and the rule's due day of ``tasks``, grouped ``by``; one query."""
    rows = tasks.counted().order_by().values(*by)
    return list(
        rows.annotate(since=Min("covers_from"), opens=Min("opens_on"), due=Min("rule_due_on"))
    )


def current(rows: list[dict], today) -> dict:
    """Of the periods of a duty the last that has begun, else the first."""
    rows = sorted(rows, key=lambda row: row["since"])
    begun = [row for row in rows if row["opens"] <= today]
    return begun[-1] if begun else rows[0]


def period_words(duty: Duty, row: dict) -> str:
    """The words of a period by its first day and code; empty for a duty owed once."""
    if duty.rhythm is Cycle.ONCE:
        return ""
    return Span(row["since"], row["since"], row["period"]).words


# -- One duty ----------------------------------------------------------------------------------------
class BoardFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="单位", method="named")
    standing = django_filters.ChoiceFilter(
        label="报送", method="standing_at", empty_label="全部",
        choices=[(word, label) for word, (label, _) in STANDINGS.items()],
    )  # fmt: skip
    # Kept in the address while one looks for a unit; the view has narrowed to it already.
    period = django_filters.CharFilter(label="报告期", method="as_it_is", widget=forms.HiddenInput)

    class Meta:
        model = Task
        fields = ("q", "standing", "period")

    def named(self, queryset, name, value):
        return queryset.filter(unit__in=OrgUnit.objects.matching(value))

    def standing_at(self, queryset, name, value):
        return where_stands(queryset, value, timezone.localdate())

    def as_it_is(self, queryset, name, value):
        return queryset


class BoardTable(PageTable):
    unit = tables.Column("单位", order_by=("unit__pinyin",))
    state = tables.Column("状态", orderable=False)
    due_on = DayColumn("截止日期")
    first_reported_on = DayColumn("首次报送")
    acts = tables.Column("", orderable=False, empty_values=(), attrs={"td": {"class": "acts"}})

    class Meta:
        model = Task
        fields = ("unit", "state", "due_on", "first_reported_on", "acts")
        order_by = ()

    def __init__(self, *args, urge=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.urge = urge

    def render_unit(self, record):
        return format_html('<a href="{}">{}</a>', task_url(record), record.unit.name)

    def render_state(self, record):
        return badges(record)

    def render_acts(self, record):
        begun = record.is_open and record.opens_on <= timezone.localdate()
        if not begun or record.unit_id in self.urge["own"]:
            return ""
        if record.urged_today:
            return format_html('<span class="muted">{}</span>', "今天已催报")
        return format_html(
            '<form class="inline-form" method="post" action="{}">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<input type="hidden" name="idempotency_key" value="{}-{}">'
            '<input type="hidden" name="task" value="{}">'
            '<input type="hidden" name="back" value="{}">'
            '<button class="btn btn-quiet" aria-label="催报{}">催报</button></form>',
            self.urge["url"], self.urge["token"], self.urge["key"], record.pk, record.uuid,
            self.urge["back"], record.unit.name,
        )  # fmt: skip


class OfDuty:
    """A page about one duty in force, for who sees tasks of it; else 404."""

    action = "supervise"

    def find(self, request, uuid) -> None:
        duties = Duty.objects.select_related("notice__issuer", "receiving_department")
        duty = get_object_or_404(duties.exclude(notice__state=NoticeState.DRAFT), uuid=uuid)
        self.duty = in_force(duty)
        self.reach = Task.objects.visible_to(request.user, self.action).filter(duty=self.duty)
        issued_here = scope.may(request.user, f"notices_{self.action}", self.duty.notice.issuer)
        if not issued_here and not self.reach.exists():
            raise Http404


def in_force(duty: Duty) -> Duty:
    """The same duty of the version in force: its tasks moved there when the notice was corrected."""
    if duty.notice.state != NoticeState.SUPERSEDED:
        return duty
    same = Duty.objects.select_related("notice__issuer", "receiving_department").filter(
        notice__series=duty.notice.series, code=duty.code
    )
    return (
        same.exclude(notice__state=NoticeState.DRAFT).order_by("-notice__version").first() or duty
    )


class Board(OfDuty, ScopedListView):
    """One duty and period: every unit that owes it, each in exactly one place."""

    policy = SUPERVISE.to("查看任务进度")
    model = Task
    filterset_class = BoardFilter
    table_class = BoardTable
    template_name = "notices/board.html"
    scope_word = "含下级"
    empty_text = "没有符合条件的单位。"

    def dispatch(self, request, *args, **kwargs):
        self.find(request, kwargs["uuid"])
        today = timezone.localdate()
        self.periods = sorted(days_of(self.reach, "period"), key=lambda row: row["since"])
        asked = request.GET.get("period", "")
        named = next((row for row in self.periods if row["period"] == asked), None)
        self.period = named or (current(self.periods, today) if self.periods else None)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        period = self.period["period"] if self.period else ""
        return self.reach.filter(period=period).counted()

    def listed(self):
        """The same with what the table shows; what is only counted needs none of it."""
        urged = Urging.objects.filter(task=OuterRef("pk"), day=timezone.localdate())
        found = self.get_queryset().select_related("unit", "duty__notice")
        return found.annotate(urged_today=Exists(urged)).order_by("unit__path")

    def get_filterset_kwargs(self, filterset_class):
        return {**super().get_filterset_kwargs(filterset_class), "queryset": self.listed()}

    def get_table_kwargs(self):
        urge = {
            "url": reverse("notices:urge", args=[self.duty.uuid]),
            "token": get_token(self.request),
            "key": new_key(),
            "back": self.request.get_full_path(),
            "own": own_units(self.request.user),
        }
        return {**super().get_table_kwargs(), "urge": urge}

    def chips(self):
        return [chip for chip in super().chips() if not chip[0].startswith("报告期")]

    def get_title(self):
        return str(self.duty)

    def get_crumbs(self):
        return [("任务进度", reverse("notices:boards")), (str(self.duty), "")]

    def get_context_data(self, **kwargs):
        today, duty = timezone.localdate(), self.duty
        counts = board.completeness(self.get_queryset(), today)
        return super().get_context_data(
            duty=duty,
            counts=counts,
            figures=figures_of(counts, board_url(duty, self.period["period"] if self.period else "")),
            period=self.period,
            period_words=period_words(duty, self.period) if self.period else "",
            periods=[] if duty.rhythm is Cycle.ONCE else [
                {"code": row["period"], "words": period_words(duty, row)} for row in self.periods
            ],
            may_change=duty.notice.issuer_id in scope.units_held(self.request.user, "notices_issue"),
            idempotency_key=new_key(),
            **kwargs,
        )  # fmt: skip


def figures_of(counts: board.Completeness, url: str) -> list[dict]:
    """(label, number, tone, address of the units behind it) in the order of the board."""
    join = "&" if "?" in url else "?"
    rows = [
        ("应报", counts.expected, "", ""),
        ("已报", counts.submitted, "", "submitted"),
        ("按时", counts.on_time, "ok", "on_time"),
        ("逾期报送", counts.late, "late", "late"),
        ("未报", counts.missing, "late", "missing"),
        ("逾期未报", counts.overdue, "late", "overdue"),
        ("免报", counts.exempt, "muted", "exempt"),
        ("退回", counts.returned, "warn", "returned"),
        ("已完成", counts.done, "ok", "done"),
    ]
    return [
        {"label": label, "value": value, "tone": tone if value else "muted",
         "url": f"{url}{join}standing={word}" if word else url}
        for label, value, tone, word in rows
    ]  # fmt: skip


class Urge(OfDuty, View):
    """催报 of one unit, or of all that are missing in a period. At most once a day each."""

    policy = SUPERVISE.to("催报")
    http_method_names = ("post",)

    @idempotent
    def post(self, request, uuid):
        self.find(request, uuid)
        owed = self.reach.filter(state__in=OPEN, opens_on__lte=timezone.localdate())
        owed = owed.exclude(unit__in=own_units(request.user))
        chosen = request.POST.get("task", "")
        if chosen:
            tasks = [uuid_or_404(Task, owed, chosen)]
        else:
            missing = board.CONDITIONS[Standing.MISSING]
            tasks = list(owed.filter(missing, period=request.POST.get("period", "")))
        messages.info(request, urge(tasks, by=request.user).words)
        return HttpResponseRedirect(here(request, self.duty))


def own_units(user) -> set[int]:
    """Units she answers for herself: nobody urges her own."""
    return scope.units_held(user, "notices_sign")


def here(request, duty: Duty) -> str:
    """The board one came from, with its filters; never another site."""
    back, board_page = request.POST.get("back", ""), board_url(duty)
    return back if back == board_page or back.startswith(f"{board_page}?") else board_page
