"""What follows once the rows are back, in the same transaction: whoever was erased is erased again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.contrib.sessions.models import Session

from administration.backup import Refused
from federation import audit, grants, seals
from federation.models import AuditSeal, LiveSession
from notices.models import Delivery
from registry import erasing, tombstones


@dataclass(frozen=True)
class Orders:
    """``erased`` are the tombstones that were read before anything was touched."""

    erased: dict[UUID, dt.date]
    keep_sessions: bool


@dataclass
class Settled:
    """``added`` and ``removed`` grants: none, unless the source had drifted from its appointments."""

    sessions: int
    added: int
    removed: int
    seals: int
    sealed_since: int  # seals of the anchor that are younger than the backup
    erased: int
    anchor_aside: Path | None = None

    def after_commit(self) -> None:
        if self.sealed_since:
            self.anchor_aside = seals.begin_anchor_anew()


def erased() -> dict[UUID, dt.date]:
    try:
        return tombstones.read()
    except tombstones.DamagedLog as why:
        raise Refused(str(why)) from None


def settle(orders: Orders) -> Settled:
    sessions = 0
    if not orders.keep_sessions:
        sessions = LiveSession.objects.all().delete()[0]
        Session.objects.all().delete()
    good, since = _prove_audit()
    added, removed = grants.derive_all()
    again = erasing.reapply(orders.erased)
    _doubt_deliveries()
    detail = {"seals": good, "sealed_since": since, "erased_again": again}
    audit.record("备份", "restore_backup", by=None, detail=detail)
    return Settled(sessions, added, removed, good, since, again)


def _doubt_deliveries() -> None:
    """What waited to be sent at the time of the backup has been sent since: it is not sent twice."""
    state = Delivery.State
    waiting = Delivery.objects.filter(state__in=(state.QUEUED, state.CLAIMED, state.SENDING))
    waiting.update(state=state.DOUBT, problem="从备份恢复，是否发过不能确定", lease_until=None)


def _prove_audit() -> tuple[int, int]:
    """How many seals hold, and how many the anchor knows beyond them."""
    last = AuditSeal.objects.last()
    number = last.number if last else 0
    broken = seals.verify().broken
    # Of what was sealed after the backup the anchor knows and the backup cannot.
    if broken and broken.number <= max(number, 1) and not _only_anchored(broken.number, number):
        raise Refused(f"备份里的审计记录核对不上：{broken}没有恢复。")
    if off := seals.guards_off():
        raise Refused(f"防改动的触发器没有生效（{'、'.join(off)}），没有恢复。")
    return number, sum(known > number for known, _ in seals.anchored())


def _only_anchored(broken: int, number: int) -> bool:
    """A backup without any seal breaks at the anchor's first line, which is no fault of its rows."""
    return number == 0 and 0 not in dict(seals.anchored()) and broken == 1
