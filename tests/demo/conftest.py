"""The demo as `run` shows it, loaded once for each module that looks at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from federation import demo as people
from pairing import demo
from tests.committed import committed


@pytest.fixture(scope="module")
def demo_data() -> Iterator[dict[str, Any]]:
    with override_settings(DEMO=True):
        yield people.read()


@pytest.fixture(scope="module")
def accounts(demo_data, django_db_setup, django_db_blocker) -> Iterator[tuple[int, int]]:
    """Units and accounts, nothing reported yet; how many were made of each."""
    with committed(django_db_blocker):
        yield people.load(demo_data)


@pytest.fixture(scope="module")
def spring(accounts, demo_data, django_db_blocker) -> int:
    """The whole spring of 2014; the number of submissions."""
    with django_db_blocker.unblock():
        return demo.load(demo_data)
