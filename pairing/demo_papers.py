"""What the demo's pairs have put in writing: agreements, plans, projects with what was given."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from federation.models import User
from pairing.models import (
    AssistancePlan,
    AssistanceProject,
    Milestone,
    Pairing,
    PairingAgreement,
    SupportLine,
)

Project = AssistanceProject
SECTORS = {
    "培训": "training", "种植": "farming", "贷款": "employment", "图书": "culture", "书柜": "site",
    "器材": "culture", "妇女之家": "site", "学生": "education", "合作社": "cooperative", "讲座": "training",
}  # fmt: skip


def write(lived: list[tuple[Pairing, User, int]], since: dt.date, today: dt.date) -> None:
    """Of pairs (each with who keeps it, and its number) that began on ``since``."""
    PairingAgreement.objects.bulk_create(
        PairingAgreement(
            pairing=pair, helper_name=pair.unit.name, recipient_name=pair.recipient_unit.name,
            terms="甲、乙双方每月联系、每半年互访，甲方每年至少办一件实事，落实1—2个帮扶项目。",
            signed_on=since, valid_until=dt.date(today.year, 12 if n % 7 else 11, 30), entered_by=by,
        )
        for pair, by, n in lived
    )  # fmt: skip
    years = (today.year - 1, today.year)
    AssistancePlan.objects.bulk_create(
        AssistancePlan(pairing=pair, year=years[1], text=f"本年度：{pair.goal}", entered_by=by)
        for pair, by, n in lived
        if n % 4
    )
    projects = [
        _project(pair, by, n, year, goal, since, today)
        for pair, by, n in lived
        for year in years
        for goal in pair.goal.rstrip("。").split("；")[: 1 + (n % 3 == 0)]
        if n % 7 != 5 or year != today.year
    ]
    Project.objects.bulk_create(projects)
    Milestone.objects.bulk_create(
        Milestone(
            pairing=one.pairing, project=one, name=name, due_on=due,
            done_on=due if due < today and (one.pk + place) % 5 else None,
        )
        for one in projects
        for place, (name, due) in enumerate(_steps(one.year))
    )  # fmt: skip
    SupportLine.objects.bulk_create(
        SupportLine(
            pairing=one.pairing, project=one, kind=SupportLine.Kind.CASH, name="项目资金",
            value=(one.budget or Decimal()) / 2, given_on=max(since, dt.date(one.year, 4, 20)),
        )
        for one in projects
        if one.nature == Project.Nature.CAPACITY_BUILDING and dt.date(one.year, 4, 20) < today
    )  # fmt: skip


def _project(
    pair: Pairing, by: User, n: int, year: int, goal: str, since: dt.date, today: dt.date
) -> AssistanceProject:
    gives = any(word in goal for word in ("捐", "资助", "添置", "慰问"))
    done = year < today.year or n % 4 == 1
    sector = next((s for word, s in SECTORS.items() if word in goal), "other")
    return Project(
        pairing=pair, year=year, name=goal[:40], goal=goal, sector=sector,
        nature=Project.Nature.RELIEF if gives else Project.Nature.CAPACITY_BUILDING,
        policy_used="妇女小额担保贷款财政贴息" if "贷款" in goal else "",
        budget=Decimal(5000 + n % 9 * 2500),
        state=Project.State.FINISHED if done else Project.State.RUNNING,
        starts_on=max(since, dt.date(year, 2, 1)),
        finished_on=max(since, dt.date(year, 10, 15)) if year < today.year else None,
        results="已按目标完成。" if done else "", beneficiaries=6 + n % 30 if done else None,
        entered_by=by,
    )  # fmt: skip


def _steps(year: int) -> tuple[tuple[str, dt.date], ...]:
    return (
        ("商定方案", dt.date(year, 3, 31)),
        ("组织实施", dt.date(year, 8, 31)),
        ("验收总结", dt.date(year, 11, 30)),
    )
