"""The page of the phone and the files it consists of: the same for everybody, kept by the phone.

The service worker carries a version over all of them, so that a phone takes new files together.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

FILES = (
    "css/tokens.css",
    "css/phone.css",
    "js/phone-store.js",
    "js/phone-queue.js",
    "js/phone.js",
    "img/phone.svg",
    "img/phone-192.png",
    "phone.webmanifest",
)


def page() -> str:
    """Rendered without a request: no context processor can put a person into it."""
    return render_to_string("pairing/phone.html")


@cache
def worker() -> str:
    """The script of the service worker, with its list of files and their version."""
    urls = [static(name) for name in FILES]
    script = _source("js/phone-worker.js")
    whole = hashlib.sha256(b"".join([page().encode(), script, *map(_source, FILES)]))
    told = {
        "version": whole.hexdigest()[:16],
        "page": reverse("pairing:phone"),
        "files": urls,
    }
    return f"const SHELL = {json.dumps(told)};\n{script.decode()}"


def _source(name: str) -> bytes:
    path = finders.find(name)
    if path is None:
        raise LookupError(name)
    with open(path, "rb") as file:  # noqa: PTH123 -- finders give a str
        return file.read()
