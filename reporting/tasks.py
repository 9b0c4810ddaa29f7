"""The one Celery task. It takes a job's uuid and nothing else: everything is read from the row."""

import logging
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready

from reporting.jobs import dispatcher, runner
from reporting.jobs.sender import TASK
from reporting.jobs.work import TIME_LIMIT

logger = logging.getLogger("fulian.jobs")


@shared_task(name=TASK, soft_time_limit=TIME_LIMIT, time_limit=TIME_LIMIT + 60)
def run_job(job_uuid: str) -> None:
    """Work off one delivery of a job; harmless for unknown, finished and malformed ids."""
    try:
        known = UUID(job_uuid)
    except (ValueError, TypeError, AttributeError):
        logger.warning("a message names no job; dropped")
        return
    runner.run(known)


@worker_ready.connect
def dispatch_beside(**_kwargs) -> None:
    """Every worker also dispatches, so that none of them waits for a process that may be dead."""
    dispatcher.start()
