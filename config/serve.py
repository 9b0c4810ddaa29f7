"""Serves the portal with gunicorn: ``python -m config.serve [--bind ADDR] [--port N]``.

Without REDIS_URL the Celery worker runs as threads inside the one web process, so that a first
look needs nothing beside it. With REDIS_URL the web processes are free of it (``dev.py worker``).
"""

import argparse
import importlib
import os
import signal
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from gunicorn.app.base import BaseApplication

from config import refusals

THREADS = 8


class Portal(BaseApplication):
    """The WSGI application with its settings in code; gunicorn's own files are not read."""

    def __init__(self, bind: str, port: int, workers: int) -> None:
        self.bind, self.port, self.workers = bind, port, workers
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        options = {
            "bind": f"{host}:{self.port}",
            "workers": self.workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
            "graceful_timeout": 10,
            "loglevel": "warning",
            "logconfig_dict": logs_of_real_use(),
            "when_ready": self.announce,
            "post_worker_init": start_worker,
            "worker_int": leave_at_once,
            "worker_exit": lambda _server, worker: leave_at_once(worker),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return importlib.import_module("config.wsgi").application

    def announce(self, _server: object) -> None:
        shown = "127.0.0.1" if self.bind in ("0.0.0.0", "::") else self.bind  # noqa: S104
        host = f"[{shown}]" if ":" in shown else shown
        print(f"妇联工作台 → http://{host}:{self.port}/   （Ctrl-C 结束 / ends it）", flush=True)  # noqa: T201


def logs_of_real_use() -> dict[str, Any]:
    """gunicorn's own words go the way of the portal's; each request has its line from RequestLog."""
    from django.conf import settings  # noqa: PLC0415 -- read where they are set up

    return settings.LOGGING if settings.REAL_USE else {}


def start_worker(_gunicorn_worker: object) -> None:
    """Start the jobs' threads in this web process, once Django is set up, if Redis has none."""
    # Ctrl-C reaches the whole group, and the master passes it on as SIGQUIT: taking both, gunicorn
    # can wait for ever for a lock that its first handler holds.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if in_process():
        importlib.import_module("reporting.jobs.inprocess").start()


def leave_at_once(gunicorn_worker: Any) -> None:
    """End the web process on Ctrl-C, or after its last request on SIGTERM.

    Without waiting for the jobs' threads, on which Python's own way out can hang.

    A job in hand loses its lease and runs again at the next start (docs/decisions/0003-jobs.md).
    """
    if gunicorn_worker.booted and in_process():
        os._exit(0)


def in_process() -> bool:
    from django.conf import settings  # noqa: PLC0415 -- read where gunicorn has set them up

    return not settings.REDIS_URL


def checked_workers(workers: int) -> int:
    """Two web processes would mean two in-process workers and twice the SQLite writers."""
    if in_process() and workers != 1:
        raise ImproperlyConfigured(
            "没有 REDIS_URL 时只能有一个 Web 进程 / Without REDIS_URL there is one web process: "
            "its worker is inside. Set DATABASE_URL and REDIS_URL for more."
        )
    return workers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    parser = argparse.ArgumentParser(prog="python -m config.serve")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1 if in_process() else 2)
    options = parser.parse_args()
    django.setup()
    refusals.at_start()
    Portal(options.bind, options.port, checked_workers(options.workers)).run()


if __name__ == "__main__":
    main()
