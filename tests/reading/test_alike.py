"""Sheets laid out as one read before, and villages looked up by the column, come to the same as each alone."""

import copy

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reporting.incoming import Reader, whose
from reporting.incoming.villages import Area, Village
from reporting.workbook.reading import alike, registers
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.result import Reading
from tests import battery
from tests.reading.test_plain_lines import FIELDS, HEADS, ODD, PLAIN

pytestmark = pytest.mark.battery("T31")
quick = settings(max_examples=battery.count(150, full=5_000), deadline=None)
HEADINGS = Headings(HEADS.items(), ("填报单位",))
WORDS = st.one_of(*[st.sampled_from([text for text in PLAIN if text])] * 6, st.sampled_from(ODD))
#: What may make a line another thing than a record, or the table another table.
TELLING = st.sampled_from(
    ["文明岗", "结对村", "项目", "项目①", "备注", "填报单位：", "县区：", "甲县：", "序号", "乡镇", "开始日期", "甲", "1", "（全称）", "合计", "无", "同上", "1、甲岗", "甲岗；乙岗", "填报单位：", "县", "", "审核人", "填表人（签字）", "林演示", "13800000000"]
)  # fmt: skip
#: Days and numbers, as cells hold them, by the column in which they stand.
DAYS = st.sampled_from([*[{"d": "2014-05-25"}, {"d": "2014-05-26"}] * 4, {"d": "2014-05-25 08:00:00"}, {"d": ""}, "", 41784])  # fmt: skip
NUMBERS = st.sampled_from([*[12, -3, 0, 13800000000] * 4, 10**15, True, 2.5, ""])
USUAL = ["甲岗", "乙岗", "丙妇委会", "演示村", "红旗村", "举办培训2期。", "2014-05-25"]
USUAL_AROUND = ["附件2", "结对汇总表", "填报单位：甲县妇联", "注：请于5月报送。"]
AROUND = st.sampled_from(
    ["", "附件2", "结对汇总表", "填报单位：甲县妇联", "注：请于5月报送。", "合计", "填表人：甲", "文明岗", "水头镇", "甲岗", "说明", 3]
)  # fmt: skip


@st.composite
def sheets(draw):
    """A form and others of it: filled otherwise, with another line around, or merged otherwise."""
    usual = draw(st.booleans())  # as most forms are, so that half of them are laid out alike
    around = st.sampled_from(USUAL_AROUND) if usual else AROUND
    above = [[draw(around)] for _ in range(draw(st.integers(0, 3)))]
    below = [[draw(around)] for _ in range(draw(st.integers(0, 3)))]
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    if not usual and draw(st.booleans()):
        heads.append(draw(st.sampled_from(["备注", "序号", "结对村"])))
    count = draw(st.integers(1, 4))
    merges = [] if usual else draw(st.sampled_from([[], [], [(0, 0, 0, 3)], [(len(above), 1, len(above), 2)], [(len(above) + 1, 0, len(above) + 2, 0)]]))  # fmt: skip
    top = len(above)
    changes = st.sampled_from(["filled", "filled", "a cell", "a cell", "a line", "a line", "many cells", "around", "merged", "hidden", "shorter"])  # fmt: skip
    plain = st.sampled_from(USUAL if usual else [text for text in PLAIN if text])
    found = []
    for number in range(draw(st.integers(2, 4))):
        change = draw(changes) if number else "filled"
        cells = WORDS if change == "many cells" else plain
        lines = [[draw(cells) for _ in FIELDS] for _ in range(count)]
        if change == "filled" and draw(st.booleans()):
            at, shown = draw(st.sampled_from([(2, DAYS), (3, NUMBERS)]))
            for line in lines:
                line[at] = draw(shown)
        if change == "a cell":
            lines[draw(st.integers(0, count - 1))][draw(st.integers(0, 3))] = draw(st.one_of(TELLING, st.sampled_from(ODD)))  # fmt: skip
        if change == "a line":
            lines[draw(st.integers(0, count - 1))] = [draw(TELLING) for _ in FIELDS]
        if change == "shorter":
            lines[draw(st.integers(0, count - 1))] = [draw(plain) for _ in range(draw(st.integers(0, 5)))]  # fmt: skip
        rows = [list(row) for row in (*above, heads, *lines, *below)]
        if change == "around":
            rows[draw(st.integers(0, len(rows) - 1))] = [draw(AROUND) for _ in range(draw(st.integers(0, 4)))]  # fmt: skip
        mine = merges
        if change == "merged":
            mine = [draw(st.sampled_from([(top, 0, top, 1), (top + 1, 0, top + 1, 1), (top + 1, 0, top + 2, 0), (0, 0, 1, 1), (top, 0, top + 1, 0)]))]  # fmt: skip
        hidden = {draw(st.integers(0, len(rows) - 1))} if change == "hidden" else set()
        found.append(Grid("Sheet1", rows, mine, hidden_rows=hidden))
    return found


def read(grid, memory, *, exact):
    reading, document = Reading("演示.xlsx"), Document("xlsx", [copy.deepcopy(grid)])
    reads = registers.read_register(
        document, reading, fields=FIELDS, headings=HEADINGS,
        printed=frozenset({"说明"}), is_town=lambda name: name.rstrip("：") == "水头镇", exact=exact, alike=memory,
    )  # fmt: skip
    said = whose._said(reading, document, reads)
    return (
        [
            (r.where, r.values, dict(r.original), dict(r.cells), r.hidden, r.town, r.unit_text, r.rows)
            for r in reading.records
        ],
        reading.skipped, reading.problems, reading.tables, reading.nil, said,
        [(found.outside, found.view.anchors, found.view.height, found.view.width, [vars(block) | {"grid": 0} for block in found.blocks]) for found in reads],
    )  # fmt: skip


@quick
@given(grids=sheets(), exact=st.booleans())
def test_a_sheet_is_read_the_same_whatever_was_read_before_it(grids, exact):
    memory = alike.Alike(FIELDS, HEADINGS)
    for grid in grids:
        event("again" if memory.read(copy.deepcopy(grid), exact=exact) else "the long way")
        assert read(grid, memory, exact=exact) == read(grid, None, exact=exact)


def test_no_table_is_looked_for_in_the_second_of_two_forms(monkeypatch):
    """Else the test above would hold the long way beside itself."""
    memory = alike.Alike(FIELDS, HEADINGS)
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    forms = [
        Grid("Sheet1", [["附件2"], heads, [f"演示{n}岗", "演示村", "2014-05-25", "培训。"], [], ["注：报送。"]])
        for n in range(2)
    ]  # fmt: skip
    read(forms[0], memory, exact=False)
    monkeypatch.setattr(registers, "find", lambda *_: pytest.fail("the long way"))

    records, skipped, *_ = read(forms[1], memory, exact=False)

    assert [record[0] for record in records] == ["Sheet1!A3:D3"]
    assert [skip.text for skip in skipped] == ["注：报送。", "附件2"]


@pytest.mark.parametrize("words", ["审核人", "填表人（签字）", "联络员"])
def test_a_signature_in_the_second_of_two_forms_is_none_of_its_records(words):
    memory = alike.Alike(FIELDS, HEADINGS)
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    first = ["甲岗", "演示村", "2014-05-25", "培训。"]
    for second in (["乙岗", *first[1:]], [words, "林演示", "2014-05-25", "13800000000"]):
        records, skipped, *_ = read(Grid("Sheet1", [heads, first, second]), memory, exact=False)

    assert [record[1]["post"] for record in records] == ["甲岗"]
    assert [skip.why for skip in skipped] == ["填表人、联系方式等"]


def test_only_so_many_layouts_are_remembered(monkeypatch):
    monkeypatch.setattr(alike, "MOST_LAYOUTS", 3)
    memory = alike.Alike(FIELDS, HEADINGS)
    heads = [HEADS[wanted.key][0] for wanted in FIELDS]
    for n in range(8):
        read(Grid("Sheet1", [[f"表{n}"], heads, ["甲岗", "演示村"]]), memory, exact=False)
        assert 0 < memory.count <= 3


# -- Villages ----------------------------------------------------------------------------------------
def _village(name, town, code):
    return Village(
        uuid=code, code=code, name=name, short=name, names=frozenset({name}), town=town, town_names=frozenset({town}),
        county="演示县", county_names=frozenset({"演示县"}),
    )  # fmt: skip


AREA = Area(
    [_village("演示村", "水头镇", "1"), _village("红旗村", "水头镇", "2"), _village("红旗村", "石井镇", "3"), _village("新村社区", "石井镇", "4"), _village("甲、乙村", "石井镇", "5")]
)  # fmt: skip
NAMED = st.sampled_from(
    ["演示村", "演示", "红旗村", "水头镇红旗村", "新村村", "新村社区", "没有的村", "演示村、新村社区", "甲、乙村", "演示村等3个村", "无村", "演示村、没有的村"]
)  # fmt: skip


@quick
@given(
    names=st.lists(NAMED, min_size=1, max_size=5),
    sheet=st.sampled_from(["Sheet1", "水头镇"]),
    kind=st.sampled_from(["text", "village"]),
    looked_at=st.booleans(),
)
def test_villages_of_plain_lines_mean_what_they_mean_line_by_line(names, sheet, kind, looked_at):
    fields = [FIELDS[0], type(FIELDS[1])("village", "结对村", kind, True, True, "village"), *FIELDS[2:]]  # fmt: skip
    villages = [fields[1]]
    heads = [HEADS[wanted.key][0] for wanted in fields]
    found = []
    for by_line in (False, True):
        rows = [heads, *[[f"甲{n}岗", name, "", ""] for n, name in enumerate(names)]]
        reading = Reading("演示.xlsx")
        registers.read_register(Document("xlsx", [Grid(sheet, rows)]), reading, fields=fields, headings=HEADINGS)  # fmt: skip
        if by_line or looked_at:
            list(reading.records)
        asking = Reader._resolve_all(reading.records, villages, AREA)
        for number in sorted(asking):
            Reader._ask(reading, reading.records[number], villages)
        column = reading.records.column("village")
        found.append((column, [(r.values, r.names, r.where) for r in reading.records], reading.problems))  # fmt: skip

    assert found[0] == found[1]
