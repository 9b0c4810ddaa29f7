"""泉州 as it is, to read returns in."""

from collections.abc import Iterator

import pytest

from federation import code_lists, divisions
from tests.committed import committed


@pytest.fixture(scope="module")
def quanzhou(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Every unit and village of 泉州, committed for the tests of one module."""
    with committed(django_db_blocker):
        code_lists.load()
        divisions.load(divisions.CITIES["quanzhou"])
        yield
