"""Consent: who gives it at which age, what is kept without it, what withdrawal does."""

import datetime as dt

import pytest
from days import today
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from federation import kept_files
from federation.models import AuditEvent
from registry import access, consents, masking, readers
from registry.models import Erasure, Person, Relation
from registry.refusal import Refused
from registry.register_choice import Choice, Mode
from registry.register_columns import Columns

WHY = "核实后落实演示补助"
ALL = ("register", "contact", "health")
DAY = dt.timedelta(days=1)
SCAN = b"%PDF-1.4 %%EOF"


def aunt(child):
    return Relation.objects.unscoped(reason="a test asks").get(
        person=child, kind="temporary_guardian"
    )


def recorded(person, by, **said):
    said = {"basis": "consent", "purposes": ALL, "given_on": today(), **said}
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
        {"given_on": today() + day},
        {"until": today() - day},
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


# (born, the last second before): in UTC, eight hours behind the midnight of Shanghai. Who was
# born on 29 February is a year older on 1 March.
BIRTHDAYS = {
    14: [
        ("2013-06-01", "2027-05-31T15:59:59"),
        ("2016-02-29", "2030-02-28T15:59:59"),
        ("2017-01-01", "2030-12-31T15:59:59"),
    ],
    18: [
        ("2009-06-01", "2027-05-31T15:59:59"),
        ("2012-02-29", "2030-02-28T15:59:59"),
        ("2010-01-01", "2027-12-31T15:59:59"),
    ],
}
SECOND = dt.timedelta(seconds=1)


def moments(last: str) -> tuple[dt.datetime, dt.datetime]:
    before = dt.datetime.fromisoformat(f"{last}+00:00")
    return before, before + SECOND


def test_at_fourteen_what_a_guardian_allowed_is_hidden_until_she_is_asked(
    people, archives, time_machine
):
    child = archives.child
    given = recorded(child, people.village, guardian=aunt(child))
    for born_on, last in BIRTHDAYS[14]:
        child.born_on = dt.date.fromisoformat(born_on)
        child.save()
        before, after = moments(last)
        asked = Person.objects.visible_to(people.village).to_ask_herself
        seen = {}
        for moment in (before - 31 * DAY, before - 29 * DAY, before, after):
            time_machine.move_to(moment, tick=False)
            hidden, missing = consents.standing(child)
            seen[moment] = (sorted(hidden), missing[:7], list(asked()) == [child])
        assert list(seen.values()) == [
            ([], "", False),
            ([], "", True),
            ([], "", True),
            (["address", "health", "id_number", "phone"], "已满14周岁，", True),
        ], born_on
        with pytest.raises(Refused, match="不再显示"):
            access.reveal(child, "phone", by=people.village, reason=WHY)

    # Her own word brings it back, and takes her off the list.
    own = recorded(child, people.village)
    assert consents.standing(child) == (frozenset(), "")
    assert not asked().exists()
    # It carries on past 18. What a guardian gives for a girl of fourteen does not.
    time_machine.move_to(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    assert consents.standing(child) == (frozenset(), "")
    own.delete()
    given.given_on = dt.date(2032, 5, 1)
    given.save()
    assert consents.missing(child).startswith("已满18周岁，缺本人同意")


def test_at_eighteen_an_archive_leaves_the_minors_zone(people, carers, archives, time_machine):
    teen = archives.teen
    for born_on, last in BIRTHDAYS[18]:
        teen.born_on = dt.date.fromisoformat(born_on)
        teen.save()
        seen = []
        for moment in moments(last):
            time_machine.move_to(moment, tick=False)
            clerk, zone = people.county, carers.children_city
            seen.append(
                (
                    access.in_reach(clerk, teen),  # a county clerk without the zone
                    access.may_open(zone, teen),  # without a reason
                    masking.shown(teen, "name", to=zone),
                    any(reader.user == clerk for reader in readers.of(teen)),
                    Person.objects.visible_to(zone).minors().filter(pk=teen.pk).exists(),
                )
            )
        assert seen == [
            (False, False, "李某", False, True),
            (True, True, "李演丁卯", True, False),
        ], born_on


def test_what_was_withdrawn_leaves_in_no_file(people, org, archives, programmes):
    row = recorded(archives.woman, people.village, purposes=[*ALL, "publish"])
    left = {}

    def rows(mode, **more):
        choice = Choice(mode=mode, unit=org.east_village, programme=programmes.poor_woman, **more)
        who = choice.persons(people.village)
        if mode == Mode.PUBLIC:
            who = choice.may_be_published(who, people.village)
        columns = Columns(choice, people.village)
        return str(list(columns.rows(list(who.values_list("pk", flat=True)))))

    number = archives.woman.id_number.open()
    for moment in ("given", "withdrawn"):
        clear, inside = rows(Mode.REPORT, clear=True), rows(Mode.INTERNAL)
        left[moment] = (
            number in clear,
            number[:4] + "*" in inside,
            "林演甲子" in rows(Mode.PUBLIC),
        )
        if not row.withdrawn_on:
            archives.woman.enrolments.exclude(programme=programmes.poor_woman).delete()
            programmes.poor_woman.consent_needed = True
            programmes.poor_woman.save()
            row = consents.withdraw(row, by=people.village, reason="本人来电撤回")

    assert left == {"given": (True, True, True), "withdrawn": (False, False, False)}


def test_withdrawal_hides_at_once_and_proposes_an_erasure(people, archives):
    row = recorded(archives.child, people.village, guardian=aunt(archives.child))
    assert access.reveal(archives.child, "phone", by=people.village, reason=WHY)
    child = archives.child  # the house had listed it for a later day
    Erasure(unit=child.unit, person=child, person_uuid=child.uuid, due_on=today() + DAY).save()

    consents.withdraw(row, by=people.village, reason="监护人来电撤回")

    assert consents.hidden(archives.child) == {"id_number", "phone", "address", "health"}
    for field in consents.hidden(archives.child):
        with pytest.raises(Refused, match="不再显示"):
            access.reveal(archives.child, field, by=people.village, reason=WHY)
    assert consents.missing(archives.child).startswith("同意已撤回或到期")
    proposed = Erasure.objects.unscoped(reason="a test asks").get(person=archives.child)
    assert (proposed.proposed_by, proposed.confirmed_by) == (people.village, None)
    assert (proposed.reason, proposed.due_on) == ("撤回同意", today())


def test_what_ended_by_its_day_is_hidden_too(people, archives, time_machine):
    recorded(archives.woman, people.village, until=today())
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
