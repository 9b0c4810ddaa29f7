"""Sending what was gathered: each delivery at most once, whoever dies when.

A row is claimed (a lease and a fencing number, committed) before anybody is spoken to, and marked
``sending`` (committed) as late as the channel allows: for mail when the server has taken the
envelope and waits for the text. So a process that dies

- while ``claimed`` has sent nothing: after the lease another one sends;
- while ``sending`` may have been heard: the row becomes 存疑 and is *not* sent again.

The in-app copy stands in every case. Whoever was overtaken finds the fence moved on and stops.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from django.db.models import F, Q
from django.utils import timezone

from notices import bot, mail, reminding
from notices.models import Channel, Delivery
from notices.sending import Doubtful, NotSent, Overtaken

logger = logging.getLogger("fulian.notices")
State = Delivery.State
LEASE = dt.timedelta(seconds=120)  # longer than any one sending may take
WAITS = (1, 5, 15, 60)  # minutes after the first, second … failure
MOST_ATTEMPTS = 8
FRESH = dt.timedelta(days=7)  # older words are not sent any more
RUN_SECONDS = 40.0  # one turn of the chore; the rest waits for the next


class Courier(Protocol):
    def send(self, delivery: Delivery, begin: Callable[[], None]) -> None:
        """Send; call ``begin`` right before anybody hears it. Raises of :mod:`notices.sending`."""


@dataclass
class Tally:
    sent: int = 0
    later: int = 0
    failed: int = 0
    doubt: int = 0

    @property
    def words(self) -> str:
        return f"已发 {self.sent}，稍后再试 {self.later}，未发出 {self.failed}，存疑 {self.doubt}"


# -- Claims ----------------------------------------------------------------------------------------
def recover(at: dt.datetime) -> int:
    """Rows whose sender is gone: unheard ones wait again, possibly heard ones are in doubt."""
    gone = Delivery.objects.filter(lease_until__lt=at)
    gone.filter(state=State.CLAIMED).update(state=State.QUEUED, lease_until=None)
    doubtful = gone.filter(state=State.SENDING)
    return doubtful.update(state=State.DOUBT, lease_until=None, problem="发送时中断")


def claim(at: dt.datetime) -> Delivery | None:
    """The next row that is to be sent, now ours; None when there is none."""
    ready = Delivery.objects.filter(state=State.QUEUED, next_at__lte=at).order_by("next_at", "pk")
    while (row := ready.first()) is not None:
        taken = Delivery.objects.filter(pk=row.pk, state=State.QUEUED, fence=row.fence).update(
            state=State.CLAIMED,
            fence=row.fence + 1,
            attempts=F("attempts") + 1,
            lease_until=at + LEASE,
        )
        if taken:
            row.fence, row.state, row.attempts = row.fence + 1, State.CLAIMED, row.attempts + 1
            return row
    return None


def _settle(row: Delivery, *from_states: str, **values: object) -> bool:
    """Write how it went, if the row is still ours."""
    held = Delivery.objects.filter(pk=row.pk, fence=row.fence, state__in=from_states)
    return bool(held.update(lease_until=None, **values))


def _begin(row: Delivery, now: Callable[[], dt.datetime]) -> None:
    held = Delivery.objects.filter(pk=row.pk, fence=row.fence, state=State.CLAIMED)
    if not held.update(state=State.SENDING, lease_until=now() + LEASE):
        raise Overtaken


# -- Sending ---------------------------------------------------------------------------------------
def deliver(at: dt.datetime | None = None) -> Tally:
    """Send what is queued, for at most :data:`RUN_SECONDS`; nothing at night and on days off."""
    at = at or timezone.now()
    tally = Tally(doubt=recover(at))
    if not reminding.is_time(at):
        return tally
    stale = Q(day__lt=timezone.localdate(at) - FRESH, state=State.QUEUED)
    tally.failed += Delivery.objects.filter(stale).update(state=State.FAILED, problem="已过时")
    until = time.monotonic() + RUN_SECONDS
    with ExitStack() as opened:
        couriers: dict[str, Courier] = {
            Channel.EMAIL: opened.enter_context(mail.Post()),
            Channel.WEBHOOK: bot.Post(),
        }
        while time.monotonic() < until and (row := claim(at)) is not None:
            _send(row, couriers[row.channel], at, tally)
    return tally


def _send(row: Delivery, courier: Courier, at: dt.datetime, tally: Tally) -> None:
    try:
        courier.send(row, lambda: _begin(row, timezone.now))
    except Overtaken:
        return
    except Doubtful as error:
        _settle(row, State.SENDING, state=State.DOUBT, problem=str(error)[:100])
        tally.doubt += 1
    except NotSent as error:
        _postpone(row, error, at, tally)
    else:
        # A lease that ran out while the answer came: now we know better than 存疑.
        states = (State.SENDING, State.DOUBT)
        _settle(row, *states, state=State.SENT, sent_at=timezone.now(), problem="")
        tally.sent += 1


def _postpone(row: Delivery, error: NotSent, at: dt.datetime, tally: Tally) -> None:
    held = (State.CLAIMED, State.SENDING)
    if error.for_good or (row.attempts >= MOST_ATTEMPTS and not error.nobody_there):
        _settle(row, *held, state=State.FAILED, problem=str(error)[:100])
        tally.failed += 1
        return
    # A server that is away is nobody's failed attempt: words wait for it until they are stale.
    attempts = row.attempts - 1 if error.nobody_there else row.attempts
    wait = dt.timedelta(minutes=WAITS[min(max(attempts, 1), len(WAITS)) - 1])
    _settle(
        row,
        *held,
        state=State.QUEUED,
        next_at=at + wait,
        attempts=attempts,
        problem=str(error)[:100],
    )
    tally.later += 1
