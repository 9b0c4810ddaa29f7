import django.db.models.deletion
from django.db import migrations, models


def drop_those_without_a_programme(apps, schema_editor):
    """An upload lives for an hour; one of places cannot be kept where every upload has a programme."""
    apps.get_model("registry", "RegisterImport").objects.filter(programme=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0003_register_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='registerimport',
            name='noun',
            field=models.CharField(blank=True, default='', max_length=10, verbose_name='内容种类'),
        ),
        migrations.AlterField(
            model_name='registerimport',
            name='programme',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='registry.programme', verbose_name='专项'),
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_those_without_a_programme),
    ]
