"""Sealed fields: nothing plain in the database, and nothing that opens where it does not belong."""

import pickle

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from federation.encryption import KeyProblem
from registry.models import Person


def stored(person, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM registry_person WHERE id = %s", [person.pk])  # noqa: S608
        return cursor.fetchone()[0]


def test_a_value_comes_back_and_is_not_stored_plain(archives):
    again = Person.objects.unscoped(reason="a test looks").get(pk=archives.woman.pk)
    number = again.id_number.open()
    assert number.startswith("990505")
    assert number not in stored(archives.woman, "id_number")
    assert str(again.id_number) == "［已加密］"
    assert number not in repr(again.id_number)


def test_a_value_pasted_into_another_row_does_not_open(archives):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_person SET id_number = %s WHERE id = %s",
            [stored(archives.woman, "id_number"), archives.elder.pk],
        )
    with pytest.raises(KeyProblem):
        Person.objects.unscoped(reason="a test looks").get(pk=archives.elder.pk).id_number.open()


def test_a_value_is_found_however_it_is_typed(archives):
    number = archives.woman.id_number.open()
    everyone = Person.objects.unscoped(reason="a test looks")
    for typed in (
        number,
        number.lower(),
        f" {number[:6]} {number[6:]}",
        f"{number[:6]}－{number[6:]}",
    ):
        assert everyone.numbered(typed.replace("－", "-")).get() == archives.woman


def test_the_row_is_saved_again_with_what_it_held(archives):
    again = Person.objects.unscoped(reason="a test looks").get(pk=archives.woman.pk)
    before = stored(again, "id_number")
    again.name = "林演甲丑"
    again.save()
    assert stored(again, "id_number") == before
    assert again.id_number.open() == archives.woman.id_number.open()


def test_a_new_number_changes_the_index_too(archives):
    archives.woman.phone = "169 0000 9999"
    archives.woman.save(update_fields=["phone"])
    everyone = Person.objects.unscoped(reason="a test looks")
    assert everyone.phoned("16900009999").get() == archives.woman


def test_sealed_fields_are_not_searched_or_updated_in_bulk(archives):
    everyone = Person.objects.unscoped(reason="a test looks")
    with pytest.raises(FieldError):
        everyone.filter(id_number="x").exists()
    with pytest.raises(TypeError):
        everyone.update(id_number="990505199001010011")


def test_a_sealed_value_leaves_no_process(archives):
    with pytest.raises(TypeError):
        pickle.dumps(archives.woman.id_number)
