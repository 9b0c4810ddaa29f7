"""The eight returns that counties mailed, read as they are, against what a person read in them."""

import json
import re
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from reporting.incoming.said import place

RETURNS = Path(__file__).parents[2] / "fixtures" / "returns"
TRUTH = json.loads((RETURNS / "truth.json").read_text("utf-8"))
CASES = {case["case"]: case for case in TRUTH["cases"]}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quanzhou")]


@pytest.fixture(scope="module")
def read(quanzhou, django_db_blocker):
    """All eight by one call of the command, by case."""
    out = StringIO()
    files = [str(RETURNS / case["file"]) for case in CASES.values()]
    with django_db_blocker.unblock():
        call_command("annex", "read", "pairing-summary", *files, "--json", stdout=out)
    return dict(zip(CASES, json.loads(out.getvalue()), strict=True))


def comparable(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("case", CASES)
def test_every_record_of_a_return_is_read_with_its_villages_and_place(read, case):
    got, truth = read[case], CASES[case]

    assert [
        (
            comparable(record["values"]["post"]),
            comparable(record["values"]["project_goal"]),
            record["where"],
            [(v["code"], v["name"], v["town"], v["match"]) for v in record["villages"]],
        )
        for record in got["records"]
    ] == [
        (
            record["post_key"],
            record["project_goal_key"],
            record["where"],
            [(v["code"], v["name"], v["town"], v["match"]) for v in record["villages"]],
        )
        for record in truth["records"]
    ]
    assert [problem for problem in got["problems"] if problem["level"] != "warning"] == []


@pytest.mark.parametrize("case", CASES)
def test_the_sender_of_a_return_is_found_where_it_is_written(read, case):
    got, truth = read[case], CASES[case]

    assert got["unit"]["name"] == truth["reporting_unit"]["name"]
    assert got["unit"]["code"] == truth["reporting_unit"]["code"]
    assert got["unit"]["found_in"] == truth["unit_found_in"]
    assert got["submission"] == truth["submission"]


def test_the_eight_returns_hold_49_records(read):
    assert sum(len(got["records"]) for got in read.values()) == TRUTH["consolidated"]["records"]


def test_an_original_text_is_kept_beside_its_value(read):
    record = read["m02"]["records"][0]

    assert record["original"]["post"] == "　丰泽区演示中心幼儿园　"
    assert record["values"]["post"] == "丰泽区演示中心幼儿园"
    assert "２００册" in record["original"]["project_goal"]
    assert "200册" in record["values"]["project_goal"]


def test_lines_that_are_no_records_are_told_with_the_reason(read):
    assert ("汇总表!A15:C15", "说明文字") in {
        (skip["where"], skip["why"]) for skip in read["m02"]["skipped"]
    }
    assert len([s for s in read["m06"]["skipped"] if s["why"] == "标明作废的工作表"]) == 7


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Sheet1!A4:C4", "Sheet1!A4:C4"),
        ("表1!A4:C4", "表1!A4:C4"),
        ("表2 第3行", "table 2 row 3"),
        ("表1 第3至5行", "table 1 rows 3-5"),
        ("表1 第3行第2列", "table 1 row 3 column 2"),
        ("表1 第4列", "table 1 column 4"),
    ],
)
def test_a_place_outside_a_sheet_is_told_by_table_and_row(said, plain):
    assert place(said) == plain
