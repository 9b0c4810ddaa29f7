"""Where the pages of tracking lead: a pair, and the form of its log with day and kind preset."""

import datetime as dt
from urllib.parse import urlencode

from django.urls import reverse

from pairing.models import Pairing


def pair_url(pair: Pairing) -> str:
    return reverse("pairing:pair", args=[pair.uuid])


def log_url(pair: Pairing, *, on: dt.date | None = None, kind: str = "") -> str:
    preset = {"on": on.isoformat() if on else "", "kind": kind}
    query = urlencode({key: value for key, value in preset.items() if value})
    url = reverse("pairing:log_new", args=[pair.uuid])
    return f"{url}?{query}" if query else url
