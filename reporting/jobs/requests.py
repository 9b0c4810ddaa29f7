"""Asking for a job. The row is inserted in the caller's transaction; the broker only hurries it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from federation import audit
from reporting.jobs import sender
from reporting.jobs.kinds import authorise
from reporting.models import Job

if TYPE_CHECKING:
    from federation.models import OrgUnit, User

TRIES = 3  # the job that blocked our insert may end before we look for it


def request_job(
    kind: str,
    *,
    requester: User,
    unit: OrgUnit | None = None,
    params: dict[str, Any],
    dedupe_key: str | None = None,
) -> Job:
    """Ask for a job of ``kind``; returns it, or the same person's open one of the same key.

    ``params`` hold ids and words only. Raises Denied (a 403 with its sentence, if nobody catches
    it) when the requester may not have the result. A broker that is down is not noticed here.
    """
    job = Job(kind=kind, requester=requester, unit=unit, params=params)
    job.dedupe_key = f"{kind}:{dedupe_key or job.uuid}"[:200]
    authorise(job, requester)
    return _insert(job)


def request_again(old: Job) -> Job:
    """A new job like ``old``, which stays as history; raises Denied like :func:`request_job`."""
    job = Job(kind=old.kind, requester=old.requester, unit=old.unit, params=old.params)
    job.dedupe_key = old.dedupe_key
    authorise(job, old.requester)
    return _insert(job)


def _insert(job: Job) -> Job:
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                job.pk = None
                job.save(force_insert=True)
                audit.record(
                    job, "request_job", by=job.requester, unit=job.unit, detail={"kind": job.kind}
                )
                transaction.on_commit(partial(sender.wake, job.uuid), robust=True)
        except IntegrityError:
            same = Job.objects.of(job.requester).open().filter(dedupe_key=job.dedupe_key).first()
            if same is not None:
                return same
        else:
            return job
    raise RuntimeError("a job with this key keeps ending while we look for it")


def running_jobs(user: User) -> QuerySet[Job]:
    """The person's queued and running jobs, newest first, for 工作台."""
    return Job.objects.of(user).open().select_related("unit")
