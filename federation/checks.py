"""System checks that keep the floor: every model is scoped or says why it is not."""

import os
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import connection

# Models without a unit, and the reason; a new model is scoped or stands here.
UNSCOPED = {
    "federation.UnitType": "code list",
    "federation.PostLevel": "code list",
    "federation.LineSystem": "code list",
    "federation.Post": "code list",
    "federation.OrgUnit": "the tree itself: a public directory of names",
    "federation.HookUpLink": "administration, read through grants",
    "federation.User": "administration, read through appointments",
    "federation.Appointment": "administration, read through grants",
    "federation.UnitChange": "of the public directory, shown on the pages of its units",
    "federation.UnitGrant": "asked by federation.scope only",
    "federation.AuditEvent": "read by the auditor's page only",
    "federation.AuditSeal": "proves the audit trail, names nobody",
    "federation.IdempotentRequest": "keyed by its own user",
    "federation.SavedQuery": "keyed by its own user",
    "federation.LoginState": "beside its account",
    "federation.LiveSession": "keyed by its own user",
    "federation.SecondFactor": "keyed by its own user",
    "federation.RecoveryCode": "keyed by its own user",
    "federation.LoginCounter": "keyed hashes, of nobody",
    "federation.Chore": "when periodic work ran, of nobody",
}


def unscoped_models() -> list[str]:
    """Labels of our models that are neither scoped nor on the list above (or their app's own)."""
    from federation.scope import ScopedModel  # noqa: PLC0415 -- models must be loaded first

    ours = [c for c in apps.get_app_configs() if Path(c.path).parent == Path(settings.BASE_DIR)]
    excused = dict(UNSCOPED)
    for config in ours:
        excused.update(getattr(config, "unscoped_models", {}))
    return [
        model._meta.label
        for config in ours
        for model in config.get_models()
        if not issubclass(model, ScopedModel) and model._meta.label not in excused
    ]


@register()
def every_model_is_scoped(app_configs, **kwargs):
    return [
        Error(
            f"{label} is not a ScopedModel and gives no reason.",
            hint="Derive it from federation.scope.ScopedModel, or add it with a reason.",
            id="federation.E001",
        )
        for label in unscoped_models()
    ]


@register("database")
def chinese_can_be_searched(app_configs, databases=None, **kwargs):
    """PostgreSQL with LC_CTYPE C extracts no trigrams from Chinese."""
    if not databases or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT datctype FROM pg_database WHERE datname = current_database()")
        ctype = cursor.fetchone()[0]
    if ctype in {"C", "POSIX"}:
        return [
            Warning(
                f"The database's LC_CTYPE is {ctype}: searching Chinese text will find nothing.",
                hint="Create it with --locale=C.UTF-8 or zh_CN.UTF-8.",
                id="federation.W001",
            )
        ]
    return []


@register("database")
def row_security_is_up(app_configs, databases=None, **kwargs):
    """ROW_SECURITY=on must mean that a query without a person finds nothing."""
    if not settings.ROW_SECURITY or not databases:
        return []
    if connection.vendor != "postgresql":
        return [
            Error(
                "ROW_SECURITY is on, and only PostgreSQL has row-level security.",
                hint="Set DATABASE_URL to a PostgreSQL database, or take ROW_SECURITY away.",
                id="federation.E010",
            )
        ]
    from federation import row_security  # noqa: PLC0415 -- models must be loaded first

    lacking = [state.table for state in row_security.states() if not state.sound]
    if lacking:
        return [
            Warning(
                f"ROW_SECURITY is on, and these tables are open: {', '.join(lacking)}.",
                hint="Run `manage.py row_security apply` with DATABASE_ADMIN_URL.",
                id="federation.W011",
            )
        ]
    # At the shell of the owner, who is above the policies and is meant to be.
    if "DATABASE_ADMIN_URL" in os.environ or settings.ROW_SECURITY_ROLE:
        return []
    if row_security.bypassed_by_us():
        return [
            Error(
                "ROW_SECURITY is on, and DATABASE_URL's role is above it (superuser or BYPASSRLS).",
                hint="Connect as a role that owns nothing, or name one in ROW_SECURITY_ROLE.",
                id="federation.E011",
            )
        ]
    return []
