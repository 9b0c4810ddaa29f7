"""Addresses of contact logs and their photos."""

from django.urls import URLPattern, path

from pairing.views import logs

urlpatterns: list[URLPattern] = [
    path("pairs/<uuid:uuid>/logs/", logs.PairLogs.as_view(), name="logs"),
    path("pairs/<uuid:uuid>/logs/new/", logs.LogNew.as_view(), name="log_new"),
    path("logs/photos/<uuid:uuid>/", logs.LogPhotoFile.as_view(), name="log_photo"),
    path("logs/<uuid:uuid>/", logs.LogRecord.as_view(), name="log"),
    path("logs/<uuid:uuid>/<slug:step>/", logs.LogStep.as_view(), name="log_step"),
]
