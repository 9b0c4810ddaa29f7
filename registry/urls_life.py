"""Verification, books, transfers, changes, duplicates, merging."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
