"""Forms of several posts in one file: below or beside each other on a sheet, and blank ones between."""

import pytest

from reporting import annexes, incoming
from tests.reading.offices import Sheet, docx, xlsx

pytestmark = pytest.mark.django_db

TITLE = [
    ["附件1", ""],
    ["泉州市巾帼文明岗、机关妇委会参与“岗村、委村”", ""],
    ["结对帮扶征求意见表", ""],
    ["", ""],
]
NOTE = [["    请各县（市、区）妇联组织本辖区市级以上文明岗及机关妇委会填报。", ""]]
GAP = [["", ""], ["", ""]]


def lines(name="", goal="", level="  ", support=" "):
    return [
        ["巾帼文明岗\n（妇委会）名称", name],
        ["巾帼文明岗级别", f"全国级（  ）  省级（  ）  市级（{level}）"],
        ["负责人姓名、职务\n及联系电话", "林演甲，岗长，16900000003" if name else ""],
        ["电子邮箱", ""],
        ["现已有结对村\n（若无则不填写）", ""],
        ["拟结对村", "红旗村" if name else ""],
        [
            "可提供扶持内容\n（可多项选择）",
            f"物质牵手（{support}）、项目牵手（ ）、\n文化牵手（ ）、爱心牵手（ ）；",
        ],
        ["", f"牵手帮扶项目目标、具体内容：{goal}"],
    ]


def form(name, goal):
    return TITLE + lines(name, goal, "√", "√") + NOTE


A, B, C = form("演示甲岗", "培训1期"), form("演示乙岗", "培训2期"), form("演示丙岗", "培训3期")


def read(data, org):
    return incoming.read(data, annexes.get("pairing-intent"), area=org.city)


def said(found):
    return [
        (record.where, record.values["post_name"], record.values["project_goal"])
        for record in found.records
    ]


@pytest.mark.parametrize(("gap", "tops"), [(GAP, (1, 16, 31)), ([], (1, 14, 27))])
def test_forms_below_each_other_are_a_record_each(org, gap, tops):
    found = read(xlsx([*A, *gap, *B, *gap, *C]), org)

    assert said(found) == [
        (f"Sheet1!A{top}:B{top + 12}", f"演示{letter}岗", f"培训{number}期")
        for number, (top, letter) in enumerate(zip(tops, "甲乙丙", strict=True), 1)
    ]
    assert found.records[2].cells["intended_village"] == f"Sheet1!B{tops[2] + 9}"
    assert found.tables == [record.where for record in found.records]


def test_two_forms_in_one_table_of_a_letter_are_two_records(org):
    rows = [*lines("演示甲岗", "培训1期"), *lines("演示乙岗", "培训2期")]

    assert said(read(docx("附件1", rows), org)) == [
        ("表1 第1至8行", "演示甲岗", "培训1期"),
        ("表1 第9至16行", "演示乙岗", "培训2期"),
    ]


def test_forms_beside_each_other_are_a_record_each(org):
    found = read(xlsx([[*left, "", *right] for left, right in zip(A, B, strict=True)]), org)

    assert said(found) == [
        ("Sheet1!A1:B13", "演示甲岗", "培训1期"),
        ("Sheet1!D1:E13", "演示乙岗", "培训2期"),
    ]
    assert [record.values["existing_village"] for record in found.records] == [[], []]
    assert found.records[1].cells["post_name"] == "Sheet1!E5"


def test_a_value_that_quotes_a_label_begins_no_form(org):
    rows = form("演示甲岗", "培训1期")
    rows[11][1] = "巾帼文明岗级别"

    assert [where for where, *_ in said(read(xlsx(rows), org))] == ["Sheet1!A1:B13"]


def test_a_blank_form_beside_filled_ones_is_left_out_and_said(org):
    blank = TITLE + lines() + NOTE
    found = read(xlsx(Sheet(A, "甲"), Sheet(blank, "空表"), Sheet([*B, *blank], "乙")), org)

    assert [name for _, name, _ in said(found)] == ["演示甲岗", "演示乙岗"]
    assert [(skip.where, skip.why) for skip in found.skipped] == [
        ("空表!A1:B13", "没有填写的空白表"),
        ("乙!A14:B26", "没有填写的空白表"),
    ]


def test_a_blank_form_alone_is_read(org):
    found = read(xlsx(TITLE + lines() + NOTE), org)

    assert len(found.records) == 1
    assert found.problems
    assert not found.skipped


def test_labels_without_their_hints_have_their_values_beside_them(org):
    rows = form("演示甲岗", "")
    rows[8] = ["现已有结对村", "红旗村"]
    rows[10][0] = "可提供扶持内容"
    rows[11] = ["牵手帮扶项目目标、具体内容", "培训1期"]
    (record,) = read(xlsx(rows), org).records

    assert [village["text"] for village in record.values["existing_village"]] == ["红旗村"]
    assert record.values["offered_support"] == ["material"]
    assert record.values["project_goal"] == "培训1期"
    assert record.cells["project_goal"] == "Sheet1!B12"
