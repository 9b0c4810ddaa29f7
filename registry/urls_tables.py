"""Registers in and out."""

from django.urls import path

from registry.views import exporting

urlpatterns = [
    path("registry/export/", exporting.Export.as_view(), name="export"),
]
