"""What of an archive is shown to whom, and the one dictionary that says so."""

import datetime as dt

import pytest
from archives import number, phone
from django.apps import apps

from federation import data_dictionary
from registry import masking

NUMBER = number(dt.date(1990, 1, 1), 12)
OLD = NUMBER[:6] + NUMBER[8:17]


def test_every_field_of_the_registry_has_its_label():
    declared = data_dictionary.declared()
    missing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("registry").get_models()
        for field in model._meta.concrete_fields
        if not field.primary_key and f"{model._meta.label}.{field.name}" not in declared
    ]
    assert missing == []


def test_every_line_of_a_dictionary_names_a_field_there_is():
    for name in data_dictionary.declared():
        app, model, field = name.split(".")
        apps.get_model(app, model)._meta.get_field(field)


def test_what_is_sealed_is_private():
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if "encryption" in type(field).__module__:
                assert data_dictionary.label_of(model, field.name).private, field


@pytest.mark.parametrize(
    ("label", "plain", "shown"),
    [
        ("identity_number", NUMBER, NUMBER[:4] + "*" * 14),
        ("phone", "16900000001", "169********"),
        ("address", "演示路1号", "［已隐去］"),
        ("health", "患有演示病症甲", "有记录"),
        ("petition", "反映演示问题", "有记录"),
        ("minor_name", "王演丙寅", "王某"),
        ("minor_name", "欧阳演甲", "欧阳某"),
        ("birthday", "2014-05-20", "2014年"),
        ("name", "林演甲子", "林演甲子"),
        ("health", "", ""),
    ],
)
def test_a_label_says_how_its_value_is_shown(label, plain, shown):
    assert masking.text(label, plain) == shown


@pytest.mark.parametrize(
    "written",
    [
        NUMBER,
        f"身份证{NUMBER}，女",
        f"{NUMBER[:17]}x",
        NUMBER.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")),
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        f"{NUMBER[:6]}-{NUMBER[6:14]}－{NUMBER[14:]}",
        " ".join(NUMBER),
        OLD,
        f"{OLD[:6]} {OLD[6:]}",
        "16900000001",
        "169 0000 0001",
        "+86-169-0000-0001",
        "16900000001".translate(str.maketrans("0169", "０１６９")),
        "0595-22112233",
        "(0595)22112233",
        "020 8111 2233",
    ],
)
def test_a_number_in_free_text_is_masked_however_it_is_written(written):
    left = masking.scan(f"据{written}反映")
    digits = "".join(c for c in left if c.isdigit())
    assert "*" in left
    assert len(digits) <= 4
    assert left.startswith("据")
    assert left.endswith("反映")


@pytest.mark.parametrize(
    "text",
    [
        "泉妇〔2014〕28号", "2014-05-20 至 2014-12-31", "110 12338", "补助1500元，3户12人",
        "350500000000", "123456789012345", "档案 3f2a9c1e", "2014-05-20 08:30",
    ],
)  # fmt: skip
def test_other_numbers_are_left_as_they_are(text):
    assert masking.scan(text) == text


def test_several_numbers_in_one_sentence_all_go():
    left = masking.scan(f"{NUMBER}、{phone(1)}；{phone(2)} {NUMBER}")
    assert left == f"{NUMBER[:4]}{'*' * 14}、169********；169******** {NUMBER[:4]}{'*' * 14}"


def test_nobody_reads_a_number_a_phone_an_address_or_an_illness_unasked(archives, people):
    woman, by = archives.woman, people.village
    assert masking.shown(woman, "id_number", to=by) == "9905" + "*" * 14
    assert masking.shown(woman, "phone", to=by) == "169********"
    assert masking.shown(woman, "address", to=by) == f"{woman.unit}［已隐去］"
    assert masking.shown(woman, "health", to=by) == "有记录"
    assert masking.shown(archives.elder, "health", to=by) == ""
    assert masking.shown(woman, "name", to=by) == "林演甲子"


def test_a_minors_name_and_birthday_are_whole_to_those_in_whose_care_she_is(
    archives, people, carers
):
    child = archives.child
    for who in (people.village, carers.carer):
        assert masking.shown(child, "name", to=who) == "王演丙寅"
        assert masking.shown(child, "born_on", to=who) == child.born_on.isoformat()
    for who in (carers.children_county, people.county, people.leader, carers.chair2):
        assert masking.shown(child, "name", to=who) == "王某"
        assert masking.shown(child, "born_on", to=who) == f"{child.born_on.year}年"
