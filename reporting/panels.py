"""What reporting puts on 工作台: what is due, what waits for review, what came back, running jobs."""

import datetime as dt

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from federation import frame
from federation.frame import Panel
from federation.models import User
from reporting import rights
from reporting.jobs import running_jobs
from reporting.jobs.kinds import heading_of
from reporting.models import State, Submission
from reporting.progress import progress_by_call
from reporting.views.submissions import fill_url, record_url

SHOWN = 8


def _mine(user: User):
    """Submissions the person fills herself: of the units at exactly which she may fill."""
    return Submission.objects.held_by(user, "fill").select_related("unit")


def _waiting(user: User):
    return (
        Submission.objects.visible_to(user, "review")
        .waiting()
        .filter(reviewer__in=rights.reviewed_units(user))
        .select_related("unit")
        .order_by("submitted_at")
    )


def _line(submission, url) -> dict:
    return {
        "title": f"{submission.form.mark} {submission.unit}",
        "url": url,
        "meta": submission.form.title,
        "state": submission.state,
        "late": submission.is_late and submission.first_submitted_on is None,
        "due": submission.due_on,
    }


def _back(user: User):
    return _mine(user).filter(state=State.RETURNED).order_by("due_on")


def _owed(user: User):
    return _mine(user).filter(state=State.DRAFT).order_by("due_on", "unit__path")


def _overdue(user: User):
    """Whom to remind: what is owed to the person's own unit, never reported, and past its day."""
    return (
        Submission.objects.visible_to(user, "review")
        .filter(reviewer__in=rights.reviewed_units(user))
        .missing()
        .late()
        .select_related("unit")
        .order_by("due_on", "unit__path")
    )


@frame.todo("forms_owed", "forms_back", "forms_waiting")
def waiting(user: User, _today: dt.date) -> dict[str, QuerySet]:
    return {"forms_owed": _owed(user), "forms_back": _back(user), "forms_waiting": _waiting(user)}


@frame.counted
def counted(request) -> dict:
    return {
        **waiting(request.user, timezone.localdate()),
        "forms": _mine(request.user),
        "forms_overdue": _overdue(request.user),
        "jobs": running_jobs(request.user),
    }


@frame.panel
def due(request):
    counts = frame.counts_of(request)
    count = counts["forms_owed"]
    return (
        Panel(
            title="待报",
            icon="pencil-square",
            count=count,
            tone="info",
            items=[_line(s, fill_url(s)) for s in _owed(request.user)[:SHOWN]] if count else [],
            empty="没有待报的报表。",
            more_url=f"{reverse('reporting:submissions')}?state=draft" if count > SHOWN else "",
            position=10,
        )
        if counts["forms"]
        else None
    )


@frame.panel
def returned(request):
    count = frame.counts_of(request)["forms_back"]
    if not count:
        return None
    return Panel(
        title="退回给我",
        icon="arrow-return-left",
        count=count,
        tone="warn",
        items=[
            {**_line(s, fill_url(s)), "meta": f"退回：{_why(s)}"}
            for s in _back(request.user).prefetch_related("cell_returns", "events")[:SHOWN]
        ],
        more_url=f"{reverse('reporting:submissions')}?state=returned" if count > SHOWN else "",
        position=5,
    )


def _why(submission) -> str:
    """The first reason of a standing return, of a cell or of the whole form."""
    cells = [c.reason for c in submission.cell_returns.all() if c.resolved_at is None]
    whole = [e.reason for e in reversed(submission.events.all()) if e.step == "return"]
    return next(filter(None, [*cells, *whole[:1]]), submission.form.title)


@frame.panel
def to_review(request):
    if not rights.reviewed_units(request.user):
        return None
    count = frame.counts_of(request)["forms_waiting"]
    lines = _waiting(request.user)[:SHOWN] if count else []
    return Panel(
        title="待我审核",
        icon="check2-square",
        count=count,
        tone="info",
        items=[_line(s, reverse("reporting:review", args=[s.uuid])) for s in lines],
        empty="没有等待审核的报表。",
        more_url=f"{reverse('reporting:submissions')}?state=submitted" if count > SHOWN else "",
        position=20,
    )


@frame.panel
def overdue(request):
    count = frame.counts_of(request)["forms_overdue"]
    if not count:
        return None
    return Panel(
        title="逾期未报",
        icon="clock",
        count=count,
        tone="late",
        items=[_line(s, record_url(s)) for s in _overdue(request.user)[:SHOWN]],
        more_url=f"{reverse('reporting:submissions')}?standing=overdue" if count > SHOWN else "",
        position=25,
    )


@frame.panel
def jobs(request):
    if not frame.counts_of(request)["jobs"]:
        return None
    running = list(running_jobs(request.user)[:SHOWN])
    return Panel(
        title="正在办理的作业",
        icon="hourglass-split",
        count=len(running),
        items=[
            {
                "title": heading_of(j),
                "url": reverse("reporting:job", args=[j.uuid]),
                "state": j.state,
            }
            for j in running
        ],
        position=30,
    )


@frame.figures
def completeness(request) -> list[dict]:
    """One big figure a call in reach: how many of how many have answered, and who is late."""
    from reporting.models import Collection  # noqa: PLC0415

    reach = Submission.objects.visible_to(request.user, "review")
    counts, found = progress_by_call(reach), []
    for call in Collection.objects.filter(pk__in=counts)[:4]:
        counted = counts[call.pk]
        if counted.expected < 2:
            continue
        found.append(
            {
                "label": f"{call.form.mark} 已报",
                "value": f"{counted.submitted} / {counted.expected}",
                "note": f"按时\u00a0{counted.on_time} · 逾期\u00a0{counted.late} · 未报\u00a0{counted.missing}",
                "url": reverse("reporting:collection", args=[call.uuid]),
                "tone": "late" if counted.missing else "ok",
            }
        )
    return found
