"""Code lists kept in a file: rows made equal to it by their code, what was added by hand left alone."""

from typing import Any

from django.db import models


def equal(model: type[models.Model], values: dict[str, Any], *, of: dict[str, Any] | None = None):
    """The row of ``model`` with this ``code`` (within ``of``), made equal to ``values``.

    Returns the row and whether anything was written. Raises ValidationError for values that do not fit.
    """
    within = of or {}
    row = model.objects.filter(code=values["code"], **within).first() or model(**within)  # type: ignore[attr-defined]
    if row.pk and all(getattr(row, key) == value for key, value in values.items()):
        return row, False
    for key, value in values.items():
        setattr(row, key, value)
    row.full_clean()
    row.save()
    return row, True
