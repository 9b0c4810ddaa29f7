"""The workbook given back with its problems marked: same look, words at every cell, read as before."""

import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from federation.models import OrgUnit
from reporting import annexes, incoming
from reporting.workbook import WorkbookError
from reporting.workbook.reading.marked import marked_copy
from tests import battery
from tests.reading.cases import HUIAN, A, B, table
from tests.reading.odd_cases import ALL
from tests.reading.offices import HEAD, TITLE, docx, part, repacked, text, xlsx

RETURNS = Path(__file__).parents[2] / "fixtures" / "returns"
FILES = [case["file"] for case in json.loads((RETURNS / "truth.json").read_text("utf-8"))["cases"]]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quanzhou")]


@pytest.fixture(scope="module")
def reader(quanzhou, django_db_blocker):
    with django_db_blocker.unblock(), incoming.Reader(annexes.get("pairing-summary")) as reader:
        yield reader


def marked(reader, data, name="a.xlsx"):
    """The copy, and the readings of both."""
    before = reader.read(data, name=name)
    copied, copy = marked_copy(data, name, before, sandbox=reader.sandbox)
    assert copied.endswith("（标出问题）.xlsx")
    return copy, before, reader.read(copy, name=name)


def row_of(where):
    """Row of a place, whether it is in a sheet or in a table of a document."""
    return re.sub(r"^(.+?)!\D+(\d+).*", r"\1 \2", re.sub(r" 第(\d+).*", r" \1", where))


def said(reading):
    return [
        (record.values, [village.code for village in record.villages], row_of(record.where))
        for record in reading.records
    ]


def problems(reading):
    return [(p.level, p.where, p.key) for p in reading.problems]


@pytest.mark.parametrize("file", FILES)
def test_a_return_marked_and_sent_again_reads_as_before(reader, file):
    data = (RETURNS / file).read_bytes()

    copy, before, after = marked(reader, data, Path(file).name)

    assert said(after) == said(before)
    assert after.unit.code == before.unit.code
    if before.kind == "xlsx":
        assert problems(after) == problems(before)
        assert after.tables == before.tables
    openpyxl.load_workbook(io.BytesIO(copy))


@pytest.mark.battery("T31")
def test_every_habit_of_an_office_marked_and_sent_again_reads_as_before(reader):
    for one in ALL[:: 1 if battery.FULL else 3]:
        copy, before, after = marked(reader, one.data, one.file)

        assert said(after) == said(before), one.name
        assert after.unit.code == before.unit.code, one.name
        if before.kind == "xlsx":
            assert problems(after) == problems(before), one.name
        openpyxl.load_workbook(io.BytesIO(copy))


def sheet_of(reader, rows):
    """The copy of a return with these lines, opened."""
    data = xlsx(table(*rows))
    copy, before, after = marked(reader, data)
    assert problems(after) == problems(before)
    return openpyxl.load_workbook(io.BytesIO(copy)).active


def test_each_problem_is_said_beside_its_row_and_at_its_cell(reader):
    sheet = sheet_of(reader, [A, (B[0], "不存在村", "")])

    assert sheet["D3"].value == "问题"
    assert sheet["D4"].value is None
    assert sheet["D5"].value.startswith("【错误】C5")
    assert "【待确认】B5“不存在村”在本辖区没有找到" in sheet["D5"].value
    assert sheet["B5"].comment.text.startswith("【系统标注】【待确认】")
    assert sheet["C5"].comment.text.startswith("【系统标注】【错误】")
    assert sheet["A5"].comment is None


def test_an_error_a_question_and_a_warning_look_different_in_black_and_white(reader):
    sheet = sheet_of(reader, [A, (B[0], "不存在村", ""), A])

    lines = {sheet[cell].border.left.style for cell in ("A6", "B5", "C5")}
    colours = {sheet[cell].fill.fgColor.rgb for cell in ("A6", "B5", "C5")}
    assert lines == {"dotted", "mediumDashed", "medium"}
    assert len(colours) == 3


def test_what_belongs_to_no_row_is_said_above_the_heading(reader):
    data = xlsx(table(A, above=((TITLE,),)))

    copy, _, _ = marked(reader, data)

    assert "没有找到填报单位" in openpyxl.load_workbook(io.BytesIO(copy)).active["D1"].value


def test_the_copy_keeps_widths_merges_print_set_up_fonts_hidden_lines_and_comments(reader):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(table(A, (B[0], "不存在村", B[2]), ("合计",)))))
    sheet = book.active
    sheet.merge_cells("A1:C1")
    sheet.column_dimensions["B"].width = 33
    sheet.column_dimensions["C"].width = 44
    sheet.row_dimensions[4].height = 51
    sheet.row_dimensions[6].hidden = True
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.print_area = "A1:C6"
    sheet.print_title_rows = "3:3"
    sheet.freeze_panes = "A4"
    sheet["B5"].font = Font(name="仿宋", size=15, bold=True)
    sheet["B5"].comment = Comment("请核对", "林演甲")
    sheet["C4"].fill = PatternFill("solid", fgColor="FF00FF00")
    inner = book.create_sheet("内部")
    inner["A1"], inner.sheet_state = "底稿", "hidden"
    out = io.BytesIO()
    book.save(out)
    picture = {"xl/media/image1.png": b"\x89PNG picture", "docProps/thumbnail.jpeg": b"\xff\xd8"}
    data = repacked(out.getvalue(), picture)

    copy, before, after = marked(reader, data)
    made = openpyxl.load_workbook(io.BytesIO(copy))
    kept = made.worksheets[0]

    assert problems(after) == problems(before)
    assert kept.merged_cells.ranges == sheet.merged_cells.ranges
    assert [kept.column_dimensions[c].width for c in "BC"] == [33, 44]
    assert (kept.row_dimensions[4].height, kept.row_dimensions[6].hidden) == (51, True)
    assert (kept.page_setup.orientation, kept.page_setup.paperSize) == ("landscape", 9)
    assert (kept.print_area, kept.print_title_rows) == (sheet.print_area, "$3:$3")
    assert kept.freeze_panes == "A4"
    assert (kept["B5"].font.name, kept["B5"].font.size, kept["B5"].font.b) == ("仿宋", 15, True)
    assert kept["C4"].fill.fgColor.rgb == "FF00FF00"
    assert kept["B5"].comment.text.startswith("请核对\n【系统标注】")
    assert made["内部"].sheet_state == "hidden"
    assert made["内部"].max_column == 1
    for name, content in picture.items():
        assert part(copy, name) == content


def test_words_that_look_like_formulas_are_text_in_the_copy(reader):
    rows = table(A, ("=1+1", "@村", "-x"), ("+CMD", "=HYPERLINK(1)", '=cmd|"/c calc"!A0'))

    copy, _, _ = marked(reader, text(rows), "a.csv")

    cells = [c for row in openpyxl.load_workbook(io.BytesIO(copy)).active for c in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert {"=1+1", "@村", "-x", "+CMD"} <= {cell.value for cell in cells}


def test_a_corrected_copy_has_its_problem_no_more(reader):
    copy, before, _ = marked(reader, xlsx(table(A, (B[0], "不存在村", ""))))
    book = openpyxl.load_workbook(io.BytesIO(copy))
    book.active["B5"], book.active["C5"] = "梅岭村", B[2]
    out = io.BytesIO()
    book.save(out)

    after = reader.read(out.getvalue(), name="a.xlsx")

    assert {p.level for p in before.problems} == {"error", "question"}
    assert after.problems == []
    assert [r.values["post"] for r in after.records] == [A[0], B[0]]
    assert after.records[1].where == "Sheet1!A5:C5"


def test_a_copy_of_a_word_table_is_a_workbook_with_title_and_sender(reader):
    data = docx(TITLE, "填报单位：惠安县妇联", [HEAD, A, (B[0], "不存在村", B[2])])

    copy, before, after = marked(reader, data, "汇总表.docx")
    book = openpyxl.load_workbook(io.BytesIO(copy))

    assert book.sheetnames == ["表1", "正文"]
    assert book["表1"]["D3"].value.startswith("【待确认】")
    assert after.unit.name == before.unit.name == HUIAN


@pytest.mark.parametrize(
    "part_text",
    [
        (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (b"<row r=", b"<row x="),
    ],
    ids=["strict", "rows without numbers"],
)  # fmt: skip
def test_a_workbook_that_cannot_be_changed_in_place_is_built_anew(reader, part_text):
    data = xlsx(table(A, (B[0], "不存在村", B[2])))
    sheet = "xl/worksheets/sheet1.xml"
    odd = repacked(data, {sheet: part(data, sheet).replace(*part_text)})

    copy, before, after = marked(reader, odd)

    assert said(after) == said(before)
    assert "【待确认】" in openpyxl.load_workbook(io.BytesIO(copy)).active["D5"].value


def test_a_copy_that_would_say_something_else_is_built_anew(reader):
    data = xlsx(table(A, (B[0], "不存在村", B[2])))
    sheet = "xl/worksheets/sheet1.xml"
    hidden = b'<sheetData><!--<row r="9"><c r="A9" t="inlineStr"><is><t>x</t></is></c></row>-->'
    odd = repacked(data, {sheet: part(data, sheet).replace(b"<sheetData>", hidden)})

    copy, before, after = marked(reader, odd)

    assert said(after) == said(before)
    assert openpyxl.load_workbook(io.BytesIO(copy)).active["A9"].value is None


def test_a_problem_column_of_the_offices_own_is_left_alone(reader):
    data = xlsx(table((*A, "缺资金"), (*B, ""), head=(*HEAD, "问题")))

    copy, before, after = marked(reader, data)

    sheet = openpyxl.load_workbook(io.BytesIO(copy)).active
    assert [sheet[cell].value for cell in ("D3", "D4", "E3")] == ["问题", "缺资金", "问题"]
    assert before.records[0].where == after.records[0].where == "Sheet1!A4:D4"


def test_two_tables_side_by_side_are_marked_each_on_its_own(reader):
    wrong = (B[0], "不存在村", B[2])
    rows = [(TITLE,), ("填报单位：惠安县妇联",), (*HEAD, "", *HEAD), (*A, "", *wrong)]

    copy, before, after = marked(reader, xlsx(rows))

    sheet = openpyxl.load_workbook(io.BytesIO(copy)).active
    assert sheet["D3"].value == sheet["H3"].value == "问题"
    assert sheet["D4"].value is None
    assert "F4“不存在村”" in sheet["H4"].value
    assert said(after) == said(before)


def test_a_table_of_ours_is_still_known_as_ours(reader, org_unit):
    annex = annexes.get("pairing-summary")
    rows = [{"post": "", "village": "不存在村", "project_goal": "合计"}]
    data = annex.write(rows, unit_name=HUIAN, properties={"unit": org_unit, "period": "2014"})

    _, before, after = marked(reader, data)

    assert before.unchanged
    assert after.unchanged
    assert [r.values for r in after.records] == [r.values for r in before.records]


@pytest.fixture
def org_unit(quanzhou, db):
    return str(OrgUnit.objects.get(name=HUIAN).uuid)


def test_a_form_is_marked_at_its_answers(reader, db):
    intent = annexes.get("pairing-intent")
    with incoming.Reader(intent) as forms:
        data = intent.write({"post_name": "不存在岗", "post_kind": "post"}, properties={})
        copy, before, after = marked(forms, data)

    assert before.problems
    assert problems(after) == problems(before)
    assert "【错误】" in "".join(
        str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(copy)).active for cell in row
    )


def test_a_file_that_could_not_be_read_has_no_copy(reader):
    refused = reader.read(b"%PDF-1.4", name="a.pdf")

    with pytest.raises(WorkbookError, match="PDF"):
        marked_copy(b"%PDF-1.4", "a.pdf", refused)
