"""Addresses of tracking: grid, blank list, matching, call-backs, handover."""

from django.urls import URLPattern, path

from pairing.views import (
    tracking_blank,
    tracking_callbacks,
    tracking_grid,
    tracking_handover,
    tracking_matching,
)

urlpatterns: list[URLPattern] = [
    path("pairs/grid/", tracking_grid.Grid.as_view(), name="grid"),
    path("pairs/blank/", tracking_blank.Blank.as_view(), name="blank"),
    path("pairs/matching/", tracking_matching.Matches.as_view(), name="matches"),
    path(
        "pairs/matching/<uuid:uuid>/<slug:side>/",
        tracking_matching.ProfilePage.as_view(),
        name="profile",
    ),
    path("pairs/callbacks/", tracking_callbacks.Callbacks.as_view(), name="callbacks"),
    path(
        "pairs/callbacks/<uuid:uuid>/", tracking_callbacks.CallbackPage.as_view(), name="callback"
    ),
    path("pairs/handover/<uuid:uuid>/", tracking_handover.Handover.as_view(), name="handover"),
]
