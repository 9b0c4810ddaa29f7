"""Changing keys: over every sealed row, killed and begun again, while the portal goes on."""

import datetime as dt
import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from archives import number, phone
from battery import count, report
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from federation.encryption import new_ring_file, ring, rotation
from registry.models import Person

everyone = Person.objects.unscoped(reason="a test looks")


@pytest.fixture(autouse=True)
def own_ring(settings, tmp_path):
    settings.FIELD_KEYS_FILE = str(new_ring_file(tmp_path / "keys.json"))
    return Path(settings.FIELD_KEYS_FILE)


def left(key_id: str) -> int:
    return sum(rotation.sealed_with(column, key_id) for column in rotation.columns())


def opened() -> list[tuple[str, str, str]]:
    return [
        (person.id_number.open(), person.phone.open(), person.address.open())
        for person in everyone.order_by("pk")
    ]


def test_every_sealed_column_is_found_with_its_index():
    found = {
        f"{c.field.model._meta.label}.{c.field.name}": len(c.indexes) for c in rotation.columns()
    }
    assert found["registry.Person.id_number"] == found["registry.Helper.phone"] == 1
    assert found["registry.Person.health"] == found["registry.Household.address"] == 0
    sealed = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if type(field).__name__ == "EncryptedTextField"
    }
    assert set(found) == sealed


@pytest.mark.parametrize("suite", ["AES-256-GCM", "SM4-GCM"])
def test_everything_is_sealed_anew_and_the_old_key_can_go(archives, own_ring, suite, capsys):
    before = opened()
    call_command("add_key", suite=suite)
    assert ring().current.id == "k1"
    with pytest.raises(CommandError, match="正在使用"):
        call_command("rotate_keys", retire="k1")

    call_command("rotate_keys", batch=3)

    assert (ring().current.id, ring().current.suite.name) == ("k2", suite)
    assert left("k1") == 0
    call_command("rotate_keys", retire="k1")
    assert [key.id for key in ring().keys] == ["k2"]
    assert own_ring.stat().st_mode & 0o777 == 0o400
    assert opened() == before
    assert everyone.numbered(before[0][0]).get().pk == everyone.order_by("pk")[0].pk
    told = capsys.readouterr().out
    assert "个人档案·身份证号：3 / 7" in told
    assert not [value for row in before for value in row if value in told]


def test_a_key_stays_as_long_as_one_row_is_sealed_with_it(archives, own_ring):
    call_command("add_key")
    call_command("rotate_keys")
    archives.woman.refresh_from_db()
    old = next(key for key in ring().keys if key.id == "k1")
    bound_to = Person._meta.get_field("phone").bound_to(archives.woman)
    sealed = old.suite.seal(old.field, phone(11).encode(), bound_to.encode())
    token = f"v1.k1.{b64encode(sealed).decode()}"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_person SET phone = %s WHERE id = %s", [token, archives.woman.pk]
        )
    with pytest.raises(CommandError, match="联系电话 1 处"):
        call_command("rotate_keys", retire="k1")
    call_command("rotate_keys")
    call_command("rotate_keys", retire="k1")
    assert len(ring().keys) == 1


def test_a_value_that_does_not_open_is_named_and_left_alone(archives, own_ring, capsys):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_person SET phone = id_number WHERE id = %s", [archives.elder.pk]
        )
    call_command("add_key")
    with pytest.raises(CommandError, match="1 处内容用现有的密钥打不开"):
        call_command("rotate_keys")
    assert f"行 {archives.elder.pk}" in capsys.readouterr().err
    assert left("k1") == 1
    with pytest.raises(CommandError, match="没有去掉"):
        call_command("rotate_keys", retire="k1")


def test_what_somebody_saves_meanwhile_is_not_overwritten(archives, own_ring, monkeypatch):
    call_command("add_key")
    wrote = rotation._write

    def saved_between(column, changes):
        if column.field.name == "phone" and column.field.model is Person:
            monkeypatch.setattr(rotation, "_write", wrote)
            woman = everyone.get(pk=archives.woman.pk)
            woman.phone = phone(99)
            woman.save(update_fields=["phone"])
        return wrote(column, changes)

    monkeypatch.setattr(rotation, "_write", saved_between)
    call_command("rotate_keys")
    assert everyone.get(pk=archives.woman.pk).phone.open() == phone(99)
    assert everyone.phoned(phone(99)).get() == archives.woman


# -- Killed ----------------------------------------------------------------------------------------
def rotating(ring_file, batch) -> subprocess.Popen:
    name = connection.settings_dict["NAME"]
    url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys", "--batch", str(batch)],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "FIELD_KEYS_FILE": str(ring_file),
        },
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.battery("keys")
@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_is_killed_is_simply_begun_again(org, own_ring):
    rows, kills = count(300, full=100_000), count(1, full=10)
    batch = max(rows // 60, 5)
    born = dt.date(1950, 1, 1)
    numbers = [
        number(born + dt.timedelta(days=n // 400), n % 400 + 1, division="990505")
        for n in range(rows)
    ]
    for start in range(0, rows, 5000):
        Person.objects.unscoped(reason="a test sets the stage").bulk_create(
            Person(
                unit=org.east_village, name="演示", id_number=numbers[n], phone=phone(n % 10_000)
            )
            for n in range(start, min(start + 5000, rows))
        )
    call_command("add_key")
    for round_ in range(kills):
        process = rotating(own_ring, batch)
        for place, _line in enumerate(process.stdout):
            if place == 3 + round_:
                break
        process.kill()
        process.wait()
        process.stdout.close()
        old, new = left("k1"), left("k2")
        assert old + new == 2 * rows
        assert old, "the process was through before it was killed"
        assert new
        found = [
            everyone.numbered(numbers[at]).count() for at in range(0, rows, max(rows // 50, 1))
        ]
        assert set(found) == {1}, "search by number works with rows under either key"

    process = rotating(own_ring, batch)
    told = process.communicate()[0]

    assert process.returncode == 0, told
    assert (left("k1"), left("k2")) == (0, 2 * rows)
    held = everyone.order_by("pk").values_list("pk", "id_number", "uuid")
    field = Person._meta.get_field("id_number")
    wrong = sum(
        ring().open(sealed.token, field.bound_to_row(uuid)) != numbers[at]
        for at, (_pk, sealed, uuid) in enumerate(held.iterator(2000))
    )
    assert wrong == 0
    report("keys", f"{rows} archives rotated, {kills} kill -9: 0 lost, 0 left under the old key")
