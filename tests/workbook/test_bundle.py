"""Zips of many forms, with names every desk can open."""

import io
import zipfile

import pytest

from reporting.workbook import safe_file_name, write_zip


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("附件1 晋江市妇联.xlsx", "附件1 晋江市妇联.xlsx"),
        ("../../etc/passwd", "＿..＿etc＿passwd"),
        ("a/b\\c:d*e?.xlsx", "a＿b＿c＿d＿e＿.xlsx"),
        ("CON.xlsx", "_CON.xlsx"),
        ("nul", "_nul"),
        ("甲\x00\u202e乙.xlsx", "甲＿＿乙.xlsx"),
        (" 名称. ", "名称"),
        ("", "未命名"),
        ("...", "未命名"),
        (".xlsx", "xlsx"),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert safe_file_name(name) == safe


def test_a_long_name_keeps_its_extension_and_whole_characters():
    name = safe_file_name("岗" * 300 + ".xlsx")

    assert name == "岗" * 66 + ".xlsx"


def test_a_zip_keeps_chinese_names_apart():
    out = io.BytesIO()

    names = write_zip(
        out, iter([("甲.xlsx", b"1"), ("甲.xlsx", b"2"), ("A.xlsx", b"3"), ("a.xlsx", b"4")])
    )

    with zipfile.ZipFile(out) as container:
        assert container.namelist() == names == ["甲.xlsx", "甲（2）.xlsx", "A.xlsx", "a（2）.xlsx"]
        assert [container.read(name) for name in names] == [b"1", b"2", b"3", b"4"]
        assert container.getinfo("甲.xlsx").flag_bits & 0x800
