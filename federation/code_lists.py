"""The code lists a new portal starts with: kinds of unit, honour levels, systems and 岗位."""

import json

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from federation import grants
from federation.models import LineSystem, Post, PostLevel, UnitType, User

FILE = settings.BASE_DIR / "fixtures" / "code_lists.json"
LISTS: dict[str, type[models.Model]] = {
    "unit_types": UnitType,
    "post_levels": PostLevel,
    "line_systems": LineSystem,
    "posts": Post,
}


def load_all() -> int:
    """:func:`load`, then what each app names as ``code_lists`` of its config; returns how many changed."""
    loaders = (getattr(config, "code_lists", "") for config in apps.get_app_configs())
    return load() + sum(import_string(name)() for name in loaders if name)


@transaction.atomic
def load() -> int:
    """Make the rows of ``fixtures/code_lists.json`` equal to the file; returns how many changed.

    Matches by code. Rows added by hand stay. Where the actions of a 岗位 change, the grants of those
    who hold it are derived anew.
    """
    lists = json.loads(FILE.read_text(encoding="utf-8"))
    changed = 0
    posts: list[Post] = []
    for name, model in LISTS.items():
        rows = model.objects.all()  # type: ignore[attr-defined]
        held = {row.code: row for row in rows}
        ordered = any(field.name == "position" for field in model._meta.fields)
        for position, values in enumerate(lists[name], start=1):
            values = {**values, "position": position * 10} if ordered else values
            row = held.get(values["code"], model())
            if row.pk and all(getattr(row, key) == value for key, value in values.items()):
                continue
            known = row.pk is not None
            for key, value in values.items():
                setattr(row, key, value)
            row.full_clean()
            row.save()
            changed += 1
            if known and isinstance(row, Post):
                posts.append(row)
    if posts:
        grants.derive_all(User.objects.filter(appointments__post__in=posts).distinct())
    return changed
