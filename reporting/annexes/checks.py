"""A start-up check: every registered annex fits the workbook it was issued with."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from reporting.annexes import base
from reporting.workbook import WorkbookError


@register("annexes")
def annexes_fit_their_workbooks(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """One error for each annex whose workbook is missing, unreadable or headed otherwise."""
    errors: list[CheckMessage] = []
    for annex in base.all():
        try:
            annex.check_workbook()
        except (base.AnnexMismatch, WorkbookError) as error:
            errors.append(Error(str(error), obj=type(annex), id="reporting.E001"))
    return errors
