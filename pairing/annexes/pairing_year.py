"""结对年度统计: what became of a year's pairs, by unit. Our own form; the notice prints none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from pairing.models import (
    AssistanceProject,
    ContactLog,
    Pairing,
    Rule,
    RuleWindow,
    SupportLine,
    Term,
)
from registry import figures
from registry.models.persons import ADULT, born_after
from reporting.annexes import Asked, Measure, Period, SummaryAnnex

OF_PAIR = "pairing__unit__path"
VISIT, DEED, CONDOLENCE = "mutual_visit", "tangible_deed", "condolence_visit"
Direction, Cash = ContactLog.Direction, SupportLine.Kind.CASH


def days_of(asked: Asked) -> tuple[dt.date, dt.date]:
    year = int(asked.period)
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _of_kind(rows: QuerySet, asked: Asked, lookup: str = "pairing__kind__code") -> QuerySet:
    kind = asked.only.get("kind")
    return rows.filter(**{lookup: kind}) if kind else rows


def pairs(asked: Asked) -> QuerySet:
    """Active on some day of the year."""
    terms = Term.objects.visible_to(asked.user, asked.action).holding(*days_of(asked))
    rows = Pairing.objects.visible_to(asked.user, asked.action)
    return _of_kind(rows.filter(pk__in=terms.values("pairing_id")), asked, "kind__code")


def with_children(asked: Asked) -> QuerySet:
    """Those whose recipient is under age today."""
    return pairs(asked).filter(person__born_on__gt=born_after(ADULT))


def logs(asked: Asked) -> QuerySet:
    """Of the year, each once; not those withdrawn."""
    rows = ContactLog.objects.visible_to(asked.user, asked.action).counted()
    return _of_kind(rows.filter(on__range=days_of(asked)), asked)


def _logs(*conditions: Q, **more: Any) -> Callable[[Asked], QuerySet]:
    return lambda asked: logs(asked).filter(*conditions, **more)


def given(asked: Asked) -> QuerySet:
    """Support lines: of a log in its year; of a project by its own day, else in the project's year."""
    of_log = Q(log__withdrawn_at=None, log__on__range=days_of(asked), log__isnull=False)
    this_day = Q(given_on__range=days_of(asked)) | Q(given_on=None, project__year=asked.period)
    of_project = Q(project__isnull=False) & this_day
    rows = SupportLine.objects.visible_to(asked.user, asked.action).filter(of_log | of_project)
    return _of_kind(rows.exclude(project__state=AssistanceProject.State.ABANDONED), asked)


def worth(asked: Asked) -> QuerySet:
    """Logs that say a value and list nothing: what is listed is counted line by line."""
    return logs(asked).filter(value__gt=0, support_lines=None)


def projects(asked: Asked) -> QuerySet:
    rows = AssistanceProject.objects.visible_to(asked.user, asked.action).filter(year=asked.period)
    return _of_kind(rows.exclude(state=AssistanceProject.State.ABANDONED), asked)


def owed(asked: Asked) -> QuerySet:
    """Windows of the year that were owed: those that are over, and the running one of a whole year."""
    first, last = days_of(asked)
    over = Q(last_day__lt=timezone.localdate()) | Q(rule__window=Rule.Window.YEAR)
    rows = RuleWindow.objects.visible_to(asked.user, asked.action).filter(over, owed=True)
    return _of_kind(rows.filter(first_day__gte=first, last_day__lte=last), asked)


def _rule(code: str) -> Callable[[Asked], QuerySet]:
    return lambda asked: owed(asked).filter(rule__bundle__code="three_ones", rule__code=code)


def _rate(code: str, heading: str, records: Callable[[Asked], QuerySet]) -> Measure:
    return Measure(
        code, heading, "%", records, adds_up="rate", place=OF_PAIR, part=Q(met=True), group=MET
    )


PAIRS, CONTACT, HELP, PROJECTS, MET = "结对", "联系走访", "帮扶投入", "帮扶项目", "“三个一”达标率"
_lines = Sum("value")


class PairingYear(SummaryAnnex):
    """结对年度统计表: of a city by county, of a county by helping unit."""

    code = "pairing-year-summary"
    title = "结对帮扶年度统计表"
    mark = "附表"
    notice = "妇联工作台"
    period = Period.YEAR
    workbook = "pairing_year.xlsx"
    heading_row = 5
    first_row = 6
    printed_rows = 7
    unit_cell = "A3"
    headings = {
        "A1": "附表",
        "A2": "结对帮扶年度统计表",
        "B4": PAIRS,
        "E4": CONTACT,
        "I4": "实事",
        "K4": HELP,
        "N4": PROJECTS,
        "P4": MET,
    }
    measures = (
        Measure("pairs", "结对", "对", pairs, group=PAIRS),
        Measure(
            "places", "受助村、社区", "个", pairs, adds_up="distinct", counts="recipient_unit",
            group=PAIRS,
        ),
        Measure(
            "children", "受助儿童", "人", with_children, adds_up="distinct", counts="person",
            shown=figures.cell, zero=figures.NONE, group=PAIRS,
        ),
        Measure(
            "contacts", "联系", "次", _logs(~Q(kind__code__in=(VISIT, DEED, CONDOLENCE))),
            place=OF_PAIR, group=CONTACT,
        ),
        Measure(
            "went", "互访·去", "次", _logs(~Q(direction=Direction.TO_HELPER), kind__code=VISIT),
            place=OF_PAIR, group=CONTACT,
        ),
        Measure(
            "came", "互访·来", "次", _logs(direction=Direction.TO_HELPER, kind__code=VISIT),
            place=OF_PAIR, group=CONTACT,
        ),
        Measure(
            "condolences", "走访慰问", "次", _logs(kind__code=CONDOLENCE), place=OF_PAIR, group=CONTACT
        ),
        Measure("deeds", "实事", "件", _logs(kind__code=DEED), place=OF_PAIR, group="实事"),
        Measure(
            "people", "受益", "人次", _logs(beneficiaries__gt=0), place=OF_PAIR,
            amount=Sum("beneficiaries"), group="实事",
        ),
        Measure(
            "money", "资金", "元", lambda asked: given(asked).filter(kind=Cash), place=OF_PAIR,
            amount=_lines, group=HELP,
        ),
        Measure(
            "goods", "物资折价", "元", lambda asked: given(asked).exclude(kind=Cash), place=OF_PAIR,
            amount=_lines, group=HELP,
        ),
        Measure(
            "worth", "未列明细", "元", worth, place=OF_PAIR, amount=_lines, group=HELP
        ),
        Measure(
            "building", "造血", "个",
            lambda asked: projects(asked).filter(nature=AssistanceProject.Nature.CAPACITY_BUILDING),
            place=OF_PAIR, group=PROJECTS,
        ),
        Measure(
            "relief", "输血", "个",
            lambda asked: projects(asked).filter(nature=AssistanceProject.Nature.RELIEF),
            place=OF_PAIR, group=PROJECTS,
        ),
        _rate("monthly_contact", "每月联系", _rule("monthly_contact")),
        _rate("half_year_visit", "半年互访", _rule("half_year_visit")),
        _rate("yearly_deed", "年度实事", _rule("yearly_deed")),
        _rate("yearly_projects", "帮扶项目", _rule("yearly_projects")),
        _rate("all_rules", "各类规则", owed),
    )  # fmt: skip

    def respondents(self, issuer: Any) -> Any:
        return type(issuer).objects.none()

    def listed(self, unit: Any) -> bool:
        """Federations, committees and posts; departments and the like where they have figures."""
        return super().listed(unit) and unit.unit_type.group in ("federation", "committee", "post")


def years(user: Any, action: str = "view") -> list[int]:
    """The years that have pairs ``user`` may see, newest first; this year always."""
    this = timezone.localdate().year
    begun = (
        Term.objects.visible_to(user, action)
        .order_by("starts_on")
        .values_list("starts_on", flat=True)
    )
    first = begun.first()
    return list(range(this, min(first.year if first else this, this) - 1, -1))
