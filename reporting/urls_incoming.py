"""Addresses of 收表, under the app name ``reporting``."""

from django.urls import path

from reporting.views import incoming, incoming_files

patterns = [
    path("incoming/", incoming.IncomingList.as_view(), name="incoming"),
    path("incoming/new/", incoming.IncomingNew.as_view(), name="incoming_new"),
    path("incoming/batches/<uuid:uuid>/", incoming.BatchPage.as_view(), name="incoming_batch"),
    path(
        "incoming/batches/<uuid:uuid>/progress/",
        incoming.BatchProgress.as_view(),
        name="incoming_progress",
    ),
    path(
        "incoming/batches/<uuid:uuid>/files/", incoming.IncomingAdd.as_view(), name="incoming_add"
    ),
    path(
        "incoming/batches/<uuid:uuid>/read/", incoming.IncomingRead.as_view(), name="incoming_read"
    ),
    path(
        "incoming/batches/<uuid:uuid>/apply/",
        incoming.ApplyAll.as_view(),
        name="incoming_apply_all",
    ),
    path("incoming/files/<uuid:uuid>/", incoming_files.FilePage.as_view(), name="incoming_file"),
    path(
        "incoming/files/<uuid:uuid>/steps/<slug:step>/",
        incoming_files.FileStep.as_view(),
        name="incoming_step",
    ),
    path(
        "incoming/files/<uuid:uuid>/download/",
        incoming_files.FileDownload.as_view(),
        name="incoming_download",
    ),
    path(
        "incoming/files/<uuid:uuid>/marked/",
        incoming_files.FileMarked.as_view(),
        name="incoming_marked",
    ),
]
