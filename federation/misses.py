"""Whoever asks for many addresses that are not hers is guessing: slowed down, and told to the auditor.

Every 404 of a signed-in person counts alike, for what does not exist and for what lies beyond her
reach, so that the slowing tells nobody which of both it was.
"""

import datetime as dt
import threading
import time

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from federation import audit, login
from federation.models import AuditEvent, LoginCounter

WINDOW = dt.timedelta(minutes=10)
ALLOWED = 60  # misses in the window; a stale bookmark or a closed record is missed now and then
AT_ONCE = 2  # requests of this process that may be kept waiting: no more threads are lost to it
_waiting = threading.BoundedSemaphore(AT_ONCE)


def missed(request: HttpRequest) -> bool:
    """Count a 404 of a signed-in person; False when she must come back later (429).

    After ``ALLOWED`` in ten minutes each miss takes ``settings.MISS_DELAY`` seconds longer, and the
    audit trail has one line that says so. Call when the request's own transaction has ended.
    """
    if _count(request) <= ALLOWED:
        return True
    _tell(request)
    if not _waiting.acquire(blocking=False):
        return False
    try:
        time.sleep(settings.MISS_DELAY)
    finally:
        _waiting.release()
    return True


@transaction.atomic
def _count(request: HttpRequest) -> int:
    """Misses of this person in the window, this one included; counted to one beyond the allowed."""
    now = timezone.now()
    key = login.keyed("misses", str(request.user.pk))
    counters = LoginCounter.objects.select_for_update()
    counter = counters.filter(key=key).first()
    if counter is None:
        LoginCounter.objects.get_or_create(key=key, defaults={"touched_at": now})
        counter = counters.get(key=key)
    since = (now - WINDOW).timestamp()
    recent = [moment for moment in counter.recent if moment > since]
    counter.recent = [*recent, now.timestamp()][-(ALLOWED + 1) :]
    counter.touched_at = now
    counter.save(update_fields=["recent", "touched_at"])
    return len(counter.recent)


def _tell(request: HttpRequest) -> None:
    lately = AuditEvent.objects.filter(actor=request.user, at__gt=timezone.now() - WINDOW)
    if lately.filter(verb="many_misses").exists():
        return
    acting = getattr(request, "acting", None)
    audit.record(
        "page:404",
        "many_misses",
        by=request.user,
        unit=acting.unit if acting else None,
        detail={"count": ALLOWED + 1, "minutes": int(WINDOW.total_seconds() // 60)},
    )
