"""The readable history of a submission: steps with their reasons, and who changed which cell."""

from reporting.models import CellChange, Submission
from reporting.workflow import STEPS


def events_of(submission: Submission) -> list[dict]:
    """Newest first, for parts/history.html: ``who, at, word, reason, cells, tone``. Three queries."""
    steps = submission.events.select_related("actor", "acting_unit").prefetch_related(
        "cells__submission", "cells__row"
    )
    found = [_step(event, submission) for event in steps]
    changes = CellChange.objects.unscoped(reason="changes of a submission already in reach")
    mine = changes.filter(row__submission=submission).select_related("by", "row")
    found += [_change(change, submission) for change in mine]
    return sorted(found, key=lambda line: line["at"], reverse=True)


def return_reason(events: list[dict]) -> str:
    """What the newest return said of the whole form; empty when it spoke of cells alone."""
    back = next((line for line in events if line["word"] == STEPS["return"].word), None)
    return back["reason"] if back else ""


def _words(step: str) -> tuple[str, str]:
    """How a step is called and drawn. Taking a file over moves nothing on, and is told all the same."""
    if step == "take_over":
        return "带入来件", "info"
    return STEPS[step].word, STEPS[step].tone


def _step(event, submission: Submission) -> dict:
    word, tone = _words(event.step)
    unit = f"{event.acting_unit} " if event.acting_unit else ""
    word = f"代填{word}" if event.on_behalf else word
    many = submission.rows.count() > 1 if event.cells.all() else False
    return {
        "who": f"{unit}{event.actor or '系统'}",
        "at": event.at,
        "word": word,
        "reason": event.reason,
        "tone": tone,
        "cells": [
            {
                "label": f"第 {cell.row.position} 行“{cell.label}”" if many else cell.label,
                "reason": cell.reason,
            }
            for cell in event.cells.all()
        ],
    }


def _change(change: CellChange, submission: Submission) -> dict:
    field = submission.form.field(change.key)
    before, after = (
        field.display(change.before) or "（空）",
        field.display(change.after) or "（空）",
    )
    return {
        "who": str(change.by or "系统"),
        "at": change.at,
        "word": f"{change.get_kind_display()}“{field.label}”",
        "reason": f"{before} → {after}" + (f"（{change.reason}）" if change.reason else ""),
        "tone": "muted",
        "cells": [],
    }
