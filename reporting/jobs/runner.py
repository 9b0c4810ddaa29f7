"""One delivery of one job: claim, ask again whether it is allowed, work, publish."""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction

from federation import kept_files, row_security
from federation.models import User
from reporting.jobs import files, leases
from reporting.jobs.kinds import Denied, JobFailure, JobKind, authorise, heading_of
from reporting.jobs.leases import LeaseLost
from reporting.jobs.work import Work, too_long
from reporting.models import Job
from reporting.models.jobs import JobState

logger = logging.getLogger("fulian.jobs")


def run(job_uuid: UUID) -> JobState | None:
    """Work off one delivery; returns the state the job ended in, None when there was nothing to do.

    Harmless when delivered twice, late or for no job at all. Raises nothing a kind raises.
    """
    job = leases.claim(job_uuid)
    if job is None:
        return None
    try:
        try:
            return _attempt(job)
        except LeaseLost:
            raise
        except Exception as error:  # whatever a kind does, the row must say so
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            return _conclude_failure(job, error)
    except LeaseLost:
        logger.warning("job %s: overtaken at attempt %s", job.number, job.attempts)
        return None


def _attempt(job: Job) -> JobState:
    job.requester = User.objects.get(pk=job.requester_id)
    with Work(job, job.requester) as work:
        with _snapshot() as work.snapshot, row_security.acting_for(job.requester):
            kind = authorise(job, job.requester)
            kind.run(job, work)
        return _publish(job, kind, work)


@contextmanager
def _snapshot() -> Iterator[str]:
    """On PostgreSQL everything read inside is of one moment, the requester's rights included.

    Gives the database's name for that moment, ``xmin:xmax:in progress``; empty without one.

    SQLite gets no transaction: there one would take the write lock for as long as the file takes.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield ""
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_current_snapshot()::text")
            moment = cursor.fetchone()[0]
        yield moment


def _publish(job: Job, kind: JobKind, work: Work) -> JobState:
    """File first, row second: a row never names a file that is not whole and in its place."""
    values: dict[str, Any] = {}
    stored = None
    if kind.makes_file:
        if not (work.path.exists() and work.path.stat().st_size):
            raise RuntimeError("the kind wrote no file")
        stored = files.store(work.path)
        values = {
            "artefact": stored.artefact,
            "size": stored.size,
            "sha256": stored.sha256,
            "file_name": kept_files.shown_name(work.file_name or kind.title),
            "content_type": work.content_type,
            "expires_at": leases.seconds_from_now(settings.JOB_KEEP_HOURS * 3600),
        }
    try:
        with transaction.atomic():
            if not kind.writes_long:
                _settle(job, work, values)
            with row_security.acting_for(work.user):
                kind.conclude(job, work)
            if kind.writes_long:
                _settle(job, work, values)
    except LeaseLost:
        if stored:
            files.finished(stored.artefact).unlink(missing_ok=True)
        raise
    return JobState.DONE


def _settle(job: Job, work: Work, values: dict[str, Any]) -> None:
    """The fence: whoever was overtaken raises LeaseLost here, and what it wrote is taken back."""
    shown = {"done": work.total, "total": work.total, "detail": work.detail}
    leases.settle(job, JobState.DONE, verb="finish_job", **shown, **values)


def _conclude_failure(job: Job, error: Exception) -> JobState:
    """Write down what the requester reads, or hand the job back while attempts are left."""
    if isinstance(error, SoftTimeLimitExceeded):
        error = too_long()
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        error = JobFailure(
            f"服务器存储空间不足，文件没有生成。请联系系统管理员（作业号 {job.number}），处理后点“重试”。",
            code="disk_full",
        )
    if isinstance(error, MemoryError):
        error = JobFailure(
            "内容太多，服务器内存不够，文件没有生成。请缩小范围（如按县分别办理）后再试。",
            code="memory",
        )
    if isinstance(error, Denied):
        leases.settle(
            job, JobState.DENIED, verb="deny_job", error_code="denied", error=str(error)[:300]
        )
        return JobState.DENIED
    if isinstance(error, JobFailure):
        leases.settle(
            job, JobState.FAILED, verb="fail_job", error_code=error.code, error=error.sentence[:300]
        )
        return JobState.FAILED
    logger.error("job %s (%s), attempt %s: %s", job.number, job.kind, job.attempts, told(error))
    if job.attempts < settings.JOB_MAX_ATTEMPTS:
        leases.hand_back(job)
        return JobState.QUEUED
    leases.settle(job, JobState.FAILED, verb="fail_job", error_code="accident", error=apology(job))
    return JobState.FAILED


def apology(job: Job) -> str:
    """What the requester reads about an accident, which the log tells in full."""
    return (
        f"“{heading_of(job)}”没有成功，原因已记录。请稍后点“重试”；"
        f"仍不成功时，请把作业号 {job.number} 告诉系统管理员。"
    )


def told(error: BaseException) -> str:
    """Type and places of ``error`` and its causes: no texts and no values, which may be private."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 5:
        places = "".join(traceback.format_list(traceback.extract_tb(seen.__traceback__)))
        parts.append(f"{type(seen).__module__}.{type(seen).__qualname__}\n{places}")
        seen = seen.__cause__ or seen.__context__
    return "caused by ".join(parts)
