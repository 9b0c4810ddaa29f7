"""Addresses and secrets of bots, sealed; both ways, with whatever rows there are."""

import uuid

from django.db import migrations, models

import federation.encryption.fields

SEALED = {"address": 500, "secret": 200}


def number_rows(apps, _editor):
    for row in apps.get_model("notices", "UnitChannel").objects.all():
        row.uuid = uuid.uuid4()
        row.save(update_fields=["uuid"])


def seal(apps, _editor):
    """Needs the key ring only where something is kept."""
    for row in apps.get_model("notices", "UnitChannel").objects.all():
        for name in SEALED:
            setattr(row, name, getattr(row, f"{name}_plain"))
        row.save(update_fields=[*SEALED])


def unseal(apps, _editor):
    for row in apps.get_model("notices", "UnitChannel").objects.all():
        for name in SEALED:
            held = getattr(row, name)
            setattr(row, f"{name}_plain", held.open() if held else "")
        row.save(update_fields=[f"{name}_plain" for name in SEALED])


def plain(length):
    return models.CharField(max_length=length, blank=True, default="")


def nothing(_apps, _editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_supervision")]

    operations = [
        migrations.AddField("unitchannel", "uuid", models.UUIDField(null=True, editable=False)),
        migrations.RunPython(number_rows, nothing),
        migrations.AlterField(
            "unitchannel", "uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        ),
        *(migrations.RenameField("unitchannel", name, f"{name}_plain") for name in SEALED),
        *(
            migrations.AlterField("unitchannel", f"{name}_plain", plain(length))
            for name, length in SEALED.items()
        ),
        migrations.AddField(
            "unitchannel",
            "address",
            federation.encryption.fields.EncryptedTextField(
                blank=True, null=True, verbose_name="地址"
            ),
        ),
        migrations.AddField(
            "unitchannel",
            "secret",
            federation.encryption.fields.EncryptedTextField(
                blank=True, null=True, verbose_name="加签密钥"
            ),
        ),
        migrations.RunPython(seal, unseal),
        *(migrations.RemoveField("unitchannel", f"{name}_plain") for name in SEALED),
    ]
