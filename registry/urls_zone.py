"""Reveal, consent, carers, authorisations, erasure, figures."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
