"""What offices do to a form, case by case: each is read as a person would read it."""

import re
import unicodedata

import pytest

from reporting import annexes, incoming
from tests.reading.cases import CASES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quanzhou")]


def comparable(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def reader(quanzhou, django_db_blocker):
    with django_db_blocker.unblock(), incoming.Reader(annexes.get("pairing-summary")) as reader:
        yield reader


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_is_read_as_a_person_would(reader, case):
    reading = reader.read(case.data, name=case.file)

    said = {(problem.level, problem.where) for problem in reading.problems}
    assert [
        (
            comparable(record.values["post"]),
            [village.code or "?" for village in record.villages],
            comparable(record.values["project_goal"]),
        )
        for record in reading.records
    ] == [(comparable(p), codes, comparable(goal)) for p, codes, goal in case.records], (
        reading.problems
    )
    assert (reading.unit.name, reading.unit.found_in) == (case.unit, case.found_in)
    assert case.levels <= said
    assert case.skips <= {skip.why.partition("“")[0] for skip in reading.skipped}
    if case.clean:
        assert [p.message for p in reading.problems if p.level != "warning"] == []
    assert all(re.search(r"[\u4e00-\u9fff]", problem.message) for problem in reading.problems)


def test_there_are_more_than_sixty_cases_and_no_name_twice():
    names = [case.name for case in CASES]

    assert len(names) == len(set(names)) > 60
