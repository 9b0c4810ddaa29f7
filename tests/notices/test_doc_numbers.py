"""发文字号 as people type it."""

import pytest

from notices.doc_numbers import DocNumber, parse


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("泉妇〔2014〕28号", "泉妇〔2014〕28号"),
        ("泉妇[2014]28号", "泉妇〔2014〕28号"),
        ("泉妇（2014）28号", "泉妇〔2014〕28号"),
        ("泉妇【2014】第028号", "泉妇〔2014〕28号"),
        (" 哈妇发 〔２０１６〕 ７ 号 ", "哈妇发〔2016〕7号"),
        ("哈妇发﹝2014﹞10号", "哈妇发〔2014〕10号"),
    ],
)
def test_a_number_is_understood_however_it_is_typed(typed, number):
    assert str(parse(typed)) == number


def test_numbers_sort_by_agency_year_and_serial():
    assert parse("泉妇〔2014〕9号") < parse("泉妇〔2014〕28号") < parse("泉妇〔2015〕1号")
    assert parse("泉妇〔2014〕28号") == DocNumber("泉妇", 2014, 28)


def test_a_notice_may_have_no_number():
    assert parse("  ") is None


@pytest.mark.parametrize(
    "typed", ["28号", "泉妇2014年28号", "泉妇〔2014〕号", "泉妇〔14〕28号", "QZ〔2014〕28号"]
)
def test_what_is_no_number_is_refused_with_an_example(typed):
    with pytest.raises(ValueError, match="应写作“泉妇〔2014〕28号”"):
        parse(typed)
