"""附件 out: exactly what one person may see, verified, and the same file from page and shell."""

import io
import zipfile

import pytest
from django.core.management import CommandError, call_command
from world import approved, fill, of, take

from reporting import annexes, exports, workflow
from reporting.jobs.kinds import Denied, authorise
from reporting.models import Job
from reporting.workbook import compare_layout

SUMMARY = "pairing-summary"
FORMS = "pairing-intent"


@pytest.fixture
def reported(org, people, calls):
    """城东区 has reported two rows, 城西县 one; the city approved 城西县's."""
    approved(org.east_post, people.post, people.county, village=org.east_village)
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
    take("submit", org.east, people.county, SUMMARY)
    take("submit", org.west, people.sibling, SUMMARY)
    take("approve", org.west, people.city, SUMMARY)


def make(code, unit, user, **more):
    return exports.make(annexes.get(code), unit=unit, period="2014", user=user, **more)


def cells(made) -> dict[str, str]:
    from openpyxl import load_workbook  # noqa: PLC0415 -- reading back, in a test only

    sheet = load_workbook(io.BytesIO(made.data)).active
    return {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value}


def test_a_county_s_table_is_the_issued_form_with_its_rows(org, people, reported):
    made = make(SUMMARY, org.east, people.county)

    found = cells(made)
    assert found["A3"] == "填报单位：城东区妇联"
    assert [found["A5"], found["B5"]] == ["城东区演示供电营业厅", "红旗村"]
    assert [found["A6"], found["B6"]] == ["城东区演示办税服务厅", "金井社区"]
    assert "A7" not in found
    issued = annexes.get(SUMMARY).workbook_path.read_bytes()
    assert (
        compare_layout(issued, made.data, filled={"A3", "A5", "B5", "C5", "A6", "B6", "C6"}) == []
    )
    assert made.file_name == "附件2：城东区妇联“岗村、委村”结对帮扶汇总表（2014）.xlsx"


def test_the_city_s_table_keeps_the_unit_on_every_row(org, people, reported):
    made = make(SUMMARY, org.city, people.city)

    found = cells(made)
    assert (made.rows, made.pending) == (3, 2)
    assert found["D4"] == "填报单位"
    assert [found[f"D{n}"] for n in (5, 6, 7)] == ["城东区妇联", "城东区妇联", "城西县妇联"]
    assert [found["A4"], found["B4"], found["C4"]] == [
        "文明岗（妇委会）",
        "结对村",
        "结对帮扶项目、目标",
    ]


def test_only_what_was_approved_when_that_is_asked(org, people, reported):
    made = make(SUMMARY, org.city, people.city, only="approved")

    assert (made.rows, made.pending) == (1, 0)
    assert cells(made)["D5"] == "城西县妇联"


def test_a_returned_row_is_in_no_export_from_above(org, people, reported):
    row = of(org.east, SUMMARY).rows.first()
    take("return", org.east, people.city, SUMMARY, cells=[workflow.Cell(str(row.uuid), "", "核实")])

    assert make(SUMMARY, org.city, people.city).rows == 2
    assert make(SUMMARY, org.east, people.city).rows == 1
    assert make(SUMMARY, org.east, people.county).rows == 2  # her own draft, whole


def test_all_forms_come_as_a_zip_with_names_that_say_whose_they_are(org, people, reported):
    made = make(FORMS, org.city, people.city)
    out = io.BytesIO()
    made.write_to(out)

    names = zipfile.ZipFile(out).namelist()
    assert names == [
        "城东区妇联-城东区演示供电营业厅-附件1.xlsx",
        "城东区妇联-城东区演示办税服务厅-附件1.xlsx",
        "城西县妇联-城西县演示幼儿园-附件1.xlsx",
    ]


def test_one_form_is_filled_from_its_row_and_the_register(org, people, reported):
    found = cells(make(FORMS, org.east_post, people.post))

    assert found["B5"] == "城东区演示供电营业厅"
    assert found["B6"] == "全国级（  ）  省级（  ）  市级（√）"
    assert found["B7"] == "林演甲子  岗长  16900000001"
    assert found["B10"] == "红旗村"


@pytest.mark.parametrize(
    ("who", "unit"),
    [
        ("sibling", "east"),
        ("county", "west"),
        ("county", "city"),
        ("post", "east"),
        ("post", "east_post2"),
        ("other_department", "west"),
        ("other_city", "city"),
        ("village", "east"),
        ("volunteer", "east"),
        ("sysadmin", "city"),
        ("audit", "city"),
        ("nobody", "city"),
    ],
)
def test_nobody_exports_what_lies_outside_her_reach(org, people, reported, who, unit):
    for code in (SUMMARY, FORMS):
        with pytest.raises(exports.NothingToExport, match="没有权限"):
            make(code, getattr(org, unit), getattr(people, who))


def test_what_was_never_reported_is_not_exported_from_above(org, people, calls):
    with pytest.raises(exports.NothingToExport, match="尚未报送"):
        make(SUMMARY, org.east, people.city)
    with pytest.raises(exports.NothingToExport, match="没有已报的附件2"):
        make(SUMMARY, org.city, people.city)


def test_a_nil_report_says_so_on_paper(org, people, calls):
    take("submit", org.west, people.sibling, SUMMARY, nil_report=True)

    assert cells(make(SUMMARY, org.west, people.city))["A5"] == "本期无"


def test_formulas_typed_into_a_form_stay_text(org, people, calls):
    fill(org.east_post, people.post, project_goal='=HYPERLINK("http://example.com";"x")\n@1+1')
    take("submit", org.east_post, people.post)
    take("approve", org.east_post, people.county)

    made = make(SUMMARY, org.east, people.county)

    assert cells(made)["C5"].startswith("=HYPERLINK")
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(made.data)).read("xl/worksheets/sheet1.xml")


def test_the_shell_writes_the_same_rows_and_refuses_in_one_chinese_line(
    org, people, reported, tmp_path, capsys
):
    out = tmp_path / "city.xlsx"
    call_command(
        "annex", "export", SUMMARY, unit="东海市妇联", period="2014", username="city", out=str(out)
    )
    assert "已导出 3 行（其中未审 2 行）" in capsys.readouterr().out
    assert out.read_bytes()[:2] == b"PK"

    for arguments in (
        {"unit": "城西县妇联", "username": "county"},
        {"unit": "没有的县", "username": "city"},
        {"unit": "红旗村", "username": "city"},
        {"unit": "东海市妇联", "username": "ghost"},
    ):
        with pytest.raises((SystemExit, CommandError)) as refused:
            call_command(
                "annex",
                "export",
                SUMMARY,
                period="2014",
                out=str(tmp_path / "no.xlsx"),
                **arguments,
            )
        assert refused.value.code == 1
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "no.xlsx").exists()


def test_the_job_asks_again_what_its_requester_may_see_now(org, people, reported):
    job = Job(
        kind="annex_export",
        requester=people.county,
        unit=org.east,
        params={"annex": SUMMARY, "period": "2014", "only": ""},
    )
    authorise(job, people.county)

    people.county.appointments.update(ends_on="2014-02-01")

    with pytest.raises(Denied):
        authorise(job, people.county)
