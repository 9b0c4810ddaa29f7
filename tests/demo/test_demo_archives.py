"""The archives of the demo: invented, of every 专项, with something to decide in each list."""

import json
import re

import pytest
from django.test import override_settings

from federation.models import User
from registry import demo, identity_numbers
from registry.models import (
    Consent,
    DuplicatePair,
    Enrolment,
    Helper,
    Need,
    Person,
    Programme,
    Relation,
    Site,
    Transfer,
)
from registry.models.persons import ADULT, born_after

pytestmark = pytest.mark.django_db

NAME = re.compile(r"\w演\w\w")


@pytest.fixture(scope="module")
def harbin():
    return demo.read()


@pytest.fixture(scope="module")
def loaded(harbin, accounts, django_db_blocker):
    with django_db_blocker.unblock(), override_settings(DEMO=True):
        yield demo.load(harbin)


@pytest.fixture
def all_of(loaded):
    return lambda model: model._base_manager.all()


def test_nobody_in_it_is_real(harbin):
    people = harbin["people"]
    numbers = [one["number"] for one in people]
    phones = [one["phone"] for key in ("people", "accounts", "sites", "enterprises")
              for one in harbin[key] if "phone" in one]  # fmt: skip
    phones += [one["guardian"]["phone"] for one in people if "guardian" in one]
    names = [one["name"] for key in ("people", "accounts") for one in harbin[key]]
    names += [one["helper"][1] for one in people if "helper" in one]
    names += [one["guardian"]["name"] for one in people if "guardian" in one]
    names += [one["leader"] for key in ("sites", "groups") for one in harbin[key]]

    assert len(set(numbers)) == len(numbers) == 501
    assert all(number.startswith("99") for number in numbers)
    assert all(identity_numbers.checked(number).sex for number in numbers)
    assert [phone for phone in phones if not re.fullmatch(r"1690000\d{4}", phone)] == []
    assert [name for name in names if not NAME.fullmatch(name)] == []
    assert all("演示" in one["name"] for key in ("sites", "groups", "enterprises")
               for one in harbin[key])  # fmt: skip
    known = {*numbers}
    written = set(re.findall(r"(?<!\d)\d{17}[\dX](?!\d)", json.dumps(harbin)))
    assert written == known


def test_it_loads_501_persons_and_the_six_archives_that_some_have_twice(loaded, all_of):
    assert loaded == (8, 501 + 6)
    assert all_of(Person).filter(synthetic=True).count() == 507
    assert all_of(Person).exclude(pinyin="").count() == 507


def test_a_second_load_adds_nothing(loaded, harbin, all_of):
    with override_settings(DEMO=True):
        assert demo.load(harbin) == (0, 0)
    assert all_of(Person).count() == 507


def test_every_programme_has_its_people_and_each_fits_its_definition(all_of):
    enrolments = all_of(Enrolment).select_related("person", "programme")
    wrong = [
        words
        for one in enrolments
        if (definition := one.programme.definition_on(one.starts_on))
        and (words := definition.why_not(
            sex=one.person.sex, born_on=one.person.born_on, on=one.starts_on
        ))
    ]  # fmt: skip

    assert {one.programme.code for one in enrolments} == set(
        Programme.objects.values_list("code", flat=True)
    )
    assert wrong == []


def test_there_is_something_in_every_list(all_of):
    assert all_of(DuplicatePair).filter(why="number").count() == 3
    assert all_of(DuplicatePair).filter(why="near").count() == 3
    assert all_of(Transfer).filter(state="offered").count() == 2
    assert all_of(Need).filter(state="open").exists()
    assert all_of(Person).filter(verified_on=None).exists()
    assert 0 < all_of(Consent).values("person").distinct().count() < 507
    assert all_of(Relation).filter(away=True).exists()
    assert all_of(Site).values("kind").distinct().count() >= 8
    assert set(all_of(Helper).values_list("role", flat=True)) >= {"caring_mother", "entrepreneur"}


def test_each_account_sees_what_its_post_allows(all_of):
    def seen(username):
        return Person.objects.visible_to(User.objects.get(username=username))

    village = all_of(Person).filter(unit__division_code="230127101200")
    minors = village.filter(born_on__gt=born_after(ADULT))

    assert seen("hrb-village").count() == village.count() > 20
    assert seen("hrb-carer").count() == 4 < minors.count()
    assert seen("hrb-mulan").minors().count() == 0  # an officer without the children's post
    assert seen("hrb-children").minors().count() >= minors.count()
    assert seen("hrb-city-rights").count() == 507
    assert seen("city").count() == 0
