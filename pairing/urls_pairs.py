"""Addresses of pairs: the list, one pair, and what becomes of it."""

from django.urls import URLPattern, path

from pairing.views import pairs

PAIR = "pairs/<uuid:uuid>"

urlpatterns: list[URLPattern] = [
    path("pairs/", pairs.PairList.as_view(), name="pairs"),
    path(f"{PAIR}/", pairs.PairRecord.as_view(), name="pair"),
]
