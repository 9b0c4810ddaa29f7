"""Addresses of pairs: the list, one pair, and what becomes of it."""

from django.urls import URLPattern, path

from pairing.views import living, pairs, yearly

PAIR = "pairs/<uuid:uuid>"

urlpatterns: list[URLPattern] = [
    path("pairs/", pairs.PairList.as_view(), name="pairs"),
    path("pairs/new/", living.PairNew.as_view(), name="new"),
    path("pairs/renewals/", yearly.Renewals.as_view(), name="renewals"),
    path("pairs/from-annexes/", yearly.FromAnnexes.as_view(), name="from_annexes"),
    path("pairs/pick/<slug:what>/", living.PairPick.as_view(), name="pick"),
    path(f"{PAIR}/edit/", living.PairEdit.as_view(), name="edit"),
    path(f"{PAIR}/do/<slug:step>/", living.PairStep.as_view(), name="step"),
    path(f"{PAIR}/", pairs.PairRecord.as_view(), name="pair"),
]
