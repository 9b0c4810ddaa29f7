"""The demo never mixes with what is real."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from federation import code_lists, demo, tree
from federation.models import OrgUnit, UnitType, User


def test_outside_a_demo_nothing_is_loaded(db, settings, demo_data):
    settings.DEMO = False

    with pytest.raises(CommandError, match="不是演示环境"):
        call_command("load_demo")

    assert (User.objects.count(), OrgUnit.objects.count()) == (0, 0)


def test_a_real_account_of_the_same_name_stops_the_load_and_stays(db, demo_data):
    real = User.objects.create_user("city", password="real-one-2014", display_name="真实账号")

    with pytest.raises(ValidationError, match="已有同名的真实账号：city"):
        demo.load(demo_data)

    assert list(User.objects.all()) == [real]
    assert OrgUnit.objects.count() == 0


def test_a_real_unit_of_the_same_name_stops_the_load_and_stays(db, demo_data):
    code_lists.load()
    kind = UnitType.objects.get(code="civilized_post")
    name = demo_data["posts"][0]["name"]
    real = tree.add(None, OrgUnit(name=name, short_name=name, unit_type=kind))

    with pytest.raises(ValidationError, match="已有同名的真实组织"):
        demo.load(demo_data)

    assert list(OrgUnit.objects.all()) == [real]


def test_the_accounts_are_listed_without_loading_anything(db, demo_data, capsys):
    call_command("load_demo", accounts=True)

    out = capsys.readouterr().out
    assert demo.PASSWORD in out
    assert "gang0001…gang0158 158个文明岗、妇委会的岗负责人" in out
    assert User.objects.count() == 0
