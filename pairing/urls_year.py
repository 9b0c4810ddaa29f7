"""Addresses of the year table and the exports of pairs."""

from django.urls import URLPattern, path

from pairing.views import year

urlpatterns: list[URLPattern] = [
    path("pairs/year/", year.Year.as_view(), name="year"),
    path("pairs/year/rows/", year.YearRows.as_view(), name="year_rows"),
    path("pairs/export/", year.Export.as_view(), name="export"),
]
