"""Registers in and out."""

from django.urls import path

from registry.views import exporting, importing

urlpatterns = [
    path("registry/export/", exporting.Export.as_view(), name="export"),
    path("registry/import/", importing.Import.as_view(), name="import"),
    path("registry/import/<uuid:uuid>/", importing.ImportPreview.as_view(), name="import_preview"),
]
