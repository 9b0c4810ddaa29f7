"""Who may try a password now: delays that grow, and no lock that a stranger could turn.

Counted are the account named (whether it exists or not), the address, and everyone together. What
is over its limit is refused before any password is hashed. A browser that has logged in to the
account before has a count of its own, so that nobody else's guesses can keep its owner out.
"""

import datetime as dt
import ipaddress
import unicodedata
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from federation import audit
from federation.models import LoginCounter, User

MINUTE = 60.0
LONGEST_DELAY = 60  # seconds
FORGET = dt.timedelta(minutes=15)  # without a failure, after which the delay begins at 1 s again
KEEP = dt.timedelta(days=1)
DEVICE_AGE = 400 * 86_400  # seconds; browsers keep no cookie for longer
DEVICE_ACCOUNTS = 20  # accounts one shared office machine remembers
DEVICE_SALT = "federation.device"


@dataclass(frozen=True)
class Limit:
    """``per_minute`` attempts under ``key`` in any 60 seconds; ``grows``: failures delay the next."""

    key: str
    per_minute: int
    grows: bool = False

    def refuses(self, counter: LoginCounter, now: dt.datetime) -> bool:
        if self.grows and counter.not_before and now < counter.not_before:
            return True
        return len(of_this_minute(counter, now)) >= self.per_minute

    def charge(self, counter: LoginCounter, now: dt.datetime) -> None:
        """Count an attempt as failed before it is made: those made at the same time see it."""
        counter.recent = [*of_this_minute(counter, now), now.timestamp()]
        if self.grows:
            quiet = now - counter.touched_at > FORGET
            counter.failures = 1 if quiet else counter.failures + 1
            delay = min(LONGEST_DELAY, 2 ** min(counter.failures - 1, 6))
            counter.not_before = now + dt.timedelta(seconds=delay)
        counter.touched_at = now
        counter.save()


def of_this_minute(counter: LoginCounter, now: dt.datetime) -> list[float]:
    return [moment for moment in counter.recent if moment > now.timestamp() - MINUTE]


@dataclass(frozen=True)
class Attempt:
    """A password may be tried once; what was charged for it."""

    limits: tuple[Limit, ...]
    at: dt.datetime


def keyed(kind: str, value: str) -> str:
    """What stands for an account, address or device in the database; of no use without the key."""
    return salted_hmac("federation.login", f"{kind}:{value}", algorithm="sha256").hexdigest()


def account_key(username: str) -> str:
    return keyed("account", unicodedata.normalize("NFKC", username).strip().casefold())


def limits_for(username: str, address: str, device: str = "") -> tuple[Limit, ...]:
    """The limits an attempt is under; ``device`` is a browser known to the account, or empty."""
    per_minute = settings.LOGIN_PER_MINUTE
    account = account_key(username)
    if device:
        key = keyed("device", f"{device}:{account}")
        return (Limit(key, per_minute["account"], grows=True),)
    return (
        Limit(account, per_minute["account"], grows=True),
        Limit(keyed("address", network_of(address)), per_minute["address"]),
        Limit(keyed("all", ""), per_minute["all"]),
    )


def admit(username: str, *, address: str, device: str = "") -> Attempt | None:
    """Let one password be tried, or ``None``: too many, and nothing may be hashed."""
    now = timezone.now()
    limits = {limit.key: limit for limit in limits_for(username, address, device)}
    # A flood is turned away by a read; only what may pass takes the locks.
    if any(limits[c.key].refuses(c, now) for c in LoginCounter.objects.filter(key__in=limits)):
        return None
    with transaction.atomic():
        LoginCounter.objects.bulk_create(
            [LoginCounter(key=key, touched_at=now) for key in sorted(limits)], ignore_conflicts=True
        )
        counters = _locked(limits)
        if len(counters) < len(limits):  # purged this very moment
            return None
        if any(limits[counter.key].refuses(counter, now) for counter in counters):
            return None
        for counter in counters:
            limits[counter.key].charge(counter, now)
    purge(now)
    return Attempt(tuple(limits.values()), now)


def succeeded(attempt: Attempt) -> None:
    """Give back what ``attempt`` was charged: an office of forty logs in from one address at 8:30."""
    limits = {limit.key: limit for limit in attempt.limits}
    with transaction.atomic():
        for counter in _locked(limits):
            if attempt.at.timestamp() in counter.recent:
                counter.recent.remove(attempt.at.timestamp())
            if limits[counter.key].grows:
                counter.failures, counter.not_before = 0, None
            counter.save()


def failed(username: str, *, address: str) -> None:
    """One line in the audit trail. The typed name of no account is not kept: it may be a password."""
    known = User.objects.filter(username=username).first()
    detail = {"account": account_key(username), "address": address}
    audit.record(known or "login", "login_failed", by=None, detail=detail)


def _locked(limits: dict[str, Limit]) -> list[LoginCounter]:
    return list(LoginCounter.objects.select_for_update().filter(key__in=limits).order_by("key"))


def purge(now: dt.datetime) -> None:
    """Drop counters nobody touched for a day, at most 500 at a time."""
    with transaction.atomic():
        old = LoginCounter.objects.filter(touched_at__lt=now - KEEP).order_by("key")
        keys = old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:500]
        if found := list(keys):
            LoginCounter.objects.filter(pk__in=found).delete()


# -- Where it comes from --------------------------------------------------------------------------
def address_of(request) -> str:
    """The caller's address. ``X-Forwarded-For`` is anyone's invention unless a proxy of ours says it.

    Read from the right, past the proxies of ``settings.TRUSTED_PROXIES``; "" when there is none (a
    socket file without a trusted proxy in front).
    """
    direct = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if not forwarded or not _trusted(direct):
        return direct
    for hop in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_address(hop):
            return direct
        if not _trusted(hop):
            return hop
    return direct


def _trusted(address: str) -> bool:
    if not _is_address(address):
        return address == "" and "unix" in settings.TRUSTED_PROXIES
    here = ipaddress.ip_address(address)
    networks = [ipaddress.ip_network(n) for n in settings.TRUSTED_PROXIES if n != "unix"]
    return any(here in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def network_of(address: str) -> str:
    """What counts as one address: an IPv6 caller has 2⁶⁴ of them at will."""
    if not _is_address(address):
        return address
    here = ipaddress.ip_address(address)
    if here.version == 4:
        return str(here)
    if here.ipv4_mapped:
        return str(here.ipv4_mapped)
    return str(ipaddress.ip_network(f"{here}/64", strict=False))


# -- Devices that logged in before ----------------------------------------------------------------
def device_of(request) -> tuple[str, list[str]]:
    """The browser's id and the accounts that logged in from it; ("", []) for a stranger."""
    try:
        device, accounts = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
            salt=DEVICE_SALT,
            max_age=DEVICE_AGE,
        )
    except (signing.BadSignature, TypeError, ValueError):
        return "", []
    return device, accounts


def known_device(request, username: str) -> str:
    """The browser's id if ``username`` logged in from it before, else ""."""
    device, accounts = device_of(request)
    return device if account_key(username)[:16] in accounts else ""


def remember_device(request, response, username: str) -> None:
    device, accounts = device_of(request)
    account = account_key(username)[:16]
    accounts = [account, *(other for other in accounts if other != account)][:DEVICE_ACCOUNTS]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device or uuid.uuid4().hex, accounts], salt=DEVICE_SALT),
        max_age=DEVICE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
