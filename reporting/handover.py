"""What a person who leaves has under her hands here: drafts, forms waiting for her, running jobs."""

from django.db.models import Count, Q, QuerySet

from federation.handover import SHOWN, Held, Holding, heirs
from federation.models import OrgUnit, User
from reporting import rights
from reporting.jobs import running_jobs
from reporting.jobs.kinds import heading_of
from reporting.models import State, Submission


def held_by(user: User, units: list[OrgUnit]) -> list[Holding]:
    """See :mod:`federation.handover`. Names forms and units, never what a form says."""
    seen = Submission.objects.visible_to(user)  # by the leaver: the administrator sees none
    mine = seen.filter(Q(unit__in=units) | Q(reviewer__in=units))
    return [_drafts(user, mine), _reviews(user, seen, units), _jobs(user)]


def _drafts(user: User, found: QuerySet[Submission]) -> Holding:
    """What she typed last and has not reported; whoever else fills at the unit or for it can go on."""
    drafts = found.filter(edited_by=user, state__in=(State.DRAFT, State.RETURNED)).distinct()
    shown = list(drafts.select_related("unit", "reviewer").order_by("due_on", "pk")[: SHOWN + 1])
    here = heirs(user, "reporting_fill", {s.unit for s in shown})
    above = heirs(user, "reporting_proxy", {s.reviewer for s in shown if s.reviewer})
    items = [
        Held(
            f"{submission.form.mark} {submission.unit}",
            here.get(submission.unit_id, ()) + above.get(submission.reviewer_id, ()),
            f"{submission.get_state_display()}，{submission.due_on}截止",
        )
        for submission in shown[:SHOWN]
    ]
    more = drafts.count() - SHOWN if len(shown) > SHOWN else 0
    return Holding("没有报出的报表", items, more=more)


def _reviews(user: User, seen: QuerySet[Submission], units: list[OrgUnit]) -> Holding:
    """What waits at her desks for a review, a line a unit."""
    desks = rights.reviewed_units(user) & {unit.pk for unit in units}
    others = heirs(user, "reporting_review", [unit for unit in units if unit.pk in desks])
    waiting = (
        seen.filter(state=State.SUBMITTED, reviewer__in=desks)
        .values("reviewer", "reviewer__name")
        .annotate(count=Count("pk"))
        .order_by("reviewer")
    )
    items = [
        Held(f"{line['reviewer__name']}：{line['count']}份待审", others.get(line["reviewer"], ()))
        for line in waiting
    ]
    return Holding("等她审核的报表", items)


def _jobs(user: User) -> Holding:
    items = [
        Held(heading_of(job), note="结束任职后停办，请接手的人重新导出")
        for job in running_jobs(user)
    ]
    return Holding("正在办理的作业", items[:SHOWN], needs_heir=False)
