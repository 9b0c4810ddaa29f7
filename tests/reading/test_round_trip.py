"""Whatever rows a table or form holds: written as the official workbook and read again, they are the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting import annexes, incoming
from tests import battery
from tests.reading.offices import part, repacked

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T31")]

TRICKY = [
    "=1+1", "==x", "+86", "-5", "@SUM(A1)", "'quoted", '"', "“双引号”", "a、b", "田林一、二村", "８０００元", "１２３", "_x0041_",
    "合计", "小计：3", "注：说明", "填表人：甲", "无", "—", "同上", "〃", "1.5", "2014.5.25", "𠮷田", "👩‍🌾", "①", "\t制表", "例：某岗",
    "第一行\n第二行", "文明岗（妇委会）", "结对村", "<b>&amp;</b>", "#REF!", "1e5", "一、巾帼文明岗", "　全角　空格　",
]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=30),
    st.text("结对帮扶村社区岗0123456789０１２、，。；（）=+-@\n ", min_size=1, max_size=40),
)
REGISTERS = [annex for annex in annexes.all() if isinstance(annex, annexes.RegisterAnnex)]
FORMS = [annex for annex in annexes.all() if isinstance(annex, annexes.FormAnnex)]
PROPERTIES = {"unit": "6f1d3c1e-0000-4000-8000-000000000001", "period": "2014"}
quick = settings(
    max_examples=battery.count(30, full=1_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def values_of(field):
    """Any value a field holds once it was cleaned."""
    if field.kind in ("text", "long_text"):
        return WORDS.map(lambda text: field.clean(text)[0][: field.longest].strip())
    if field.kind == "choice":
        return st.sampled_from([code for code, _ in field.choices])
    if field.kind == "multichoice":
        codes = [code for code, _ in field.choices]
        return st.sets(st.sampled_from(codes), min_size=1).map(
            lambda chosen: [code for code in codes if code in chosen]
        )
    if field.kind == "phone":
        return st.sampled_from(["16900000001", "0595-28380296", "28380296", ""])
    if field.kind == "email":
        return st.sampled_from(["post@example.com", ""])
    if field.kind == "date":
        return st.dates().map(str)
    if field.kind == "village":
        names = st.sampled_from(["红旗村", "金井社区", "不存在村"])
        one = names.map(lambda name: {"unit": None, "text": name})
        return st.lists(one, max_size=2, unique_by=lambda v: v["text"]) if field.multiple else one
    raise AssertionError(field.kind)


def rows_of(annex):
    return st.fixed_dictionaries({field.key: values_of(field) for field in annex.fields})


@pytest.fixture(scope="module")
def readers():
    readers = {annex.code: incoming.Reader(annex) for annex in annexes.all()}
    yield readers
    for reader in readers.values():
        reader.sandbox.close()


def sound(values):
    """Whether 姓名、职务及联系电话 in one cell can be parted again: no blank, comma or digit in a name."""
    parts = (values.get("leader_name", ""), values.get("leader_title", ""))
    return all(
        part
        and not set(part) & set(" ，,、;；:：\n\t\xa0\u3000")
        and not any(map(str.isdigit, part))
        for part in parts
    )


def words(annex, values):
    return {field.key: field.display(values[field.key]) for field in annex.fields}


@pytest.mark.parametrize("annex", REGISTERS, ids=lambda annex: annex.code)
def test_any_rows_of_a_table_come_back_as_they_went_out(readers, org, annex):
    @quick
    @given(rows=st.lists(rows_of(annex), max_size=12))
    def there_and_back(rows):
        data = annex.write(rows, unit_name=org.east.name, properties=PROPERTIES)
        reading = readers[annex.code].read(data)

        assert reading.unchanged
        assert [record.values for record in reading.records] == [
            annex.clean(row)[0] for row in rows
        ]

    there_and_back()


@pytest.mark.parametrize("annex", FORMS, ids=lambda annex: annex.code)
def test_any_form_comes_back_as_it_went_out(readers, org, annex):
    @quick
    @given(
        values=rows_of(annex).filter(sound) if annex.code == "pairing-intent" else rows_of(annex)
    )
    def there_and_back(values):
        values["post_name"], values["post_kind"] = org.east_post.name, "post"
        data = annex.write(values, properties={**PROPERTIES, "unit": str(org.east_post.uuid)})
        reader = readers[annex.code]
        reader.whose.unit = org.east_post
        (record,) = reader.read(data).records

        expected = words(annex, values)
        assert words(annex, record.values) == expected

    there_and_back()


def test_a_table_of_ours_that_somebody_edited_is_read_like_any_other(readers, org):
    annex = REGISTERS[0]
    rows = [{"post": "甲岗", "village": "红旗村", "project_goal": "培训"}]
    data = annex.write(rows, unit_name=org.east.name, properties=PROPERTIES)
    sheet = "xl/worksheets/sheet1.xml"
    edited = repacked(data, {sheet: part(data, sheet).replace("甲岗".encode(), "乙岗".encode())})
    reading = readers[annex.code].read(edited)

    assert reading.own_template
    assert not reading.unchanged
    assert [record.values["post"] for record in reading.records] == ["乙岗"]
