"""The peer: Django's admin changelist with django-guardian's permission on every row.

As GuardedModelAdmin is used to limit a list: ``get_objects_for_user`` in ``get_queryset``. Lighter
than stock, because our accounts have no groups and no permissions on whole models to ask for.
"""

from django.contrib import admin
from guardian.shortcuts import get_objects_for_user  # noqa: TID251 -- the peer that is measured

from benchmarks.accounts import ROWS
from benchmarks.open_model import OpenSubmission
from federation.policy import SIGNED_IN

PERMISSION = "reporting.view_submission"


def granted_rows(user):
    """The submissions of which guardian's table says that ``user`` may view them."""
    return get_objects_for_user(
        user, PERMISSION, OpenSubmission, use_groups=False, accept_global_perms=False
    )


class PeerSite(admin.AdminSite):
    def has_permission(self, request):
        return request.user.is_authenticated


class SubmissionAdmin(admin.ModelAdmin):
    list_display = (
        "unit", "annex", "period", "state", "due_on", "first_submitted_on", "reviewer",
    )  # fmt: skip
    list_select_related = ("unit", "reviewer")
    list_filter = ("annex", "state")
    search_fields = ("unit__name",)
    list_per_page = ROWS
    actions = None

    def get_urls(self):
        urls = super().get_urls()
        for url in urls:
            url.callback.policy = SIGNED_IN  # the portal's middleware refuses a page without one
        return urls

    def get_queryset(self, request):
        return granted_rows(request.user)

    def has_module_permission(self, request):
        return True

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request):
        return False

    has_change_permission = has_delete_permission = lambda self, request, obj=None: False


site = PeerSite(name="admin")
site.register(OpenSubmission, SubmissionAdmin)
