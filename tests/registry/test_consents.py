"""Consent: who gives it at which age, what is kept without it, what withdrawal does."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from federation import kept_files
from federation.models import AuditEvent
from registry import access, consents
from registry.models import Erasure, Relation
from registry.refusal import Refused

WHY = "核实后落实演示补助"
ALL = ("register", "contact", "health")
TODAY = timezone.localdate
SCAN = b"%PDF-1.4 %%EOF"


def aunt(child):
    return Relation.objects.unscoped(reason="a test asks").get(
        person=child, kind="temporary_guardian"
    )


def recorded(person, by, **said):
    said = {"basis": "consent", "purposes": ALL, "given_on": TODAY(), **said}
    return consents.record(person, by=by, **said)


def test_a_child_without_consent_keeps_the_least_and_says_so(archives):
    assert consents.missing(archives.child) == (
        "缺监护人同意，只保留姓名、性别、出生日期、所在村（社区）和专项。"
    )
    consents.check_may_keep(archives.child, ("name", "sex", "born_on", "unit", "programmes"))
    for field in ("phone", "address", "relations", "needs", "health"):
        with pytest.raises(Refused):
            consents.check_may_keep(archives.child, (field,))


def test_under_14_a_guardian_gives_it(people, archives):
    with pytest.raises(Refused, match="监护人"):
        recorded(archives.child, people.village)
    strange = Relation(person=archives.woman, kind="spouse", name="郑演癸酉")
    strange.save()
    with pytest.raises(Refused, match="不是此人的监护人"):
        recorded(archives.child, people.village, guardian=strange)

    row = recorded(archives.child, people.village, guardian=aunt(archives.child))

    assert row.by_guardian
    assert consents.missing(archives.child) == ""
    consents.check_may_keep(archives.child, ("phone", "health", "needs"))
    line = AuditEvent.objects.get(verb="record_consent")
    assert (line.unit, line.actor) == (archives.child.unit, people.village)


def test_a_duty_stands_in_with_its_citation(people, archives):
    with pytest.raises(Refused, match="文号"):
        recorded(archives.child, people.village, basis="statutory_duty", citation=" ")
    assert consents.proposed_citation(archives.child) == "国发〔2016〕13号"

    recorded(archives.child, people.village, basis="statutory_duty", citation="国发〔2016〕13号")

    assert consents.missing(archives.child) == ""


def test_health_needs_its_own_purpose(people, archives):
    recorded(archives.woman, people.village, purposes=("register",))

    with pytest.raises(Refused, match="健康"):
        consents.check_may_keep(archives.woman, ("health",))
    assert "健康" in consents.missing(archives.woman)


def test_days_and_scope_are_checked(people, archives):
    day = dt.timedelta(days=1)
    for wrong in (
        {"given_on": TODAY() + day},
        {"until": TODAY() - day},
        {"purposes": ("everything",)},
    ):
        with pytest.raises(Refused):
            recorded(archives.woman, people.village, **wrong)


def test_at_fourteen_the_rule_changes_at_local_midnight(people, archives, time_machine):
    archives.child.born_on = dt.date(2013, 6, 1)
    archives.child.save()
    recorded(archives.child, people.village, guardian=aunt(archives.child))

    time_machine.move_to(dt.datetime(2027, 5, 31, 15, 59, tzinfo=dt.UTC))
    assert consents.missing(archives.child) == ""
    time_machine.move_to(dt.datetime(2027, 5, 31, 16, 0, tzinfo=dt.UTC))
    assert consents.missing(archives.child).startswith("已满14周岁，缺本人同意")

    recorded(archives.child, people.village)
    assert consents.missing(archives.child) == ""


def test_withdrawal_hides_at_once_and_proposes_an_erasure(people, archives):
    row = recorded(archives.child, people.village, guardian=aunt(archives.child))
    assert access.reveal(archives.child, "phone", by=people.village, reason=WHY)

    consents.withdraw(row, by=people.village, reason="监护人来电撤回")

    assert consents.hidden(archives.child) == {"id_number", "phone", "address", "health"}
    for field in consents.hidden(archives.child):
        with pytest.raises(Refused, match="不再显示"):
            access.reveal(archives.child, field, by=people.village, reason=WHY)
    assert consents.missing(archives.child).startswith("同意已撤回或到期")
    proposed = Erasure.objects.unscoped(reason="a test asks").get(person=archives.child)
    assert (proposed.proposed_by, proposed.confirmed_by) == (people.village, None)


def test_what_ended_by_its_day_is_hidden_too(people, archives, time_machine):
    recorded(archives.woman, people.village, until=TODAY())
    assert consents.hidden(archives.woman) == frozenset()

    time_machine.move_to(timezone.now() + dt.timedelta(days=1))

    assert "phone" in consents.hidden(archives.woman)


def test_a_programme_of_law_needs_no_consent(archives):
    archives.woman.enrolments.exclude(programme__code="poor_woman").delete()
    archives.woman.health = None

    assert consents.missing(archives.woman) == ""


def test_the_scan_is_kept_with_its_consent(people, archives, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    row = recorded(archives.woman, people.village, upload=SimpleUploadedFile("同意书.pdf", SCAN))

    assert kept_files.path_of(row.scan).read_bytes() == SCAN
    assert row.scan in set(consents.owned_scans())


def test_who_may_not_write_the_archive_records_nothing(people, carers, archives):
    for user in (people.county, carers.carer, people.other_city):
        with pytest.raises(Exception, match="matching query"):
            recorded(archives.child, user, guardian=aunt(archives.child))
