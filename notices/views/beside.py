"""What stands beside a notice on the screen: its duties with their dates, 签收, versions, acts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.models import User
from notices import due_rules, fulfilment, liability, rights, schedule
from notices.duty_form import DutyForm
from notices.models import Addressee, Duty, Notice, NoticeReceipt, NoticeState, Task
from notices.spans import Cycle

SHOWN = 2  # dates of a periodic duty beside a notice, those to come first
SIGNERS = 8


@dataclass(frozen=True)
class DutyLine:
    duty: Duty
    dates: list[tuple[str, str]]  # (period in words or "", 截止 …)
    more: int
    board_url: str
    task_url: str
    expected: int


@dataclass(frozen=True)
class Signed:
    total: int
    waiting: int
    last: list[NoticeReceipt]

    @property
    def done(self) -> int:
        return self.total - self.waiting


def dates_of(duty: Duty, occurrences: list[due_rules.Occurrence]) -> list[tuple[str, str]]:
    """(2014年第2季度, 截止 6月10日 · 6月11日起逾期 …) for each time ``duty`` is owed."""
    found = []
    for occurrence in occurrences:
        task = Task(duty=duty)
        if occurrence.due_on:
            fulfilment.set_due(task, occurrence.due_on)
        period = "" if duty.rhythm is Cycle.ONCE else occurrence.span.words
        found.append((period, task.date_words))
    return found


def _next(occurrences: list[due_rules.Occurrence]) -> int:
    """The place of the first that is not over; of the last ones where all are."""
    today = timezone.localdate()
    for place, occurrence in enumerate(occurrences):
        if occurrence.due_on is None or occurrence.due_on >= today:
            return place
    return max(0, len(occurrences) - SHOWN)


def duties_of(notice: Notice, user: User) -> list[DutyLine]:
    duties = list(
        notice.duties.select_related("receiving_department").annotate(
            expected_now=Count("expected", filter=Q(expected__until=None))
        )
    )
    for duty in duties:
        duty.notice = notice  # so that the rules read it without asking
    supervises = scope.may(user, "notices_supervise") and not notice.is_draft
    own = _own_tasks(notice, user)
    lines = []
    for duty, occurrences in schedule.timetable(duties):
        dates = dates_of(duty, occurrences)
        lines.append(
            DutyLine(
                duty=duty,
                dates=dates[_next(occurrences) :][:SHOWN],
                more=max(0, len(dates) - SHOWN),
                board_url=reverse("notices:board", args=[duty.uuid]) if supervises else "",
                task_url=reverse("notices:task", args=[own[duty.pk]]) if duty.pk in own else "",
                expected=duty.expected_now,
            )
        )
    return lines


def _own_tasks(notice: Notice, user: User) -> dict[int, object]:
    """Duty → the newest task of one's own units."""
    held = scope.units_held(user, "notices_sign")
    tasks = Task.objects.visible_to(user).filter(duty__notice=notice, unit__in=held).counted()
    return dict(tasks.order_by("period").values_list("duty", "uuid"))


def signed_by(notice: Notice, user: User) -> Signed | None:
    """How many have signed, and the last of them; None for a draft."""
    if notice.state == NoticeState.DRAFT:
        return None
    receipts = rights.readable_receipts(user, notice)
    counts = receipts.aggregate(
        total=Count("pk", filter=Q(ended_on__isnull=True)),
        waiting=Count("pk", filter=Q(signed_at__isnull=True, ended_on__isnull=True)),
    )
    last = receipts.filter(signed_at__isnull=False).select_related("unit", "signed_by")
    return Signed(**counts, last=list(last.order_by("-signed_at", "pk")[:SIGNERS]))


def versions_of(notice: Notice, user: User) -> list[Notice]:
    """All versions one may read, the newest first; nothing where there is but one."""
    seen = Notice.objects.visible_to(user).filter(series=notice.series).order_by("-version")
    found = list(seen.select_related("published_by"))
    return found if len(found) > 1 else []


def acts_on(notice: Notice, user: User) -> list[dict]:
    """What ``user`` may do with ``notice`` next, as links; the first is the obvious one."""
    if not rights.may_issue(user, notice):
        return []
    names = {
        NoticeState.DRAFT: (
            ("edit", "继续编辑", "pencil"),
            ("publish", "检查并发布", "send"),
            ("discard", "删除草稿", "trash"),
        ),
        NoticeState.PUBLISHED: (
            ("correct", "更正", "pencil"),
            ("withdraw", "撤回", "arrow-counterclockwise"),
        ),
    }.get(NoticeState(notice.state), ())
    return [
        {"label": label, "icon": icon, "url": reverse(f"notices:{name}", args=[notice.uuid])}
        for name, label, icon in names
    ]


# -- Beside a draft --------------------------------------------------------------------------------
LISTED = 4  # dates of a periodic duty in a draft
NAMED = 6  # units named before it says how many


@dataclass(frozen=True)
class Preview:
    """What a duty being typed would mean. ``problem`` is a sentence while it means nothing yet."""

    dates: list[tuple[str, str]]
    units: int = 0
    first: str = ""
    problem: str = ""


def preview_of(form: DutyForm) -> Preview | None:
    """The days and the units of the duty in ``form``; None of a form that nobody has filled yet."""
    if not form.is_bound and form.instance.pk is None:
        return None
    if form.is_bound:
        form.is_valid()
        if "made_due_kind" not in form.cleaned_data:
            told = (
                form.errors.get("due_kind")
                or form.errors.get("due_date")
                or ["先填好“何时截止”，这里就会列出每一期的日期。"]
            )
            return Preview([], problem=told[0])
        duty = form.duty_typed()
    else:
        duty = form.instance
    try:
        others = list(duty.notice.duties.exclude(pk=form.instance.pk))
        for other in others:
            other.notice = duty.notice
        known = schedule.due_days(others)
        dates = dates_of(duty, list(schedule.occurrences_of(duty, known)))
    except due_rules.DueRuleError as error:
        return Preview([], problem=str(error))
    if form.is_bound and "made_owed_rule" not in form.cleaned_data:
        told = form.errors.get("owed_rule") or ["请选择由谁报。"]
        return Preview(dates, problem=told[0])
    units, first, problem = who_owes(duty)
    return Preview(dates, units, first, problem)


def who_owes(duty: Duty) -> tuple[int, str, str]:
    """(how many units owe ``duty`` today, the first of them, what is wrong)."""
    try:
        names = list(liability.liable(duty).values_list("name", flat=True))
    except liability.LiabilityError as error:
        return 0, "", str(error)
    first = "、".join(names[:NAMED]) + ("等" if len(names) > NAMED else "")
    return len(names), first, "" if names else "没有一个组织符合“由谁报”，请核对。"


@dataclass(frozen=True)
class Asked:
    """One duty on the page that asks before publishing."""

    duty: Duty
    dates: list[tuple[str, str]]
    units: int
    first: str


def asked_by(notice: Notice) -> list[Asked]:
    """Who would owe what by when, if ``notice`` were published now."""
    duties = list(notice.duties.select_related("receiving_department"))
    for duty in duties:
        duty.notice = notice
    return [
        Asked(duty, dates_of(duty, occurrences), *who_owes(duty)[:2])
        for duty, occurrences in schedule.timetable(duties)
    ]


def parts_of(notice: Notice) -> dict:
    """The parts of a draft as its page lists them, each with where it is changed."""
    duties = list(notice.duties.all())
    for duty in duties:
        duty.notice = notice
    receivers = liability.recipients(notice)
    return {
        "addressees": list(notice.addressees.select_related("unit", "unit_type")),
        "contacts": list(notice.contacts.all()),
        "attachments": list(notice.attachments.all()),
        "duties": [
            DutyLine(duty, dates_of(duty, o)[:LISTED], max(0, len(o) - LISTED), "", "", 0)
            for duty, o in schedule.timetable(duties)
        ],
        "receivers": len(receivers),
        "main_role": Addressee.Role.MAIN,
    }
