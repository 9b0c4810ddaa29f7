"""What is struck out: cells of an .xls by its records, words of an .xlsx by their runs."""

import struct
import time

import pytest

from reporting.workbook.reading.parsing import biff, spreadsheets, xlsx_parts, xlsx_runs, zips
from reporting.workbook.reading.parsing.grids import Grid
from reporting.workbook.reading.views import Turned
from tests.reading.binary import ole, xls
from tests.reading.cases import A, B, table
from tests.reading.odd_cases import crossed, with_shared
from tests.reading.offices import container, xlsx


def record(number, content):
    return struct.pack("<HH", number, len(content)) + content


def test_numbers_side_by_side_have_each_their_format():
    several = struct.pack("<HH", 1, 0) + b"".join(
        struct.pack("<HI", style, 6) for style in (1, 0, 1)
    )
    one = struct.pack("<HHHI", 2, 3, 1, 6)
    data = xls(
        [["甲"]],
        struck=[(0, 0)],
        more=record(0x00BD, several + struct.pack("<H", 2)) + record(0x027E, one),
    )

    (fact,) = biff.facts(data)

    assert fact.struck == {(0, 0), (1, 0), (1, 2), (2, 3)}


@pytest.mark.parametrize("content", [b"", b"\x00" * 5, b"\xff" * 6, b"\xff" * 11, b"\xff" * 2_001])
def test_records_that_lie_about_their_cells_end_in_nothing(content):
    cut = record(0x00BD, content) + record(0x0031, content) + record(0x00E0, content)

    (fact,) = biff.facts(xls([["甲"]], struck=[(0, 0)], more=cut))

    assert {place for place in fact.struck if place[0] != 0xFFFF} == {(0, 0)}


def test_a_book_cut_anywhere_is_walked_to_its_end():
    book = xls([["甲", 1]], struck=[(0, 1)])[512:4608]
    for end in range(700):
        assert len(biff.facts(ole({"Workbook": book[:end].ljust(4_096, b"\xff")}))) <= 1


def test_what_is_struck_in_part_crosses_to_the_other_side_and_turns():
    data = xlsx(table(A, (B[0], crossed("~田墘村~", "、梅岭村"), B[2])))
    (grid,) = spreadsheets.read_xlsx(data, most_rows=100).grids

    assert (grid.part_struck, grid.struck, grid.rows[4][1]) == ({(4, 1)}, set(), "梅岭村")
    assert Grid.from_head(grid.head()).part_struck == {(4, 1)}
    assert Turned(grid).grid.part_struck == {(1, 4)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<t>甲</t>", (("甲", None),)),
        (
            "<r><t>甲</t></r><r><rPr><strike/></rPr><t>乙&amp;</t></r>",
            (("甲", None), ("乙&", True)),
        ),
        ('<r><rPr><strike val="false"/></rPr><t>甲</t></r>', (("甲", False),)),
        ("<x:r><x:rPr><x:strike/></x:rPr><x:t><![CDATA[<甲>]]></x:t></x:r>", (("<甲>", True),)),
        ("<r><rPr><strike/></rPr><t>甲</t></r><rPh><t>jia</t></rPh>", (("甲", True),)),
        ("<r><rPr><strike/></rPr><t>甲</r>", ()),
    ],
)
def test_the_runs_of_a_text(content, told):
    assert xlsx_runs.runs_in(content.encode()) == told


def test_the_texts_that_sheets_share_are_counted_as_they_stand():
    """Blank ones, those of other programs, and one that lies where two pieces of the part meet."""
    struck = "<x:si><x:r><x:rPr><x:strike/></x:rPr><x:t>甲</x:t></x:r></x:si>"
    long = f"<si><t>{'长' * 400_000}</t></si>"
    texts = [
        "<si/>",
        "<si><t/></si>",
        struck,
        "<si><t>a si></t></si>",
        long,
        struck,
        "<si></si>",
        struck,
    ]
    made = container({"xl/sharedStrings.xml": f"<sst>{''.join(texts)}</sst>".encode()})

    assert sorted(xlsx_runs.shared(zips.weigh(made), every=False)) == [2, 5, 7]


def test_without_a_struck_word_shared_texts_are_not_looked_through():
    data = with_shared("<r><rPr><b/></rPr><t>梅岭</t></r><r><t>村</t></r>")

    assert xlsx_runs.shared(zips.weigh(data), every=False) == {}


@pytest.mark.parametrize(
    "piece", [b'<c r="A1" t="s"><v>', b'<c r="A1" t="inlineStr"><is><r><rPr><strike/>']
)
def test_cells_without_an_end_are_not_looked_through_again_and_again(piece):
    runs = {0: (("甲", True),)}
    content = b"<sheetData>" + piece * (1_000_000 // len(piece))
    made = zips.weigh(container({"xl/worksheets/sheet1.xml": content}))

    began = time.process_time()
    xlsx_parts.scan(made, "xl/worksheets/sheet1.xml", xlsx_parts.Struck(strings=runs), 100)

    assert time.process_time() - began < 5
