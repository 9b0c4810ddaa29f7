"""A file of a template that was read before is read as if it were the first, whatever is in it."""

import functools
import io
import json
import re
import zipfile
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reporting import annexes
from reporting.workbook.reading import sandbox
from reporting.workbook.reading.parsing import child, kinds, templates, zips
from reporting.workbook.reading.parsing.grids import Grid, Laid, Template
from reporting.workbook.reading.parsing.refusal import Refused
from tests import battery
from tests.reading.test_plain_sheets import MAIN, _book, workbooks

pytestmark = pytest.mark.battery("T31")
quick = settings(max_examples=battery.count(120, full=5_000), deadline=None)
WORDS = re.compile(rb">([^<>]+)<")
CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties xmlns:cp="a" xmlns:dcterms="b">'
    "<dcterms:created>2014-05-25T08:00:00Z</dcterms:created><cp:title>甲</cp:title></cp:coreProperties>"
)
CUSTOM = (
    '<Properties xmlns:vt="c"><property name="annex"><vt:lpwstr>pairing-summary</vt:lpwstr></property>'
    '<property name="rows"><vt:lpwstr> 6 </vt:lpwstr></property><property name="x"/></Properties>'
)
SAID = st.one_of(
    st.sampled_from([
        b"\xe4\xb9\x99\xe5\xb2\x97", b"0", b"1", b"2", b"41784", b"1.5", b" a ", b" ", b"\n", b"", b"a&amp;b", b"a&b", b"&#65;", b"\x01", b"\r\n",
        b"_x0041_", b"]]>", b"a>b", b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\x7f", b"</v>", b"<!--a-->", b"<![CDATA[a]]>", b"\x00", b"dimension",
    ]),
    st.text(st.characters(codec="utf-8"), max_size=3).map(str.encode),
)  # fmt: skip
FILLED = (b"<worksheet", b"<sst", b"<Properties", b"<cp:coreProperties")
ODD_IN = [*FILLED, b"<worksheet", b"<Types", b"nobody"]
#: Parts changed otherwise than in their words: what each comes to is told by the long way alone.
CHANGES = [
    (b"<worksheet", b"<!DOCTYPE a><worksheet"), (b"<sst", b"<!DOCTYPE sst><sst"), (b"<styleSheet", b"<!DOCTYPE a><styleSheet"),
    (b"<row ", b'<row hidden="1" '), (b"<sheet ", b'<sheet state="hidden" '), (b"<font/>", b"<font><strike/></font>"), (b'numFmtId="0"', b'numFmtId="14"'),
    (b'name="annex"', b'name="unit"'), (b"Properties", b"Properties2"), (b"UTF-8", b"GB18030"), (b"</c>", b"<f>1</f></c>"), (b"<v>", b"<v >"),
    (b'ref="A1:B2"', b'ref="A0"'), (b'Target="worksheets/', b'Target="file:///worksheets/'), (b'min="2"', b'min="1"'),
]  # fmt: skip

TEMPLATE = Template("xlsx", [], [], [Laid(Grid("Sheet1"), [[0]], 1, [], [])]).head()


@st.composite
def plain_workbooks(draw):
    """As most programs save it: texts of its own and shared ones, numbers, days, blank cells."""
    sorts = ["inline", "kept", "shared", "number", "day", "blank"]
    rows = ""
    for number in range(1, draw(st.integers(2, 4))):
        made = ""
        for letter in "ABC":
            sort = draw(st.sampled_from(sorts))
            style = {"day": ' s="1"'}.get(sort, draw(st.sampled_from(["", ' s="0"', ' s="2"'])))
            text = draw(st.sampled_from(["甲岗", " 乙 ", "合计", "3"]))
            made += (
                f'<c r="{letter}{number}"{style}'
                + {
                    "inline": f' t="inlineStr"><is><t>{text}</t></is></c>',
                    "kept": f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>',
                    "shared": f' t="s"><v>{draw(st.integers(0, 1))}</v></c>',
                    "number": f"><v>{draw(st.sampled_from(['1', '2.5', '41784']))}</v></c>",
                    "day": "><v>41784</v></c>",
                    "blank": "/>",
                }[sort]
            )
        rows += f'<row r="{number}">{made}</row>'
    head = draw(st.sampled_from(["", '<dimension ref="A1:B2"/>', '<cols><col min="2" max="3" hidden="1"/></cols>']))  # fmt: skip
    tail = draw(st.sampled_from(["", '<mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells>', "<headerFooter><oddHeader>甲县</oddHeader></headerFooter>"]))  # fmt: skip
    sheet = f'<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'
    return _book([sheet] * draw(st.integers(1, 2)), ["丙村", " 丁村"], "", "")


@st.composite
def files_of_one_template(draw):
    """A plain workbook, and others made of it: filled otherwise, changed, or broken."""
    first = with_properties(draw(st.one_of(plain_workbooks(), plain_workbooks(), workbooks())))
    found = [first]
    for _ in range(draw(st.integers(1, 3))):
        data = first
        sort = draw(st.sampled_from(["filled", "filled", "filled and changed", "broken"]))
        if "filled" in sort:
            data = parts_changed(
                first, functools.partial(filled, draw, draw(st.sampled_from(ODD_IN)))
            )
            if "changed" in sort:
                before, after = draw(st.sampled_from(CHANGES))
                data = parts_changed(data, functools.partial(_once, before, after))
        else:
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
        found.append(data)
    return found


def _once(before, after, part):
    return part.replace(before, after, 1)


def filled(draw, odd, part):
    """With some of its words others, of a part like ``odd`` one of them such as no other has."""
    words = WORDS.findall(part)
    if not words or not any(tag in part[:200] for tag in (odd, *FILLED)):
        return part  # the same in all of them
    at = draw(st.integers(0, len(words) - 1)) if odd in part[:200] else -1
    numbers = iter(range(len(words)))
    return WORDS.sub(
        lambda found: b">" + (draw(SAID) if next(numbers) == at else draw(usual(found[1]))) + b"<",
        part,
    )


def usual(words):
    return st.sampled_from([*[words] * 8, b"1", b"0"]) if words.strip() else st.just(words)


@st.composite
def files_of_other_tables(draw):
    """Workbooks with the same parts around their sheets, the tags of which were moved about in some."""
    found = []
    for _ in range(draw(st.integers(2, 4))):
        data = with_properties(draw(st.one_of(plain_workbooks(), plain_workbooks(), workbooks())))
        if draw(st.booleans()):
            data = parts_changed(
                data, functools.partial(moved, draw, draw(st.sampled_from(FILLED)))
            )
        found.append(data)
    return found


def moved(draw, sort, part):
    """With a tag or a word of such a part left out, said twice, changed for another or said in another place."""
    pieces = [piece for piece in re.split(rb"(<[^<>]*>)", part) if piece]
    if sort not in part[:200]:
        return part
    for _ in range(draw(st.integers(1, 2))):
        at, other = draw(st.integers(0, len(pieces) - 1)), draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["out", "twice", "swapped", "moved", "a letter"])):
            case "out":
                pieces[at] = b""
            case "twice":
                pieces[at] *= 2
            case "swapped":
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case "moved":
                pieces.insert(other, pieces.pop(at))
            case "a letter":
                letter = draw(
                    st.sampled_from(
                        [b"", b"0", b"1", b"2", b"A", b"B", b"/", b">", b'"', b" ", b"&"]
                    )
                )
                begin = draw(st.integers(0, len(pieces[at])))
                pieces[at] = pieces[at][:begin] + letter + pieces[at][begin + 1 :]
    return b"".join(pieces)


def with_properties(data):
    return parts_changed(data, lambda part: part, {"docProps/core.xml": CORE, "docProps/custom.xml": CUSTOM})  # fmt: skip


def parts_changed(data, change, more=()):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in [name for name in old.namelist() if name not in more]:
            new.writestr(zipfile.ZipInfo(part), change(old.read(part)), 8)
        for part in more:
            new.writestr(zipfile.ZipInfo(part), more[part], 8)
    return out.getvalue()


def read(data):
    try:
        return repr(child.parse(data, 1_000))
    except Refused as refused:
        return refused.code, refused.sentence
    except BaseException as error:  # as ``child.answer`` takes it
        if type(error).__name__ != "PanicException" and not isinstance(error, Exception):
            raise
        return "broken"
    finally:
        zips.forget()


class Pipe:
    """What the child answers, as the portal takes it."""

    def __init__(self):
        self.answers = sandbox._Answers.__new__(sandbox._Answers)
        self.answers._held, self.answers._templates = bytearray(), []
        self.like = 0  # documents that crossed as the words of a template

    def read(self, data):
        buffer = io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(child.sys, "stdout", SimpleNamespace(buffer=buffer))
            child.answer(data, {"most_rows": 1_000})
            zips.forget()
        self.answers._held += buffer.getvalue()
        try:
            document = sandbox.Sandbox()._document(self.answers)
        except Refused as refused:
            return refused.code, refused.sentence
        assert not self.answers._held
        self.like += document.template is not None
        return repr(document)


@quick
@given(files=st.one_of(files_of_one_template(), files_of_other_tables()), told=st.integers(1, 3))
def test_a_file_says_the_same_on_the_other_side_whatever_crossed_before_it(files, told):
    each = []
    for data in files:
        templates.forget()
        alone = read(data)
        each.append(("broken", child.BROKEN) if alone == "broken" else alone)
    templates.forget()
    child._told.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "MOST_TOLD", told)
        pipe = Pipe()
        for data, alone in zip([*files, *files], [*each, *each], strict=True):
            assert pipe.read(data) == alone
    event(f"filled in like another: {min(pipe.like, 3)}")
    child._told.clear()


def test_the_third_form_crosses_as_its_words_alone():
    """Else the test above would hold the long way beside itself."""
    templates.forget()
    child._told.clear()
    sheets = [
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>甲{n}</t></is></c>'
        f'<c r="C1" s="1"><v>4178{n}</v></c><c r="D1"><v>{n}</v></c></row></sheetData></worksheet>'
        for n in range(5)
    ]
    pipe = Pipe()

    said = [pipe.read(_book([sheet], ["丙"], "", "")) for sheet in sheets]

    assert pipe.like == 4
    assert "['甲3', '', {'d': '2014-05-24'}, 3]" in said[3]


@pytest.mark.parametrize(
    "word", ["a&amp;b", "&lt;", "&quot;甲", " 甲", "甲\n", " ", "1.5", "007", "1E3"]
)
def test_words_written_in_other_ways_cross_as_what_they_say(word):
    usual, odd = (
        _book([f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'], ["丙"], "", "")
        for said in ("1", word)
        for cells in [
            f'<c r="A1" t="inlineStr"><is><t>{said}</t></is></c>'
            f'<c r="B1" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'
            + f'<c r="C1"><v>{said}</v></c>' * word[0].isdigit()
        ]
    )  # fmt: skip
    templates.forget()
    child._told.clear()
    alone = read(odd)
    templates.forget()
    pipe = Pipe()

    said = [pipe.read(data) for data in [usual, usual, odd, usual, odd]]

    assert said[2] == said[4] == alone
    assert pipe.like >= 2


@pytest.mark.parametrize(
    ("columns", "forms"),
    [('width="{n}"', 1), ('width="9" hidden="{hidden}"', 2)],
    ids=["wider", "hidden"],
)
def test_forms_with_columns_made_wider_are_filled_in_alike(columns, forms):
    """A hidden one is said of the sheet: those with it are another form."""
    templates.forget()
    child._told.clear()
    pipe = Pipe()
    for n in range(1, 8):
        column = columns.format(n=n, hidden=int(n > 4))
        sheet = (
            f'<worksheet xmlns="{MAIN}"><cols><col min="2" max="2" {column}/></cols><sheetData><row r="1">'
            f'<c r="A1" t="inlineStr"><is><t>甲{n}</t></is></c></row></sheetData></worksheet>'
        )
        pipe.read(_book([sheet], ["丙"], "", ""))

    assert pipe.like == 6
    assert len(pipe.answers._templates) == forms


def test_a_sheet_merged_over_and_over_is_refused_each_time():
    templates.forget()
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{column}{row}"><v>1</v></c>' for column in "ABCDEFGHIJ")
        + "</row>"
        for row in range(1, 11)
    )
    merges = '<mergeCell ref="A1:J10"/>' * 6_000
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>'
        f'<mergeCells count="6000">{merges}</mergeCells></worksheet>'
    )
    pipe = Pipe()

    said = [pipe.read(_book([sheet], ["丙"], "", "")) for _ in range(4)]

    assert [code for code, _ in said] == ["far"] * 4


def odd_template(**said):
    return TEMPLATE | {"sheets": [TEMPLATE["sheets"][0] | said]}


def test_answers_that_name_no_template_or_fill_it_otherwise_are_refused():
    pipe = Pipe()
    for head, content in (
        ({"like": 0, "properties": {}, "size": 1}, b"a"),
        ({"like": -1, "properties": {}, "size": 1}, b"a"),
        ({"like": 0, "properties": {}, "size": 3, "template": TEMPLATE}, b"a<b"),
        ({"like": 0, "properties": {}, "size": 1, "template": TEMPLATE | {"sheets": [{}]}}, b"a"),
        ({"like": 0, "properties": {}, "size": 1, "template": odd_template(lines=[[1]])}, b"a"),
        ({"like": 0, "properties": {}, "size": 1, "template": odd_template(lines=[[-2]])}, b"a"),
        ({"like": 0, "properties": {}, "size": 1, "template": odd_template(whole=[0])}, b"a"),
        ({"like": 0, "properties": {}, "size": 1, "template": odd_template(count=2)}, b"a"),
    ):
        pipe.answers._held = bytearray(json.dumps(head).encode() + b"\n" + content)
        with pytest.raises((ValueError, KeyError)):
            sandbox.Sandbox()._document(pipe.answers)


@quick
@given(files=st.one_of(files_of_one_template(), files_of_other_tables()))
def test_a_file_says_the_same_whatever_was_read_before_it(files):
    each = []
    for data in files:
        templates.forget()
        each.append(read(data))
    templates.forget()
    for data, alone in zip(files, each, strict=True):
        event("again" if templates.read(data, 1_000) else "the long way")
        assert read(data) == alone


def test_the_second_form_of_a_village_is_not_judged_again(monkeypatch):
    """Else the test above would hold the long way beside itself."""
    templates.forget()
    annex = annexes.get("pairing-summary")
    forms = [
        annex.write(
            [{"post": f"演示{n}岗", "village": "演示村", "project_goal": "培训。"}],
            unit_name=f"演示{n}县妇联", properties={"period": "2014", "unit": f"{n}"},
        )
        for n in range(2)
    ]  # fmt: skip
    child.parse(forms[0], 1_000)
    monkeypatch.setattr(kinds, "kind_of", lambda _: pytest.fail("the long way"))

    again = child.parse(forms[1], 1_000)

    assert again.properties["unit"] == "1"
    assert [row[0] for row in again.grids[0].rows[2:5]] == ["填报单位：演示1县妇联", "文明岗（妇委会）", "演示1岗"]  # fmt: skip


@pytest.mark.parametrize("part", ["<worksheet", "<cp:coreProperties"])
@pytest.mark.parametrize("said", ["甲>乙", "]]>"])
def test_what_closes_a_tag_among_the_words_goes_the_long_way(part, said):
    templates.forget()
    cell = '<c r="A1" t="inlineStr"><is><t>甲</t></is></c>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    first = with_properties(_book([sheet], ["丙"], "", ""))
    other = parts_changed(
        first,
        lambda content: content.replace(b">\xe7\x94\xb2<", f">{said}<".encode())
        if part.encode() in content else content,
    )  # fmt: skip
    read(first)

    assert templates.read(first, 1_000)
    assert templates.read(other, 1_000) is None


def test_what_is_remembered_does_not_grow_without_end(monkeypatch):
    templates.forget()
    monkeypatch.setattr(templates, "MOST_KEPT", 200_000)
    annex = annexes.get("pairing-summary")
    sizes = []
    for count in range(40):
        rows = [{"post": f"演示{n}岗", "village": "演示村", "project_goal": ""} for n in range(count)]  # fmt: skip
        child.parse(annex.write(rows, unit_name="演示县妇联", properties={}), 1_000)
        sizes.append(templates.kept())

    assert max(sizes) <= 200_000
    assert any(after < before for before, after in pairwise(sizes))
