from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0004_imports_of_places'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='person', name='registry_person_initials'),
        migrations.RemoveIndex(model_name='person', name='registry_person_name'),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['initials'], name='registry_person_initials', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['pinyin'], name='registry_person_spelt', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name'], name='registry_person_name', opclasses=['varchar_pattern_ops']),
        ),
    ]
