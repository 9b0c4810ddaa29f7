"""The Celery application. Tasks take a job id and nothing else (SECURITY 4.6)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("fulian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
