"""What offices do to a form, case by case: each is read as a person would read it."""

import re

import pytest

from reporting import annexes, incoming
from tests.reading.formats import FORMATS, REFUSED
from tests.reading.name_cases import NAMES
from tests.reading.odd_cases import ALL
from tests.reading.truth import check

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quanzhou")]


@pytest.fixture(scope="module")
def reader(quanzhou, django_db_blocker):
    with django_db_blocker.unblock(), incoming.Reader(annexes.get("pairing-summary")) as reader:
        yield reader


@pytest.mark.parametrize("case", [*ALL, *FORMATS, *NAMES], ids=lambda case: case.name)
def test_a_file_is_read_as_a_person_would(reader, case):
    reading = reader.read(case.data, name=case.file)

    check(reading, case)


def test_there_are_more_than_sixty_cases_and_no_name_twice():
    names = [case.name for case in [*ALL, *FORMATS, *NAMES]]

    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("ending", ["xlsx", "txt", ""])
def test_the_name_of_a_file_says_nothing_of_its_kind(reader, ending):
    for case in FORMATS[::9]:
        check(reader.read(case.data, name=f"a.{ending}"), case)


@pytest.mark.parametrize(("name", "data", "code", "remedy"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")  # fmt: skip
def test_what_is_not_read_is_named_with_the_remedy(reader, name, data, code, remedy):
    reading = reader.read(data, name="来件.xlsx")

    assert (reading.refused_code, reading.records) == (code, [])
    assert re.fullmatch(r"“来件.xlsx”：[^\n]+。", reading.refused)
    assert remedy in reading.refused
