"""Annexes: their register, their workbooks, and what may stand in their blanks."""

import time

import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import strategies as st

from pairing.annexes import PairingIntent
from reporting import annexes
from reporting.annexes import Field, FormAnnex, Period
from reporting.annexes.values import phone_number

INTENT = annexes.get("pairing-intent")
SUMMARY = annexes.get("pairing-summary")
VILLAGE = {"unit": "6f1d3c1e-0000-4000-8000-000000000001", "text": "新春社区"}


def typed(**changed):
    return {
        "post_name": "演示岗",
        "post_kind": "post",
        "post_level": "municipal",
        "leader_name": "演示甲",
        "leader_title": "主任",
        "leader_phone": "13800000000",
        "intended_village": VILLAGE,
        "offered_support": ["material"],
        "project_goal": "帮助10户妇女就业。",
        **changed,
    }


def errors(**changed):
    return INTENT.clean(typed(**changed))[1]


def cleaned(key, **changed):
    values, wrong = INTENT.clean(typed(**changed))
    assert wrong == {}
    return values[key]


# -- The register and the workbooks ---------------------------------------------------------------


@pytest.mark.parametrize("annex", annexes.all(), ids=lambda annex: annex.code)
def test_every_annex_fits_its_workbook(annex):
    annex.check_workbook()

    assert len(annex.printed()) >= 3
    for address, words in annex.printed().items():
        assert annex.issued.words(address), (address, words)


def test_annexes_are_listed_in_the_order_of_their_notice():
    ours = [annex.mark for annex in annexes.all() if annex.notice == "泉妇〔2014〕28号"]

    assert ours == ["附件1", "附件2"]


def test_an_unknown_code_is_a_sentence():
    with pytest.raises(KeyError) as caught:
        annexes.get("no-such-form")

    assert str(caught.value).startswith("没有代码为“no-such-form”的附件，现有：")


def test_a_second_annex_of_one_code_is_refused():
    with pytest.raises(annexes.DuplicateAnnex, match="已被“泉州市巾帼文明岗"):

        class Impostor(FormAnnex):
            code = "pairing-intent"

    assert type(annexes.get("pairing-intent")) is PairingIntent


def test_a_workbook_headed_otherwise_is_a_failing_check(monkeypatch):
    assert run_checks(tags=["annexes"]) == []
    monkeypatch.setattr(PairingIntent, "headings", {**PairingIntent.headings, "A5": "单位名称"})

    with pytest.raises(annexes.AnnexMismatch, match="单元格A5应为“单位名称”"):
        INTENT.check_workbook()
    assert [error.id for error in run_checks(tags=["annexes"])] == ["reporting.E001"]


# -- Periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "text", "stored", "words"),
    [
        (Period.YEAR, "2014", "2014", "2014年"),
        (Period.YEAR, " ２０１４年度 ", "2014", "2014年"),
        (Period.HALF_YEAR, "2014H2", "2014H2", "2014年第2个半年"),
        (Period.QUARTER, "2014年第2季度", "2014Q2", "2014年第2季度"),
        (Period.QUARTER, "2014q2", "2014Q2", "2014年第2季度"),
        (Period.MONTH, "2014年5月", "2014-05", "2014年5月"),
        (Period.MONTH, "2014.12", "2014-12", "2014年12月"),
    ],
)
def test_a_period_is_read_as_people_write_it(period, text, stored, words):
    assert period.check(text) == stored
    assert period.words(stored) == words


@pytest.mark.parametrize(
    "text", ["", "14", "2014-13", "20145", None, 2014, "2014\x00", "9" * 10**6]
)
def test_a_wrong_period_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="应写作“2014”"):
        Period.YEAR.check(text)


# -- 附件1 ----------------------------------------------------------------------------------------


def test_a_complete_intent_has_no_errors():
    assert errors() == {}


@pytest.mark.parametrize(
    "key",
    ["post_name", "leader_name", "leader_title", "leader_phone", "offered_support", "project_goal"],
)
@pytest.mark.parametrize("blank", [None, "", "  \u3000 "])
def test_a_required_blank_is_named(key, blank):
    label = INTENT.field(key).label

    found = errors(**{key: blank})

    assert list(found) == [key]
    assert label in found[key][0]


def test_a_post_needs_a_level_and_a_committee_has_none():
    assert errors(post_level="") == {
        "post_level": ["“巾帼文明岗级别”未填写，请选择全国级、省级或市级。"]
    }
    assert errors(post_kind="committee", post_level="") == {}
    assert list(errors(post_kind="committee")) == ["post_level"]
    assert list(errors(post_level="county")) == ["post_level"]


def test_an_intended_village_is_needed_unless_there_is_one_already():
    assert list(errors(intended_village=None)) == ["intended_village"]
    assert errors(intended_village=None, existing_village=[VILLAGE]) == {}
    assert list(errors(intended_village=[VILLAGE, {"text": "乙村"}])) == ["intended_village"]


@pytest.mark.parametrize(
    "none", ["无", "没有", "0", " 无 ", [{"unit": None, "text": "无"}], [], None, ""]
)
def test_none_typed_as_an_existing_village_is_a_blank(none):
    assert cleaned("existing_village", existing_village=none) == []


def test_a_village_is_kept_as_a_unit_or_as_typed():
    assert cleaned("intended_village", intended_village=VILLAGE) == VILLAGE
    assert cleaned("intended_village", intended_village=" 新 春 ") == {
        "unit": None,
        "text": "新 春",
    }
    assert cleaned("existing_village", existing_village=[VILLAGE, VILLAGE]) == [VILLAGE]
    assert (
        "无法识别"
        in errors(intended_village={"unit": "1 OR 1", "text": "村"})["intended_village"][0]
    )


def test_choices_are_kept_in_printed_order_and_checked():
    assert cleaned("offered_support", offered_support=["compassion", "material", "material"]) == [
        "material",
        "compassion",
    ]
    assert cleaned("post_level", post_level="省级") == "provincial"
    assert "无效的选项" in errors(offered_support=["material", "money"])["offered_support"][0]
    assert "至少选择1项" in errors(offered_support=[])["offered_support"][0]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("+86 138-0000-0000", "13800000000"),
        ("28380296", "28380296"),
        ("2838-0296", "28380296"),
        ("0595-28380296", "0595-28380296"),
        ("（0595）28380296", "0595-28380296"),
        ("059528380296", "0595-28380296"),
        ("0595—28380296转802", "0595-28380296-802"),
        ("010-65103114", "010-65103114"),
        ("0451 8463 1234", "0451-84631234"),
    ],
)
def test_a_phone_is_brought_to_one_form(written, stored):
    assert phone_number(written) == stored
    assert cleaned("leader_phone", leader_phone=written) == stored


@pytest.mark.parametrize(
    "written",
    ["1380000000", "138000000000", "12800000000", "2838029", "95-28380296", "电话", "-", "1" * 30],
)
def test_what_is_no_phone_is_refused_but_kept(written):
    values, wrong = INTENT.clean(typed(leader_phone=written))

    assert list(wrong) == ["leader_phone"]
    assert values["leader_phone"] == written


def test_an_email_is_optional_but_checked():
    assert cleaned("email", email="") == ""
    assert cleaned("email", email="ｄｅｍｏ＠example.com ") == "demo@example.com"
    assert "有效的邮箱" in errors(email="demo.example.com")["email"][0]


def test_too_long_a_text_is_refused_and_kept_whole():
    values, wrong = INTENT.clean(typed(project_goal="村" * 1001))

    assert wrong == {"project_goal": ["“牵手帮扶项目目标、具体内容”有1001字，最多1000字，请删减。"]}
    assert values["project_goal"] == "村" * 1001


def test_read_only_fields_come_from_what_the_system_knows():
    values, wrong = INTENT.clean(
        typed(post_name="冒名", post_kind="committee"),
        context={"post_name": "演示岗", "post_kind": "post"},
    )

    assert (values["post_name"], values["post_kind"], wrong) == ("演示岗", "post", {})


def test_rare_characters_survive():
    assert cleaned("leader_name", leader_name="𠮷﨑") == "𠮷﨑"
    assert cleaned("leader_name", leader_name="\ud842\udfb7田") == "𠮷田"
    assert cleaned("leader_name", leader_name="e\u0301") == "é"
    assert cleaned("leader_name", leader_name="甲\x00\u202e乙\u200b") == "甲乙"
    assert cleaned("project_goal", project_goal=" 一\r\n二\r三 ") == "一\n二\n三"


def test_a_lone_surrogate_is_refused_with_its_place():
    assert errors(leader_name="甲\ud842乙") == {
        "leader_name": ["“负责人姓名”第2个字无法识别，请删除后重新输入。"]
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([field.key for field in INTENT.fields]), JSON))
def test_nothing_typed_breaks_the_form(values):
    once, wrong = INTENT.clean(values)

    assert all(message.endswith("。") for messages in wrong.values() for message in messages)
    for field in INTENT.fields:
        assert isinstance(field.display(values.get(field.key)), str)
    if not wrong:
        assert INTENT.clean(once) == (once, {})


@pytest.mark.parametrize("values", [None, [], "text", 3, {"post_name": "村" * 10**6}, {3: 4}])
def test_nothing_sent_instead_of_a_form_breaks_it(values):
    began = time.monotonic()

    _, wrong = INTENT.clean(values)

    assert wrong
    assert time.monotonic() - began < 5


# -- 附件2 ----------------------------------------------------------------------------------------


def test_a_row_comes_from_an_intent():
    assert SUMMARY.row_from(typed()) == {
        "post": "演示岗",
        "village": "新春社区",
        "project_goal": "帮助10户妇女就业。",
    }
    kept = typed(intended_village=None, existing_village=[VILLAGE, {"unit": None, "text": "乙村"}])
    assert SUMMARY.row_from(kept)["village"] == "新春社区、乙村"
    assert SUMMARY.row_from({}) == {"post": "", "village": "", "project_goal": ""}


def test_a_row_needs_all_three_columns():
    assert list(SUMMARY.clean({})[1]) == ["post", "village", "project_goal"]


def test_a_field_shows_what_paper_shows():
    date = Field("on", "日期", "date")

    assert INTENT.field("post_level").display("national") == "全国级"
    assert INTENT.field("offered_support").display(["culture", "material"]) == "物质牵手、文化牵手"
    assert INTENT.field("existing_village").display([VILLAGE, {"text": "乙村"}]) == "新春社区、乙村"
    assert INTENT.field("email").display(None) == ""
    assert date.clean("2026年11月22日") == ("2026-11-22", [])
    assert date.clean("2026.2.30")[1] != []
