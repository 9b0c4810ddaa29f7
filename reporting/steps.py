"""What else happens when a submission takes a step: its form is checked, tables follow."""

from django.core.exceptions import ValidationError

from federation.models import User
from reporting import annexes, consolidation
from reporting.models import Review, Submission, SubmissionRow
from reporting.workflow import Step, follow


def before(step: Step, submission: Submission, actor: User, *, nil_report: bool) -> None:
    """Checks that belong to the form; raises ``ValidationError`` and changes nothing else."""
    if step.code == "submit":
        submission.nil_report = nil_report
        # A unit moved since the call was opened is reviewed where it hangs now.
        submission.reviewer = submission.unit.reviewer()
        if isinstance(submission.form, annexes.RegisterAnnex):
            _check_register(submission, nil_report=nil_report)
        else:
            _check_form(submission)
    elif step.code == "return" and not isinstance(submission.form, annexes.RegisterAnnex):
        table = consolidation.table_holding(submission)
        if table is not None and not table.is_open:
            raise ValidationError(
                f"本表已汇入{table.unit}的{table.form.mark}（{table.get_state_display()}），"
                f"请先由{table.reviewer}退回该汇总表。",
                code="consolidated",
            )


def _check_form(submission: Submission) -> None:
    row = submission.only_row
    cleaned, errors = submission.form.clean(row.values, context=form_context(submission))
    if errors:
        raise ValidationError(errors)
    row.values = cleaned
    row.save(update_fields=["values"])


def form_context(submission: Submission) -> dict:
    """What the register knows of the respondent: it replaces whatever was typed there."""
    return submission.form.known(submission.unit)


def _check_register(submission: Submission, *, nil_report: bool) -> None:
    form, problems = submission.form, []
    rows = list(submission.rows.select_related("source__submission", "submission"))
    if nil_report and rows:
        raise ValidationError("表中已有内容，不能按“本期无”报送。", code="nil")
    if not rows and not nil_report:
        raise ValidationError(
            "表中没有可报送的行；若本期确无，请选择“本期无（零报告）”。", code="empty"
        )
    for number, row in enumerate(rows, start=1):
        cleaned, errors = form.clean(row.values, context=form_context(submission))
        problems += [
            f"第 {number} 行“{form.field(key).label}”：{message}"
            for key, messages in errors.items()
            for message in messages
        ]
        if row.source and row.source.submission.state not in consolidation.TAKEN_STATES:
            problems.append(
                f"第 {number} 行：来源“{row.source.submission.unit}”的报表当前为"
                f"“{row.source.submission.get_state_display()}”，请待其通过或移出本行。"
            )
        if not errors and cleaned != row.values:
            row.values = cleaned
            row.save(update_fields=["values"])
    if problems:
        raise ValidationError(problems)


def after(step: Step, submission: Submission, actor: User) -> None:
    """Consequences on other submissions, in the same transaction."""
    if isinstance(submission.form, annexes.RegisterAnnex):
        if step.code in {"approve", "return"}:
            _sources_follow(step, submission, actor)
        return
    if step.code in {"approve", "return"}:
        table = consolidation.table_for(submission)
        if table is not None:
            consolidation.refresh(table, by=actor)


def _sources_follow(step: Step, table: Submission, actor: User) -> None:
    rows = SubmissionRow.objects.unscoped(reason="sources of the table just judged")
    taken = rows.filter(submission=table, source__isnull=False).select_related("source__submission")
    # A row sent back alone releases its own source; the others of the table stay consolidated.
    judged = taken.filter(review=Review.APPROVED if step.code == "approve" else Review.RETURNED)
    for row in judged:
        source = row.source.submission
        wanted = "approved" if step.code == "approve" else "consolidated"
        if source.state == wanted:
            follow(
                "consolidate" if step.code == "approve" else "release",
                source,
                actor,
                f"{table.unit}{table.form.mark}{step.word}",
            )
