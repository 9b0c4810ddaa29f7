"""Bots' addresses and secrets are sealed, those that stood plain before too, and back."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from federation.encryption import new_ring_file
from notices import bot, channels
from notices.models import UnitChannel
from notices.sending import NotSent

ADDRESS = "https://bot.example.com/cgi-bin/webhook/send?key=KEY"


def stored() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT channel, address, secret FROM notices_unitchannel ORDER BY channel")
        return cursor.fetchall()


def migrate(name: str):
    """Within the test's transaction, in which rows written before must have been checked."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    executor = MigrationExecutor(connection)
    executor.migrate([("notices", name)])
    return executor.loader.project_state([("notices", name)]).apps


def test_nothing_of_a_bot_stands_plain_in_the_database(org):
    channels.change(org.east, "webhook", on=True, address=ADDRESS, secret="SEC", by=None)
    told = repr(stored())
    assert "bot.example.com" not in told
    assert "SEC" not in told


def test_what_stood_plain_is_sealed_and_comes_back(org, people):
    before = migrate("0004_supervision").get_model("notices", "UnitChannel")
    said = [("email", "box@example.com", ""), ("in_app", "", ""), ("webhook", ADDRESS, "SEC")]
    for channel, address, secret in said:
        before.objects.create(
            unit_id=org.east.pk, channel=channel, on=True, address=address, secret=secret
        )

    migrate("0005_seal_channels")

    rows = UnitChannel.objects.order_by("channel")
    assert [(row.channel, row.where, row.signing) for row in rows] == said
    assert len({row.uuid for row in rows}) == 3
    assert ADDRESS not in repr(stored())
    migrate("0004_supervision")
    assert stored() == said
    migrate("0005_seal_channels")
    assert UnitChannel.objects.get(channel="webhook").where == ADDRESS


def test_with_the_wrong_keys_nothing_is_sent_and_a_sentence_says_so(org, settings, tmp_path):
    row = channels.change(org.east, "webhook", on=True, address=ADDRESS, secret="SEC", by=None)
    settings.FIELD_KEYS_FILE = str(new_ring_file(tmp_path / "other.json"))
    from notices import lines  # noqa: PLC0415

    delivery = type("Delivery", (), {"unit_id": row.unit_id})()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "of", lambda _delivery: ["x"])
        with pytest.raises(NotSent, match="密钥文件不对"):
            bot.Post().send(delivery, lambda: None)
