"""Verification, books, transfers, changes, duplicates, merging."""

from django.urls import URLPattern, path

from registry.views.life_books import BookList
from registry.views.life_changes import LifeStep
from registry.views.life_duplicates import PairList, PairRecord, Registered
from registry.views.life_stale import StaleList
from registry.views.life_transfers import TransferList, TransferRecord

urlpatterns: list[URLPattern] = [
    path("archives/stale/", StaleList.as_view(), name="stale"),
    path("archives/books/", BookList.as_view(), name="books"),
    path("archives/registered/", Registered.as_view(), name="registered"),
    path("archives/transfers/", TransferList.as_view(), name="transfers"),
    path("archives/transfers/<uuid:uuid>/", TransferRecord.as_view(), name="transfer"),
    path("archives/duplicates/", PairList.as_view(), name="duplicates"),
    path("archives/duplicates/<uuid:uuid>/", PairRecord.as_view(), name="duplicate"),
    path("archives/<uuid:uuid>/life/<slug:step>/", LifeStep.as_view(), name="life"),
]
