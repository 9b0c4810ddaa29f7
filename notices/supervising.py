"""督办: issuing, answering, sending back, striking off. One table of steps.

Acting belongs to one level: a 督办单 is issued, sent back and struck off by who holds
``notices_supervise`` at exactly the unit it comes from (the notice's issuer, or the duty's receiving
department), and answered by who holds ``notices_sign`` at exactly the unit it goes to. What a closed
unit had to answer, its successor answers. Each act is one transaction with its audit line.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from federation import audit, scope
from federation.models import OrgUnit, User
from notices import locks
from notices.fulfilment import Refused
from notices.models import (
    NoticeState,
    Supervision,
    SupervisionEvent,
    SupervisionState,
    Task,
    TaskQuerySet,
)
from notices.models.supervision import TO_ANSWER
from notices.models.tasks import OPEN

Kind, State = SupervisionEvent.Kind, SupervisionState
# Step → (states it may come from, state it leads to).
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    Kind.ANSWERED: (frozenset(TO_ANSWER), State.SETTLED),
    Kind.RETURNED: (frozenset({State.SETTLED}), State.RETURNED),
    Kind.STRUCK_OFF: (frozenset({*TO_ANSWER, State.SETTLED}), State.STRUCK_OFF),
}
MOST_WORDS = 2000


# -- Who may ---------------------------------------------------------------------------------------
def may_supervise(user: User, supervision: Supervision) -> bool:
    return supervision.issuer_id in scope.units_held(user, "notices_supervise")


def may_answer(user: User, supervision: Supervision) -> bool:
    return supervision.unit_id in scope.units_held(user, "notices_sign")


def late_tasks(user: User, today: dt.date | None = None) -> TaskQuerySet:
    """Tasks late today that ``user`` may issue a 督办单 about."""
    held = scope.units_held(user, "notices_supervise")
    today = today or timezone.localdate()
    if not held:
        return Task.objects.none()
    everyone = Task.objects.unscoped(reason="of duties that come from or go to her own units")
    mine = Q(duty__notice__issuer__in=held) | Q(duty__receiving_department__in=held)
    return everyone.filter(
        mine, state__in=OPEN, due_on__lt=today, duty__notice__state=NoticeState.PUBLISHED
    )


def issuers(user: User, tasks: list[Task]) -> set[int]:
    """Units in whose name ``user`` may supervise all of ``tasks``, by key."""
    held = scope.units_held(user, "notices_supervise")
    for task in tasks:
        held &= {task.duty.notice.issuer_id, task.duty.receiving_department_id}
    return held


# -- Acts ------------------------------------------------------------------------------------------
@transaction.atomic
def issue(
    tasks: list[Task],
    *,
    by: User,
    requirement: str,
    answer_by: dt.date,
    at: dt.datetime | None = None,
) -> Supervision:
    """A 督办单 about ``tasks``, all late and of one unit, with the next number of its issuer.

    ``Refused`` with a sentence. Numbers have no gaps: they are given under a lock of the issuer,
    and a transaction that fails gives its number back.
    """
    at = at or timezone.now()
    today = timezone.localdate(at)
    text = _checked_text(requirement, "请填写办理要求。")
    if answer_by < today:
        raise Refused("答复期限不能早于今天。")
    rows = list(locks.tasks(task.pk for task in tasks))
    if not rows:
        raise Refused("请至少选择一项逾期的任务。")
    if len({task.unit_id for task in rows}) > 1:
        raise Refused("一份督办单只发给一个单位，请分别发出。")
    for task in rows:
        if not (task.is_open and task.is_late(today)):
            raise Refused(f"“{task.duty}”没有逾期或已经报送，不需督办。")
    names = issuers(by, rows)
    if not names:
        raise Refused("所选任务不是由您所在单位发文或受理的，不能由您督办。")
    busy = Supervision.objects.unscoped(reason="a task is supervised once at a time").exclude(
        state=State.STRUCK_OFF
    )
    if open_one := busy.filter(tasks__in=rows).first():
        raise Refused(f"所选任务已有督办单 {open_one.number} 没有销号，请在那一份上办理。")
    first = rows[0].duty.notice.issuer_id
    issuer = OrgUnit.objects.select_for_update(no_key=True).get(
        pk=first if first in names else min(names)
    )
    made = Supervision.objects.create(
        issuer=issuer,
        unit=rows[0].unit,
        year=today.year,
        serial=_next_serial(issuer, today.year),
        requirement=text,
        answer_by=answer_by,
        issued_at=at,
    )
    made.tasks.set(rows)
    _note(made, Kind.ISSUED, by, at, text, answer_by)
    return made


def _next_serial(issuer: OrgUnit, year: int) -> int:
    everyone = Supervision.objects.unscoped(reason="the next number of the issuer's year")
    last = everyone.filter(issuer=issuer, year=year).aggregate(last=Max("serial"))["last"]
    return (last or 0) + 1


@transaction.atomic
def answer(
    supervision: Supervision, *, by: User, text: str, at: dt.datetime | None = None
) -> Supervision:
    """答复 by the unit: how the matter was settled."""
    row = _locked(supervision)
    if not may_answer(by, row):
        raise Refused(f"督办单由{row.unit}的人员答复。")
    return _step(row, Kind.ANSWERED, by, at, _checked_text(text, "请填写办理情况。"))


@transaction.atomic
def send_back(
    supervision: Supervision,
    *,
    by: User,
    text: str,
    answer_by: dt.date,
    at: dt.datetime | None = None,
) -> Supervision:
    """退回 an answer with the reason and a new day to answer by."""
    row = _locked(supervision)
    _judge_issuer(row, by)
    if answer_by < timezone.localdate(at or timezone.now()):
        raise Refused("新的答复期限不能早于今天。")
    row.answer_by = answer_by
    return _step(row, Kind.RETURNED, by, at, _checked_text(text, "请填写退回的原因。"))


@transaction.atomic
def strike_off(
    supervision: Supervision, *, by: User, text: str = "", at: dt.datetime | None = None
) -> Supervision:
    """销号. Without an answer it needs a reason, such as that the unit is no more."""
    row = _locked(supervision)
    _judge_issuer(row, by)
    if row.to_answer and not text.strip():
        raise Refused("承办单位还没有答复；确需销号请写明原因。")
    return _step(row, Kind.STRUCK_OFF, by, at, text.strip()[:MOST_WORDS])


def _locked(supervision: Supervision) -> Supervision:
    everyone = Supervision.objects.unscoped(reason="lock the 督办单 that moves on")
    found = everyone.select_for_update(of=("self",)).select_related("unit", "issuer")
    return found.get(pk=supervision.pk)


def _judge_issuer(row: Supervision, by: User) -> None:
    if not may_supervise(by, row):
        raise Refused(f"督办单由发出单位{row.issuer}办理。")
    last = row.events.filter(kind=Kind.ANSWERED).order_by("-pk").first()
    if last is not None and last.by_id == by.pk:
        raise Refused("不能审核自己的答复，请由其他同志办理。")


def _step(row: Supervision, kind: str, by: User, at: dt.datetime | None, text: str) -> Supervision:
    states, leads_to = TRANSITIONS[kind]
    if row.state not in states:
        raise Refused(f"{row.number}当前为“{row.get_state_display()}”，不能{Kind(kind).label}。")
    row.state, row.version = leads_to, row.version + 1
    row.save(update_fields=["state", "version", "answer_by"])
    _note(row, kind, by, at or timezone.now(), text, row.answer_by)
    return row


def _note(
    row: Supervision, kind: str, by: User, at: dt.datetime, text: str, answer_by: dt.date
) -> None:
    SupervisionEvent.objects.create(
        supervision=row, kind=kind, at=at, by=by, text=text, answer_by=answer_by
    )
    detail = {"number": row.number, "by": str(answer_by)}
    audit.record(row, f"{kind}_supervision", by=by, unit=row.unit, detail=detail)


def _checked_text(text: str, empty: str) -> str:
    if not text.strip():
        raise Refused(empty)
    if len(text.strip()) > MOST_WORDS:
        raise Refused(f"请控制在 {MOST_WORDS} 字以内。")
    return text.strip()
