"""What a kind of job holds while it works: a place to write and a way to tell how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from federation import row_security
from reporting.jobs import files, leases
from reporting.jobs.kinds import JobFailure

if TYPE_CHECKING:
    from federation.models import User
    from reporting.models import Job

T = TypeVar("T")
WRITE_EVERY = 0.5  # seconds between two progress writes
TIME_LIMIT = 15 * 60  # seconds a job may take


class Work:
    """One attempt at one job; a context manager.

    ``path`` is a new file beside its destination: the kind writes the artefact there and sets
    ``file_name`` and ``content_type``. ``detail`` (ids, counts, words) is kept with the job.
    ``held`` is what ``run`` hands to ``conclude``, and is kept nowhere. ``user`` is the requester as
    she is now, ``snapshot`` names the moment everything was read at.
    """

    def __init__(self, job: Job, user: User):
        self.job, self.user = job, user
        self.path: Path = files.temporary(job)
        self.file_name = self.snapshot = ""
        self.content_type = "application/octet-stream"
        self.detail: dict[str, Any] = {}
        self.held: Any = None
        self.done = self.total = 0
        self._written_at = 0.0
        self._deadline = time.monotonic() + getattr(settings, "JOB_TIME_LIMIT", TIME_LIMIT)
        # The reading connection is inside its snapshot, where nothing written could be seen by
        # others before the end: progress and lease go over the connection of a second thread.
        # Inside somebody's transaction (a test's) that connection would not even see the row.
        self._side = None if connection.in_atomic_block else ThreadPoolExecutor(1, "job-lease")
        self._pulse = threading.Thread(target=self._beat, args=(self._side,), daemon=True)
        self._over = threading.Event()
        self._lost = False

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._side is not None:
            self._pulse.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._side is not None:
            self._over.set()
            self._pulse.join()
            # A function, so that the name is looked up there: connections belong to threads.
            self._side.submit(lambda: connection.close())
            self._side.shutdown()
        self.path.unlink(missing_ok=True)

    def progress(self, done: int, total: int | None = None, doing: str = "") -> None:
        """Say that ``done`` of ``total`` are done and what is being done (Chinese, ≤ 60 chars).

        Cheap: writes at most every half second. Raises LeaseLost when another worker took over,
        JobFailure when the job takes longer than is allowed: call it often enough to stop soon.
        """
        self.total = max(self.total if total is None else total, 0)
        self.done = max(0, min(done, self.total))
        now = time.monotonic()
        if self._lost:
            raise leases.LeaseLost
        if now > self._deadline:
            raise too_long()
        if now - self._written_at < WRITE_EVERY:
            return
        self._written_at = now
        shown = {"done": self.done, "total": self.total, "doing": doing[:60]}
        if self._side is None:
            leases.renew(self.job, **shown)
        elif connection.vendor != "sqlite" or not connection.in_atomic_block:
            # SQLite has one writer: while that is ourselves, nobody can take the job either.
            self._side.submit(leases.renew, self.job, **shown).result()

    def aside(self, write: Callable[[], T]) -> T:
        """``write()`` in a transaction of its own, outside the snapshot: what it wrote stays, though
        the process be killed next. Only while the job is this worker's: raises LeaseLost otherwise.
        """

        def fenced() -> T:
            with transaction.atomic(), row_security.acting_for(self.user):
                leases.renew(self.job)  # holds the job's row until the end: nobody takes it between
                return write()

        return fenced() if self._side is None else self._side.submit(fenced).result()

    def _beat(self, side: ThreadPoolExecutor) -> None:
        """Renew the lease for as long as this process lives, so that one step may take minutes.

        Ends at the job's deadline: what hangs loses its lease, and in the end its attempts.
        """
        every = settings.JOB_LEASE_SECONDS / 3
        while not self._over.wait(every) and time.monotonic() < self._deadline:
            try:
                side.submit(leases.renew, self.job).result()
            except leases.LeaseLost:
                self._lost = True
                return
            except DatabaseError:  # away for a moment: the next beat may find it again
                side.submit(lambda: connection.close())


def too_long() -> JobFailure:
    minutes = getattr(settings, "JOB_TIME_LIMIT", TIME_LIMIT) // 60
    return JobFailure(
        f"处理超过 {minutes} 分钟，已停止。请缩小范围（如按县分别办理）后再试。", code="too_long"
    )
