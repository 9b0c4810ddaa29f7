"""Sheets in the plain shape are read in one pass, and come to what calamine and the scan come to."""

import io
import zipfile
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reporting.workbook import ledger_parts, write_ledger
from reporting.workbook.reading.parsing import plain_rows, plain_sheets, spreadsheets, zips
from reporting.workbook.reading.parsing.refusal import Refused
from tests import battery

pytestmark = pytest.mark.battery("T31")
quick = settings(max_examples=battery.count(120, full=5_000), deadline=None)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: 0 plain, 1 a day, 2 text, 3 a format of Excel's own, 4 a code that may mean anything, 5 whole numbers.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="[$-804]aaaa;h"/><numFmt numFmtId="166" formatCode="0_ "/></numFmts>'
    '<fonts count="1"><font/></fonts><cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="164"/>'
    '<xf numFmtId="49"/><xf numFmtId="14"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>'
)
TEXTS = st.one_of(
    st.sampled_from(["", " ", "甲岗", " 甲 ", "合计", "&", "<甲>", '"', "a_x0041_", "1\n2", "=1+1", "𠮷", "#REF!", "12", "2014-05-25"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=5),
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from(["0", "-1", "1.0", "41784", "41784.5", "1E3", "1e16", "20140525", "60", "99999", "0.1", "-0", "007", "1.", ".5", "+1", " 1 ", "nan", "", "1_0"]),
    st.integers(-10**16, 10**16).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)  # fmt: skip
STYLE = st.sampled_from(["", *(f' s="{n}"' for n in range(7))])


@st.composite
def cells(draw, address, strings, odd):
    """One cell as some program may write it."""
    style = draw(STYLE)
    sort = draw(st.sampled_from(["inline", "shared", "number", "blank", *(["odd"] if odd else [])]))
    if sort == "inline":
        space = draw(st.sampled_from(["", ' xml:space="preserve"']))
        return f'<c r="{address}"{style} t="inlineStr"><is><t{space}>{escape(draw(TEXTS))}</t></is></c>'
    if sort == "shared":
        return f'<c r="{address}"{style} t="s"><v>{draw(st.integers(0, strings - 1 + odd))}</v></c>'
    if sort == "number":
        return f'<c r="{address}"{style}><v>{draw(NUMBERS)}</v></c>'
    if sort == "blank":
        return draw(
            st.sampled_from([f'<c r="{address}"{style}/>', f'<c r="{address}"{style}></c>', ""])
        )
    return draw(
        st.sampled_from([
            f'<c r="{address}" t="b"><v>1</v></c>', f'<c r="{address}" t="e"><v>#REF!</v></c>',
            f'<c r="{address}" t="str"><v>甲</v></c>', f'<c r="{address}"><f>1+1</f><v>2</v></c>',
            f'<c r="{address}"><f>1+1</f></c>', f'<c r="{address}" t="d"><v>2014-05-25</v></c>',
            f'<c r="{address}" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r></is></c>',
            f"<c t='n' r='{address}'><v>3</v></c>", f'<x:c r="{address}"><v>1</v></x:c>',
            f'<c r="{address}" t="inlineStr"><is><t>&#10;&#x4e2d;</t></is></c>', f'<c r="{address}"><v>1</v><!-- 甲 --></c>',
            f'<c r="{address}" t="inlineStr"><is><t><![CDATA[<row r="9">]]></t></is></c>', "<c><v>4</v></c>",
            f'<c r="{address}" t="inlineStr"><v>5</v></c>', f'<c r="{address}" t="inlineStr"><is><t/></is></c>',
        ])
    )  # fmt: skip


@st.composite
def workbooks(draw):
    """A workbook of a sheet or two; half of them may hold what is not plain."""
    odd = draw(st.booleans())
    strings = draw(st.lists(TEXTS, min_size=1, max_size=4))
    return _book(
        [_sheet(draw, len(strings), odd) for _ in range(draw(st.integers(1, 2)))], strings,
        draw(st.sampled_from(["", ' state="hidden"'])) if odd else "",
        draw(st.sampled_from(["", '<workbookPr date1904="1"/>'])),
    )  # fmt: skip


def _sheet(draw, strings, odd):
    rows, number = "", 0
    like = draw(st.booleans())  # many rows of one shape
    for _ in range(draw(st.integers(0, 5))):
        number += draw(st.sampled_from([1, 1, 1, 3]))
        if odd and draw(st.integers(0, 9)) == 0:
            number = draw(st.sampled_from([1, number, 5_000]))
        made = [draw(cells(f"{letter}{number}", strings, odd)) for letter in "ABCD"]
        attributes = draw(
            st.sampled_from(["", ' spans="1:4" ht="20"', *([' hidden="1"'] if odd else [])])
        )
        for at in range(number, number + (9 if like else 1)):
            again = "".join(made).replace(f'{number}"', f'{at}"')
            rows += f'<row r="{at}"{attributes}>{again}</row>'
        number += 8 * like
    if odd and draw(st.integers(0, 5)) == 0:
        rows = rows[: draw(st.integers(0, len(rows)))]
    head = draw(
        st.sampled_from(
            ["", '<dimension ref="A1:B2"/>', '<cols><col min="2" max="3" hidden="1"/></cols>']
        )
    )
    tail = draw(
        st.sampled_from(
            [
                "",
                '<mergeCells count="1"><mergeCell ref="A1:D1"/></mergeCells>',
                "<headerFooter><oddHeader>&amp;L填报单位：甲县</oddHeader></headerFooter>",
            ]
        )
    )
    return f'<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'  # fmt: skip


def _book(sheets, strings, state, settings_):
    numbers = range(1, len(sheets) + 1)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(
        f'<sheet name="表{n}" sheetId="{n}"{state if n == 2 else ""} r:id="r{n}"/>' for n in numbers
    )
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{relations}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in ledger_parts.fixed_parts(len(sheets), "", {}).items():
            if "workbook" not in name and "styles" not in name:
                made.writestr(name, content)
        made.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{relations}">{settings_}<sheets>{listed}</sheets></workbook>',
        )
        made.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{targets}<Relationship Id="s" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        )
        made.writestr("xl/styles.xml", STYLES)
        made.writestr(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{MAIN}">'
            + "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
            + "</sst>",
        )
        for n, sheet in zip(numbers, sheets, strict=True):
            made.writestr(f"xl/worksheets/sheet{n}.xml", sheet)
    return out.getvalue()  # fmt: skip


def both(data, most_rows=1_000, worth_a_shape=plain_rows.WORTH_A_SHAPE):
    """What the usual way reads, and what the long way does."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(plain_rows, "WORTH_A_SHAPE", worth_a_shape)
        usual = read(data, most_rows)
        changed.setattr(plain_sheets, "read", lambda *_: None)
        return usual, read(data, most_rows)


def read(data, most_rows):
    try:
        return spreadsheets.read_xlsx(data, most_rows=most_rows)
    except Refused as refused:
        return refused.code, refused.sentence
    except BaseException as panic:  # of Rust, as ``child.answer`` takes it
        if type(panic).__name__ != "PanicException":
            raise
        return "broken"


def is_plain(data):
    return plain_sheets.read(zips.weigh(data), 10_000) is not None


@quick
@given(data=workbooks(), worth_a_shape=st.sampled_from([0, 10**6]))
def test_a_workbook_says_the_same_both_ways(data, worth_a_shape):
    usual, long = both(data, worth_a_shape=worth_a_shape)
    event("plain" if is_plain(data) else "not plain")
    assert repr(usual) == repr(long)


def test_long_tables_with_blanks_and_lines_of_other_shapes_say_the_same_both_ways():
    """So many rows that a pattern is made of them; every seventh and thirteenth is shaped otherwise."""
    rows = [
        [n, f"演示{n}岗", None if n % 7 else "甲&乙", 0.5 * n, "无" if n % 13 else None]
        for n in range(6_000)
    ]
    book = openpyxl.Workbook()
    for row in [["标题"], ["序号", "文明岗", "备注", "数", "无"], *rows, ["合计"]]:
        book.active.append(row)
    by_openpyxl, ours = io.BytesIO(), io.BytesIO()
    book.save(by_openpyxl)
    write_ledger(ours, title="演示", properties={}, headings=list("甲乙丙丁戊"), rows=rows)

    for data in (by_openpyxl.getvalue(), ours.getvalue()):
        usual, long = both(data, most_rows=10_000)
        assert usual == long
        assert len(usual.grids[0].rows) >= 6_000
        assert is_plain(data)
