"""Sessions a person can see and end, and the two limits on each: idle and in all."""

import datetime as dt
import re
import uuid
from contextvars import ContextVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from federation import login
from federation.compiled import Compiled
from federation.models import LiveSession, User

KEY = "live"  # the session's word for its LiveSession
TOUCH = dt.timedelta(seconds=30)  # seen_at is written no more often
FORGET = dt.timedelta(days=7)
here: ContextVar[LiveSession | None] = ContextVar("here", default=None)  # whose request is served


def within_limits(now: dt.datetime | None = None) -> QuerySet[LiveSession]:
    """Sessions neither idle nor on for too long, by the clock of the server."""
    return _since(*_limits(now or timezone.now()))


def _since(seen: dt.datetime, began: dt.datetime) -> QuerySet[LiveSession]:
    return LiveSession.objects.filter(seen_at__gt=seen, began_at__gt=began)


def _limits(now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """A session in force was seen after the first and began after the second."""
    idle = dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return now - idle, now - dt.timedelta(hours=settings.SESSION_HOURS)


def _with_user(seen: dt.datetime, began: dt.datetime, key: uuid.UUID, user: int) -> QuerySet:
    found = _since(seen, began).filter(uuid=key, user_id=user)
    return found.select_related("user__login_state")


_LONG_AGO = dt.datetime(1000, 1, 1, tzinfo=dt.UTC)
_current: Compiled[LiveSession] = Compiled(
    _with_user, _LONG_AGO, _LONG_AGO + dt.timedelta(1), uuid.UUID(int=0), -1
)


def current(request) -> LiveSession | None:
    """The request's own session with its user and her password state, or None when it is over.

    One question for what Django asks in two; its proof by the password's hash is kept.
    """
    told = request.session
    if not told.get(KEY):
        return None
    key, person = uuid.UUID(told[KEY]), int(told[SESSION_KEY])
    found = _current.objects(*_limits(timezone.now()), key, person)
    if not found:
        return None
    (live,) = found
    if not live.user.is_active:
        end_all(live.user)  # enabling the account again must not bring this session back
        return None
    proof = told.get(HASH_SESSION_KEY, "")
    known = told.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    if known and constant_time_compare(proof, live.user.get_session_auth_hash()):
        return live
    # Another password, or another SECRET_KEY: Django knows which of the two.
    return live if get_user(request).is_authenticated else None


def touch(live: LiveSession) -> None:
    now = timezone.now()
    if now - live.seen_at > TOUCH:
        LiveSession.objects.filter(pk=live.pk).update(seen_at=now)


def confirm(live: LiveSession) -> None:
    """Who sits here has just shown again that she is the person who logged in."""
    live.confirmed_at = timezone.now()
    live.save(update_fields=["confirmed_at"])


def drop(request) -> None:
    """Make the request a stranger's; nothing of the session is left."""
    request.session.flush()
    request.user = AnonymousUser()


def end_all(user: User, *, keep: LiveSession | None = None) -> int:
    """End the sessions of ``user`` but ``keep``, each at its next request; how many there were."""
    ending = LiveSession.objects.filter(user=user).exclude(pk=keep.pk if keep else None)
    return ending.delete()[0]


def end_for_less(user: User) -> int:
    """Her rights have shrunk: her sessions end at their next request, but for the one that did it.

    Call in the transaction of the act. What pages show of what she may no longer see goes with them.
    """
    acting = here.get()
    return end_all(user, keep=acting if acting and acting.user_id == user.pk else None)


def mark_of(user) -> str:
    """What stands for the account in a page and in a cookie, so that a page knows its own person."""
    if not user.is_authenticated:
        return ""
    return salted_hmac("federation.account", str(user.pk), algorithm="sha256").hexdigest()[:16]


@receiver(user_logged_in, dispatch_uid="federation.sessions.begin")
def begin(sender, request, user, **kwargs) -> None:
    LiveSession.objects.filter(seen_at__lt=timezone.now() - FORGET).delete()
    LiveSession.objects.filter(uuid=request.session.get(KEY)).delete()
    live = LiveSession.objects.create(
        user=user,
        agent=request.META.get("HTTP_USER_AGENT", "")[:300].replace("\0", ""),
        address=address_to_keep(request),
    )
    request.session[KEY] = str(live.uuid)


@receiver(user_logged_out, dispatch_uid="federation.sessions.finish")
def finish(sender, request, user, **kwargs) -> None:
    LiveSession.objects.filter(uuid=request.session.get(KEY)).delete()


@receiver(post_save, sender=User, dispatch_uid="federation.sessions.disabled")
def end_when_disabled(sender, instance, **kwargs) -> None:
    """Re-enabling the account must not bring its old sessions back to life."""
    if not instance.is_active:
        end_all(instance)


def address_to_keep(request) -> str | None:
    address = login.address_of(request)
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return None
    return address


# -- A browser in words ---------------------------------------------------------------------------
SYSTEMS = (
    (r"UOS|Deepin", "统信 UOS"),
    (r"Kylin", "麒麟"),
    (r"HarmonyOS|OpenHarmony", "鸿蒙"),
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "安卓手机"),
    (r"Windows NT 10", "Windows 10/11"),
    (r"Windows NT 6\.1", "Windows 7"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "苹果电脑"),
    (r"Linux|X11", "Linux"),
)
# The particular before the general: each of them also calls itself Chrome or Safari.
BROWSERS = (
    (r"wxwork", "企业微信"),
    (r"MicroMessenger", "微信"),
    (r"DingTalk", "钉钉"),
    (r"QAXBrowser|Qaxbrowser", "奇安信浏览器"),
    (r"360(?:SE|EE|Browser)|QihooBrowser|QHBrowser", "360浏览器"),
    (r"QQBrowser", "QQ浏览器"),
    (r"MetaSr|SogouMobileBrowser", "搜狗浏览器"),
    (r"UCBrowser|UBrowser", "UC浏览器"),
    (r"HuaweiBrowser", "华为浏览器"),
    (r"MiuiBrowser", "小米浏览器"),
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"Firefox|FxiOS", "火狐"),
    (r"Chrome|CriOS|Chromium", "Chrome"),
    (r"Safari", "Safari"),
    (r"MSIE|Trident", "IE"),
)


def device_words(agent: str) -> str:
    """``Mozilla/5.0 (Windows NT 6.1) …`` as a person says it: Windows 7 · 360浏览器."""
    system = next((words for pattern, words in SYSTEMS if re.search(pattern, agent)), "")
    browser = next((words for pattern, words in BROWSERS if re.search(pattern, agent)), "")
    return " · ".join(filter(None, (system, browser))) or "未知设备"
