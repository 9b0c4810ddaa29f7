"""附件1 and 附件2 come out exactly as issued, whatever is written into them."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing.annexes import PairingIntent, PairingSummary
from reporting import annexes
from reporting.workbook import WorkbookMismatch, compare_layout, safe_text, verify
from tests.workbook.office import convert, needs_office
from tests.workbook.payloads import PAYLOADS

INTENT: PairingIntent = annexes.get("pairing-intent")
SUMMARY: PairingSummary = annexes.get("pairing-summary")
WRITTEN = {f"B{row}" for row in range(5, 13)}
PROPERTIES = {"unit": "6f1d3c1e-0000-4000-8000-000000000001", "period": "2014"}
LONG = "扶持妇女发展家庭手工业，" * 80


def intent_values(**changed):
    return {
        "post_name": "演示市国税局办税服务厅",
        "post_kind": "post",
        "post_level": "municipal",
        "leader_name": "演示甲",
        "leader_title": "主任",
        "leader_phone": "13800000000",
        "email": "demo@example.com",
        "existing_village": [],
        "intended_village": {"unit": None, "text": "新春社区"},
        "offered_support": ["material", "culture"],
        "project_goal": "帮助10户妇女就业。",
        **changed,
    }


def intent(**changed):
    return INTENT.write(intent_values(**changed), properties=PROPERTIES)


def summary_rows(count, goal="帮助10户妇女就业。"):
    return [
        {"post": f"第{n}文明岗", "village": "新春社区", "project_goal": goal}
        for n in range(1, count + 1)
    ]


def summary(rows, row_units=None):
    return SUMMARY.write(rows, unit_name="演示市妇联", properties=PROPERTIES, row_units=row_units)


def page(data):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def summary_layout(data, count, *, grown=frozenset()):
    """Differences from 附件2 as issued: rows past the seventh look like the first printed line."""
    body = max(count, 7)
    rows = {n: n for n in range(1, 12)}
    rows |= {5 + n: 5 for n in range(7, body)}
    rows[5 + body] = 12
    filled = {"A3"} | {f"{c}{n}" for c in "ABC" for n in range(5, 5 + count)}
    return compare_layout(
        SUMMARY.workbook_path, data, rows=rows, filled=filled, columns=3, grown=grown
    )


def test_a_filled_intent_differs_from_the_issued_form_in_its_words_only():
    assert compare_layout(INTENT.workbook_path, intent(), filled=WRITTEN) == []


def test_an_intent_prints_its_values_where_the_form_asks_for_them():
    found = page(intent(existing_village=[{"unit": None, "text": "甲村"}, {"text": "乙村"}]))

    assert [found[f"B{row}"].value for row in range(5, 13)] == [
        "演示市国税局办税服务厅",
        "全国级（  ）  省级（  ）  市级（√）",
        "演示甲  主任  13800000000",
        "demo@example.com",
        "甲村、乙村",
        "新春社区",
        "物质牵手（√）、项目牵手（ ）、\n文化牵手（√）、爱心牵手（ ）；",
        "牵手帮扶项目目标、具体内容：\n帮助10户妇女就业。",
    ]


def test_an_empty_draft_prints_as_the_blank_form():
    blank = INTENT.write({}, properties={})

    assert compare_layout(INTENT.workbook_path, blank) == []


@pytest.mark.parametrize("count", [0, 1, 7, 8, 30])
def test_a_summary_of_any_length_looks_as_issued(count):
    rows = summary_rows(count)
    data = summary(rows)

    assert summary_layout(data, count) == []
    SUMMARY.verify(data, rows, unit_name="演示市妇联")
    found = page(data)
    assert found["A3"].value == "填报单位：演示市妇联"
    assert [[c.value for c in line] for line in found.iter_rows(5, 4 + count, 1, 3)] == [
        list(row.values()) for row in rows
    ]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 30])
def test_the_citys_table_says_whose_row_it_is_outside_the_printed_page(count):
    rows, units = summary_rows(count), [f"第{n}县妇联" for n in range(count)]
    data = summary(rows, units)

    assert summary_layout(data, count) == []
    SUMMARY.verify(data, rows, unit_name="演示市妇联", row_units=units)
    found = page(data)
    assert [found.cell(n, 4).value for n in range(4, 5 + count)] == ["填报单位", *units]
    assert found["D4"].font.name == found["A4"].font.name
    assert found["D4"].border.left.style == "thin"
    assert found.column_dimensions["D"].width == found.column_dimensions["A"].width
    assert found.print_area.endswith(f"$C${5 + max(count, 7)}")


def test_rows_grow_just_enough_for_their_text():
    rows = summary_rows(8)
    rows[2]["project_goal"] = "帮助10户妇女就业，每季度培训一次。" * 4
    data = summary(rows)

    assert summary_layout(data, 8, grown={7}) == []
    assert 54 < page(data).row_dimensions[7].height < 180


def test_a_text_too_tall_for_one_row_is_kept_whole_over_several():
    rows = summary_rows(2, goal=LONG)
    data = summary(rows)

    found = page(data)
    tall = [m for m in found.merged_cells.ranges if m.min_col == 3 and m.max_row > m.min_row]
    assert len(tall) == 2
    assert {found.row_dimensions[n].height for n in range(5, tall[0].max_row)} != {54}
    assert all(found.row_dimensions[n].height <= 409 for n in range(1, found.max_row + 1))
    SUMMARY.verify(data, rows, unit_name="演示市妇联")


def test_a_long_goal_grows_the_last_cell_of_the_form():
    medium = intent(project_goal=LONG[:300])
    assert compare_layout(INTENT.workbook_path, medium, filled=WRITTEN, grown={12}) == []
    assert page(medium).row_dimensions[12].height > 188

    longest = intent_values(project_goal=LONG)
    data = INTENT.write(longest, properties={})
    INTENT.verify(data, longest)
    merges = {str(m) for m in page(data).merged_cells.ranges}
    assert any(m.startswith("A11:A") and m != "A11:A12" for m in merges)


def test_a_workbook_says_who_made_it_and_what_it_answers():
    book = openpyxl.load_workbook(io.BytesIO(intent()))

    assert (book.properties.creator, book.properties.lastModifiedBy) == ("妇联工作台",) * 2
    assert {p.name: p.value for p in book.custom_doc_props.props} == {
        "annex": "pairing-intent",
        "version": "1",
        "notice": "泉妇〔2014〕28号",
        **PROPERTIES,
    }


def test_a_workbook_holds_no_formula_and_nothing_hidden():
    with zipfile.ZipFile(io.BytesIO(summary(summary_rows(9)))) as container:
        assert container.testzip() is None
        names = container.namelist()
        sheet = container.read("xl/worksheets/sheet1.xml").decode()

    assert names[0] == "[Content_Types].xml"
    assert len(names) == len(set(names))
    assert "<f" not in sheet
    assert "hidden=" not in sheet


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_every_text_field_stay_text(payload):
    values = intent_values(
        post_name=payload, leader_name=payload, leader_title=payload, leader_phone=payload,
        email=payload, existing_village=[{"text": payload}], intended_village={"text": payload},
        project_goal=payload,
    )  # fmt: skip
    row = dict.fromkeys(("post", "village", "project_goal"), payload)
    form, table = INTENT.write(values, properties={"unit": payload}), summary([row], [payload])

    INTENT.verify(form, values)
    SUMMARY.verify(table, [row], unit_name="演示市妇联", row_units=[payload])
    cells = [page(form)[a] for a in ("B5", "B8", "B9", "B10")]
    cells += [page(table)[a] for a in ("A5", "B5", "C5", "D5")]
    assert {cell.value for cell in cells} == {safe_text(payload).text}
    assert {cell.data_type for cell in cells} == {"s"}
    assert {bool(cell.quotePrefix) for cell in cells} == {safe_text(payload).quoted}


@needs_office
def test_libreoffice_reads_every_payload_as_text(tmp_path):
    rows = [dict.fromkeys(("post", "village", "project_goal"), text) for text in PAYLOADS]
    source = tmp_path / "payloads.xlsx"
    source.write_bytes(summary(rows, list(PAYLOADS)))

    found = page(convert(source, "xlsx", tmp_path / "profile").read_bytes())

    for number, payload in enumerate(PAYLOADS, start=5):
        cells = [found.cell(number, column) for column in range(1, 5)]
        assert {cell.value for cell in cells} == {safe_text(payload).text}
        assert {cell.data_type for cell in cells} == {"s"}


@needs_office
def test_libreoffice_prints_the_forms_on_as_many_pages_as_issued(tmp_path):
    for name, data, pages in (
        ("附件1", intent(), 1),
        ("附件1长", intent(project_goal=LONG), 1),
        ("附件2", summary(summary_rows(7)), 1),
        ("附件2全市", summary(summary_rows(7), ["演示县妇联"] * 7), 1),
    ):
        source = tmp_path / f"{name}.xlsx"
        source.write_bytes(data)

        pdf = convert(source, "pdf", tmp_path / "profile").read_bytes()

        assert pdf.count(b"/Type/Page\n") + pdf.count(b"/Type/Page/") == pages, name


@settings(max_examples=60)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(("post", "village", "project_goal"), st.text())), max_size=9))  # fmt: skip
def test_any_text_comes_back_as_the_cleaned_text(rows):
    data = summary(rows)

    SUMMARY.verify(data, rows, unit_name="演示市妇联")


@pytest.mark.parametrize(
    ("address", "words"),
    [("A5", "另一个岗"), ("B5", None), ("A13", "多出来的字"), ("A3", "填报单位：")],
)
def test_verification_names_the_cell_that_differs(address, words):
    rows = summary_rows(2)
    expected = SUMMARY.issued.expected(SUMMARY._lines(rows, "演示市妇联", None))
    expected = {**expected, address: words} if words else {**expected, address: ""}

    with pytest.raises(WorkbookMismatch, match=rf"1个单元格与数据不一致（{address}）"):
        verify(summary(rows), expected)


def test_verification_refuses_a_broken_file_a_formula_and_a_hidden_row():
    with pytest.raises(WorkbookMismatch, match="打不开"):
        verify(intent()[:-200], {})
    book = openpyxl.load_workbook(io.BytesIO(intent()))
    book.active["B5"] = "=1+1"
    with pytest.raises(WorkbookMismatch, match="B5不是文字"):
        verify(_saved(book), {})
    book.active["B5"] = None
    book.active.row_dimensions[9].hidden = True
    with pytest.raises(WorkbookMismatch, match="隐藏的行"):
        verify(_saved(book), {})


def _saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: setattr(s.row_dimensions[6], "height", 41), "height of row 6"),
        (lambda s: setattr(s.column_dimensions["B"], "width", 50), "width of B"),
        (lambda s: s.merge_cells("A5:B5"), "merges"),
        (lambda s: setattr(s, "print_area", "A1:B12"), "print area"),
        (lambda s: setattr(s.page_setup, "paperSize", 8), "paperSize"),
        (lambda s: setattr(s.page_margins, "top", 1), "margin top"),
        (lambda s: setattr(s["A5"], "font", s["A1"].font.copy()), "font of A5"),
        (lambda s: setattr(s["A5"], "border", s["A1"].border.copy()), "borders of A5"),
        (lambda s: setattr(s["A5"], "value", "名称"), "words of A5"),
        (lambda s: setattr(s["A20"], "value", "多"), "words below the form"),
        (lambda s: setattr(s, "print_title_rows", "1:2"), "print titles"),
        (lambda s: setattr(s.oddFooter.center, "text", "页脚"), "oddFooter center"),
    ],
)
@pytest.mark.filterwarnings("ignore:Call to deprecated function copy")
def test_the_comparison_sees_each_kind_of_difference(change, named):
    book = openpyxl.load_workbook(INTENT.workbook_path)
    change(book.active)

    differences = compare_layout(INTENT.workbook_path, _saved(book))

    assert any(line.startswith(named) for line in differences), differences
