"""Tasks: 我的待办, calendar, boards, materials, extensions."""

from django.urls import URLPattern

patterns: list[URLPattern] = []
