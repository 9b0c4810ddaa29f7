"""Per-request floor: no cached pages, the appointment one acts in, and closed-by-default views."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404
from django.utils.functional import SimpleLazyObject

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


def acting_appointment(request) -> Appointment | None:
    """The appointment the person acts in: the one she chose, else her first in force."""
    if not request.user.is_authenticated:
        return None
    current = list(
        request.user.appointments.current()
        .select_related("unit__unit_type", "post")
        .order_by("post__position", "pk")
    )
    request.current_appointments = current
    chosen = request.session.get("acting")
    return next((a for a in current if str(a.uuid) == chosen), current[0] if current else None)


class ActingMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.current_appointments = []
        request.acting = SimpleLazyObject(lambda: acting_appointment(request))
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
