"""The portal's addresses, ``/sql`` (the floor) and ``/admin/`` (the peer)."""

from django.urls import include, path

from benchmarks.peer_admin import site
from benchmarks.sql_floor import sql_alone

urlpatterns = [
    path("sql/<str:username>/", sql_alone),
    path("admin/", site.urls),
    path("", include("config.urls")),
]

handler403 = "federation.views.errors.forbidden"
handler404 = "federation.views.errors.not_found"
handler500 = "federation.views.errors.server_error"
