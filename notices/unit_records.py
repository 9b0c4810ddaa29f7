"""What a change of units means for notices: told before it is done, and followed when it is.

What a closed unit still owes passes to its successor, or ends with the reason where there is none;
so does a notice nobody signed for. A unit that leaves its issuer's area owes it nothing any more,
unless the notice named it. What was reported stays the record of the unit that reported it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from federation.models import OrgUnit
from federation.unit_changes.effect import Fact
from notices import expected
from notices.models import (
    Addressee,
    ExpectedUnit,
    Liability,
    NoticeReceipt,
    NoticeState,
    Supervision,
    SupervisionState,
    Task,
)
from notices.models.tasks import OPEN

TASKS, RECEIPTS, SUPERVISIONS = "任务", "签收", "督办"


# -- What it means ---------------------------------------------------------------------------------
def facts(units: list[OrgUnit]) -> Iterable[Fact]:
    """Which duties each of ``units`` owes with how many open tasks, and what it has to sign for."""
    keys = [unit.pk for unit in units]
    owed = Counter(_open_tasks(keys).values_list("duty_id", "unit_id"))
    for row in _listed(keys).select_related("duty", "unit").order_by("pk"):
        label = f"{row.unit.name} {row.duty}"
        words = f"{owed[row.duty_id, row.unit_id]} 项未办结"
        yield Fact(TASKS, f"{row.duty_id}-{row.unit_id}", label, (("应报", words),))
    for receipt in _unsigned(keys).select_related("notice", "unit").order_by("pk"):
        label = f"{receipt.unit.name} {receipt.notice}"
        yield Fact(RECEIPTS, f"{receipt.notice_id}-{receipt.unit_id}", label, (("状态", "待签收"),))
    open_ones = Supervision.objects.unscoped(reason="a change of units concerns who answers")
    open_ones = open_ones.filter(unit__in=keys).exclude(state=SupervisionState.STRUCK_OFF)
    for one in open_ones.select_related("unit__successor").order_by("pk"):
        answers = one.unit.successor if one.unit.is_closed else one.unit
        words = answers.name if answers else "无（由发出单位销号）"
        yield Fact(SUPERVISIONS, str(one.pk), f"{one.unit.name} {one.number}", (("答复", words),))


def _listed(keys: list[int]) -> QuerySet[ExpectedUnit]:
    current = ExpectedUnit.objects.filter(until__isnull=True, unit__in=keys)
    return current.filter(duty__notice__state=NoticeState.PUBLISHED)


def _open_tasks(keys: list[int]) -> QuerySet[Task]:
    everyone = Task.objects.unscoped(reason="a change of units concerns tasks, not their words")
    return everyone.filter(unit__in=keys, state__in=OPEN).order_by()


def _unsigned(keys: list[int]) -> QuerySet[NoticeReceipt]:
    everyone = NoticeReceipt.objects.unscoped(reason="a change of units concerns what is unsigned")
    return everyone.filter(
        unit__in=keys, signed_at=None, ended_on=None, notice__state=NoticeState.PUBLISHED
    )


# -- Following it ----------------------------------------------------------------------------------
def follow(units: QuerySet[OrgUnit]) -> None:
    """``units`` were closed or hang elsewhere by now: pass on what they owe, or end it."""
    standing = list(units.select_related("successor"))
    for unit in standing:
        if unit.is_closed:
            _receipts_gone(unit)
            expected.unit_gone(unit, successor=unit.successor, reason=_why(unit), by=None)
    _left_their_issuers([unit for unit in standing if not unit.is_closed])


def _why(unit: OrgUnit) -> str:
    if unit.successor:
        return f"{unit.name}已撤销，由{unit.successor.name}承接"[:200]
    return f"{unit.name}已撤销"[:200]


def _receipts_gone(unit: OrgUnit) -> None:
    everyone = NoticeReceipt.objects.unscoped(reason="the successor signs for what was not signed")
    for receipt in _unsigned([unit.pk]).select_for_update(of=("self",)).order_by("pk"):
        receipt.ended_on, receipt.ended_why = timezone.localdate(), _why(unit)
        receipt.save(update_fields=["ended_on", "ended_why"])
        heir = unit.successor
        if heir is not None and heir.pk != receipt.notice.issuer_id:
            everyone.get_or_create(
                notice=receipt.notice, unit=heir, defaults={"role": receipt.role}
            )


def _left_their_issuers(units: list[OrgUnit]) -> None:
    """End what ``units`` owe to issuers that no longer stand above them and did not name them."""
    by_key = {unit.pk: unit for unit in units}
    rows = _listed(list(by_key)).select_related("duty__notice__issuer")
    named = set(Addressee.objects.filter(unit__in=by_key).values_list("notice_id", "unit_id"))
    for row in rows.order_by("pk"):
        unit, notice = by_key[row.unit_id], row.duty.notice
        by_name = row.duty.owed_by.get("rule") == Liability.UNITS
        if unit.is_within(notice.issuer) or by_name or (notice.pk, unit.pk) in named:
            continue
        why = f"{unit.name}已划出{notice.issuer.name}"[:200]
        expected.remove(row.duty, unit, reason=why, by=None)
        unsigned = _unsigned([unit.pk]).filter(notice=notice)
        unsigned.update(ended_on=timezone.localdate(), ended_why=why)
