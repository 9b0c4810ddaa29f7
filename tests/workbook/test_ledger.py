"""Ledgers of any length, read back by two readers."""

import datetime as dt
import io
import tracemalloc
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.workbook import (
    UnsafeValue,
    WorkbookError,
    WorkbookMismatch,
    safe_text,
    verify_ledger,
    write_ledger,
)
from tests.workbook.office import convert, needs_office
from tests.workbook.payloads import PAYLOADS


def ledger(rows, headings=("姓名", "说明"), **options):
    out = io.BytesIO()
    write_ledger(out, title="走访台账", headings=headings, rows=rows, properties={}, **options)
    out.seek(0)
    return out


def sheet(stream):
    return openpyxl.load_workbook(stream).active


def texts(stream):
    return list(sheet(stream).iter_rows(min_row=3, values_only=True))


def test_a_ledger_says_its_rows_under_a_frozen_heading():
    moment = dt.datetime(2014, 5, 25, 0, 30, tzinfo=dt.UTC)
    row = ("演示甲", 3, Decimal("12.5"), dt.date(2014, 5, 25), moment, True, None, "")
    page = sheet(ledger([row, row], headings=[f"第{n}列" for n in range(8)]))

    morning = dt.datetime(2014, 5, 25, 8, 30)  # noqa: DTZ001 -- in China, as a cell holds it
    assert page["A1"].value == "走访台账"
    assert page.freeze_panes == "A3"
    assert page.print_title_rows == "$1:$2"
    assert [cell.value for cell in page[4]] == [
        "演示甲", 3, 12.5, dt.datetime(2014, 5, 25), morning, "是", None, None,  # noqa: DTZ001
    ]  # fmt: skip
    assert page["D4"].number_format == "yyyy\\-mm\\-dd"


@pytest.mark.parametrize("padding", ["", "村"])
def test_payloads_stay_text_in_plain_and_in_mixed_columns(padding):
    rows = [(payload, padding or payload) for payload in PAYLOADS]
    page = sheet(ledger(rows))

    for number, payload in enumerate(PAYLOADS, start=3):
        cell = page.cell(number, 1)
        assert (cell.value, cell.data_type) == (safe_text(payload).text, "s")
        assert cell.quotePrefix or not safe_text(payload).quoted


@needs_office
def test_libreoffice_reads_payloads_as_text_too(tmp_path):
    source = tmp_path / "payloads.xlsx"
    source.write_bytes(ledger([(payload, "村") for payload in PAYLOADS]).getvalue())

    page = sheet(convert(source, "xlsx", tmp_path / "profile"))

    found = [page.cell(number, 1) for number in range(3, 3 + len(PAYLOADS))]
    assert [cell.value for cell in found] == [safe_text(payload).text for payload in PAYLOADS]
    assert {cell.data_type for cell in found} == {"s"}


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=8))
def test_any_text_comes_back_as_the_cleaned_text(rows):
    expected = [tuple(safe_text(text).text or None for text in row) for row in rows]

    found = texts(ledger([*rows, ("末", "行")]))

    assert found == [*expected, ("末", "行")]


@given(st.lists(st.one_of(st.none(), st.integers(-(10**15) + 1, 10**15 - 1), st.dates(dt.date(1900, 3, 1)), st.text(max_size=5)), min_size=1, max_size=9))  # fmt: skip
def test_mixed_columns_verify(values):
    rows = [(value, "村") for value in values]

    assert verify_ledger(ledger(rows), headings=("姓名", "说明"), rows=rows) == len(rows)


# Cells of text keep figures as they are; whether they are marked so, too, is told by the column.
WORDS = [text for text in PAYLOADS if not text[:1].isdigit()] + ["村", "女", "演示岗", "", None]


@st.composite
def columns(draw):
    """One to four columns of forty rows: of one word, of few, of few and blanks, of many, of numbers."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        few = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
        many = [f"演示{n}岗" for n in range(40)]
        sort = draw(st.sampled_from(["one", "few", "many", "many and one", "numbers", "mixed"]))
        one, at = draw(st.sampled_from(WORDS)), draw(st.integers(0, 39))
        found.append({
            "one": [one] * 40,
            "few": [few[n % len(few)] for n in range(40)],
            "many": many,
            "many and one": [*many[:at], one, *many[at + 1 :]],
            "numbers": list(range(at, at + 40)),
            "mixed": [n if n % 2 else one for n in range(40)],
        }[sort])  # fmt: skip
    return found


@given(columns())
def test_a_column_taken_at_once_is_what_the_writer_makes_of_each_cell(columns):
    rows = list(zip(*columns, strict=True))
    headings = [f"第{n}列" for n in range(len(columns))]

    at_once = ledger(rows, headings=headings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reporting.workbook.ledger._plain", lambda _: None)
        one_by_one = ledger(rows, headings=headings)

    assert table(at_once) == table(one_by_one)


def table(stream):
    return zipfile.ZipFile(stream).read("xl/worksheets/sheet1.xml")


def test_verification_names_the_row_that_differs():
    rows = [("甲", "一"), ("乙", "二"), ("丙", "三")]
    stream = ledger(rows)

    for wrong in ([rows[0], ("乙", "贰"), rows[2]], [rows[0]], [*rows[:1], *rows]):
        stream.seek(0)
        with pytest.raises(WorkbookMismatch, match="第2条"):
            verify_ledger(stream, headings=("姓名", "说明"), rows=wrong)


def test_a_refused_value_names_its_cell():
    with pytest.raises(UnsafeValue, match=r"^单元格B4：数值超过15位"):
        ledger([("甲", 1), ("乙", 350582199001011234)])
    with pytest.raises(UnsafeValue, match=r"^单元格A3：文字共40000字"):
        ledger([("甲" * 40_000, 1)])


def test_a_row_of_another_length_is_refused():
    for rows in ([("甲",)], [("甲", "乙", "丙")], [("甲", "乙"), ("丙",)]):
        with pytest.raises(WorkbookError, match="列数与表头不符"):
            ledger(rows)


def test_progress_is_told_and_the_rows_counted():
    told = []
    rows = [(f"第{n}户", "村") for n in range(1234)]

    count = write_ledger(
        io.BytesIO(), title="台账", headings=("户", "村"), rows=iter(rows), properties={},
        progress=told.append,
    )  # fmt: skip

    assert (count, told) == (1234, [500, 1000, 1234])


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2000, 2345])
def test_a_ledger_longer_than_a_sheet_goes_on_in_the_next(count):
    rows = [(f"第{n}户", "村") for n in range(count)]
    stream = ledger(rows, last_row=1002)

    book = openpyxl.load_workbook(stream)

    assert len(book.sheetnames) == max(1, -(-count // 1000))
    stream.seek(0)
    assert verify_ledger(stream, headings=("姓名", "说明"), rows=rows) == count


def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(count):
        tracemalloc.start()
        with (tmp_path / "big.xlsx").open("wb") as out:
            rows = ((f"第{n}户", "村" * 20) for n in range(count))
            write_ledger(out, title="台账", headings=("户", "村"), rows=rows, properties={})
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    small, large = peak(2_000), peak(40_000)

    assert large < small * 1.5


@pytest.mark.parametrize("title", ["a/b:c*?[]", "'引'", "", "很长" * 40, "=1+1"])
def test_any_title_makes_a_workbook_that_opens(title):
    out = io.BytesIO()
    write_ledger(out, title=title, headings=["列"], rows=[("行",)], properties={})

    assert sheet(out)["A3"].value == "行"
