"""Work that comes round by itself: each chore at most once a period, whatever number of processes.

An app's ``chores`` module declares them::

    @chore("seal_audit", title="封存审计记录", every=60)
    def seal_audit() -> str: ...   # a short word of what it did, for the page of the operator

The turn is a row: one conditional UPDATE on the database's clock moves ``due_at`` on, and who moved
it does the work. A process that dies in its turn costs one period. The loop runs beside every
dispatcher of jobs, so that there is no scheduler that could be dead unnoticed.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from federation.models import Chore

logger = logging.getLogger("fulian.chores")
LOOK_EVERY = 5.0  # seconds between two looks at what is due
LATE_AFTER = 3  # periods without an end


@dataclass(frozen=True)
class Kind:
    """A chore; ``every`` in seconds, or daily at ``hour`` o'clock (Asia/Shanghai) with ``every`` a day."""

    name: str
    title: str
    every: int
    hour: int | None
    do: Callable[[], str]

    def next_after(self, moment: dt.datetime) -> dt.datetime:
        if self.hour is None:
            return moment + dt.timedelta(seconds=self.every)
        local = timezone.localtime(moment)
        due = local.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        return due if due > local else due + dt.timedelta(days=1)


_kinds: dict[str, Kind] = {}
DAY = 24 * 3600


def chore(name: str, *, title: str, every: int = DAY, hour: int | None = None) -> Callable:
    def register(do: Callable[[], str]) -> Callable[[], str]:
        _kinds[name] = Kind(name, title, every, hour, do)
        return do

    return register


def kinds() -> list[Kind]:
    autodiscover_modules("chores")
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def take_turn(kind: Kind) -> bool:
    """Whether it is this process's turn now; for exactly one process a period it is."""
    now = timezone.now()
    Chore.objects.get_or_create(name=kind.name, defaults={"due_at": now})
    due = Chore.objects.filter(name=kind.name, due_at__lte=Now())
    return bool(due.update(due_at=kind.next_after(now), began_at=Now(), ended_at=None))


def run(kind: Kind) -> bool:
    """Do the chore and write down how it ended; whether it succeeded. Raises nothing it raises."""
    try:
        result, failed = str(kind.do())[:200], False
    except Exception as error:  # told by its type: its text may quote somebody's data
        result, failed = type(error).__name__, True
        logger.error("chore %s: %s", kind.name, result)
    Chore.objects.filter(name=kind.name).update(ended_at=Now(), failed=failed, result=result)
    return not failed


def run_due() -> list[str]:
    """Do what is due; names of what this process did."""
    return [kind.name for kind in kinds() if take_turn(kind) and (run(kind) or True)]


def late() -> list[str]:
    """Names of chores that have not ended for three periods, or failed, or never ran."""
    rows = {row.name: row for row in Chore.objects.all()}
    return [kind.name for kind in kinds() if _is_late(kind, rows.get(kind.name))]


def _is_late(kind: Kind, row: Chore | None) -> bool:
    if row is None or row.failed:
        return True
    return timezone.now() - row.due_at > dt.timedelta(seconds=LATE_AFTER * kind.every)


def loop(stop: threading.Event) -> None:
    """Until ``stop`` is set. Survives any failure of the database."""
    while not stop.is_set():
        try:
            run_due()
        except Exception as error:  # the next round tries again
            logger.error("housekeeping: %s", type(error).__name__)
        finally:
            connections.close_all()
        stop.wait(LOOK_EVERY)


def start(stop: threading.Event | None = None) -> threading.Thread | None:
    """Run the loop in a daemon thread of this process, where the setting wants it."""
    if not settings.HOUSEKEEPING:
        return None
    thread = threading.Thread(
        target=loop, args=(stop or threading.Event(),), name="housekeeping", daemon=True
    )
    thread.start()
    return thread
