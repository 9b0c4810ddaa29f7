"""Files filled in alike and read together come to what each of them comes to alone."""

import dataclasses
import io
import zipfile

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from federation import code_lists
from federation.models import OrgUnit
from registry.models import Programme
from registry.register_forms import RegisterForm
from reporting import annexes
from reporting.incoming import Reader, reader
from reporting.incoming.bundles import Sent
from reporting.incoming.together import Together
from reporting.incoming.whose import Whose
from reporting.workbook.reading.parsing.grids import Document, Grid, Laid, Template, trimmed
from tests import battery
from tests.reading.offices import HEAD, repacked, xlsx

pytestmark = [
    pytest.mark.battery("T31"),
    pytest.mark.django_db,
    pytest.mark.usefixtures("quanzhou"),
]
quick = settings(max_examples=battery.count(40, full=2_000), deadline=None)

USUAL = st.sampled_from(
    ["演示岗", "东结对村", "演示邮政所", "前峰村", "上村社区", "苏坑村", "县医院妇委会", "举办培训2期。", "2014-05-25", "13800000301", "女"]
)  # fmt: skip
ODD_WORDS = [
    "", "合计", "1、甲岗", "2、乙岗", "一、甲岗", "甲岗；乙岗", "甲岗、乙岗", "无", "同上", "结对村", "文明岗（妇委会）", "填报单位：惠安县妇联", "县：", "单位",
     "下村", "没有的村", "前峰村、苏坑村", "前峰村等3个村", "=1+1", " 甲", "甲\n乙", "\u200b", "１２", "é", "e\u0301", "演示" * 200, "注：略", "填表人：演", "填报单位：", "县区：", "单位：", "简单培训", "惠安县：甲",
]  # fmt: skip
ODD = st.sampled_from(ODD_WORDS)
ABOVE = st.sampled_from(["附件2", "“岗村、委村”结对帮扶汇总表", "填报单位：惠安县妇联", "填报单位：南安市妇联", "填报单位：鲤城区、丰泽区", "惠安县"])  # fmt: skip
BELOW = st.sampled_from(["注：请于5月报送。", "填表人：甲", "合计", "惠安县妇联", "结对村"])
NAMES = st.sampled_from(["演示.xlsx", "惠安县妇联.xlsx", "南安.xlsx"])


@st.composite
def folders(draw, heads):
    """(name, properties, rows) of each of some files: one form filled in otherwise, and now and then another."""
    above = [[draw(ABOVE)] for _ in range(draw(st.integers(0, 2)))]
    below = [[draw(BELOW)] for _ in range(draw(st.integers(0, 2)))]
    count = draw(st.integers(1, 4))
    found = []
    for _ in range(draw(st.integers(3, 9))):
        change = draw(st.sampled_from(["filled"] * 5 + ["a cell", "a cell", "a line", "around", "twice"]))  # fmt: skip
        lines = [[draw(USUAL) for _ in heads] for _ in range(count)]
        top = above
        if change == "a cell":
            draw(st.sampled_from(lines))[draw(st.integers(0, len(heads) - 1))] = draw(ODD)
        if change == "a line":
            lines[-1] = [draw(st.one_of(USUAL, ODD)) for _ in heads]
        if change == "twice":
            lines[-1] = [*lines[0]]
        if change == "around" and above:
            top = [*above[:-1], [draw(ABOVE)]]
        unit = draw(st.sampled_from(["", "", "惠安县妇联"]))
        if change == "around" and not above:
            order = draw(st.permutations(range(len(heads))))
            found.append((draw(NAMES), unit, [*top, [heads[at] for at in order], *lines, *below]))
            continue
        found.append((draw(NAMES), unit, [*top, [*heads], *lines, *below]))
    return found


class Desk:
    """Opens files that are rows already, as the child would tell them: laid out, or whole."""

    def __init__(self, files, *, laid, sheet="Sheet1"):
        self.files, self.laid, self.sheet = files, laid, sheet
        self.templates: dict[tuple, Template] = {}

    def open(self, content, **_):
        _, unit, rows = self.files[int(content)]
        unit = str(OrgUnit.objects.get(name=unit).uuid) if unit else ""
        properties = {"unit": unit} if unit else {}
        rows = trimmed([[cell.strip() for cell in row] for row in rows])
        if not self.laid:
            return Document("xlsx", [Grid(self.sheet, rows)], properties=properties)
        words = [cell for row in rows for cell in row if cell]
        numbers = iter(range(len(words)))
        lines = [[next(numbers) if cell else -1 for cell in row] for row in rows]
        key = tuple(map(tuple, lines))
        if key not in self.templates:
            sheet = Laid(Grid(self.sheet), lines, len(words), [], [])
            self.templates[key] = Template("xlsx", [], [], [sheet])
        return self.templates[key].filled(properties, "<".join(words).encode())

    def send_ahead(self, *_, **__):
        pass

    def close(self):
        pass


def told(reading):
    """All that a reading says; its records with their places, what was typed, and what names mean."""
    said = {
        field.name: getattr(reading, field.name)
        for field in dataclasses.fields(reading)
        if field.name not in ("records", "document", "digest")
    }
    records = [
        (r.where, r.values, dict(r.original), dict(r.cells), r.names, r.hidden, r.town, r.unit_text, r.rows)
        for r in reading.records
    ]  # fmt: skip
    return said, records


@pytest.fixture(autouse=True)
def register_read_once(monkeypatch):
    """The units and villages of the city are the same for every example."""
    kept: dict[tuple, Whose] = {}

    def whose(annex, area, unit):
        key = annex.code, area.pk, unit and unit.pk
        if key not in kept:
            kept[key] = Whose(annex, area, unit)
        kept[key]._told.clear()
        return kept[key]

    monkeypatch.setattr(reader, "Whose", whose)


def alone_and_together(annex, files, *, area, unit=None, sheet="Sheet1"):
    found = []
    met = 0
    read = Together.read

    def counted(self, kind, some):
        nonlocal met
        done = read(self, kind, some)
        met += len(some) if done else 0
        return done

    for laid in (False, True):
        with Reader(annex, area=area, unit=unit) as one, pytest.MonkeyPatch.context() as patch:
            patch.setattr(Together, "read", counted)
            one.sandbox = Desk(files, laid=laid, sheet=sheet)
            if not laid:
                one._alike = None
            sent = [Sent(name, str(number).encode()) for number, (name, _, _) in enumerate(files)]
            readings = one.read_all(sent) if laid else map(one.read_sent, sent)
            found.append([told(reading) for reading in readings])
    return found, met


def the_city():
    return OrgUnit.objects.get(division_code="350500000000", unit_type__group="federation")


@quick
@given(files=folders(HEAD))
def test_forms_of_counties_say_together_what_they_say_alone(files):
    (alone, together), met = alone_and_together(annexes.get("pairing-summary"), files, area=the_city())  # fmt: skip

    event(f"read together: {'some' if met else 'none'}")
    assert together == alone


@quick
@given(files=folders([*HEAD, "备注"]), at_county=st.booleans())
def test_forms_sent_in_the_name_of_one_unit_say_together_what_they_say_alone(files, at_county):
    unit = OrgUnit.objects.get(name="惠安县妇联") if at_county else the_city()
    (alone, together), _ = alone_and_together(
        annexes.get("pairing-summary"), [(name, said, [row[:3] for row in rows]) for name, said, rows in files],
        area=the_city(), unit=unit,
    )  # fmt: skip

    assert together == alone


def test_registers_of_villages_say_together_what_they_say_alone():
    code_lists.load_all()
    form = RegisterForm(Programme.objects.get(code="left_behind_child"))

    @settings(max_examples=battery.count(12, full=500), deadline=None)
    @given(files=folders([field.label for field in form.fields]))
    def agree(files):
        (alone, together), _ = alone_and_together(form, files, area=the_city(), unit=the_city())
        assert together == alone

    agree()


@pytest.mark.parametrize("unit", [None, "惠安县妇联"], ids=["of all", "of one"])
@pytest.mark.parametrize("below", [[], ["注：东结对村"]], ids=["to the end", "above a word"])
def test_one_odd_form_among_usual_ones_is_what_it_is_alone(below, unit):
    usual = ["演示岗", "前峰村", "举办培训2期。"]
    forms = [[usual, usual], [["1、甲岗", *usual[1:]], ["2、乙岗", *usual[1:]]], [usual, [*usual]]]
    for word in ODD_WORDS:
        for at in range(3):
            odd = [*usual]
            odd[at] = word
            forms += [[usual, odd], [odd, usual], [["甲岗", *usual[1:]], ["乙岗", *usual[1:]]]]
    files = [
        ("演示.xlsx", "", [["惠安县妇联"], [*HEAD], *lines, *([word] for word in below)])
        for lines in forms
    ]
    annex, city = annexes.get("pairing-summary"), the_city()
    unit = unit and OrgUnit.objects.get(name=unit)

    (alone, together), met = alone_and_together(annex, files, area=city, unit=unit)

    for number, said in enumerate(alone):
        assert together[number] == said, forms[number]
    assert met > len(forms) // 2


def test_forms_of_several_counties_are_read_together():
    names = ["惠安县妇联", "南安市妇联", "鲤城区妇联"]
    forms = [
        ("演示.xlsx", names[n * 7 % 3], [[*HEAD], [f"演示{n}岗", "前峰村", "培训。"], ["丁岗", "新村社区", "培训。"]])
        for n in range(15)
    ]  # fmt: skip

    (alone, together), met = alone_and_together(annexes.get("pairing-summary"), forms, area=the_city())  # fmt: skip

    assert together == alone
    assert met == 14
    assert {said["unit"].name for said, _ in together} == {*names}


def test_columns_in_another_order_are_not_taken_for_the_usual_ones():
    orders = [(0, 1, 2), (0, 2, 1)]
    cells = ["演示岗", "前峰村", "培训。"]
    files = []
    for n in range(12):
        order = orders[n * 5 % 3 > 1]
        lines = [HEAD, [f"{n}{cells[0]}", *cells[1:]], ["丁岗", "苏坑村", f"技术{n}"]]
        files.append(("演示.xlsx", "", [[line[at] for at in order] for line in lines]))

    (alone, together), met = alone_and_together(annexes.get("pairing-summary"), files, area=the_city())  # fmt: skip

    assert together == alone
    assert met >= 6


@pytest.mark.parametrize("word", ["cafe\u0301岗", "演示" * 60, "演示岗（二）", "填报单位"])
def test_a_word_that_came_before_is_told_the_same_in_every_batch(monkeypatch, word):
    """One that has to be cleaned, one that is too long, one written with wide signs, one that may be a label."""
    monkeypatch.setattr(reader, "HELD", 250)  # two of these files
    files = [
        ("演示.xlsx", "惠安县妇联", [[*HEAD], ["演示岗", "前峰村", f"技术{n}"], [word if n else "丁岗", "苏坑村", "技术"]])
        for n in range(9)
    ]  # fmt: skip

    (alone, together), _ = alone_and_together(annexes.get("pairing-summary"), files, area=the_city())  # fmt: skip

    assert together == alone


def test_a_blank_day_is_missed_where_it_is_required_though_another_may_be_blank(monkeypatch):
    monkeypatch.setattr(reader, "HELD", 250)
    code_lists.load_all()
    form = RegisterForm(Programme.objects.get(code="left_behind_child"))
    usual = {
        "name": "演童",
        "sex": "女",
        "village": "前峰村",
        "ethnicity": "汉族",
        "guardian": "演监",
        "guardian_called": "祖母",
    }
    days = [field.key for field in form.fields if field.kind == "date"]
    files = []
    for n in range(12):
        said = {**usual, **dict.fromkeys(days, "2008-05-25"), "name": f"演童{n}"}
        said |= {key: "" for key in days if n % 3 == days.index(key) + 1}
        cells = [said.get(field.key, "") for field in form.fields]
        line = [
            cell or "甲" * (field.key == "address")
            for cell, field in zip(cells, form.fields, strict=True)
        ]
        files.append(("演示.xlsx", "", [[field.label for field in form.fields], line, [*line]]))

    (alone, together), _ = alone_and_together(form, files, area=the_city(), unit=the_city())

    assert together == alone


def filled(count, odd):
    return [
        ("演示.xlsx", "", [["填报单位：惠安县妇联"], [*HEAD], [f"演示{n}岗", odd.get(n, "前峰村"), f"培训{n}期。"]])
        for n in range(count)
    ]  # fmt: skip


def test_most_forms_of_a_folder_are_read_together():
    """Else the tests above would hold the long way beside itself; one odd form is read alone."""
    forms = filled(12, odd={7: "同上"})

    (alone, together), met = alone_and_together(annexes.get("pairing-summary"), forms, area=the_city())  # fmt: skip

    assert together == alone
    assert met == 12 - 2  # the first is how the others are known


@pytest.mark.parametrize("sheet", ["作废", "惠安县妇联", "水头镇", "样表"])
def test_what_the_name_of_a_sheet_says_counts_for_each_form(sheet):
    annex, city = annexes.get("pairing-summary"), the_city()
    forms = [
        (
            "演示.xlsx",
            "",
            [[*HEAD], [f"演示{n}岗", "前峰村", "培训。"], ["丁岗", "新村村", "培训。"]],
        )
        for n in range(4)
    ]

    (alone, together), _ = alone_and_together(annex, forms, area=city, sheet=sheet)

    assert together == alone


def our_own(count):
    """Forms of ours sent back, every third of them unchanged."""
    annex, unit = annexes.get("pairing-summary"), OrgUnit.objects.get(name="惠安县妇联")
    for n in range(count):
        rows = [
            {"post": f"演示{n}-{i}岗", "village": "前峰村", "project_goal": "举办培训2期。" if n % 4 else ""}
            for i in range(3)
        ]  # fmt: skip
        properties = {"period": "2014", "unit": str(unit.uuid)}
        book = annex.write(rows, unit_name=unit.name, properties=properties)
        sheet = "xl/worksheets/sheet1.xml"
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            changed = parts.read(sheet).replace(f"演示{n}-1".encode(), "演示丁".encode())
        yield repacked(book, {sheet: changed}) if n % 3 else book


def test_files_that_went_through_the_child_say_together_what_they_say_alone():
    """The sandbox as it is: templates told once, some files broken, one that is no workbook."""
    books = [xlsx([*rows]) for _, _, rows in filled(40, odd={5: "合计", 9: "没有的村"})]
    books += our_own(30)
    books[13] = b"PK\x03\x04 not a workbook"
    books[21] = xlsx([[*HEAD], ["甲岗", "前峰村", "很长" * 9_000]])
    books[22:22] = [b"", xlsx([[1, 2.5, True], [*HEAD], ["甲岗", 3, "培训。"]])]
    sent = [Sent(f"{n}.xlsx", book) for n, book in enumerate(books)]
    annex = annexes.get("pairing-summary")

    with Reader(annex, area=the_city()) as one:
        together = [told(reading) for reading in one.read_all(sent)]
    with Reader(annex, area=the_city()) as one:
        one._alike = None
        alone = [told(one.read_sent(file)) for file in sent]

    assert together == alone
    assert sum(said["unchanged"] for said, _ in together) == 10
