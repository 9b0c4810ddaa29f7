"""A fresh confirmation before weighty acts: whoever sits here is still the person who logged in.

A view says it on its ``post``, outside of ``@idempotent``::

    @confirmed_recently("grant")
    @idempotent
    def post(self, request): ...

Logging in confirms, and so does each answer given here, for ``settings.CONFIRM_MINUTES``. Later the
act is not done: the person is asked, with all she typed kept in the page that asks, and her answer
sends the act. ``settings.CONFIRM_AGAIN_FOR`` names the kinds of act: approve, grant, export,
publish, reveal.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from federation import audit, login, second_factor, sessions
from federation.middleware import page_of

FIELD = "confirm_again"  # what she answers with; no view ever sees it
ACTS = {
    "approve": "审核通过",
    "grant": "变更账号和权限",
    "export": "导出",
    "publish": "发布通知",
    "reveal": "查看隐去的内容",
}
WRONG = "密码不对，或尝试过于频繁；请核对后稍候再试。"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session was confirmed within the last ``settings.CONFIRM_MINUTES``."""
    since = timezone.now() - request.live_session.confirmed_at
    return dt.timedelta() <= since <= dt.timedelta(minutes=settings.CONFIRM_MINUTES)


def needed(request: HttpRequest, act: str) -> bool:
    return act in settings.CONFIRM_AGAIN_FOR and not is_fresh(request)


def prove(request: HttpRequest, typed: str) -> bool:
    """Check what she typed, no faster than at the door; right, and the session is confirmed anew.

    Who has a second factor answers with a code of it, all others with their password.
    """
    user, live = request.user, request.live_session
    if second_factor.of(user):
        right = second_factor.verify(user, typed)
    else:
        attempt = login.admit(user.username, address="", device=str(live.uuid))
        right = attempt is not None and user.check_password(typed)
        if right:
            login.succeeded(attempt)
        elif attempt:
            audit.record(user, "confirm_failed", by=user)
    if right:
        sessions.confirm(live)
        audit.record(user, "confirm", by=user)
    return right


def question(request: HttpRequest, *, wrong: bool = False) -> dict:
    """What the page that asks shows, whether an act waits or not."""
    by_code = second_factor.of(request.user) is not None
    return {
        "title": "请确认是您本人",
        "minutes": settings.CONFIRM_MINUTES,
        "field": FIELD,
        "by_code": by_code,
        "error": (second_factor.WRONG if by_code else WRONG) if wrong else "",
    }


def confirmed_recently(act: str, *, when: Callable[..., bool] | None = None) -> Callable:
    """For ``post`` methods: the act waits until the person has shown again who she is.

    ``when(**kwargs)`` of the address narrows it, for a view that has several acts.
    """
    if act not in ACTS:
        raise ValueError(f"no such act: {act}")

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def wrapped(self, request, *args, **kwargs):
            concerned = when is None or when(**kwargs)
            if concerned and needed(request, act):
                typed = request.POST.get(FIELD, "")
                if not typed or not prove(request, typed):
                    return ask(request, act, wrong=bool(typed))
            if FIELD in request.POST:
                request.POST = request.POST.copy()
                del request.POST[FIELD]
            return view(self, request, *args, **kwargs)

        wrapped.confirms = act
        return wrapped

    return decorate


def ask(request: HttpRequest, act: str, *, wrong: bool = False) -> HttpResponse:
    """403 with the question. What was typed stands in the page and is sent on with the answer.

    A panel and a script are told where to ask; a file cannot be kept in a page, so it is chosen anew.
    """
    page = page_of(request)
    where = redirect_to_login(page, reverse("confirm"), "next").url
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=403, headers={"HX-Redirect": where})
    if request.headers.get("Accept") == "application/json":
        sentence = "请先确认身份，再办理。"
        return JsonResponse({"error": sentence, "confirm_url": where}, status=403)
    kept = [(n, v) for n, vs in request.POST.lists() for v in vs if n not in UNKEPT]
    context = {
        **question(request, wrong=wrong),
        "act": ACTS[act],
        "kept": [] if request.FILES else kept,
        "files": bool(request.FILES),
        "next": page if request.FILES else "",
        "form_url": reverse("confirm") if request.FILES else request.get_full_path(),
        "cancel_url": page,
    }
    return render(request, "registration/confirm.html", context, status=403)


UNKEPT = {FIELD, "csrfmiddlewaretoken"}
