"""回访抽查: a random share of a month's logged contacts, asked about by phone.

Drawn once a month at a unit that reviews those below it, from the logs entered in that month: the day
of entry is the server's, so nothing can be put into a month that is over. The order is a hash of seed
and log alone, and whoever doubts the draw repeats it from ``seed`` and ``percent``. The result is shown
to the unit whose log it is; it has seven days to answer before figures above count it. It says
something of a log and a unit; nobody is ranked by it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from federation import audit, row_security, scope
from federation.models import OrgUnit, User
from pairing.blank import month_before
from pairing.changed import Changed
from pairing.models import CallbackResult, CallbackSample, ContactLog
from registry import masking
from registry.refusal import Refused

LEVELS = ("county", "city")
BOUNDS = (Decimal(3), Decimal(5))
Result = CallbackResult.Result


# -- Drawing --------------------------------------------------------------------------------------
def percent() -> Decimal:
    """The share to draw: the setting, kept within 3 and 5."""
    return min(max(Decimal(str(settings.PAIRING_CALLBACK_PERCENT)), BOUNDS[0]), BOUNDS[1])


def drawn(logs: Iterable[UUID], *, seed: int, share: Decimal) -> list[UUID]:
    """Which of ``logs`` (their uuids, in any order) are asked about: ``share`` percent, at least one."""
    order = sorted(logs, key=lambda log: hashlib.sha256(f"{seed}:{log}".encode()).digest())
    return order[: math.ceil(len(order) * share / 100)]


def _moments(month: dt.date) -> tuple[dt.datetime, dt.datetime]:
    following = (month + dt.timedelta(days=31)).replace(day=1)
    zone = timezone.get_current_timezone()
    both = (dt.datetime.combine(day, dt.time.min, tzinfo=zone) for day in (month, following))
    return tuple(both)  # type: ignore[return-value]


def logs_of(unit: OrgUnit, month: dt.date, *, drawn_at: dt.datetime | None = None) -> QuerySet:
    """Logs entered in ``month`` for pairs below ``unit`` that stood on the day of the draw."""
    since, until = _moments(month)
    rows = ContactLog.objects.unscoped(reason="the share of all logs, whoever draws").below(unit)
    stood = Q(withdrawn_at=None)
    if drawn_at is not None:
        stood |= Q(withdrawn_at__gt=drawn_at)
    return rows.filter(stood, entered_at__gte=since, entered_at__lt=until)


def repeated(sample: CallbackSample) -> set[UUID]:
    """What a second draw from the same seed gives."""
    logs = logs_of(sample.unit, sample.month, drawn_at=sample.drawn_at)
    found = drawn(logs.values_list("uuid", flat=True), seed=sample.seed, share=sample.percent)
    return set(found)


def draws(user: User) -> QuerySet:
    """The units at exactly which ``user`` may draw and ask."""
    held = scope.units_held(user, "pairing_edit")
    return OrgUnit.objects.open_now().filter(pk__in=held, unit_type__level__in=LEVELS)


@transaction.atomic
def draw(unit: OrgUnit, month: dt.date, *, by: User | None) -> CallbackSample:
    """The sample of ``unit`` for ``month``, its first day; ``by`` None is the chore's.

    Raises ``PermissionDenied``, or :class:`Refused` when it was drawn before, the month is not over,
    or nothing was logged.
    """
    OrgUnit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    if by is not None and not draws(by).filter(pk=unit.pk).exists():
        raise PermissionDenied
    if month > month_before(timezone.localdate()):
        raise Refused("这个月还没有过完，下月起才能抽取。")
    if unit.callback_samples.filter(month=month).exists():
        raise Refused(f"{month:%Y年%m月}已经抽取过，不再重抽。")
    logs = {log.uuid: log for log in logs_of(unit, month)}
    if not logs:
        raise Refused(f"{month:%Y年%m月}没有登记联系记录，不用抽取。")
    sample = CallbackSample(
        unit=unit, month=month, percent=percent(), seed=secrets.randbelow(2**53),
        logs_in_all=len(logs), drawn_by=by,
    )  # fmt: skip
    sample.save()
    chosen = drawn(logs, seed=sample.seed, share=sample.percent)
    sample.results.bulk_create(
        CallbackResult(sample=sample, log=logs[key], pairing_id=logs[key].pairing_id)
        for key in chosen
    )
    detail = {"month": f"{month:%Y-%m}", "of": len(logs), "drawn": len(chosen), "seed": sample.seed}
    audit.record(sample, "draw_callbacks", by=by, unit=unit, detail=detail)
    return sample


def draw_due() -> int:
    """The chore's: counties that have logs of the last month and no sample yet."""
    month, made = month_before(timezone.localdate()), 0
    with row_security.everything(reason="the month's draw of every county"):
        counties = OrgUnit.objects.open_now().filter(
            unit_type__level="county", unit_type__group__in=("federation", "committee")
        )
        for unit in counties.exclude(callback_samples__month=month):
            if logs_of(unit, month).exists():
                draw(unit, month, by=None)
                made += 1
    return made


# -- Asking ---------------------------------------------------------------------------------------
def why_not_caller(row: CallbackResult, user: User) -> str:
    """ "" where ``user`` may ask and say what came of it, or the sentence that says why not."""
    if row.sample.unit_id not in scope.units_held(user, "pairing_edit"):
        return "由抽取的单位回访。"
    if row.log.by_id == user.pk:
        return "这条记录是您登记的，请由别人回访。"
    if row.pairing.liaisons.filter(user=user).exists():
        return "您是这个对子的联系人，请由别人回访。"
    return ""


def _locked(row: CallbackResult, by: User, version: int) -> CallbackResult:
    rows = CallbackResult.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("sample", "log", "pairing").get(pk=row.pk)
    if found.version != version:
        raise Changed(found)
    return found


def _checked(words: str) -> str:
    words = " ".join(words.split())[:200]
    if masking.scan(words) != words:
        raise Refused("说明中请不要写身份证号、电话号码。")
    return words


@transaction.atomic
def record(
    row: CallbackResult, *, result: str, note: str, by: User, version: int
) -> CallbackResult:
    """What came of the call; shown to the unit from now on, for seven days.

    May be said anew until these are over (somebody who was not reached is rung again). Raises
    ``PermissionDenied``, :class:`Changed`, or :class:`Refused`.
    """
    row = _locked(row, by, version)
    if row.is_settled:
        raise Refused("反馈期已过，结果已计入统计，不能再改。")
    if why := why_not_caller(row, by):
        if row.sample.unit_id not in scope.units_held(by, "pairing_edit"):
            raise PermissionDenied
        raise Refused(why)
    if result not in Result.values or result == Result.WAITING:
        raise Refused("请选择回访结果。")
    note = _checked(note)
    if result == Result.DENIED and not note:
        raise Refused("不属实的，请在“说明”里写明对方怎么说。")
    now = timezone.now()
    row.result, row.note, row.called_by, row.called_at, row.shown_at = result, note, by, now, now
    row.version += 1
    row.save()
    detail = {"result": result, "log": str(row.log.uuid)}
    audit.record(row, "record_callback", by=by, unit=row.pairing.unit, detail=detail)
    return row


# -- Answering ------------------------------------------------------------------------------------
def may_answer(row: CallbackResult, user: User) -> bool:
    """Whether she works for the unit whose log it is, its days not being over."""
    own = scope.units_held(user, "pairing_log") & scope.units_held(user, "pairing_view")
    return row.pairing.unit_id in own and row.shown_at is not None and not row.is_settled


@transaction.atomic
def answer(row: CallbackResult, *, words: str, by: User, version: int) -> CallbackResult:
    """What the unit says to it. Raises ``PermissionDenied``, :class:`Changed`, or :class:`Refused`."""
    row = _locked(row, by, version)
    if row.is_settled:
        raise Refused("说明期限已过。")
    if not may_answer(row, by):
        raise PermissionDenied
    words = _checked(words)
    if not words:
        raise Refused("请写明情况。")
    row.answer, row.answered_by, row.answered_at = words, by, timezone.now()
    row.version += 1
    row.save()
    audit.record(row, "answer_callback", by=by, unit=row.pairing.unit)
    return row


# -- Figures --------------------------------------------------------------------------------------
def figures(user: User, year: int) -> list[dict[str, Any]]:
    """A line for each unit that draws, in the order of the tree: of what may be counted by ``user``.

    One's own draws with all that is known; those of units below once the days to answer are over.
    """
    rows = CallbackResult.objects.visible_to(user).filter(sample__month__year=year)
    by = ("sample__unit__path", "sample__unit__name")
    kinds: dict[str, Any] = {
        name: Count("pk", filter=Q(result=value))
        for name, value in (
            ("waiting", Result.WAITING),
            ("confirmed", Result.CONFIRMED),
            ("not_reached", Result.NOT_REACHED),
            ("denied", Result.DENIED),
        )
    }
    found = rows.order_by().values(*by).annotate(drawn=Count("pk"), **kinds)
    return [
        {**line, "unit": line["sample__unit__name"]}
        for line in found.order_by("sample__unit__path")
    ]
