"""Notices: reading, publishing, 签收."""

from django.urls import URLPattern

patterns: list[URLPattern] = []
