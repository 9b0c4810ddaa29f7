"""The 专项 and kinds of 阵地 a new portal starts with."""

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.db import transaction

from federation.rows_by_code import equal
from registry.models import Programme, ProgrammeDefinition, SiteKind

FILE = settings.BASE_DIR / "fixtures" / "registry.json"


@transaction.atomic
def load() -> int:
    """Make the rows of ``fixtures/registry.json`` equal to the file; returns how many changed.

    Matches by code; what was added by hand stays, definitions of other days included.
    """
    lists = json.loads(FILE.read_text(encoding="utf-8"))
    changed = 0
    for position, values in enumerate(lists["programmes"], start=1):
        definitions = values.pop("definitions")
        programme, new = equal(Programme, values | {"position": position * 10})
        changed += new
        for definition in definitions:
            changed += _define(programme, definition)
    for position, values in enumerate(lists["site_kinds"], start=1):
        changed += equal(SiteKind, values | {"position": position * 10})[1]
    return changed


def _define(programme: Programme, values: dict[str, Any]) -> bool:
    from_on = dt.date.fromisoformat(values["from_on"])
    rest = {key: value for key, value in values.items() if key != "from_on"}
    found = ProgrammeDefinition.objects.filter(programme=programme, from_on=from_on)
    if found.filter(**rest).exists():
        return False
    definition = found.first() or ProgrammeDefinition(programme=programme, from_on=from_on)
    for key, value in rest.items():
        setattr(definition, key, value)
    definition.full_clean()
    definition.save()
    return True
