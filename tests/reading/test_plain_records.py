"""Plain lines are kept as columns; whoever looks at one has a record, and what she changes counts."""

import pytest

from pairing.annexes import PairingSummary
from reporting.incoming import checked
from reporting.incoming.asked import names_of, wanted_of
from reporting.workbook.reading import registers
from reporting.workbook.reading.headings import Headings
from reporting.workbook.reading.parsing.grids import Document, Grid
from reporting.workbook.reading.records import Records, Run
from reporting.workbook.reading.result import Reading, Record

ANNEX = PairingSummary()
HEADS = [field.label for field in ANNEX.fields]
LONG = "字" * 5_000


def read(*lines):
    reading = Reading("演示.xlsx")
    registers.read_register(
        Document("xlsx", [Grid("Sheet1", [HEADS, *map(list, lines)])]),
        reading,
        fields=wanted_of(ANNEX),
        headings=Headings(names_of(ANNEX)),
    )
    return reading.records


@pytest.fixture
def records():
    """Three plain lines, one that is none, and one more."""
    return read(
        ("甲岗", "演示村", "培训"), ("乙岗", "演示村", LONG), ("丙岗", "演示村", "走访"),
        ("丁 岗", "演示村", "同上"), ("戊岗", "演示村", "图书"),
    )  # fmt: skip


def test_lines_stay_columns_until_somebody_looks(records):
    runs = [part for _, part in records.parts() if isinstance(part, Run)]

    assert [(start, len(part)) for start, part in records.parts()] == [(0, 3), (3, 1), (4, 1)]
    assert not runs[1].looked_at  # the first was, by the line that stands below it
    assert records[-1] is records[4]
    assert records[4].where == "Sheet1!A6:C6"
    assert runs[1].looked_at


def test_what_is_changed_in_a_record_is_what_its_column_says(records):
    name = ANNEX.fields[0].key
    records[1].values[name] = "改"

    assert records.column(name) == ["甲岗", "改", "丙岗", "丁岗", "戊岗"]
    assert [record.values[name] for record in records] == records.column(name)


@pytest.mark.parametrize("looked", [False, True], ids=["unseen", "seen"])
def test_a_run_is_checked_as_its_records_one_by_one_are(records, looked):
    goal = ANNEX.fields[2].key
    if looked:
        records[0].values[goal] = LONG
    wrong = checked.Checks(ANNEX).check(records)
    one_by_one = [ANNEX.clean(dict(record.values)) for record in read(
        ("甲岗", "演示村", LONG if looked else "培训"), ("乙岗", "演示村", LONG), ("丙岗", "演示村", "走访"),
        ("丁 岗", "演示村", "同上"), ("戊岗", "演示村", "图书"),
    )]  # fmt: skip

    assert wrong == {at: errors for at, (_, errors) in enumerate(one_by_one) if errors}
    assert sorted(wrong) == ([0, 1] if looked else [1])
    assert [record.values for record in records] == [values for values, _ in one_by_one]


def test_records_behave_as_a_list_does(records):
    held = list(records)
    assert (records, len(records), bool(Records()), records[1:3]) == (held, 5, False, held[1:3])
    with pytest.raises(IndexError):
        records[5]

    records += [Record("表1", {}, {})]
    del records[0]
    records[0] = held[4]
    records.insert(0, held[0])

    assert records == [held[0], held[4], *held[2:], Record("表1", {}, {})]
    records.clear()
    assert records == []
