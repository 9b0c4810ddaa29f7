"""Waking a worker through the broker: quick, best effort, never in anybody's way."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

logger = logging.getLogger("fulian.jobs")
TASK = "reporting.run_job"
PATIENCE = 1.0  # seconds a page may wait for the broker
PAUSE = 5.0  # seconds the broker is left alone after it did not answer

_silent_until = 0.0


def _app() -> Any:
    """Celery, loaded when a job is first sent: most processes send none."""
    from config.celery import app  # noqa: PLC0415

    return app


class Line:
    """An open connection to the broker."""

    def __init__(self, connection: Any):
        self._connection = connection

    def send(self, job_uuid: UUID) -> None:
        # argsrepr, because the broker keeps it in clear beside the body.
        _app().send_task(
            TASK, [str(job_uuid)], connection=self._connection, retry=False, argsrepr="(job)"
        )

    def is_empty(self) -> bool:
        """Whether no message waits: whatever is queued in the table has then lost its own."""
        queue = _app().conf.task_default_queue
        return self._connection.default_channel.queue_declare(queue=queue).message_count == 0


@contextmanager
def line() -> Iterator[Line]:
    """A connection that fails within about a second instead of trying again."""
    options: dict[str, float] = {"max_retries": 0, "interval_start": 0, "interval_max": 0}
    app = _app()
    if app.conf.broker_url.startswith(("redis", "unix", "socket")):
        options |= {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    with app.connection_for_write(
        connect_timeout=PATIENCE, transport_options=options
    ) as connection:
        connection.ensure_connection(
            max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE
        )
        yield Line(connection)


def wake(job_uuid: UUID) -> bool:
    """Send the job to a worker; whether that worked. The dispatcher sends again what is not done."""
    global _silent_until  # one process, one opinion of its broker
    if time.monotonic() < _silent_until:
        return False
    try:
        with line() as opened:
            opened.send(job_uuid)
    except Exception as error:  # no failure of the broker may reach a page
        _silent_until = time.monotonic() + PAUSE
        logger.warning("broker does not answer (%s); jobs wait in the table", type(error).__name__)
        return False
    return True
