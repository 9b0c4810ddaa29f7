"""Persons, households, relations, enrolments, needs, sites, helpers."""

from django.urls import URLPattern, path

from registry.views import persons

urlpatterns: list[URLPattern] = [
    path("persons/", persons.PersonList.as_view(), name="persons"),
    path("persons/<uuid:uuid>/", persons.PersonRecord.as_view(), name="person"),
]
