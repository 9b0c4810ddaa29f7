"""Refusals in plain words. Every page out of reach answers the same 404."""

import re
import sys

from django.conf import settings
from django.db.utils import InterfaceError, OperationalError
from django.shortcuts import render
from django.views import defaults

from federation import audit, misses
from federation.encryption import KeyProblem
from federation.middleware import page_of
from federation.policy import PUBLIC


def csrf_failure(request, reason=""):
    """A form older than the log-in, or another site's. Only to the first are its words given back:
    nobody elsewhere puts sentences on a page of ours."""
    if getattr(request, "user", None) and request.user.is_authenticated:
        audit.record_denied(request, why="csrf")
    ours = f"{request.scheme}://{request.get_host()}"
    told = request.headers.get("Origin") or request.headers.get("Referer", "")
    from_here = told == ours or told.startswith(f"{ours}/")
    context = {
        "title": "页面停留太久，请重新提交",
        "typed": typed_words(request.POST) if from_here else [],
        "back_url": page_of(request),
    }
    return render(request, "errors/csrf.html", context, status=403)


def typed_words(post) -> list[str]:
    """What a person typed, without secrets and without what the page itself sent along."""
    names = [n for n in post if not re.search(UNTYPED, n)]
    words = [text.strip() for name in names for text in post.getlist(name)]
    return [text for text in words if text and not re.fullmatch(MACHINE, text)]


UNTYPED = r"csrf|password|confirm_again|code|version|key|^next$|^base$"
MACHINE = r"[0-9a-f-]{32,36}|\d{1,2}|[a-z_]+"


def not_found(request, exception=None):
    """404 for whatever is not there or not hers. An act that was aimed at it is recorded, and so is
    a person who asks for many."""
    if getattr(request, "user", None) and request.user.is_authenticated:
        if request.method not in {"GET", "HEAD"} and getattr(request, "resolver_match", None):
            audit.record_denied(request, why="reach")
        ours = not request.path.startswith(settings.STATIC_URL)
        if ours and not misses.missed(request):
            context = {"title": "请稍候", "text": "您访问的地址中有很多打不开，请稍候再试。"}
            page = _refusal(request, "kinds/plain.html", context, status=429)
            page["Retry-After"] = "10"
            return page
    return _refusal(request, "errors/404.html", {"title": "没有这个页面"}, status=404)


def _refusal(request, template, context, *, status):
    """A page in the usual frame, but without the counts of work that waits."""
    request.refused = True
    return render(request, template, context, status=status)


def forbidden(request, exception=None):
    # Here the request's own transaction is over: what it undid does not undo this line.
    if getattr(request, "user", None) and request.user.is_authenticated:
        audit.record_denied(request)
    context = {"title": "没有权限", "text": str(exception or "")}
    return _refusal(request, "errors/403.html", context, status=403)


def server_error(request):
    """The last page; one of its own where the database is away for a moment (a restart, a failover),
    and where sealed values do not open."""
    error = sys.exc_info()[1]
    if _database_is_away(error):
        return _away(request)
    if _caused_by(error, KeyProblem):
        return render(request, "errors/keys.html", {"title": "加密的内容打不开"}, status=500)
    return render(request, "errors/500.html", {"title": "出错了"}, status=500)


def _typed(request):
    """What was sent, so that one button sends it again; nothing where a page must not repeat it."""
    try:
        if request.method != "POST" or request.FILES:
            return []
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # the request itself was cut short
        return []
    return [] if any("password" in name or name == "code" for name, _ in sent) else sent


def bad_request(request, exception=None):
    """Also what becomes of a session that could not be saved because the database went away."""
    return (
        _away(request) if _database_is_away(exception) else defaults.bad_request(request, exception)
    )


def _away(request):
    acts = request.method not in {"GET", "HEAD"}
    given = {"acts": acts, "typed": _typed(request), "action": request.get_full_path()}
    page = render(request, "errors/503.html", given, status=503)
    page["Retry-After"] = "10"
    return page


def _database_is_away(error):
    return _caused_by(error, OperationalError, InterfaceError)


def _caused_by(error, *kinds):
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False


csrf_failure.policy = bad_request.policy = not_found.policy = forbidden.policy = (
    server_error.policy
) = PUBLIC
