"""Tags between words are told once; a sheet is put together of them only where each fits the one before."""

import pytest

from reporting.workbook.reading.parsing import gaps, plain_rows, xlsx_styles

STYLES = xlsx_styles.Styles(undated=frozenset({0}), days=frozenset({1}))
A1 = '<c r="A1" t="inlineStr"><is><t>甲</t></is></c>'
B1 = '<c r="B1"><v>2</v></c>'
A2 = '<c r="A2" t="s"><v>0</v></c>'
C2 = '<c r="C2" s="1"><v>41784</v></c>'
FIRST = f'<row r="1">{A1}{B1}</row>'
SECOND = f'<row r="2" ht="9">{A2}<c r="B2" s="4"/>{C2}</row>'


def rows():
    return plain_rows.Rows(("丙",), STYLES, 100)


def put_together(*sheets):
    """What each of the sheets is told to hold, one after the other."""
    told = gaps.Gaps(rows(), gaps.Held())
    return [told.parted(sheet.encode()) for sheet in sheets]


@pytest.mark.parametrize("sheet", [
    FIRST + SECOND,
    FIRST + '<row r="2"/><row r="3" spans="1:3"><c r="B3"/></row>',
    f'<row r="1"><c r="A1"/>{B1}</row>' + SECOND,
    f'<row r="1">{A1}<c r="B1"></c></row>' + SECOND,
    f'<row r="1">{A1}<c r="C1" t="inlineStr"><is><t></t></is></c></row>' + SECOND + '<row r="9"></row>',
])  # fmt: skip
def test_words_stand_where_the_rows_have_them(sheet):
    one_by_one = rows()
    one_by_one.take(sheet.encode())
    layout, words = put_together(sheet)[0]
    texts = [word.decode() for word in words]
    said = dict(enumerate(texts))
    for sort, numbers in layout.sorts.items():
        said |= dict(zip(numbers, rows().values(sort, [texts[at] for at in numbers]), strict=True))

    found = [[said.get(number, "") for number in line] for line in layout.rows]

    def filled(lines):
        return {(row, at): cell for row, line in enumerate(lines) for at, cell in enumerate(line) if cell != ""}  # fmt: skip

    assert filled(found) == filled(one_by_one.rows)
    assert layout.last == len(one_by_one.rows)


BAD = {
    "a row twice": FIRST + SECOND.replace("2", "1"),
    "a row twice, further right": FIRST + f'<row r="1"><c r="D1"/></row><row r="2">{A2}</row>',
    "rows out of order": SECOND + FIRST,
    "a cell of another row": f'<row r="1">{A1}{B1.replace("B1", "B2")}</row>',
    "the first cell of another row": f'<row r="1">{A2}</row>',
    "a blank cell of another row at the end": f'<row r="1">{A1}<c r="B2"/></row><row r="3">{A2.replace("A2", "A3")}</row>',
    "a blank cell of another row in the last line": FIRST + f'<row r="2">{A2}<c r="B3"/></row>',
    "cells out of order": f'<row r="1">{B1}{A1}</row>',
    "a blank cell out of order": f'<row r="1">{B1}<c r="A1"/></row>',
    "a cell twice": f'<row r="1">{A1}{A1}</row>',
    "a text that ends as a number": FIRST.replace("甲</t></is></c>", "甲</v></c>"),
    "a number that ends as a text": FIRST.replace("2</v></c>", "2</t></is></c>"),
    "words between rows": f"{FIRST}甲{SECOND}",
    "words between cells": f'<row r="1">{A1} {B1}</row>',
    "words behind the rows": f"{FIRST}甲",
    "words before the rows": f"甲{FIRST}",
    "a row that does not end": FIRST.removesuffix("</row>"),
    "a row within a row": f'<row r="1">{A1}{SECOND}</row>',
    "a row that ends twice": f"{FIRST}</row>{SECOND}",
    "a row that was never begun": A1 + B1,
    "signs too many around words": f"{FIRST}>甲<{SECOND}",
    "a hidden row": FIRST + SECOND.replace("ht", "hidden"),
    "a hidden row without cells": FIRST + '<row r="2" hidden="1"/>',
    "a formula": FIRST.replace("<v>", "<f>1</f><v>"),
    "an error": FIRST.replace('"B1"', '"B1" t="e"'),
    "a style nobody knows": FIRST.replace('"B1"', '"B1" s="7"'),
    "a blank text that is none": f'<row r="1"><c r="A1"><is><t></t></is></c>{B1}</row>',
    "no words": '<row r="1"><c r="A1"/></row>',
    "an entity in a tag": FIRST + SECOND.replace("ht", "&amp;"),
    "a number of a row begun with nought": FIRST.replace('"A1"', '"A01"'),
    "rows without cells out of order": FIRST + '<row r="4"/><row r="3"/>',
    "a row too far below": FIRST + '<row r="2001"/>',
    "a cell too far below": FIRST + f'<row r="2">{A2.replace("A2", "A2001")}</row>',
}  # fmt: skip


@pytest.mark.parametrize("sheet", BAD.values(), ids=BAD)
def test_gaps_that_do_not_fit_are_left_to_the_long_way(sheet):
    with pytest.raises(plain_rows.NotPlain):
        put_together(FIRST + SECOND, sheet)


def test_a_sheet_that_comes_again_is_told_from_the_whole_of_its_tags():
    filled = (FIRST + SECOND).replace("甲", "乙")
    told = gaps.Gaps(rows(), gaps.Held())

    layouts = [told.parted(sheet.encode())[0] for sheet in (FIRST + SECOND, filled, filled)]

    assert layouts[0] is not layouts[1]
    assert layouts[1] is layouts[2]
