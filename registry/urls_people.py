"""Persons, households, relations, enrolments, needs, sites, helpers."""

from django.urls import URLPattern, path

from registry.views import editing, parts, persons

PERSON = "persons/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path("persons/", persons.PersonList.as_view(), name="persons"),
    path("persons/new/", editing.PersonNew.as_view(), name="person_new"),
    path("persons/pick/<slug:what>/", editing.Pick.as_view(), name="pick"),
    path(PERSON, persons.PersonRecord.as_view(), name="person"),
    path(f"{PERSON}edit/", editing.PersonEdit.as_view(), name="person_edit"),
    path(f"{PERSON}parts/<slug:part>/<slug:key>/", parts.PersonPart.as_view(), name="person_part"),
]
