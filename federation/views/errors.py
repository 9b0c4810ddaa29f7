"""Refusals in plain words. Every page out of reach answers the same 404."""

from django.shortcuts import render

from federation import audit
from federation.policy import PUBLIC


def csrf_failure(request, reason=""):
    return render(request, "errors/csrf.html", {"title": "页面已过期"}, status=403)


def not_found(request, exception=None):
    return render(request, "errors/404.html", {"title": "没有这个页面"}, status=404)


def forbidden(request, exception=None):
    # Here the request's own transaction is over: what it undid does not undo this line.
    if getattr(request, "user", None) and request.user.is_authenticated:
        audit.record_denied(request)
    return render(
        request,
        "errors/403.html",
        {"title": "没有权限", "text": str(exception or "")},
        status=403,
    )


def server_error(request):
    return render(request, "errors/500.html", {"title": "出错了"}, status=500)


csrf_failure.policy = not_found.policy = forbidden.policy = server_error.policy = PUBLIC
