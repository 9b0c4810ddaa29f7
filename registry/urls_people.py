"""Persons, households, relations, enrolments, needs, sites, helpers."""

from django.urls import URLPattern, path

from registry.views import editing, helpers, parts, persons, sites

PERSON = "persons/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path("persons/", persons.PersonList.as_view(), name="persons"),
    path("persons/new/", editing.PersonNew.as_view(), name="person_new"),
    path("persons/pick/<slug:what>/", editing.Pick.as_view(), name="pick"),
    path(PERSON, persons.PersonRecord.as_view(), name="person"),
    path(f"{PERSON}edit/", editing.PersonEdit.as_view(), name="person_edit"),
    path(f"{PERSON}parts/<slug:part>/<slug:key>/", parts.PersonPart.as_view(), name="person_part"),
    path("sites/", sites.SiteList.as_view(), name="sites"),
    path("sites/new/", sites.SiteNew.as_view(), name="site_new"),
    path("sites/<uuid:uuid>/", sites.SiteRecord.as_view(), name="site"),
    path("sites/<uuid:uuid>/<slug:step>/", sites.SiteStep.as_view(), name="site_step"),
    path("helpers/", helpers.HelperList.as_view(), name="helpers"),
    path("helpers/new/", helpers.HelperNew.as_view(), name="helper_new"),
    path("helpers/<uuid:uuid>/", helpers.HelperRecord.as_view(), name="helper"),
    path("helpers/<uuid:uuid>/<slug:step>/", helpers.HelperStep.as_view(), name="helper_step"),
]
