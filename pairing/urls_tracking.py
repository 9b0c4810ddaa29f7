"""Addresses of tracking: grid, blank list, matching, call-backs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
