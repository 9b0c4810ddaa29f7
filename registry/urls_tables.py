"""Registers in and out."""

from django.urls import path

from registry.views import exporting, importing, place_lists

urlpatterns = [
    path("registry/export/", exporting.Export.as_view(), name="export"),
    path("registry/import/", importing.Import.as_view(), name="import"),
    path("registry/import/<uuid:uuid>/", importing.ImportPreview.as_view(), name="import_preview"),
    path(
        "registry/import/of/<slug:what>/", place_lists.ImportPlaces.as_view(), name="import_places"
    ),
    path(
        "registry/export/of/<slug:what>/", place_lists.ExportPlaces.as_view(), name="export_places"
    ),
]
