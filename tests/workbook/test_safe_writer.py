"""Text stays text, or is refused in words a clerk understands."""

import datetime as dt
from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring

from reporting.workbook import SafeWriter, UnsafeValue, safe_text
from reporting.workbook.text import CELL_LIMIT
from tests.workbook.payloads import PAYLOADS


@pytest.fixture
def writer():
    return SafeWriter(quoted=100, dated=7, timed=8)


def style(xml: str) -> int:
    return int(fromstring(xml).attrib["s"])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_is_never_a_formula_a_number_or_an_error(writer, payload):
    cell = fromstring(writer.put("A1", payload, 3))

    assert cell.attrib["t"] == "inlineStr"
    assert "".join(t.text or "" for t in cell.iter("t")) == safe_text(payload).text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'"]
)
def test_a_trigger_gets_the_quote_prefix(writer, start):
    assert style(writer.put("A1", f"{start}1", 3)) == 103
    assert style(writer.put("A1", f"  {start}1", 3)) == 103


@pytest.mark.parametrize(
    "text", ["13800000000", "1-2", "12:30", "1e5", "５０％", "350582199001011234"]
)
def test_what_would_become_a_number_when_edited_gets_it_too(writer, text):
    assert style(writer.put("A1", text, 3)) == 103


@pytest.mark.parametrize("text", ["新春社区", "1个村", "a=b", "泉州 = 刺桐", "（一）扶持"])
def test_ordinary_words_do_not(writer, text):
    assert style(writer.put("A1", text, 3)) == 3


@pytest.mark.parametrize(
    ("dirty", "clean", "removed"),
    [
        ("甲\x00乙\x0b丙", "甲乙丙", 2),
        ("甲\ud842乙", "甲乙", 1),
        ("\ud842\udfb7野家", "𠮷野家", 0),
        ("甲\u202e乙\u2066", "甲乙", 2),
        ("甲\ufffe乙", "甲乙", 1),
        ("甲\r\n乙\r丙", "甲\n乙\n丙", 0),
        ("𠮷﨑塚", "𠮷﨑塚", 0),
        ("葛\U000e0100", "葛\U000e0100", 0),
    ],
)
def test_what_breaks_a_file_is_cleaned_and_reported(writer, dirty, clean, removed):
    xml = writer.put("B2", dirty)

    assert fromstring(xml).findtext("is/t") == clean
    assert writer.notes == ([f"单元格B2：已去掉{removed}个无法保存的控制字符。"] if removed else [])


def test_the_longest_text_fits_and_one_more_is_refused_not_cut(writer):
    assert len(fromstring(writer.put("A1", "村" * CELL_LIMIT)).findtext("is/t")) == CELL_LIMIT
    for text in ("村" * (CELL_LIMIT + 1), "𠮷" * (CELL_LIMIT // 2 + 1)):
        with pytest.raises(UnsafeValue, match=r"^单元格A1：文字共\d+字，超过.*32767字"):
            writer.put("A1", text)


@pytest.mark.parametrize(
    "value",
    [10**15, -(10**15), 350582199001011234, Decimal("1234567890123456"), Decimal("NaN"),
     float("nan"), float("inf"), dt.date(1900, 2, 1), object(), ["list"], b"bytes"],
)  # fmt: skip
def test_a_value_no_cell_can_hold_is_refused_with_its_place(writer, value):
    with pytest.raises(UnsafeValue, match=r"^单元格C3：.+。$"):
        writer.put("C3", value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (0, "0"),
        (999_999_999_999_999, "999999999999999"),
        (Decimal("12.50"), "12.50"),
        (0.1, "0.1"),
        (dt.date(2014, 5, 25), "41784.0"),
        (dt.datetime(2014, 5, 25, 12, tzinfo=dt.UTC), f"{41784 + 20 / 24!r}"),
    ],
)
def test_numbers_and_dates_keep_their_type(writer, value, stored):
    assert fromstring(writer.put("A1", value)).findtext("v") == stored


def test_a_date_without_a_format_is_refused():
    with pytest.raises(UnsafeValue, match="没有日期格式"):
        SafeWriter(quoted=1).put("A1", dt.date(2014, 5, 25))
