"""The loop that forgets nobody: sends again, ends what is worn out. Sweeping is a chore.

Any number of these may run at once; claims are exclusive and everything here is repeatable.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.db.models.functions import Now

from federation import audit, housekeeping
from reporting.jobs import files, leases, sender
from reporting.jobs.runner import apology, told
from reporting.models import Job
from reporting.models.jobs import JobState

logger = logging.getLogger("fulian.jobs")
EVERY = 2.0  # seconds between two rounds
RESEND_AFTER = 2.0  # seconds a message may take when the broker has nothing else to deliver
RESEND_AFTER_IN_QUEUE = 15.0  # and when it has: most are just waiting their turn
AT_ONCE = 200


def due(*, broker_is_empty: bool) -> Iterable[UUID]:
    """Uuids of jobs whose message is lost, as far as can be told; oldest first."""
    patience = RESEND_AFTER if broker_is_empty else RESEND_AFTER_IN_QUEUE
    return (
        Job.objects.claimable()
        .filter(Q(sent_at=None) | Q(sent_at__lt=leases.seconds_from_now(-patience)))
        .order_by("pk")
        .values_list("uuid", flat=True)[:AT_ONCE]
    )


def dispatch_once() -> int:
    """Send every due job again; returns how many. Raises what the broker raises."""
    sent = []
    try:
        with sender.line() as line:
            for job_uuid in due(broker_is_empty=line.is_empty()):
                line.send(job_uuid)
                sent.append(job_uuid)
    finally:
        if sent:
            Job.objects.filter(uuid__in=sent).update(sent_at=Now())
    return len(sent)


def reap() -> tuple[int, int]:
    """Fail what used up its attempts, expire what was kept long enough; returns both counts."""
    failed = 0
    for job in Job.objects.worn_out().select_related("requester", "unit")[:AT_ONCE]:
        failed += _give_up(job)
    expired = Job.objects.past_keeping().update(state=JobState.EXPIRED)
    return failed, expired


@transaction.atomic
def _give_up(job: Job) -> int:
    ended = (
        Job.objects.worn_out()
        .filter(pk=job.pk, token=job.token)
        .update(
            state=JobState.FAILED,
            error_code="worn_out",
            error=apology(job),
            lease_until=None,
            finished_at=Now(),
            doing="",
        )
    )
    if ended:
        detail = {"kind": job.kind, "attempts": job.attempts, "code": "worn_out"}
        audit.record(job, "fail_job", by=job.requester, unit=job.unit, detail=detail)
    return ended


def sweep() -> int:
    """Expire, then delete files nobody may fetch any more; returns how many."""
    reap()
    gone = 0
    for path in files.sweepable():
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def loop(stop: threading.Event) -> None:
    """Dispatch and reap until ``stop`` is set. Survives any failure of broker and database."""
    answered = True
    while not stop.is_set():
        try:
            reap()
        except Exception as error:  # the next round tries again
            logger.error("reaping: %s", told(error))
        try:
            dispatch_once()
            answered = True
        except Exception as error:
            if answered:
                logger.warning(
                    "dispatching stops until the broker answers: %s", type(error).__name__
                )
            answered = False
        finally:
            connections.close_all()
        stop.wait(getattr(settings, "JOB_DISPATCH_SECONDS", EVERY))


def start(stop: threading.Event | None = None) -> threading.Thread:
    """Run the loop, and housekeeping beside it, in daemon threads of this process."""
    thread = threading.Thread(
        target=loop, args=(stop or threading.Event(),), name="job-dispatcher", daemon=True
    )
    thread.start()
    housekeeping.start()
    return thread
