"""Addresses of contact logs and their photos."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
