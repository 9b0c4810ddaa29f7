"""How the pages of ``pairing/urls_phone.py`` are tried: by address name, see ``of_rooms``."""

import datetime as dt
import json
import uuid
from collections.abc import Callable

from django.utils import timezone

from pairing.models import QuarantinedLog

KEY = uuid.UUID(int=25)


def aside(scene) -> QuarantinedLog:
    """A log of the volunteer's, who lost the elder's pair; put aside by whoever asks first."""
    rows = QuarantinedLog.objects.unscoped(reason="a test sets the stage")
    body = {"kind": "contact", "on": str(timezone.localdate() - dt.timedelta(days=3))}
    by = {"pairing": scene.pairs.elderly, "by": scene.people.volunteer}
    return rows.get_or_create(key=KEY, uuid=KEY, defaults={**by, "body": body, "why": "演示"})[0]


def batch(line, scene) -> dict:
    """One log of a pair of posts, by whoever reaches it: each relation's phone says who it is."""
    if line.case == "empty":
        return {"batch": json.dumps({"who": "", "logs": []})}
    log = {"key": str(KEY), "pair": str(scene.pairs.posted.uuid), "kind": "contact",
           "on": str(timezone.localdate())}  # fmt: skip
    return {"batch": json.dumps({"who": "", "logs": [log]})}


ADDRESSES: dict[str, Callable] = {
    "pairing:phone_number": lambda line, scene: [scene.pairs.elderly.uuid],
    "pairing:put_aside_step": lambda line, scene: [aside(scene).uuid, line.case or "take"],
}
BODIES: dict[str, Callable] = {
    "pairing:phone_send": batch,
    "pairing:put_aside_step": lambda line, scene: {"reason": "与实际不符"},
}
PREPARE: dict[str, Callable] = {"pairing:put_aside": lambda line, scene: aside(scene)}
