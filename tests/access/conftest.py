"""The scene, built once a module; each test's doings on it are rolled back at its end."""

import pytest
from django.db import transaction
from django.test.utils import override_settings

from tests.access import scene as stage


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker, tmp_path_factory):
    media = tmp_path_factory.mktemp("media")
    # A module lasts longer than a confirmation does; how long that is, tests/login asks.
    world = override_settings(MEDIA_ROOT=media, CONFIRM_MINUTES=24 * 60)
    with django_db_blocker.unblock(), world, transaction.atomic():
        built = stage.build()
        stage._ground.append(stage.Ground())
        yield built
        stage._ground.pop()
        transaction.set_rollback(True)
