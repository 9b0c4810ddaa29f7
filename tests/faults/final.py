"""Every way past the workflow to change what was approved; each must be refused by the database."""

from collections.abc import Callable

from django.db import DatabaseError, connection, transaction
from world import of, take

from reporting.models import Submission, SubmissionRow


def everyone():
    return Submission.objects.unscoped(reason="a test goes past the workflow")


def rows():
    return SubmissionRow.objects.unscoped(reason="a test goes past the workflow")


def sql(statement: str, *values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def changes(form: Submission, stranger) -> dict[str, Callable]:
    """By name: through a model's save, a queryset, a bulk act, and plain SQL as an owner types it."""
    row = form.rows.get()
    form_now, row_now = everyone().filter(pk=form.pk), rows().filter(pk=row.pk)

    def save_row():
        row.values = {**row.values, "project_goal": "改后"}
        row.save()

    def save_form():
        again = everyone().get(pk=form.pk)
        again.state = "draft"
        again.save()

    def bulk():
        row.position = 9
        rows().bulk_update([row], ["position"])

    new = {"submission": form, "position": 2, "values": {}}
    return {
        "a row saved": save_row,
        "a row updated": lambda: row_now.update(values={}),
        "a row moved in bulk": bulk,
        "a row deleted": lambda: row_now.delete(),
        "a row added": lambda: SubmissionRow(**new).save(),
        "rows added in bulk": lambda: rows().bulk_create([SubmissionRow(**new)]),
        "a row by SQL": lambda: sql(
            "UPDATE reporting_submissionrow SET position = 7 WHERE id = %s", row.pk
        ),
        "a row deleted by SQL": lambda: sql(
            "DELETE FROM reporting_submissionrow WHERE id = %s", row.pk
        ),
        "back to draft": save_form,
        "back to submitted": lambda: form_now.update(state="submitted"),
        "another annex": lambda: form_now.update(annex="pairing-summary"),
        "another period": lambda: form_now.update(period="2015"),
        "another reporter": lambda: form_now.update(submitted_by=stranger),
        "another judge": lambda: form_now.update(approved_by=stranger),
        "another day": lambda: form_now.update(approved_at=None),
        "a nil report": lambda: form_now.update(nil_report=True),
        "the form deleted": lambda: form_now.delete(),
        "the form deleted by SQL": lambda: sql(
            "DELETE FROM reporting_submission WHERE id = %s", form.pk
        ),
        "another period by SQL": lambda: sql(
            "UPDATE reporting_submission SET period = '2015' WHERE id = %s", form.pk
        ),
    }


def taken(unit, filler, reviewer, stranger=None) -> tuple[list[str], int]:
    """Approve the form of ``unit``, try every change; names of those taken, and how many were tried."""
    take("submit", unit, filler)
    take("approve", unit, reviewer)
    tried = changes(of(unit), stranger or filler)
    return [name for name, change in tried.items() if goes_through(change)], len(tried)


def goes_through(change: Callable) -> bool:
    try:
        with transaction.atomic():
            change()
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True
