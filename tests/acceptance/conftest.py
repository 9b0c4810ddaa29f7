"""The acceptance world, made once a module; each test's doings on it are rolled back at its end."""

import pytest
from battery import FULL
from django.db import transaction
from django.test.utils import override_settings

from administration import acceptance
from tests.acceptance.stage import Stage

# The daily run reads with a few, in test_t2_crawl.py.
collect_ignore_glob = [] if FULL else ["test_t2_of_*.py"]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker, tmp_path_factory):
    media = tmp_path_factory.mktemp("media")
    # A module lasts longer than a confirmation does; how long that is, tests/login asks.
    world = override_settings(MEDIA_ROOT=media, CONFIRM_MINUTES=24 * 60)
    with django_db_blocker.unblock(), world, transaction.atomic():
        yield Stage(acceptance.seed())
        transaction.set_rollback(True)
