"""Logs from phones whose owners may no longer enter them: kept aside until the pair's unit decides."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from federation import audit
from federation.models import User
from pairing import logs
from pairing.models import LogKind, Pairing, QuarantinedLog
from registry.refusal import Refused

if TYPE_CHECKING:
    from pairing.phone_logs import Sent

PUT_ASIDE = "您已不再联系这个对子，这条记录已转给组织单位处理，手机上的已清除。"


@transaction.atomic
def put(pair: Pairing, sent: Sent, *, by: User) -> tuple[str, str]:
    """(answer, sentence) for the phone; the same key is kept once, whatever comes after it."""
    why = "结对已结束" if pair.state == Pairing.State.ENDED else "已不是该对子的联系人"
    try:
        row, new = pair.quarantined.get_or_create(
            key=sent.key, defaults={"by": by, "body": sent.body(), "why": why}
        )
    except IntegrityError as error:
        raise logs.KeyTaken from error
    if row.by_id != by.pk:
        raise logs.KeyTaken
    if new:
        audit.record(pair, "put_log_aside", by=by, unit=pair.unit)
    return "quarantined", PUT_ASIDE


@transaction.atomic
def decide(row: QuarantinedLog, *, by: User, takes: bool, reason: str = "") -> QuarantinedLog:
    """Taken over as a log of who decides, with the writer's name before its words; or dropped."""
    rows = QuarantinedLog.objects.visible_to(by, "edit").select_for_update(of=("self",))
    row = rows.select_related("pairing__unit", "by").get(pk=row.pk)
    if row.state != QuarantinedLog.State.WAITING:
        raise Refused("这条记录已经处理过了。")
    words = " ".join(reason.split())[:200]
    if takes:
        logs.enter(row.pairing, by=by, from_phone=True, key=row.key, **_values(row))
    elif len(words) < 2:
        raise Refused("请写明不采用的原因。")
    row.state = QuarantinedLog.State.TAKEN if takes else QuarantinedLog.State.DROPPED
    row.judged_by, row.judged_at, row.reason = by, timezone.now(), words
    row.save()
    verb = "take_over_log" if takes else "drop_log"
    audit.record(row.pairing, verb, by=by, unit=row.pairing.unit)
    return row


def _values(row: QuarantinedLog) -> dict:
    told = row.body
    value = told.get("value")
    moment = told.get("device_at")
    return {
        "kind": LogKind.objects.get(code=told["kind"]),
        "on": dt.date.fromisoformat(told["on"]),
        "way": told.get("way", ""),
        "direction": told.get("direction", ""),
        "summary": f"（{row.by.display_name}手机记录）{told.get('summary', '')}"[:500],
        "value": None if value is None else Decimal(value),
        "beneficiaries": told.get("beneficiaries"),
        "device_at": parse_datetime(moment) if moment else None,
    }
