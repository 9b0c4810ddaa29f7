"""导入阵地、帮扶力量: a workbook read, tried, shown, and then done whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from tablib import Dataset

from federation import audit, scope
from federation.models import User
from federation.scope import OutOfReach
from registry import masking
from registry.models import RegisterImport
from registry.place_resources import SAME, HelperResource, Outcome, PlaceResource, SiteResource
from reporting.workbook import Sheet, UnreadableWorkbook, read_sheet

MOST_ROWS = 500
MOST_CHARACTERS = 400  # of a cell; nothing that is asked for is longer


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


def table_of(sheet: Sheet, noun: Noun) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows by key, and the headings nobody asked for. ``UnreadableWorkbook`` where headings lack."""
    columns = noun.resource.columns
    known = {word: key for word, key, _ in columns}
    needed = {word for word, _, must in columns if must}
    tops = [[cell.replace("*", "").strip() for cell in cells] for cells in sheet.rows[:10]]
    at = next((n for n, words in enumerate(tops) if len(needed & set(words)) >= 2), None)
    if at is None:
        raise UnreadableWorkbook(
            f"没有找到表头：要有“{'”“'.join(w for w in known if w in needed)}”，请用下载的模板。"
        )
    headings = tops[at]
    lacking = [word for word in known if word in needed and word not in headings]
    twice = sorted({word for word in headings if word in known and headings.count(word) > 1})
    if lacking or twice:
        said = [f"缺“{'”“'.join(lacking)}”栏"] if lacking else []
        said += [f"“{'”“'.join(twice)}”栏重复"] if twice else []
        raise UnreadableWorkbook(f"表头{'，'.join(said)}，请用下载的模板。")
    rows = [
        {
            **dict.fromkeys(known.values(), ""),
            **{
                known[heading]: cell.strip()[:MOST_CHARACTERS]
                for heading, cell in zip(headings, cells, strict=False)
                if heading in known
            },
            "row": str(number),
        }
        for number, cells in enumerate(sheet.rows[at + 1 :], start=at + 2)
        if any(cells)
    ]
    if not rows:
        raise UnreadableWorkbook("表头下面没有内容，请填好再上传。")
    if len(rows) > MOST_ROWS:
        raise UnreadableWorkbook(f"有{len(rows)}行，一次最多{MOST_ROWS}行，请分几次导入。")
    return rows, [heading for heading in headings if heading and heading not in known]


def carry_out(rows: Sequence[dict[str, Any]], noun: Noun, by: User, *, dry_run: bool) -> Outcome:
    """Run all rows in one transaction; with a fault, or dry, nothing of it stays."""
    resource = noun.resource(rows, by)
    keys = ["row", *(key for _, key, _ in resource.columns)]
    data = Dataset(*([row[key] for key in keys] for row in rows), headers=keys)
    result = resource.import_data(
        data, dry_run=dry_run, raise_errors=False, use_transactions=True,
        rollback_on_validation_errors=True,
    )  # fmt: skip
    for base in result.base_errors:
        raise base.error
    for failed in result.error_rows:
        raise failed.errors[0].error  # a fault of ours, not of the sheet
    words = {key: word for word, key, _ in resource.columns}
    for bad in result.invalid_rows:
        said = (
            bad.error.message_dict if hasattr(bad.error, "error_dict") else {"": bad.error.messages}
        )
        for key, sentences in said.items():
            where = f"第{rows[bad.number - 1]['row']}行" + (
                f"“{words[key]}”" if key in words else ""
            )
            resource.outcome.faults += [(where, masking.scan(one)) for one in sentences]
    return resource.outcome


def upload(data: bytes, *, name: str, noun: Noun, by: User) -> RegisterImport:
    """Read and try the workbook; its rows are kept sealed for an hour, the file is not kept."""
    roots = scope.roots(by, "registry_edit")
    if not roots:
        raise OutOfReach("您目前没有权限登记。")
    RegisterImport.objects.past_keeping().delete()
    rows, unknown = table_of(read_sheet(data), noun)
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
    locked = RegisterImport.objects.select_for_update().of(by).filter(pk=found.pk).first()
    if locked is None or locked.sha256 != sha256:
        raise OutOfReach("没有这次导入，或已超过一小时；请重新上传。")
    if locked.applied_at:
        raise ValidationError("这份名单已经导入过了。", code="applied")
    if locked.rows is None:
        raise ValidationError("名单里还有错，请改好重新上传。", code="faults")
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
