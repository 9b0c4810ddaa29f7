"""Sealed fields: nothing plain in the database, and nothing that opens where it does not belong."""

import json
import pickle

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.urls import path

from federation.encryption import BlindIndexField, KeyProblem, new_ring_file, ring
from federation.policy import PUBLIC
from registry.models import Person

urlpatterns = []
handler500 = "federation.views.errors.server_error"


@pytest.fixture(params=["AES-256-GCM", "SM4-GCM"], autouse=True)
def own_ring(request, settings, tmp_path):
    """Each test with a ring of either suite."""
    settings.FIELD_KEYS_FILE = str(new_ring_file(tmp_path / "keys.json", suite=request.param))


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


def test_a_value_pasted_into_another_column_of_its_row_does_not_open(archives):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_person SET phone = id_number WHERE id = %s", [archives.woman.pk]
        )
    with pytest.raises(KeyProblem):
        Person.objects.unscoped(reason="a test looks").get(pk=archives.woman.pk).phone.open()


def test_a_changed_byte_is_found():
    token = ring().seal("16900000001", "t.c.1")
    head, text = token[:-6], token[-6:]
    assert ring().open(token, "t.c.1") == "16900000001"
    for at in range(4):
        other = "A" if text[at] != "A" else "B"
        with pytest.raises(KeyProblem):
            ring().open(head + text[:at] + other + text[at + 1 :], "t.c.1")


@pytest.mark.parametrize(
    "token", ["", "v1", "v1.k1", "v1.k1.", "v1.k1.!", "v1.k9.AAAA", "v2.k1.AA", "16900000001"]
)
def test_what_is_no_sealed_value_is_no_value(token):
    with pytest.raises(KeyProblem):
        ring().open(token, "t.c.1")


def test_two_seals_of_one_value_differ_and_one_index_serves_both():
    assert ring().seal("a", "x") != ring().seal("a", "x")
    assert ring().index("phone", "169") == ring().index("phone", "169")
    assert ring().index("phone", "169") != ring().index("identity_number", "169")


def test_with_another_key_nothing_opens_and_nothing_is_saved_over(archives, settings, tmp_path):
    suite = ring().current.suite.name
    before = stored(archives.woman, "id_number")
    settings.FIELD_KEYS_FILE = str(new_ring_file(tmp_path / "other.json", suite=suite))
    again = Person.objects.unscoped(reason="a test looks").get(pk=archives.woman.pk)
    with pytest.raises(KeyProblem):
        again.id_number.open()
    with pytest.raises(KeyProblem), transaction.atomic():
        again.save()
    assert stored(archives.woman, "id_number") == before


def test_a_damaged_ring_tells_nothing_of_itself(settings, tmp_path):
    for place, text in enumerate(("{}", "no json", json.dumps({"current": "k1", "keys": []}))):
        bad = tmp_path / f"bad{place}.json"
        bad.write_text(text)
        settings.FIELD_KEYS_FILE = str(bad)
        with pytest.raises(KeyProblem) as told:
            ring()
        assert told.value.__cause__ is None
        assert told.value.__suppress_context__


def test_a_ring_that_was_replaced_is_read_again(settings, tmp_path):
    first = ring()
    other = new_ring_file(tmp_path / "next.json", suite=first.current.suite.name, key_id="k7")
    other.replace(settings.FIELD_KEYS_FILE)
    assert ring().current.id == "k7"


def test_a_page_says_in_a_sentence_that_the_keys_are_wrong(archives, client, settings, tmp_path):
    woman = Person.objects.unscoped(reason="a test looks").get(pk=archives.woman.pk)

    def page(request):
        return HttpResponse(woman.id_number.open())

    page.policy, page.login_required = PUBLIC, False
    urlpatterns[:] = [path("sealed/", page)]
    settings.ROOT_URLCONF = __name__
    settings.FIELD_KEYS_FILE = str(new_ring_file(tmp_path / "other.json"))
    client.raise_request_exception = False

    answer = client.get("/sealed/")

    text = answer.content.decode()
    assert answer.status_code == 500
    assert "密钥文件不对或读不到" in text
    assert "Traceback" not in text
    assert stored(woman, "id_number") not in text


def test_a_row_the_database_refuses_is_quoted_without_a_value(archives):
    """PostgreSQL quotes the whole row, in the exception and in its log: sealed, it tells nothing."""
    woman = archives.woman
    held = [getattr(woman, name).open() for name in ("id_number", "phone", "address", "health")]
    woman.state = "merged"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        woman.save()
    assert "registry_merged_says_into_whom" in str(refused.value)
    assert [value for value in held if value in str(refused.value)] == []
    assert [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BlindIndexField) and field.unique
    ] == []
