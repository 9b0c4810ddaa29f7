"""T2 for the share ``township`` of the principals; only in the battery (conftest.py)."""

import pytest

from tests.acceptance.reading import SHARES, read_all

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T2")]


@pytest.mark.parametrize("name", SHARES["township"])
def test_nobody_of_the_townships_finds_a_canary_beyond_her_reach(stage, name):
    read_all(stage, name)
