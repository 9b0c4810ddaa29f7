"""The actions an app offers, as words ``<app>_<action>``, declared by its AppConfig.

An app config carries ``actions = {"review": "审核报表", …}``. After migrating, each becomes a Django
permission on ``OrgUnit``, because grants are held on units.
"""

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS


def known_actions() -> dict[str, str]:
    """All declared actions, codename → Chinese name, in the order of INSTALLED_APPS."""
    return {
        f"{config.label}_{action}": name
        for config in apps.get_app_configs()
        for action, name in getattr(config, "actions", {}).items()
    }


def ensure_permissions(using: str = DEFAULT_DB_ALIAS, **_kwargs) -> None:
    """Create the permission rows of all declared actions; receiver of ``post_migrate``."""
    try:
        content_type_model = apps.get_model("contenttypes", "ContentType")
        permission_model = apps.get_model("auth", "Permission")
        unit_model = apps.get_model("federation", "OrgUnit")
    except LookupError:
        return
    content_type = content_type_model.objects.db_manager(using).get_for_model(unit_model)
    permissions = permission_model.objects.using(using).filter(content_type=content_type)
    present = set(permissions.values_list("codename", flat=True))
    permission_model.objects.using(using).bulk_create(
        [
            permission_model(content_type=content_type, codename=codename, name=name)
            for codename, name in known_actions().items()
            if codename not in present
        ]
    )
