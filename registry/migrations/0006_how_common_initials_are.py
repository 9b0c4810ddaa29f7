"""Initials in more detail than PostgreSQL counts by itself: of a hundred kinds it takes all others for
equally common, and would rather walk a whole register in its order than fetch four hundred."""

from django.db import migrations

COUNTED = ("initials", "pinyin")


def _count(schema_editor, target):
    if schema_editor.connection.vendor == "postgresql":
        for column in COUNTED:
            schema_editor.execute(
                f"ALTER TABLE registry_person ALTER COLUMN {column} SET STATISTICS {target}"
            )


def finely(apps, schema_editor):
    _count(schema_editor, 1000)


def as_usual(apps, schema_editor):
    _count(schema_editor, -1)


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_names_by_their_beginnings'),
    ]

    operations = [migrations.RunPython(finely, as_usual)]
