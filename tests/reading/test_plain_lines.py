"""The short way through a long table and the long way come to the same, whatever stands in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing.annexes import PairingIntent, PairingSummary
from reporting import annexes
from reporting.annexes.cleaning import clean_rows
from reporting.incoming import repeats
from reporting.workbook.reading import registers, rows
from reporting.workbook.reading.cells import Wanted
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.parsing.grids import Document, Grid, packed, parted
from reporting.workbook.reading.result import Reading, Record
from reporting.workbook.reading.words import squeezed
from tests import battery

FIELDS = [
    Wanted("post", "文明岗", "text", True, False, ""),
    Wanted("village", "结对村", "text", True, True, "village"),
    Wanted("begun", "开始日期", "date", False, False, ""),
    Wanted("goal", "项目", "long_text", False, False, ""),
]
HEADS = {"post": ("文明岗", "岗位名称"), "village": ("结对村", "村（居）"), "begun": ("开始日期",), "goal": ("项目", "帮扶项目")}  # fmt: skip
EXTRAS = ["序号", "乡镇", "填报单位", "备注", "联系电话", ""]
PLAIN = [
    "甲岗",
    "乙岗",
    "丙妇委会",
    "演示村",
    "红旗村",
    "举办培训2期。",
    "2014-05-25",
    "2014.5.25",
    "王五",
    "A组",
    "水头镇",
    "李如",
    "",
]
ODD = [
    "合计", "小计：3", "其中", "注：说明", "填表人：甲", "无", "（无）", "N/A", "—", "同上", "〃", "1.5", "12", "１２", "1、甲岗", "2、乙岗",
    "文明岗", "结对村", "村（居）2", "岗位名称", "项目①", "#REF!", "甲 岗", " ", "　", "\n", "例：某岗", "示例", "如：某岗", "水头镇：",
    "总", "样板岗", "甲\u0301岗", "ｎ/ａ", "𠮷田", "|", "a|无|b", "()", "第1页", "备注", "一、巾帼文明岗", "本期无",
    "审核人", "填表人（签字）", "联系电话", "①",
    0, 1, 7, -3, 1.0, 2.5, 41784, 20140525, 13800000000, 10**15, 1e16, float("inf"), True, False, {"d": "2014-05-25"}, {"d": "2014-05-25 08:00:00"},
    {"d": ""},
]  # fmt: skip
CELLS = st.one_of(*[st.sampled_from(PLAIN)] * 4, st.sampled_from(ODD))
pytestmark = pytest.mark.battery("T31")
quick = settings(max_examples=battery.count(150, full=5_000), deadline=None)


@st.composite
def grids(draw):
    """A table under its headings, with columns nobody asked for, some merges and hidden rows."""
    heads = [draw(st.sampled_from(HEADS[wanted.key])) for wanted in FIELDS]
    if draw(st.booleans()):
        heads.insert(0, "序号")
    for extra in draw(st.lists(st.sampled_from(EXTRAS), max_size=2, unique=True)):
        heads.insert(draw(st.integers(0, len(heads))), extra)
    height, width = draw(st.integers(1, 12)), len(heads)
    lines = [[draw(CELLS) for _ in heads] for _ in range(height)]
    if heads[0] == "序号" and draw(st.booleans()):
        for number, line in enumerate(lines, 1):
            line[0] = draw(st.sampled_from([number, str(number), float(number)]))
    for line in lines:
        del line[draw(st.integers(width // 2, width)) :]
    merges, covered = [], set()
    for _ in range(draw(st.integers(0, 2))):
        top, left = draw(st.integers(1, height)), draw(st.integers(0, width - 1))
        bottom = min(height, top + draw(st.integers(0, 3)))
        right = min(width - 1, left + draw(st.integers(0, 1)))
        cells = {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)}
        if not cells & covered:
            covered |= cells
            merges.append((top, left, bottom, right))
    hidden = draw(st.sets(st.integers(1, height), max_size=2))
    return Grid("Sheet1", [heads, *lines], merges, hidden_rows=hidden)


class _NoneIsPlain:
    """Sends every line the long way."""

    def __init__(self, *_: object) -> None:
        pass

    def upto(self, row: int) -> int:
        return row

    def holds(self, row: int) -> bool:
        return False


def read(grid, *, exact):
    reading = Reading("演示.xlsx")
    registers.read_register(
        Document("xlsx", [grid]),
        reading,
        fields=FIELDS,
        headings=Headings(HEADS.items(), ("填报单位",)),
        is_town=lambda name: name.rstrip("：") == "水头镇",
        exact=exact,
    )
    return (
        [
            (r.where, r.values, dict(r.original), dict(r.cells), r.hidden, r.town, r.unit_text, r.rows)
            for r in reading.records
        ],
        reading.skipped,
        reading.problems,
        reading.tables,
        reading.nil,
    )  # fmt: skip


@quick
@given(grid=grids(), exact=st.booleans())
def test_a_plain_line_is_read_as_the_long_way_reads_it(grid, exact):
    with pytest.MonkeyPatch.context() as changed:
        short = read(grid, exact=exact)
        changed.setattr(rows, "PlainLines", _NoneIsPlain)
        assert short == read(grid, exact=exact)


def test_the_lines_of_an_ordinary_register_are_all_plain(monkeypatch):
    """Else the test above would hold the long way beside itself."""
    lines = [
        [n, f"演示{n}岗", "演示村", {"d": "2014-05-25"}, 13800000000 + n] for n in range(1, 50)
    ]
    monkeypatch.setattr(rows.RowReader, "_line", lambda *_: pytest.fail("the long way"))

    records, *_ = read(
        Grid("Sheet1", [["序号", "文明岗", "结对村", "开始日期", "项目"], *lines]), exact=False
    )

    assert len(records) == 49
    assert records[0][1] == {
        "post": "演示1岗", "village": "演示村", "begun": "2014-05-25", "goal": "13800000001",
    }  # fmt: skip


SIGNED = ["审核人", "填表人（签字）", "联络员", "制表", "（签字）负责人", "分管领导", "联系电话"]


@pytest.mark.parametrize("words", SIGNED)
@pytest.mark.parametrize(
    ("heads", "cells"),
    [([], []), (["序号"], [3]), (["序号"], [""]), (["乡镇"], [""]), (["乡镇"], ["水头镇"])],
    ids=["first", "numbered", "not numbered", "second", "behind a township"],
)
def test_a_signature_is_no_plain_line(words, heads, cells):
    """The whole text only: a post may be called 审核中心."""
    heads = [*heads, *(HEADS[wanted.key][0] for wanted in FIELDS)]
    lines = [
        [*cells, name, "林演示", "", "13800000000"] for name in ("甲岗", f"{words}中心", words)
    ]
    records, skipped, *_ = read(Grid("Sheet1", [heads, *lines]), exact=False)
    signed = cells != ["水头镇"]  # as the first text of its line

    assert [record[1]["post"] for record in records] == [
        "甲岗", f"{words}中心", *([] if signed else [words]),
    ]  # fmt: skip
    assert [skip.why for skip in skipped] == ["填表人、联系方式等"] * signed


def test_a_signature_in_a_column_before_the_name_is_no_plain_line():
    heads = ["乡镇", *(HEADS[wanted.key][0] for wanted in FIELDS)]
    lines = [["水头镇", "甲岗", "演示村"], ["审核人", "林演示", "13800000000"]]
    records, skipped, *_ = read(Grid("Sheet1", [heads, *lines]), exact=False)

    assert [record[1]["post"] for record in records] == ["甲岗"]
    assert [skip.text for skip in skipped] == ["审核人 林演示 13800000000"]


def problems(heads, *lines):
    _, _, found, *_ = read(Grid("Sheet1", [heads, *lines]), exact=False)
    return [(problem.level, problem.where, problem.message) for problem in found]


def test_words_in_a_column_without_a_heading_are_told_once_a_cell():
    heads = ["", *(HEADS[wanted.key][0] for wanted in FIELDS), "备注", ""]
    plain = ["甲岗", "演示村", "", "举办培训2期。", "已联系"]

    assert problems(heads, ["", *plain, "另资助女童3名"], ["另有", *plain, ""], ["", *plain, "字" * 40]) == [
        ("warning", "Sheet1!G2", "Sheet1!G2“另资助女童3名”不在任何一栏下面，没有读入，请核对。"),
        ("warning", "Sheet1!A3", "Sheet1!A3“另有”不在任何一栏下面，没有读入，请核对。"),
        ("warning", "Sheet1!G4", f"Sheet1!G4“{'字' * 30}…”不在任何一栏下面，没有读入，请核对。"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["√", "1", "12", "（1）", "十二", "是", "——", "2014-05-25", "无", 3, 2.5, True, {"d": "2014-05-25"}])  # fmt: skip
def test_marks_and_numbers_beside_the_table_are_not(mark):
    heads = ["", *(HEADS[wanted.key][0] for wanted in FIELDS)]
    line = [mark, "甲岗", "演示村", "", "举办培训2期。", mark]

    assert problems(heads, line) == []


def test_words_between_two_tables_are_told_by_one():
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    line = ["甲岗", "演示村", "", "举办培训2期。"]

    found = problems([*heads, "", *heads], [*line, "另资助女童", *line])

    assert [where for _, where, _ in found] == ["Sheet1!E2"]


def test_a_whole_column_of_words_beside_is_told_in_short():
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    found = problems(heads, *[[f"演示{n}岗", "演示村", "", "", "已联系"] for n in range(60)])

    assert len(found) == 51
    assert found[-1] == (
        "warning", "Sheet1", "“Sheet1”另有10处文字不在任何一栏下面，没有读入，请核对。",
    )  # fmt: skip


def test_words_under_a_heading_that_is_merged_over_them_break_nothing():
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    records, *_ = read(
        Grid("Sheet1", [heads, ["甲岗"], ["乙岗", "演示村"]], [(0, 0, 1, 1)]), exact=False
    )

    assert [record[0] for record in records] == ["Sheet1!A3:D3"]


@pytest.mark.parametrize("annex", [PairingIntent(), PairingSummary()], ids=["rules", "none"])
def test_many_rows_are_cleaned_as_each_of_them_is(annex):
    values = st.one_of(
        st.sampled_from([*PLAIN, *ODD, None, [], "16900000001", "0595-28380296", "全国级", " 甲", "乙 ", "长" * 101, "字" * 1_001]),
        st.text(max_size=4),
        st.lists(st.sampled_from(["material", "物质牵手", "x"]), max_size=2),
    )  # fmt: skip
    row = st.dictionaries(
        st.sampled_from([field.key for field in annex.fields] + ["strange"]), values
    )
    full = st.fixed_dictionaries({field.key: values for field in annex.fields})

    @quick
    @given(rows=st.lists(st.one_of(row, full), max_size=6))
    def alike(rows):
        each = [annex.clean(row) for row in rows]
        cleaned, wrong = clean_rows(annex, [dict(row) for row in rows])

        assert cleaned == [one for one, _ in each]
        assert wrong == {at: errors for at, (_, errors) in enumerate(each) if errors}

    alike()


@quick
@given(lines=st.lists(st.tuples(*[st.sampled_from(["甲", "乙", "甲 ", "Ａ", "A", 1, None])] * 2)))
def test_repeats_are_those_that_comparing_each_with_all_finds(lines):
    records = [Record(str(at), {"a": a, "b": b}, {}) for at, (a, b) in enumerate(lines)]
    same = [squeezed(f"{a}|{b}") for a, b in lines]

    assert [
        (record.where, earlier.where) for record, earlier in repeats.repeats(records, ["a", "b"])
    ] == [
        (str(at), str(same.index(words)))
        for at, words in enumerate(same)
        if same.index(words) < at
    ]  # fmt: skip


@quick
@given(
    rows=st.lists(
        st.lists(
            st.one_of(st.sampled_from(ODD), st.text(st.characters(), max_size=3), st.just("\x1a1"))
        ),
        max_size=5,
    )
)
def test_rows_cross_the_pipe_as_they_are_or_as_json(rows):
    content = packed(rows)

    if content is not None:
        again = parted(content)
        assert again == rows or rows == []
        assert [list(map(type, row)) for row in again] == [list(map(type, row)) for row in rows]


def test_a_register_crosses_as_one_text():
    assert packed([["甲", 1, "", {"d": "2014-05-25"}], [], ["乙"]]) is not None


def test_every_annex_has_its_fields_cleaned_by_the_column():
    """One with a ``clean`` of its own would go row by row, and nobody would notice how slowly."""
    assert all(type(annex).clean is annexes.Annex.clean for annex in annexes.all())
