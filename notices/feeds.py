"""日历订阅: a private link, kept as its hash, that shows what its person may see at that moment.

The calendar holds no name of a person: title, unit, due day and the address of the task's page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from urllib.parse import urljoin

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from federation import audit, scope
from federation.models import User
from notices import dated
from notices.models import CalendarFeed

BACK, AHEAD = dt.timedelta(days=92), dt.timedelta(days=400)
TOKEN_BYTES = 32


def _hash(token: str) -> str:
    # A token of 256 random bits needs no slow hash: there is nothing to guess it from.
    return hashlib.sha256(token.encode()).hexdigest()


def live_feed(user: User) -> CalendarFeed | None:
    return user.calendar_feeds.filter(revoked_at=None).first()


@transaction.atomic
def create(user: User) -> str:
    """A new link for ``user``; the one before ends. The token is told here and never again."""
    User.objects.select_for_update().get(pk=user.pk)
    revoke(user)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = CalendarFeed.objects.create(user=user, token_sha256=_hash(token))
    audit.record(made, "create_feed", by=user)
    return token


@transaction.atomic
def revoke(user: User) -> bool:
    """End the link of ``user``; whether there was one."""
    feed = user.calendar_feeds.select_for_update().filter(revoked_at=None).first()
    if feed is None:
        return False
    feed.revoked_at = timezone.now()
    feed.save(update_fields=["revoked_at"])
    audit.record(feed, "revoke_feed", by=user)
    return True


def reader_of(token: str) -> User | None:
    """Whose link it is; nobody's once it was ended or its person may see no notices any more."""
    feeds = CalendarFeed.objects.filter(token_sha256=_hash(token), revoked_at=None)
    feed = feeds.select_related("user").first()
    if feed is None or not scope.may(feed.user, "notices_view"):
        return None
    return feed.user


def calendar_of(user: User, base: str, today: dt.date | None = None) -> bytes:
    """The calendar as text/calendar bytes; equal while nothing in it changes. ``base`` is https://host/."""
    today = today or timezone.localdate()
    calendar = Calendar()
    calendar.add("prodid", "-//fulian-portal//tasks//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "妇联工作台")
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    for task in dated.own_tasks(user, today - BACK, today + AHEAD):
        title = f"截止：{task.duty}{task.period_words}（{task.get_state_display()}）"
        url = urljoin(base, reverse("notices:task", args=[task.uuid]))
        event = _event(f"task-{task.uuid}", title, task.due_on, url, task.version)
        event.add("location", str(task.unit))
        calendar.add_component(event)
    for each in dated.deadlines(user, today - BACK, today + AHEAD):
        title = f"各单位截止：{each.duty}（{each.expected} 个单位应报）"
        url = urljoin(base, reverse("notices:board", args=[each.duty.uuid]))
        key = f"duty-{each.duty.uuid}-{each.period}-{each.due_on:%Y%m%d}"
        calendar.add_component(_event(key, title, each.due_on, f"{url}?period={each.period}", 1))
    return calendar.to_ical()


def _event(key: str, title: str, day: dt.date, url: str, sequence: int) -> Event:
    event = Event()
    event.add("uid", f"{key}@fulian-portal")
    # The moment of the day, not of the reading: two readings of the same are the same bytes.
    event.add("dtstamp", dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC))
    event.add("summary", title)
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))
    event.add("url", url)
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT")
    return event
