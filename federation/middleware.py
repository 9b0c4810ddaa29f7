"""Per-request floor: no cached pages, the appointment one acts in, and closed-by-default views."""

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from federation import passwords, scope, second_factor, sessions
from federation.compiled import Compiled
from federation.models import Appointment
from federation.policy import policy_of

FRAMEWORK_VIEWS = ("django.contrib.staticfiles.", "django.views.static.")


class NoStoreMiddleware:
    """Pages are never kept by a cache: a shared office computer shows nothing after log-out."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        return response


class PlainTextMiddleware:
    """Takes NUL out of what was typed: PostgreSQL knows no such character, and nobody types it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        request.GET = without_nul(request.GET)
        if request.method == "POST":
            request.POST = without_nul(request.POST)


def without_nul(typed: QueryDict) -> QueryDict:
    if not any("\0" in text for name, texts in typed.lists() for text in (name, *texts)):
        return typed
    clean = QueryDict(mutable=True)
    for name, texts in typed.lists():
        clean.setlist(name.replace("\0", ""), [text.replace("\0", "") for text in texts])
    return clean


class SessionLimitsMiddleware:
    """Ends sessions by the server's clock; lets what is owed go before all else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.live_session = None
        if request.session.get(SESSION_KEY):
            request.live_session = live = sessions.current(request)
            if live is None:  # idle, ended elsewhere, or of an account that was disabled
                sessions.drop(request)
            else:
                request.user = live.user  # Django need not ask for her again
        token = sessions.here.set(request.live_session)
        try:
            response = self.get_response(request)
        finally:
            sessions.here.reset(token)
        return with_mark(request, response)

    def process_view(self, request, view, args, kwargs):
        live, policy = request.live_session, policy_of(view)
        name = request.resolver_match.view_name
        if (
            live is None or name == "session"
        ):  # asking whether one is still there is no sign of life
            return None
        sessions.touch(live)
        if policy is None or policy.public or name == "logout":
            return None
        owed = owed_by(live)
        if not owed or name == owed:
            return None
        panel = request.headers.get("HX-Request") == "true"
        whole = request.method == "GET" and not panel
        page = request.get_full_path() if whole else page_of(request)
        first = redirect_to_login(page, reverse(owed))
        if panel:
            return HttpResponse(status=401, headers={"HX-Redirect": first.url})
        return first


def owed_by(live) -> str:
    """The page she must be done with before all others; asked at each request, not only at log-in."""
    if passwords.must_change(live.user, getattr(live.user, "login_state", None)):
        return "password_change"
    if live.owes_second_factor:
        return "second_factor"
    if second_factor.owed_by(
        live.user
    ):  # a new rule, or an administrator's post since she logged in
        second_factor.ask_to_set_up(live)
        live.owes_second_factor = True
        return "second_factor"
    return ""


def with_mark(request, response):
    """Tell the page's script which account is logged in now, without a name (see app.js)."""
    mark = sessions.mark_of(request.user)
    if mark != request.COOKIES.get(settings.ACCOUNT_COOKIE_NAME, ""):
        if mark:
            response.set_cookie(
                settings.ACCOUNT_COOKIE_NAME,
                mark,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        else:
            response.delete_cookie(settings.ACCOUNT_COOKIE_NAME, samesite="Lax")
            if settings.SESSION_COOKIE_SECURE:  # browsers take back no __Host- cookie otherwise
                response.cookies[settings.ACCOUNT_COOKIE_NAME]["secure"] = True
    return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page asks who is there, unless it is marked open; afterwards one is back on her page.

    A panel asked for by htmx must not be answered by a redirect: htmx would follow it and put the
    login page into the panel. It gets 401 and the address for the whole window. A view that scripts
    ask says itself, as ``stranger(request)``, what it answers.
    """

    def handle_no_permission(self, request, view_func):
        if answer := getattr(getattr(view_func, "view_class", None), "stranger", None):
            return answer(request)
        if request.headers.get("HX-Request") == "true":
            login = redirect_to_login(page_of(request), self.get_login_url(view_func))
            return HttpResponse(status=401, headers={"HX-Redirect": login.url})
        if request.method not in {"GET", "HEAD"}:
            return redirect_to_login(page_of(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


def page_of(request) -> str:
    """The page in the window that sent this request; an address that only acts shows nothing."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}):
        return "/"
    parts = urlsplit(told)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _in_force(day: dt.date, user: int) -> QuerySet[Appointment]:
    held = Appointment.objects.current(day).filter(user_id=user)
    return held.select_related("unit__unit_type", "post").order_by("post__position", "pk")


_appointments: Compiled[Appointment] = Compiled(_in_force, dt.date(1000, 1, 1), -1)


def acting_appointment(request) -> Appointment | None:
    """The appointment the person acts in: the one she chose, else her first in force."""
    if not request.user.is_authenticated:
        return None
    current = _appointments.objects(timezone.localdate(), request.user.pk)
    for appointment in current:
        appointment.user = request.user
    request.current_appointments = current
    chosen = request.session.get("acting")
    return next((a for a in current if str(a.uuid) == chosen), current[0] if current else None)


class ActingMiddleware:
    """The appointment one acts in; a page that only shows reads the grants once."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.current_appointments = []
        request.acting = SimpleLazyObject(lambda: acting_appointment(request))
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        with scope.asked_once():
            return self.get_response(request)


class PolicyMiddleware:
    """A page without a policy does not load; one whose action the person nowhere holds is 403."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "__module__", "").startswith(FRAMEWORK_VIEWS):
            return
        policy = policy_of(view)
        if policy is None:
            if settings.DEBUG or getattr(settings, "TESTING", False):
                raise ImproperlyConfigured(f"{view} says no policy.")
            raise Http404
        if not policy.allows(request.user):
            raise PermissionDenied("您的岗位没有这项权限。")
        return
