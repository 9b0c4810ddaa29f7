"""Addresses of the phone: the pairs one carries, and what it sends."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
