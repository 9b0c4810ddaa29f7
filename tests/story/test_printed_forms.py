"""附件1 and 附件2 as an office prints them: rendered by LibreOffice, one sheet of A4, every word there."""

import re
import shutil
import subprocess

import pytest
from world import approved, take, typed

from reporting import annexes, exports
from tests.workbook.office import convert, needs_office

pytestmark = needs_office
A4 = (595, 842)  # points, as PDF counts them


@pytest.fixture
def printed(tmp_path):
    """``printed(made)``: the pages of an export as (width, height) in points, and its words."""
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("跳过：没有 pdftotext，未能读出印出来的字 (apt install poppler-utils)")

    def render(made):
        source = tmp_path / "form.xlsx"
        with source.open("wb") as out:
            made.write_to(out)
        pdf = convert(source, "pdf", tmp_path / "profile")
        boxes = re.findall(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", pdf.read_bytes())
        words = subprocess.run(
            [reader, "-raw", str(pdf), "-"], check=True, capture_output=True, text=True
        )
        return [(round(float(w)), round(float(h))) for w, h in boxes], words.stdout

    return render


def flat(text: str) -> str:
    """Words without line breaks and blanks: a cell wraps where it likes."""
    return re.sub(r"\s+", "", text)


def test_a_filled_form_prints_on_one_sheet_with_all_its_words(org, people, calls, printed):
    approved(org.east_post, people.post, people.county, village=org.east_village)
    intent = annexes.get("pairing-intent")
    pages, words = printed(
        exports.make(intent, unit=org.east_post, period="2014", user=people.post)
    )
    assert pages == [A4]
    values = typed(org.east_village)
    unticked = [text for text in intent.headings.values() if "（ " not in text]
    for word in (
        *unticked,
        org.east_post.name,
        "红旗村",
        *(values[key] for key in ("leader_name", "leader_title", "leader_phone", "email")),
        values["project_goal"],
        "市级（√）",
        "物质牵手（√）、项目牵手（√）、文化牵手（ ）、爱心牵手（ ）",
    ):
        assert flat(word) in flat(words)


@pytest.mark.parametrize("times", [1, 8], ids=["short", "long"])
def test_a_table_prints_on_a4_with_its_heads_on_every_sheet(
    org, people, calls, crowd, printed, times
):
    units = [org.east_post, org.east_post2, org.east_committee, *crowd]
    goal = "扶持巾帼示范基地1个，举办培训4期；" * times
    for unit in units:
        approved(unit, people.county, people.county2, village=org.east_village, project_goal=goal)
    take("submit", org.east, people.county, "pairing-summary")
    table = annexes.get("pairing-summary")

    pages, words = printed(exports.make(table, unit=org.east, period="2014", user=people.city))

    assert set(pages) == {A4}
    assert (len(pages) > 1) == (times > 1)
    assert flat(table.headings["A2"]) in flat(words)
    assert "填报单位：城东区妇联" in flat(words)
    for unit in units:
        assert flat(unit.name) in flat(words)
    for field in table.fields:
        assert flat(words).count(flat(field.label)) == len(pages)
