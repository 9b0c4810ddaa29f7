"""What a file is beside what came before: told from content, from words in its name, from time."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting import annexes, file_meaning, incoming
from reporting.file_meaning import Batch, Earlier
from reporting.models import SubmissionRow
from reporting.workbook.reading.result import Reading, Record, SenderUnit
from tests import battery
from tests.reading.offices import HEAD, TITLE, docx, xlsx
from tests.reading.test_round_trip import quick, rows_of
from tests.world import fill, of, take

SUMMARY = annexes.get("pairing-summary")


def row(post, village="红旗村", goal="培训"):
    return {"post": post, "village": village, "project_goal": goal}


def reading(file, *rows, unit="u1", sheet="Sheet1", digest=""):
    made = Reading(file, unit=SenderUnit("某县妇联", uuid=unit))
    made.digest = digest or str(id(made))
    made.records = [Record("Sheet1!A4:C4", values, {}) for values in rows]
    made.tables = [f"{sheet}!A3:C9"]
    return made


def meanings(*readings, held=None):
    Batch(SUMMARY, held or {}).propose(readings)
    return [made.submission for made in readings]


OLD = [row("甲岗"), row("乙岗"), row("丙岗")]


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (reading("汇总表(1).xlsx", *OLD), "duplicate"),
        (reading("汇总表.docx", OLD[2], OLD[0]), "duplicate"),
        (reading("第二批.xlsx", row("丁岗"), row("戊岗")), "supplement"),
        (reading("汇总表（补报）.xlsx", row("丁岗")), "supplement"),
        (reading("汇总表.xlsx", row("丁岗"), sheet="补充"), "supplement"),
        (reading("汇总表.xlsx", row("甲岗", "金井社区"), *OLD[1:]), "replacement"),
        (reading("汇总表.xlsx", *OLD, row("丁岗")), "replacement"),
        (reading("汇总表（更正，以此为准）.xlsx", row("甲岗", "金井社区")), "replacement"),
        (reading("汇总表（定稿）.xlsx", row("丁岗"), row("戊岗")), "replacement"),
        (reading("汇总表.xlsx", row("丁岗"), row("戊岗"), row("甲岗", "金井社区")), "supplement"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.file,
)
def test_a_second_file_means_what_its_words_and_rows_say(second, kind):
    assert meanings(reading("汇总表.xlsx", *OLD), second) == ["original", kind]
    assert second.because.endswith("。")


def test_a_correction_named_before_what_it_corrects_is_still_the_correction():
    correction = reading("更正.xlsx", row("甲岗", "金井社区"), *OLD[1:])
    first = reading("汇总表.xlsx", *OLD)

    assert meanings(correction, first) == ["replacement", "original"]
    assert correction.supersedes == "汇总表.xlsx"


def test_files_of_two_units_say_nothing_of_each_other():
    assert meanings(reading("a.xlsx", *OLD), reading("b.xlsx", *OLD, unit="u2")) == [
        "original",
        "original",
    ]


def test_a_replacement_names_the_file_that_holds_most_of_its_names():
    files = [
        reading("一.xlsx", *OLD),
        reading("二.xlsx", row("丁岗"), row("戊岗")),
        reading("三.xlsx", row("丁岗", "金井社区"), row("戊岗")),
    ]

    assert meanings(*files) == ["original", "supplement", "replacement"]
    assert files[2].supersedes == "二.xlsx"


def test_rows_filled_in_online_are_told_beside_a_first_file():
    online = {"u1": [Earlier("在线填报的内容", OLD, online=True)]}
    file = reading("汇总表.xlsx", row("丁岗"))

    assert meanings(file, held=online) == ["original"]
    assert "已在线填报3条" in file.because


def test_a_file_that_says_nothing_new_beside_rows_filled_in_online_is_a_duplicate():
    assert meanings(
        reading("汇总表.xlsx", *OLD), held={"u1": [Earlier("在线填报的内容", OLD, online=True)]}
    ) == ["duplicate"]


@pytest.mark.django_db
class TestBesideTheServer:
    @pytest.fixture
    def reported(self, org, people, calls):
        """附件2 of the county with two rows, as they were consolidated."""
        submission = of(org.east, "pairing-summary")
        for position, values in enumerate((row("甲岗"), row("乙岗")), start=1):
            SubmissionRow(submission=submission, position=position, values=values).save()
        return submission

    def exported(self, submission):
        rows = [found.values for found in submission.rows.all()]
        properties = {
            "unit": str(submission.unit.uuid),
            "period": submission.period,
            "submission_version": submission.version,
        }
        return SUMMARY.write(rows, unit_name=submission.unit.name, properties=properties)

    def test_our_own_file_unchanged_changes_nothing(self, org, reported):
        found = incoming.read(self.exported(reported), SUMMARY, area=org.city)

        assert found.unit.uuid == str(org.east.uuid)
        assert found.problems == []
        changes = file_meaning.changes(found, SUMMARY, reported)
        assert [change["kind"] for change in changes] == ["same", "same"]

    def test_rows_that_moved_on_are_shown_both_ways(self, org, reported):
        data = self.exported(reported)
        reported.rows.filter(position=1).update(values=row("甲岗", "金井社区"))
        type(reported).objects.unscoped(reason="somebody saved meanwhile").update(version=9)
        reported.refresh_from_db()

        changed, same = file_meaning.changes(
            incoming.read(data, SUMMARY, area=org.city), SUMMARY, reported
        )

        assert (changed["kind"], changed["fields"], changed["moved_on"]) == (
            "changed",
            ["village"],
            True,
        )
        assert (changed["file"]["village"], changed["server"]["village"]) == ("红旗村", "金井社区")
        assert same["kind"] == "same"

    @settings(quick, max_examples=battery.count(8, full=500))
    @given(rows=st.lists(rows_of(SUMMARY), max_size=8))
    def test_an_unchanged_export_of_any_rows_changes_nothing(self, org, reported, rows):
        with incoming.Reader(SUMMARY, area=org.city) as reader:
            self.hold(reported, rows)
            changes = file_meaning.changes(reader.read(self.exported(reported)), SUMMARY, reported)

        assert [change["kind"] for change in changes] == ["same"] * len(rows)

    def hold(self, submission, rows):
        """Let the server have exactly ``rows``."""
        submission.rows.all().delete()
        for position, values in enumerate(rows, start=1):
            SubmissionRow(submission=submission, position=position, values=values).save()

    def moved_on(self, submission, rows):
        """The changes that a file exported before the server came to ``rows`` would make."""
        data = self.exported(submission)
        self.hold(submission, rows)
        type(submission).objects.unscoped(reason="somebody saved meanwhile").update(version=9)
        submission.refresh_from_db()
        return [
            (change["kind"], change["fields"], change["moved_on"])
            for change in file_meaning.changes(incoming.read(data, SUMMARY), SUMMARY, submission)
        ]

    def test_rows_in_another_order_are_the_same_rows(self, reported):
        assert self.moved_on(reported, [row("乙岗"), row("甲岗")]) == [("same", [], False)] * 2

    def test_a_row_added_on_the_server_is_missing_in_the_file(self, reported):
        assert self.moved_on(reported, [row("丙岗"), row("甲岗"), row("乙岗")]) == [
            ("same", [], False),
            ("same", [], False),
            ("missing", [], True),
        ]

    def test_a_row_deleted_on_the_server_would_be_added_again(self, reported):
        assert self.moved_on(reported, [row("乙岗")]) == [("added", [], True), ("same", [], False)]

    def test_a_row_renamed_on_the_server_is_shown_on_both_sides(self, reported):
        assert self.moved_on(reported, [row("甲岗"), row("乙二岗")]) == [
            ("same", [], False),
            ("added", [], True),
            ("missing", [], True),
        ]

    def test_of_two_rows_of_one_name_those_that_say_the_same_belong_together(self, reported):
        twins = [row("甲岗", "红旗村"), row("甲岗", "金井社区")]
        self.hold(reported, twins)

        assert self.moved_on(reported, twins[::-1]) == [("same", [], False)] * 2

    def test_a_row_that_says_the_same_goes_before_one_that_comes_near(self, reported):
        self.hold(reported, [row("甲岗", "金井社区", "培训"), row("甲岗", "红旗村", "培训")])

        now = [row("甲岗", "红旗村", "培训"), row("甲岗", "金井社区", "助学")]
        assert self.moved_on(reported, now) == [
            ("changed", ["project_goal"], True),
            ("same", [], False),
        ]

    def test_of_two_rows_of_one_name_a_changed_one_meets_the_one_it_differs_least_from(
        self, reported
    ):
        self.hold(reported, [row("甲岗", "红旗村", "培训"), row("甲岗", "金井社区", "助学")])

        now = [row("甲岗", "金井社区", "助学3名"), row("甲岗", "红旗村", "培训2期")]
        assert self.moved_on(reported, now) == [("changed", ["project_goal"], True)] * 2

    def test_added_and_missing_rows_are_told(self, org, reported):
        data = xlsx(
            [
                (TITLE,),
                ("填报单位：城东区妇联",),
                HEAD,
                ("甲岗", "红旗村", "培训"),
                ("丁岗", "红旗村", "助学"),
            ]
        )

        changes = file_meaning.changes(
            incoming.read(data, SUMMARY, area=org.city), SUMMARY, reported
        )

        assert [change["kind"] for change in changes] == ["same", "added", "missing"]

    def test_a_file_is_late_after_the_due_day_and_on_time_on_it(self, calls):
        assert not file_meaning.is_late(calls.summary, dt.date(2014, 5, 25))
        assert file_meaning.is_late(calls.summary, dt.date(2014, 5, 26))
        assert file_meaning.is_late(calls.summary, None) is None

    def test_a_folder_of_forms_is_read_one_post_a_workbook(self, org, people, calls, tmp_path):
        intent = annexes.get("pairing-intent")
        for number, unit in enumerate((org.east_post, org.east_post2)):
            filled = fill(
                unit, people.post if number == 0 else people.post2, village=org.east_village
            )
            take("submit", unit, people.post if number == 0 else people.post2)
            data = intent.write(filled.only_row.values, properties={"unit": str(unit.uuid)})
            (tmp_path / f"{number}.xlsx").write_bytes(data)
        out = StringIO()

        call_command("annex", "read", "pairing-intent", str(tmp_path), "--json", stdout=out)

        first, second = json.loads(out.getvalue())
        assert [f["unit"]["name"] for f in (first, second)] == [
            org.east_post.name,
            org.east_post2.name,
        ]
        assert first["problems"] == second["problems"] == []
        values = first["records"][0]["values"]
        assert (values["leader_name"], values["leader_title"], values["leader_phone"]) == (
            "林演甲子",
            "岗长",
            "16900000001",
        )
        assert values["offered_support"] == ["material", "project"]
        assert values["intended_village"] == {"unit": str(org.east_village.uuid), "text": "红旗村"}
        assert [f["submission"] for f in (first, second)] == ["duplicate", "duplicate"]

    def test_a_form_typed_into_word_is_read(self, org, people, calls):
        data = docx(
            "附件1",
            [
                ("巾帼文明岗（妇委会）名称", org.east_post.name),
                ("巾帼文明岗级别", "全国级（  ）  省级（  ）  市级（ √ ）"),
                ("负责人姓名、职务及联系电话", "林演甲，岗长，16900000003"),
                ("电子邮箱", ""),
                ("现已有结对村（若无则不填写）", "无"),
                ("拟结对村", "临江镇红旗村"),
                (
                    "可提供扶持内容（可多项选择）",
                    "物质牵手（√）、项目牵手（ ）、\n文化牵手（√）、爱心牵手（ ）；",
                ),
                ("", "牵手帮扶项目目标、具体内容：\n举办培训2期。"),
            ],
        )

        found = incoming.read(data, annexes.get("pairing-intent"), area=org.city)

        assert found.problems == []
        assert found.unit.name == org.east_post.name
        (record,) = found.records
        assert record.values["post_level"] == "municipal"
        assert record.values["offered_support"] == ["material", "culture"]
        assert record.values["existing_village"] == []
        assert record.values["intended_village"]["unit"] == str(org.east_village.uuid)
        assert record.values["project_goal"] == "举办培训2期。"
        assert record.cells["leader_phone"] == "表1 第3行第2列"


@pytest.mark.django_db
def test_the_command_says_in_a_sentence_what_it_cannot_do(org, tmp_path, capsys):
    with pytest.raises(SystemExit):
        call_command("annex", "read", "pairing-summary", str(tmp_path / "没有.xlsx"))

    assert "不能读取文件" in capsys.readouterr().err


@pytest.mark.django_db
def test_a_file_over_the_cap_is_said_to_be_so_and_never_cut(org, settings):
    settings.ANNEX_CAPS = {"pairing-summary": {"rows": 3}}
    rows = [(f"演示{n}岗", "红旗村", "培训") for n in range(5)]

    found = incoming.read(xlsx([HEAD, *rows]), SUMMARY, area=org.city)

    assert found.records == []
    assert "有5条记录，一次最多3条" in found.refused


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused_before_it_is_opened(org, settings):
    settings.ANNEX_CAPS = {"pairing-summary": {"bytes": 1 << 20}}

    found = incoming.read(b"x" * ((1 << 20) + 1), SUMMARY, area=org.city)

    assert found.refused_code == "size"
