"""All addresses. External ids are UUIDs; what is out of scope answers 404."""

from django.urls import include, path

urlpatterns = [
    path("", include("federation.urls")),
    path("", include("notices.urls")),
    path("", include("reporting.urls")),
    path("", include("registry.urls")),
    path("", include("pairing.urls")),
    path("", include("administration.urls")),
]

handler400 = "federation.views.errors.bad_request"
handler403 = "federation.views.errors.forbidden"
handler404 = "federation.views.errors.not_found"
handler500 = "federation.views.errors.server_error"
