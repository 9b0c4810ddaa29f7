"""Our table of submissions as guardian's shortcuts expect it: with an open manager."""

from django.db import models

from reporting.models import Submission


class OpenSubmission(Submission):
    """A peer's view of the same rows: guardian would start from nothing at our closed manager."""

    objects = models.Manager()

    class Meta:
        proxy = True
        app_label = "reporting"  # no app of its own: a proxy brings no table and no migration
        verbose_name = verbose_name_plural = "报表"
