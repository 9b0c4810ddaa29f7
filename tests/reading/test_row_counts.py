"""No row is lost or cut in silence: whatever a sheet says of its size, and however many rows it has."""

import re

import pytest

from reporting import annexes, incoming
from reporting.annexes.registers import LEDGER_ROWS
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.sandbox import Sandbox
from tests.reading.formats import each
from tests.reading.offices import HEAD, ods, page, text, xlsx
from tests.reading.older import dif, doc, rtf, sylk, xlsb

DIMENSIONS = [
    "A1",
    "A1:C2",
    "B7:B7",
    "A1:XFD1048576",
    "A1048576",
    "",
    "ZZZ",
    "$A$1:$C$3",
    "A1:",
    "A:C",
    None,
]
WRITERS = {
    "xlsx": xlsx, "xlsb": xlsb, "ods": ods, "doc": lambda rows: doc(rows), "rtf": lambda rows: rtf(rows),
    "html": page, "csv": text, "sylk": sylk, "dif": dif,
}  # fmt: skip


@pytest.fixture(scope="module")
def box():
    with Sandbox() as box:
        yield box


def rows(count):
    return [HEAD, *((f"第{number}岗", "红旗村", "培训") for number in range(count))]


def said(data, dimension):
    """The workbook with its sheet saying another dimension, or none."""
    words = b"" if dimension is None else b'<dimension ref="%s"/>' % dimension.encode()
    return each(lambda name, content: (name, re.sub(rb"<dimension[^>]*/>", words, content)), data)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 400])
def test_a_wrong_dimension_hides_no_row(box, count):
    data = xlsx(rows(count))
    for dimension in DIMENSIONS:
        document = box.open(said(data, dimension), most_rows=20_000)

        assert document.grids[0].rows == [list(row) for row in rows(count)], dimension


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_just_below_the_cap_is_read_whole_and_one_far_above_is_refused(box, kind):
    whole = box.open(WRITERS[kind](rows(1_000)), most_rows=1_000)
    with pytest.raises(Refused) as refused:
        box.open(WRITERS[kind](rows(2_100)), most_rows=1_000)

    assert len(whole.grids[0].rows) == 1_001
    assert "1000行" in refused.value.sentence
    assert "分成几个文件" in refused.value.sentence


@pytest.mark.django_db
def test_one_record_over_the_cap_of_an_annex_is_said_with_the_numbers(org, settings):
    summary = annexes.get("pairing-summary")
    settings.ANNEX_CAPS = {"pairing-summary": {"rows": 40}}

    at_the_cap = incoming.read(xlsx(rows(40)), summary, area=org.city)
    over = incoming.read(xlsx(rows(41)), summary, area=org.city, name="来件.xlsx")

    assert len(at_the_cap.records) == 40
    assert (len(over.records), over.refused_code) == (0, "rows")
    assert (
        over.refused == "“来件.xlsx”：表里有41条记录，一次最多40条，没有读取。请分成几个文件上传。"
    )


def test_an_annex_takes_twenty_thousand_rows_and_a_ledger_two_hundred_thousand():
    assert {annex.most_rows for annex in annexes.all()} == {20_000}
    assert LEDGER_ROWS == 200_000
