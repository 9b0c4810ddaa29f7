"""Reveal, consent, carers, authorisations, erasure, figures."""

from django.urls import URLPattern, path

from registry.views import zone_caring, zone_consents, zone_erasures, zone_figures, zone_opening

ARCHIVE = "persons/<uuid:uuid>"

urlpatterns: list[URLPattern] = [
    path(f"{ARCHIVE}/open/", zone_opening.OpenArchive.as_view(), name="open"),
    path(f"{ARCHIVE}/reveal/<slug:field>/", zone_opening.RevealField.as_view(), name="reveal"),
    path(f"{ARCHIVE}/carers/", zone_caring.Carers.as_view(), name="carers"),
    path(f"{ARCHIVE}/consents/", zone_consents.Consents.as_view(), name="consents"),
    path(f"{ARCHIVE}/erase/", zone_erasures.ProposeErasure.as_view(), name="erase"),
    path(
        "archives/consents/<uuid:uuid>/scan/",
        zone_consents.ConsentScan.as_view(),
        name="consent_scan",
    ),
    path("archives/authorisations/", zone_caring.Authorisations.as_view(), name="authorisations"),
    path("archives/figures/", zone_figures.Figures.as_view(), name="figures"),
    path("archives/erasures/", zone_erasures.Erasures.as_view(), name="erasures"),
]
