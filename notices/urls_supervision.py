"""Reminders, channels and 督办."""

from django.urls import URLPattern

patterns: list[URLPattern] = []
