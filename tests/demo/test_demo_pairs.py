"""The pairs of the demo: every state, a year of logs up to today, some late, some missing."""

import datetime as dt
from collections import Counter

import pytest
from django.test import override_settings
from django.utils import timezone

from federation.models import User
from pairing import demo_pairs
from pairing.models import (
    AssistanceProject,
    ContactLog,
    Pairing,
    PairingAgreement,
    PairingEvent,
    SupportLine,
)
from registry import demo as archives

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(spring, django_db_blocker):
    with django_db_blocker.unblock(), override_settings(DEMO=True):
        archives.load(archives.read())
        yield demo_pairs.load()


@pytest.fixture
def all_of(loaded):
    return lambda model: model._base_manager.all()


def test_pairs_of_both_cities_stand_in_every_state(loaded, all_of):
    kinds = Counter(all_of(Pairing).values_list("kind__code", flat=True))

    assert loaded == sum(kinds.values()) == 326
    assert kinds == {
        "post_village": 80,
        "committee_village": 38,
        "capable_woman_poor_woman": 142,
        "caring_mother_child": 59,
        "volunteer_elder": 7,
    }
    assert set(all_of(Pairing).values_list("state", flat=True)) == set(Pairing.State.values)
    with override_settings(DEMO=True):
        assert demo_pairs.load() == 0
    assert all_of(Pairing).count() == 326


def test_a_year_of_logs_ends_today_with_some_entered_late_and_some_pairs_silent(all_of):
    today = timezone.localdate()
    logs = list(all_of(ContactLog).select_related("pairing"))
    late = [log for log in logs if log.is_late_entry]
    active = all_of(Pairing).filter(state="active")

    assert 2_500 < len(logs) < 4_500
    assert len(logs) // 20 < len(late) < len(logs) // 5
    assert all(log.on <= today and log.entered_at <= timezone.now() for log in logs)
    assert max(log.on for log in logs) > today - dt.timedelta(days=35)
    assert all(log.on <= (log.pairing.ended_on or today) for log in logs)
    silent = active.filter(last_contact_on__lt=today - dt.timedelta(days=60))
    assert 10 < silent.count() < active.count() // 2


def test_what_lives_has_its_terms_its_liaison_and_its_story(all_of):
    lived = all_of(Pairing).filter(state__in=("active", "ended"))

    assert not lived.filter(terms=None).exists()
    assert not lived.filter(liaisons=None).exists()
    told = all_of(PairingEvent).values_list("pairing", "act")
    assert {(pk, "activate") for pk in lived.values_list("pk", flat=True)} <= set(told)
    of_units = lived.filter(helper_unit__isnull=False).count()
    assert all_of(PairingAgreement).count() == of_units
    assert set(all_of(AssistanceProject).values_list("nature", flat=True)) == {
        "capacity_building",
        "relief",
    }
    assert set(all_of(SupportLine).values_list("kind", flat=True)) == set(SupportLine.Kind.values)


def test_each_account_sees_its_pairs_and_the_volunteer_carries_five(all_of):
    def seen(username):
        return Pairing.objects.visible_to(User.objects.get(username=username)).count()

    assert seen("city") == seen("leader") == 118
    assert seen("harbin") == 208
    assert seen("post3") == seen("gang0001") == 1
    carried = Pairing.objects.carried_by(User.objects.get(username="hrb-carer"))
    assert Counter(carried.values_list("kind__code", flat=True)) == {
        "volunteer_elder": 2,
        "caring_mother_child": 2,
        "capable_woman_poor_woman": 1,
    }
