"""Who works on a job: claims, leases and the token that fences off whoever was overtaken.

Every write a worker makes goes through :func:`held`, which matches the row only while the
worker's token is the row's. All moments are the database's, never a machine's.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F
from django.db.models.functions import Coalesce, Now

from federation import audit
from reporting.models import Job
from reporting.models.jobs import JobState


class LeaseLost(Exception):
    """Another worker has taken the job, or it was ended: stop, and leave no trace."""


def seconds_from_now(seconds: float) -> ExpressionWrapper:
    """A moment on the database's clock; negative for the past."""
    return ExpressionWrapper(
        Now() + dt.timedelta(seconds=seconds), output_field=models.DateTimeField()
    )


def claim(job_uuid: UUID) -> Job | None:
    """Take the job, or None when it is finished, unknown, worn out or in another's hands.

    The row stays locked from the update until the token is read, so no two claims share one.
    """
    with transaction.atomic():
        taken = (
            Job.objects.filter(uuid=job_uuid)
            .claimable()
            .update(
                state=JobState.RUNNING,
                token=F("token") + 1,
                attempts=F("attempts") + 1,
                lease_until=seconds_from_now(settings.JOB_LEASE_SECONDS),
                sent_at=None,
                started_at=Coalesce("started_at", Now()),
                done=0,
                total=0,
                doing="",
            )
        )
        return Job.objects.select_related("unit").get(uuid=job_uuid) if taken else None


def held(job: Job) -> models.QuerySet[Job]:
    """The row, if ``job``'s worker still holds it."""
    return Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)


def renew(job: Job, **shown: Any) -> None:
    """Prolong the lease and write the progress ``shown``; raises LeaseLost."""
    if not held(job).update(lease_until=seconds_from_now(settings.JOB_LEASE_SECONDS), **shown):
        raise LeaseLost


def hand_back(job: Job) -> None:
    """Put the job back into the queue for another attempt; raises LeaseLost."""
    if not held(job).update(state=JobState.QUEUED, lease_until=None, sent_at=Now(), doing=""):
        raise LeaseLost


@transaction.atomic
def settle(job: Job, state: JobState, *, verb: str, **values: Any) -> None:
    """End the job in ``state``, with its audit row, or raise LeaseLost and change nothing."""
    ended = held(job).update(
        state=state, lease_until=None, sent_at=None, doing="", finished_at=Now(), **values
    )
    if not ended:
        raise LeaseLost
    detail = {"kind": job.kind, "attempts": job.attempts}
    if code := values.get("error_code"):
        detail["code"] = code
    audit.record(job, verb, by=job.requester, unit=job.unit, detail=detail)
