"""How the pages of ``pairing/urls_logs.py`` are tried: by address name, see ``of_rooms``."""

import base64
import uuid
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pairing import logs, photos
from pairing.models import ContactLog

# A dot, as PNG.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def pair(line, scene):
    """``posted``; the volunteer's pairs where the line is about an elder or a child."""
    named = {"elder": scene.pairs.elderly, "child": scene.pairs.motherly}
    return named.get(line.case, scene.pairs.posted)


def log(line, scene) -> ContactLog:
    """One log of the pair, entered by the county's officer, made by whoever asks first."""
    found = pair(line, scene).logs.first()
    return found or logs.enter(
        pair(line, scene), kind="contact", on=timezone.localdate(), by=scene.people.county,
        key=uuid.uuid4(), way="phone",
    )  # fmt: skip


def photo(line, scene):
    row = log(line, scene)
    dot = SimpleUploadedFile("走访.png", DOT)
    return row.photos.first() or photos.add(row, dot, by=scene.people.county)


ADDRESSES: dict[str, Callable] = {
    "pairing:logs": lambda line, scene: [pair(line, scene).uuid],
    "pairing:log_new": lambda line, scene: [pair(line, scene).uuid],
    "pairing:log": lambda line, scene: [log(line, scene).uuid],
    "pairing:log_step": lambda line, scene: [log(line, scene).uuid, "withdraw"],
    "pairing:log_photo": lambda line, scene: [photo(line, scene).file],
}
BODIES: dict[str, Callable] = {
    "pairing:log_new": lambda line, scene: {
        "kind": "contact", "on": str(timezone.localdate()), "way": "phone",
    },
    "pairing:log_step": lambda line, scene: {"reason": "登记有误"},
}  # fmt: skip
PREPARE: dict[str, Callable] = {
    "pairing:log": log,
    "pairing:log_step": log,
    "pairing:log_photo": photo,
}
