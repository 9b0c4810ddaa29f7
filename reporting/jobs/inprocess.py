"""A worker inside the web process, for a first look on one machine without Redis.

The same task, the same table; only the broker differs (files in a folder). kill -9 loses the
message in hand, the row brings it back.
"""

import logging
import threading
import time

from reporting.jobs import dispatcher

logger = logging.getLogger("fulian.jobs")
CONCURRENCY = 2
_started = threading.Lock()


def start() -> None:
    """Start worker and dispatcher as daemon threads; a second call does nothing.

    Call after fork: threads do not survive one.
    """
    if not _started.acquire(blocking=False):
        return
    dispatcher.start()
    threading.Thread(target=_work_for_ever, name="job-worker", daemon=True).start()


def _work_for_ever() -> None:
    from config.celery import app  # noqa: PLC0415 -- of no use to a portal with workers of its own

    while True:
        try:
            app.WorkController(
                pool_cls="threads",
                concurrency=CONCURRENCY,
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
                quiet=True,
            ).start()
        except Exception as error:  # a message file read too early, a full disk
            logger.error("in-process worker: %s; starting again", type(error).__name__)
        time.sleep(1)
