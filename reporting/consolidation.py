"""Tables that write themselves: rows taken from approved forms, each keeping its source.

A register annex that says ``consolidates = "<code>"`` is made, per unit and period, from the
approved submissions of that code reviewed at the unit. Corrections made by the consolidating unit
stay on the row, recorded against the source, and survive a refresh.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from federation.models import User
from reporting import annexes
from reporting.models import CellChange, Review, State, Submission, SubmissionRow

TAKEN_STATES = (State.APPROVED, State.CONSOLIDATED)


def table_annex_of(code: str) -> annexes.RegisterAnnex | None:
    """The register annex that consolidates the annex ``code``, if any."""
    return next((a for a in annexes.all() if getattr(a, "consolidates", None) == code), None)


def table_for(submission: Submission) -> Submission | None:
    """The table of the next level up that the rows of ``submission`` belong into.

    The one that holds them already, should the unit have moved since: they count in one table only.
    """
    annex = table_annex_of(submission.annex)
    if annex is None or submission.reviewer_id is None:
        return None
    if holding := table_holding(submission):
        return holding
    tables = Submission.objects.unscoped(reason="the table above this very submission")
    return tables.filter(
        annex=annex.code, period=submission.period, unit=submission.reviewer
    ).first()


def table_holding(submission: Submission) -> Submission | None:
    """The table that has a row taken from ``submission``."""
    rows = SubmissionRow.objects.unscoped(reason="where this very submission was taken into")
    row = rows.filter(source__submission=submission).select_related("submission__unit").first()
    return row.submission if row else None


def pending_sources(table: Submission):
    """Approved source rows reviewed at the unit of ``table`` that are in no table yet."""
    rows = SubmissionRow.objects.unscoped(reason="sources of a table already in reach")
    return rows.filter(
        submission__annex=getattr(table.form, "consolidates", None),
        submission__period=table.period,
        submission__reviewer=table.unit,
        submission__state__in=TAKEN_STATES,
        taken_into=None,
    )


@transaction.atomic
def refresh(table: Submission, *, by: User) -> int:
    """Bring an open table up to its approved sources; returns how many rows were added.

    New sources are appended in the order of their units; cells nobody corrected follow a changed
    source; rows whose source is no longer approved leave. A submitted table is left alone.
    """
    locked = Submission.objects.unscoped(reason="lock the table that is rewritten")
    table = locked.select_for_update().get(pk=table.pk)
    form = table.form
    if not table.is_open or not isinstance(form, annexes.RegisterAnnex) or not form.consolidates:
        return 0
    changed = _follow_sources(table, form, by)
    last = table.rows.aggregate(last=Max("position"))["last"] or 0
    fresh = (
        pending_sources(table)
        .select_related("submission__unit")
        .order_by("submission__unit__path", "position")
    )
    # On a partial return only the returned rows are open; what is new waits for the next round.
    new = [] if _partly_returned(table) else list(fresh)
    for offset, source in enumerate(new, start=1):
        SubmissionRow(
            submission=table,
            position=last + offset,
            values=form.row_from(source.values),
            source=source,
            source_version=source.submission.version,
        ).save()
    if new or changed:
        table.version += 1
        table.save(update_fields=["version"])
    return len(new)


def _partly_returned(table: Submission) -> bool:
    return table.state == State.RETURNED and table.rows.exclude(review=Review.RETURNED).exists()


def _follow_sources(table: Submission, form: annexes.RegisterAnnex, by: User) -> bool:
    changed = False
    rows = table.rows.filter(source__isnull=False).select_related("source__submission")
    for row in rows.prefetch_related("changes"):
        source = row.source
        if source.submission.state not in TAKEN_STATES:
            # An unjudged row simply leaves; one the city sent back stays in sight until its
            # source is approved again, and cannot be submitted before.
            if row.review == Review.NONE:
                row.delete()
                changed = True
            continue
        if source.submission.version == row.source_version:
            continue
        corrected, renewed = row.corrected_keys, form.row_from(source.values)
        for key, value in renewed.items():
            if key in corrected or row.values.get(key) == value:
                continue
            CellChange.objects.create(
                row=row,
                key=key,
                kind=CellChange.Kind.REFRESH,
                before=row.values.get(key),
                after=value,
                by=by,
                reason=f"随{source.submission.unit}的{source.submission.form.mark}更新",
            )
            row.values = {**row.values, key: value}
            changed = True
        row.source_version = source.submission.version
        row.save()
    return changed
