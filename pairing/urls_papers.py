"""Addresses of what is put in writing: agreements, plans, projects, cards, typical cases."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
