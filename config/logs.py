"""Logs in real use: one JSON object a line, without names, words or values of people.

Who (a number), where (a path without its query), what became of it and how long it took. An
exception is told by its type and its places: its text may quote the very row a database refused,
and local variables hold whole forms. Numbers of identity cards and telephones are masked in
whatever is left, as the last net.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from config import private_numbers

# What is no person's however many digits stand in it: an id or a digest of ours.
OURS = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[0-9]*[a-f])[0-9a-f]{16,}\b"
)
MASK = "***"
DEEPEST = 20  # frames told of one exception
Event = MutableMapping[str, Any]
access = logging.getLogger("fulian.access")


def mask(value: Any) -> Any:
    """``value`` without identity numbers and telephones, however deep they are and however written."""
    if isinstance(value, str):
        return _masked_between(value)
    if isinstance(value, dict):
        return {mask(key): mask(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [mask(held) for held in value]
    if isinstance(value, int) and not isinstance(value, bool) and mask(str(value)) == MASK:
        return MASK
    return value


def _masked_between(text: str) -> str:
    """Masked between what is ours, which stays."""
    parts, at = [], 0
    for ours in OURS.finditer(text):
        parts += [_masked(text[at : ours.start()]), ours.group()]
        at = ours.end()
    return "".join([*parts, _masked(text[at:])])


def _masked(text: str) -> str:
    return private_numbers.replaced(text, lambda _kind, _digits: MASK)


def masked(_logger: object, _method: str, event: Event) -> Event:
    return {key: mask(value) for key, value in event.items()}


def exception_by_place(_logger: object, _method: str, event: Event) -> Event:
    """The exception as types and places; never its words, its SQL or its local variables."""
    given = event.pop("exc_info", None)
    event.pop("exc_text", None)
    error = given[1] if isinstance(given, tuple) else given
    told = []
    while isinstance(error, BaseException) and len(told) < 5:
        told.append({"type": type(error).__qualname__, "places": places(error.__traceback__)})
        error = error.__cause__ or error.__context__
    if told:
        event["exception"] = told
    return event


def places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def without_stack(_logger: object, _method: str, event: Event) -> Event:
    event.pop("stack_info", None)
    return event


BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# Ours are told in full by their message; of others only what their message says.
FIELDS = structlog.stdlib.ExtraAdder(
    allow=["path", "method", "status", "ms", "user", "unit", "query", "kind", "state"]
)


def config() -> dict[str, Any]:
    """The LOGGING of real use: everything to standard output, for the journal of the machine."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*BEFORE, FIELDS],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    exception_by_place,
                    without_stack,
                    masked,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "fulian": {"level": "INFO"},
            "celery": {"level": "WARNING"},
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # Its own line for each refused page would repeat ours.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "CRITICAL"},
        },
    }


class RequestLog:
    """Outermost: one line a request, and its number in whatever else is logged meanwhile."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number, began = uuid.uuid4().hex[:16], time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=number):
            response = self.get_response(request)
            response["X-Request-ID"] = number
            live = getattr(request, "live_session", None)
            access.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path[:300],
                    "query": sorted(request.GET)[:20],
                    "status": response.status_code,
                    "ms": round(1000 * (time.perf_counter() - began)),
                    "user": live.user_id if live else None,
                    "unit": _unit(request),
                },
            )
        return response


def _unit(request: HttpRequest) -> int | None:
    """The key of the unit acted for, where the page itself has asked for it; asks nothing."""
    acting = request.__dict__.get("acting")
    found = getattr(acting, "_wrapped", None)
    return getattr(found, "unit_id", None)
