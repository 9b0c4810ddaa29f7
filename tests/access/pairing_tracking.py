"""How the pages of ``pairing/urls_tracking.py`` are tried: by address name, see ``of_rooms``."""

import datetime as dt
from collections.abc import Callable

from django.utils import timezone

from pairing import callbacks
from pairing.models import CallbackResult, ContactLog, LogKind

WHY = "a test sets the stage"


def logged_last_month(line, scene) -> ContactLog:
    """A contact of the eastern post, entered last month."""
    rows = ContactLog.objects.unscoped(reason=WHY)
    month = callbacks.month_before(timezone.localdate())
    entered = dt.datetime.combine(month, dt.time(12), tzinfo=dt.UTC)
    log = rows.filter(pairing=scene.pairs.posted, entered_at=entered).first()
    if log is None:
        kind = LogKind.objects.get(code="contact")
        log = ContactLog(
            pairing=scene.pairs.posted, kind=kind, on=month, by=scene.people.post,
            entered_at=entered,
        )  # fmt: skip
        log.save()
    return log


def drawn(line, scene) -> CallbackResult:
    """A drawn log of the county: rung yesterday, or still waiting where the line says so."""
    rows = CallbackResult.objects.unscoped(reason=WHY).filter(sample__unit=scene.org.east)
    if rows.first() is None:
        logged_last_month(line, scene)
        callbacks.draw(
            scene.org.east, callbacks.month_before(timezone.localdate()), by=scene.people.county2
        )
    if line.case != "waiting":
        rows.update(
            result="not_reached", shown_at=timezone.now() - dt.timedelta(days=1),
            called_by=scene.people.county2,
        )  # fmt: skip
    return rows.earliest("pk")


ADDRESSES: dict[str, Callable] = {
    "pairing:callback": lambda line, scene: [drawn(line, scene).uuid],
    "pairing:handover": lambda line, scene: [scene.org.east_post.uuid],
    "pairing:profile": lambda line, scene: [scene.org.east_post.uuid, "offer"],
}
BODIES: dict[str, Callable] = {
    "pairing:callback": lambda line, scene: {
        "result": "confirmed", "words": "已核对", "version": drawn(line, scene).version,
    },
    "pairing:callbacks": lambda line, scene: {"unit": scene.org.east.uuid},
    "pairing:matches": lambda line, scene: {
        "helper": scene.org.east_committee.uuid, "recipient": scene.org.east_village2.uuid,
    },
    "pairing:profile": lambda line, scene: {
        "supports": ["material"], "text": "图书100册", "version": 0,
    },
}  # fmt: skip
PREPARE: dict[str, Callable] = {
    "pairing:callback": drawn,
    "pairing:callbacks": logged_last_month,
}
