"""Retention and erasure: proposed, confirmed by another, done on its day; counts stay."""

import datetime as dt
import io
from uuid import uuid4

import pytest
from days import today
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from federation import kept_files
from federation.models import AuditEvent
from registry import consents, erasing, retention, tombstones
from registry.models import Erasure, Person, Relation
from registry.refusal import Refused

DAY = dt.timedelta(days=1)
EVERYBODY = {"reason": "a test looks at all"}


@pytest.fixture(autouse=True)
def on_disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ERASURE_LOG_FILE = str(tmp_path / "erased.txt")


def again(person):
    return Person.objects.unscoped(**EVERYBODY).get(pk=person.pk)


def agreed(person, first, second, **more):
    row = erasing.propose(person, by=first, reason="家属来函要求删除", **more)
    return erasing.confirm(row, by=second)


def dump() -> str:
    """Every value of every table, but those of accounts and the audit trail's own."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_two_persons_are_needed(people, carers, archives):
    row = erasing.propose(archives.woman, by=people.village, reason="家属来函要求删除")
    with pytest.raises(Refused, match="另一人"):
        erasing.propose(archives.woman, by=people.county, reason="再提一次")
    own = erasing.propose(archives.elder, by=people.county, reason="家属来函要求删除")
    with pytest.raises(Refused, match="自己确认"):
        erasing.confirm(own, by=people.county)
    for first in (people.county, None):  # nor does the database take one for two
        rows = Erasure.objects.unscoped(**EVERYBODY).filter(pk=own.pk)
        with (
            pytest.raises(IntegrityError, match="registry_erasure_takes_two"),
            transaction.atomic(),
        ):
            rows.update(proposed_by=first, confirmed_by=people.county)
    assert erasing.do_due() == 0

    erasing.confirm(row, by=people.county)

    assert erasing.do_due() == 1
    assert again(archives.woman).state == "erased"
    assert again(archives.elder).state == "active"


def test_who_does_not_open_a_child_does_not_confirm_its_erasure(people, carers, archives):
    row = erasing.propose(archives.child, by=people.village, reason="家属来函要求删除")

    with pytest.raises(PermissionDenied):
        erasing.confirm(row, by=people.county)

    erasing.confirm(row, by=carers.children_county)


def test_it_waits_for_its_day(people, archives, time_machine):
    agreed(archives.woman, people.village, people.county, due_on=today() + DAY)
    assert erasing.do_due() == 0

    time_machine.move_to(timezone.now() + DAY)

    assert erasing.do_due() == 1


def test_nothing_of_the_person_stays_but_the_counts(
    people, archives, django_capture_on_commit_callbacks
):
    child, aunt = archives.child, "王演辛未"
    child.note = "演示备注独一"
    child.save()
    guardian = Relation.objects.unscoped(**EVERYBODY).get(name=aunt)
    consent = consents.record(
        child, by=people.village, basis="consent", purposes=["register"], given_on=today(),
        guardian=guardian, upload=SimpleUploadedFile("王演丙寅同意书.pdf", b"%PDF-1.4 %%EOF"),
    )  # fmt: skip
    mother = Relation(person=child, kind="parent", other=archives.woman)
    mother.save()
    planted = [child.name, child.note, aunt, child.pinyin, child.id_number.token, child.phone.token]
    assert all(value in dump() for value in planted)
    erasing_of = erasing.propose(child, by=people.village, reason="家属来函要求删除")
    type(erasing_of).objects.unscoped(**EVERYBODY).update(
        confirmed_by=people.county, confirmed_at=timezone.now()
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.do_due() == 1

    left = dump()
    assert [value for value in planted if value in left] == []
    gone = again(child)
    assert (gone.name, gone.state, gone.id_number_index, gone.born_on) == (
        "已删除", "erased", None, None,
    )  # fmt: skip
    assert not (kept_files.folder() / str(consent.scan)).exists()
    row = Erasure.objects.unscoped(**EVERYBODY).get(person_uuid=child.uuid)
    assert (row.person, row.counts) == (
        None,
        {"programmes": [["left_behind_child", today().year, None]], "needs": 0, "needs_met": 0},
    )
    assert AuditEvent.objects.filter(record=f"registry.person:{child.uuid}").exists()
    assert tombstones.read() == {child.uuid: today()}


def test_in_archives_of_others_she_stands_as_erased(people, archives):
    mother = Relation(
        person=archives.child,
        kind="parent",
        other=archives.woman,
        called="母亲",
        phone="16900000011",
    )
    mother.save()
    agreed(archives.woman, people.village, people.county)
    erasing.do_due()

    mother = Relation.objects.unscoped(**EVERYBODY).get(pk=mother.pk)
    assert (mother.other, mother.name, mother.phone, mother.called) == (None, "已删除", None, "")


def test_a_restore_applies_it_again(archives):
    uuids = [archives.woman.uuid, archives.child.uuid]

    assert erasing.reapply(uuids) == 2
    assert erasing.reapply(uuids) == 0
    assert again(archives.woman).name == "已删除"
    assert Erasure.objects.unscoped(**EVERYBODY).exclude(done_at=None).count() == 2


def exited(person, on):
    person.enrolments.update(ends_on=on, exit_reason="脱贫", starts_on=on)


def test_after_the_years_of_its_programme_an_archive_is_proposed(people, archives):
    three = today().replace(year=today().year - 3)
    exited(archives.elder, three - DAY)  # kept for three years
    exited(archives.woman, three - DAY)  # was in a programme kept for five
    exited(archives.child, three)  # its last day of three years is today

    assert retention.propose_due() == 1
    assert retention.propose_due() == 0
    row = Erasure.objects.unscoped(**EVERYBODY).get()
    assert (row.person, row.proposed_by, row.reason) == (archives.elder, None, "超过保存年限")
    with pytest.raises(Refused, match="先由一人提出"):
        erasing.confirm(row, by=people.county)

    agreed(archives.elder, people.village, people.county)

    assert erasing.do_due() == 1


def test_purge_only_lists_when_dry(people, archives):
    exited(archives.elder, dt.date(2010, 1, 1))

    out = io.StringIO()
    call_command("purge_archives", "--dry-run", stdout=out)
    told = out.getvalue()

    assert str(archives.elder.uuid) in told
    assert archives.elder.name not in told
    assert not Erasure.objects.unscoped(**EVERYBODY).exists()


def test_what_the_house_lists_goes_page_by_page_through_two_hands(client, people, archives):
    both = [archives.elder, archives.woman]
    for person in both:
        exited(person, dt.date(2010, 1, 1))
    retention.propose_due()
    rows = Erasure.objects.unscoped(**EVERYBODY)

    def posts(who, step, shown):
        """The step of the whole page, as the form on it sends it."""
        client.force_login(who)
        page = client.get("/archives/erasures/")
        bulk = {step: listed for step, _, listed in page.context["bulk"]}
        assert (step in bulk) == shown, (who, step)
        body = {
            "step": step,
            "erasure": [row.uuid for row in rows.all()],
            "idempotency_key": uuid4(),
        }
        assert client.post("/archives/erasures/", body).status_code == 302
        return [(row.proposed_by, row.confirmed_by) for row in rows.order_by("pk")]

    village, county = people.village, people.county
    assert posts(county, "confirm", shown=False) == [(None, None)] * 2
    assert posts(village, "take_up", shown=True) == [(village, None)] * 2
    assert posts(village, "take_up", shown=False) == [(village, None)] * 2
    assert posts(county, "confirm", shown=True) == [(village, county)] * 2
    assert erasing.do_due() == 2
    assert [again(person).state for person in both] == ["erased"] * 2


def test_erase_subject_wants_two_accounts(people, archives):
    said = ("erase_subject", str(archives.woman.uuid), "--reason", "家属来函要求删除")
    two = ("--proposed-by", people.village.username, "--confirmed-by", people.county.username)
    out = io.StringIO()
    call_command(*said, *two, stdout=out)

    assert again(archives.woman).state == "erased"
    assert "已删除" in out.getvalue()
