"""Persons, households, relations, enrolments, needs, sites, helpers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
