"""The Celery application. Tasks take a job id and nothing else (docs/decisions/0003-jobs.md)."""

import logging.config
import os

from celery import Celery, signals
from django.conf import settings

from config import refusals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("fulian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
def refuse_what_is_unfit(**_kwargs) -> None:
    refusals.at_start()


if settings.REAL_USE:

    @signals.setup_logging.connect
    def keep_the_portals_logs(**_kwargs) -> None:
        """Or Celery would set up its own, with the arguments of tasks in them."""
        logging.config.dictConfig(settings.LOGGING)
