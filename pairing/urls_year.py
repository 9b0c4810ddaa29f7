"""Addresses of the year table and the exports of pairs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
