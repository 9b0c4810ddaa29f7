"""Recording acts. Call inside the transaction of the act itself."""

from typing import Any

from django.db import models

from federation.models import AuditEvent, OrgUnit, User


def record(
    obj: models.Model | str,
    verb: str,
    *,
    by: User | None,
    unit: OrgUnit | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Add one line to the audit trail; ``obj`` is the record acted on, or a word for what has none."""
    name = (
        obj if isinstance(obj, str) else f"{obj._meta.label_lower}:{getattr(obj, 'uuid', obj.pk)}"
    )
    return AuditEvent.objects.create(
        actor=by, unit=unit, verb=verb, record=name, detail=detail or {}
    )
