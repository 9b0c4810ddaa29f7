"""``seed_acceptance`` in an empty database, and in one that is not."""

import json

import pytest
from django.core.management import CommandError, call_command

from federation.models import OrgUnit, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_database_with_anybody_in_it_is_refused_and_stays_as_it_is(db):
    User.objects.create_user("somebody", "x")

    with pytest.raises(CommandError, match="没有写入任何内容"):
        call_command("seed_acceptance", "--json")

    assert not OrgUnit.objects.exists()
    assert User.objects.count() == 1


def test_the_command_prints_one_object(media, capsys):
    call_command("seed_acceptance", "--json")

    said = json.loads(capsys.readouterr().out)
    assert {"seed", "tree", "principals", "resources", "canaries", "identity_numbers"} <= set(said)
