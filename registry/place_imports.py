"""导入阵地、帮扶力量: a workbook read, tried, shown, and then done whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from federation import audit, scope
from federation.models import User
from federation.scope import OutOfReach
from registry import masking
from registry.models import RegisterImport
from registry.place_resources import SAME, HelperResource, Outcome, PlaceResource, SiteResource
from reporting.template_lists import run, table_of
from reporting.workbook import read_sheet

MOST_ROWS = 500


@dataclass(frozen=True)
class Noun:
    """One kind of list that comes in: its word in an address, how it is called, where it is listed."""

    code: str
    word: str
    resource: type[PlaceResource]
    page: str


NOUNS = {
    "sites": Noun("sites", "阵地", SiteResource, "registry:sites"),
    "helpers": Noun("helpers", "帮扶力量", HelperResource, "registry:helpers"),
}


def carry_out(rows: Sequence[dict[str, Any]], noun: Noun, by: User, *, dry_run: bool) -> Outcome:
    """Run all rows in one transaction; with a fault, or dry, nothing of it stays."""
    resource = noun.resource(rows, by)
    wrong = run(resource, rows, resource.columns, dry_run=dry_run)
    column = {key: f"“{word}”" for word, key, _ in resource.columns}
    resource.outcome.faults = [
        (f"第{rows[index]['row']}行{column.get(key, '')}", masking.scan(words))
        for index, key, words in wrong
    ]
    return resource.outcome


def upload(data: bytes, *, name: str, noun: Noun, by: User) -> RegisterImport:
    """Read and try the workbook; its rows are kept sealed for an hour, the file is not kept."""
    roots = scope.roots(by, "registry_edit")
    if not roots:
        raise OutOfReach("您目前没有权限登记。")
    RegisterImport.objects.past_keeping().delete()
    rows, unknown = table_of(read_sheet(data), noun.resource.columns, most=MOST_ROWS)
    outcome = carry_out(rows, noun, by, dry_run=True)
    kept = "" if outcome.faults else json.dumps(rows, ensure_ascii=False)
    notes = [f"下列各栏不在模板里，没有使用：{'、'.join(unknown)[:200]}。"] if unknown else []
    return RegisterImport.objects.create(
        by=by, unit=roots[0], noun=noun.code, sha256=hashlib.sha256(data).hexdigest(), rows=kept,
        outcome={
            **_told(outcome), "name": name[:100], "count": len(rows),
            "notes": [masking.scan(note) for note in notes], "skipped": [], "minors": 0,
        },
    )  # fmt: skip


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "faults": outcome.faults,
        "fault_count": len(outcome.faults),
        "lines": [] if outcome.faults else outcome.lines,
    }


@transaction.atomic
def apply(found: RegisterImport, *, by: User, sha256: str) -> dict[str, int] | None:
    """Do what the preview showed: every row or none. None where a row cannot be done any more.

    Raises ``ValidationError`` for what was applied or has faults, ``OutOfReach`` for another's.
    """
    locked = RegisterImport.objects.to_apply(found, by=by, sha256=sha256)
    rows = json.loads(locked.rows.open())
    outcome = carry_out(rows, NOUNS[locked.noun], by, dry_run=False)
    locked.rows = ""
    if outcome.faults:
        locked.outcome = {**locked.outcome, **_told(outcome)}
        locked.save(update_fields=["rows", "outcome"])
        return None
    same = sum(line["does"] == SAME for line in outcome.lines)
    counts = {"added": len(outcome.lines) - same, "same": same}
    locked.applied_at = timezone.now()
    locked.outcome = {**locked.outcome, "lines": [], "faults": [], "done": counts}
    locked.save(update_fields=["rows", "applied_at", "outcome"])
    said = {"noun": locked.noun, "sha256": sha256, **counts}
    audit.record(locked, "import_places", by=by, unit=locked.unit, detail=said)
    return counts
