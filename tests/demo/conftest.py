"""The demo as `run` shows it."""

import pytest

from federation import demo as people
from pairing import demo


@pytest.fixture
def demo_data(settings):
    settings.DEMO = True
    return people.read()


@pytest.fixture
def accounts(db, demo_data):
    """Units and accounts, nothing reported yet."""
    people.load(demo_data)
    return {account["username"]: account for account in demo_data["accounts"]}


@pytest.fixture
def spring(accounts, demo_data):
    """The whole spring of 2014; returns the number of submissions."""
    return demo.load(demo_data)
