from django.db import migrations, models

# What was approved stays as it was approved: a change goes through 退回, which makes it a draft again
# and leaves its own trail. The rules of reporting.workflow, once more where no import, no shell and
# no forgotten view can go past them.
FINAL = "('approved', 'consolidated')"
ONWARD = "('approved', 'consolidated', 'returned')"
# Of the form: what it says of the report and of the judgement. A unit may be merged into another.
JUDGED = (
    "annex", "annex_version", "period", "nil_report", "submitted_at", "submitted_by_id",
    "first_submitted_on", "edited_by_id", "edited_at", "approved_at", "approved_by_id",
)
ROW = ("submission_id", "position", "values", "source_id", "source_version", "origin")

POSTGRESQL = """
CREATE FUNCTION reporting_form_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.state NOT IN {onward}
        OR (NEW.state IN {final} AND ({form})) THEN
        RAISE EXCEPTION 'an approved form is changed by returning it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reporting_form_is_final BEFORE UPDATE OR DELETE ON reporting_submission
FOR EACH ROW WHEN (OLD.state IN {final}) EXECUTE FUNCTION reporting_form_is_final();

CREATE FUNCTION reporting_row_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM public.reporting_submission
        WHERE state IN {final} AND id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.submission_id END,
            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.submission_id END)
    ) THEN
        RAISE EXCEPTION 'rows of an approved form are changed by returning it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER reporting_row_is_final BEFORE INSERT OR DELETE ON reporting_submissionrow
FOR EACH ROW EXECUTE FUNCTION reporting_row_is_final();
CREATE TRIGGER reporting_row_stays BEFORE UPDATE ON reporting_submissionrow
FOR EACH ROW WHEN ({row}) EXECUTE FUNCTION reporting_row_is_final();
"""
NO_POSTGRESQL = """
DROP TRIGGER reporting_row_stays ON reporting_submissionrow;
DROP TRIGGER reporting_row_is_final ON reporting_submissionrow;
DROP TRIGGER reporting_form_is_final ON reporting_submission;
DROP FUNCTION reporting_row_is_final();
DROP FUNCTION reporting_form_is_final();
"""
HELD = "EXISTS (SELECT 1 FROM reporting_submission WHERE id IN ({ids}) AND state IN {final})"
SQLITE = {
    "reporting_form_is_final": "BEFORE UPDATE ON reporting_submission WHEN OLD.state IN {final} AND "
    "(NEW.state NOT IN {onward} OR (NEW.state IN {final} AND ({form})))",
    "reporting_form_stays": "BEFORE DELETE ON reporting_submission WHEN OLD.state IN {final}",
    "reporting_row_is_new": "BEFORE INSERT ON reporting_submissionrow WHEN "
    + HELD.replace("{ids}", "NEW.submission_id"),
    "reporting_row_is_final": "BEFORE UPDATE ON reporting_submissionrow WHEN ({row}) AND "
    + HELD.replace("{ids}", "OLD.submission_id, NEW.submission_id"),
    "reporting_row_stays": "BEFORE DELETE ON reporting_submissionrow WHEN "
    + HELD.replace("{ids}", "OLD.submission_id"),
}


def _differ(columns, differs):
    return " OR ".join(f'OLD."{name}" {differs} NEW."{name}"' for name in columns)


def guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    words = {
        "final": FINAL,
        "onward": ONWARD,
        "form": _differ(JUDGED, differs),
        "row": _differ(ROW, differs),
    }
    if vendor == "postgresql":
        schema_editor.execute(POSTGRESQL.format(**words), params=None)
    elif vendor == "sqlite":
        for name, when in SQLITE.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} {when.format(**words)} BEGIN "
                "SELECT RAISE(ABORT, 'an approved form is changed by returning it'); END",
                params=None,
            )


def unguard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(NO_POSTGRESQL, params=None)
    elif vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('reporting', '0002_job'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), ('edited_by__isnull', True), models.Q(('approved_by', models.F('edited_by')), _negated=True), _connector='OR'), name='reporting_filler_does_not_approve'),
        ),
        migrations.RunPython(guard, unguard),
    ]
