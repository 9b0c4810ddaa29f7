"""Addresses of pairs: the list, one pair, and what becomes of it."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
