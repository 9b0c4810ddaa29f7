"""A committed world a module: what happens at one moment happens on several connections."""

from types import SimpleNamespace

import pytest
from committed import committed
from world import build_calls, build_people, build_units, fill


@pytest.fixture(scope="module")
def living(django_db_setup, django_db_blocker):
    """``living.org``, ``.people``, ``.calls``, committed; both eastern posts' 附件1 filled."""
    with committed(django_db_blocker):
        yield build_living()


def build_living() -> SimpleNamespace:
    org = build_units()
    people = build_people(org)
    calls = build_calls(org)
    fill(org.east_post, people.post, village=org.east_village)
    fill(org.east_post2, people.post2, village=org.east_village2)
    return SimpleNamespace(org=org, people=people, calls=calls)
