"""T4: a right ends with what it was given for, at once and everywhere, and begins as it was said.

Each scenario seats people at desks. A desk is a signed-in browser with a page open, a file made
earlier, and an export still waiting in the queue. What happens then ends some of these rights: the
next request of the same browser is refused, the queued job ends without a file, the link is dead.
"""

import datetime as dt
from collections import Counter

import pytest
from battery import report
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from world import fill, of, seat, take

from federation import code_lists, grants, scope, tree, unit_changes
from federation.models import Appointment, OrgUnit, Post, UnitGrant, UnitType, User
from federation.unit_changes import Close, Merge, Move, Part, Rename, Split
from reporting import actions
from reporting.jobs import files, request_job, runner
from reporting.models import Job, Submission, SubmissionRow

pytestmark = [
    pytest.mark.battery("T4"),
    pytest.mark.on_sqlite,
    pytest.mark.usefixtures("calls", "_own_files"),
]
LONG_AGO = dt.date(2014, 1, 1)
COUNTED: Counter[str] = Counter()
SCENARIOS: set[str] = set()
# Rights that nothing stands behind: no appointment or another's, another unit's, a closed unit's.
ORPHANS = """
SELECT COUNT(*) FROM federation_unitgrant held
LEFT JOIN federation_appointment seat ON seat.id = held.appointment_id
LEFT JOIN federation_orgunit unit ON unit.id = held.content_object_id
LEFT JOIN federation_user person ON person.id = held.user_id
LEFT JOIN federation_hookuplink link ON link.id = held.hook_up_id
WHERE seat.id IS NULL OR unit.id IS NULL OR person.id IS NULL
   OR seat.user_id <> held.user_id
   OR (held.hook_up_id IS NULL AND seat.unit_id <> held.content_object_id)
   OR (held.hook_up_id IS NOT NULL AND (link.id IS NULL OR link.unit_id <> held.content_object_id
       OR link.department_id <> seat.unit_id))
   OR unit.closed_on IS NOT NULL
"""


@pytest.fixture(scope="module", autouse=True)
def _told():
    yield
    told = "；".join(f"{what} {COUNTED[what]}" for what in sorted(COUNTED))
    report("T4", f"{len(SCENARIOS)} scenarios on {connection.vendor}: {told}")


@pytest.fixture(autouse=True)
def _counted(request, calls):
    yield
    if request.node.name.startswith("test_scenario"):
        SCENARIOS.add(request.node.originalname)
        assert orphans() == 0
        assert grants.derive_all() == (0, 0)
        COUNTED["orphan grants"] += 0


@pytest.fixture
def _own_files(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    settings.MEDIA_ROOT = tmp_path / "media"


def orphans() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ORPHANS)
        return cursor.fetchone()[0]


def yesterday() -> dt.date:
    return timezone.localdate() - dt.timedelta(days=1)


class Desk:
    """``user`` at work on the form or table of ``unit``: page, file and queued job."""

    def __init__(self, user: User, unit: OrgUnit, annex: str = "pairing-summary"):
        self.user, self.unit = user, unit
        self.client = Client()
        self.client.force_login(user)
        self.page = reverse("reporting:submission", args=[of(unit, annex).uuid])
        made = self._ask(annex)
        assert runner.run(made.uuid) == "done"
        self.link = reverse("reporting:job_download", args=[made.uuid])
        self.queued = self._ask(annex)
        assert self._status(self.page) == self._status(self.link) == 200

    def _ask(self, annex: str) -> Job:
        params = {"annex": annex, "period": "2014", "only": ""}
        return request_job("annex_export", requester=self.user, unit=self.unit, params=params)

    def _status(self, url: str) -> int:
        answer = self.client.get(url)
        if answer.streaming:
            b"".join(answer.streaming_content)
        return answer.status_code

    def is_dead(self) -> None:
        """Refused at the next request of this browser, and again when she logs in anew."""
        assert self._status(self.page) in {302, 403, 404}
        assert self._status(self.link) in {302, 404}
        COUNTED["live sessions refused"] += 2
        before = set(files.finished(self.queued.uuid).parent.glob("*"))
        assert runner.run(self.queued.uuid) == "denied"
        self.queued.refresh_from_db()
        assert self.queued.artefact is None
        assert set(files.finished(self.queued.uuid).parent.glob("*")) == before
        COUNTED["queued jobs denied, no file"] += 1
        person = User.objects.filter(pk=self.user.pk, is_active=True).first()
        if person:
            self.client = Client()
            self.client.force_login(person)
            assert self._status(self.link) == 404
            assert self._status(self.page) in {403, 404}
            COUNTED["links 404"] += 1

    def lives(self) -> None:
        if self._status(self.page) == 302:  # whose rights shrank elsewhere logs in again
            self.client = Client()
            self.client.force_login(User.objects.get(pk=self.user.pk))
        assert self._status(self.page) == self._status(self.link) == 200
        assert runner.run(self.queued.uuid) == "done"
        COUNTED["rights that stay"] += 1


def opens(user: User, unit: OrgUnit, annex: str = "pairing-summary") -> int:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    COUNTED["new rights as said"] += 1
    return client.get(reverse("reporting:submission", args=[of(unit, annex).uuid])).status_code


def tables_of(user: User) -> set[str]:
    """Units whose 附件2 she sees; names, because a closed unit is one as well."""
    seen = Submission.objects.visible_to(User.objects.get(pk=user.pk)).for_annex("pairing-summary")
    return {submission.unit.name for submission in seen.select_related("unit")}


def asked(by: User) -> dict:
    return {"by": by, "day": timezone.localdate(), "reason": "泉编〔2014〕7号"}


# -- The twelve -----------------------------------------------------------------------------------
def test_scenario_an_appointment_ends_at_midnight_in_beijing(org, people, time_machine):
    time_machine.move_to("2014-05-20T23:59:59+08:00", tick=False)
    desk = Desk(seat(org, "leaving", "east", "officer", ends_on=dt.date(2014, 5, 20)), org.east)
    assert desk._status(desk.page) == 200

    time_machine.move_to("2014-05-21T00:00:00+08:00", tick=False)

    desk.is_dead()


def test_scenario_an_appointment_that_ended_yesterday(org, people):
    desk = Desk(people.county, org.east)

    grants.end_appointment(people.county.appointments.get(), on=yesterday())

    desk.is_dead()
    assert tables_of(people.county) == set()


def test_scenario_a_transfer(org, people):
    desk = Desk(people.county, org.east)

    grants.end_appointment(people.county.appointments.get(), on=yesterday())
    post = Post.objects.get(code="officer")
    grants.appoint(people.county, org.west, post, starts_on=timezone.localdate())

    desk.is_dead()
    assert opens(people.county, org.west) == 200
    assert tables_of(people.county) == {"城西县妇联"}


def test_scenario_a_secondment_with_its_end(org, people, time_machine):
    time_machine.move_to("2014-05-20T12:00:00+08:00", tick=False)
    own = Desk(people.county, org.east)
    post = Post.objects.get(code="officer")
    grants.appoint(people.county, org.west, post, starts_on=LONG_AGO, ends_on=dt.date(2014, 5, 20))
    lent = Desk(people.county, org.west)
    assert tables_of(people.county) == {"城东区妇联", "城西县妇联"}

    time_machine.move_to("2014-05-21T00:00:00+08:00", tick=False)
    lent.client.force_login(people.county)  # half an hour of nothing ends a session anyway

    lent.is_dead()
    own.client.force_login(people.county)
    own.lives()
    assert tables_of(people.county) == {"城东区妇联"}


def test_scenario_a_deputy_is_removed(org, people):
    deputy = seat(org, "deputy", "east", "vice_chair")
    desk, other = Desk(deputy, org.east), Desk(people.county2, org.east)

    grants.end_appointment(deputy.appointments.get(), on=yesterday())

    desk.is_dead()
    other.lives()


def test_scenario_a_person_is_disabled_and_enabling_brings_no_session_back(org, people):
    desk = Desk(people.county, org.east)

    User.objects.get(pk=people.county.pk)
    people.county.is_active = False
    people.county.save()

    desk.is_dead()
    people.county.is_active = True
    people.county.save()
    assert desk._status(desk.page) == 302


def test_scenario_a_county_is_merged(org, people):
    old, gained = Desk(people.sibling, org.west), Desk(people.county, org.east)

    unit_changes.carry_out(
        Merge(unit=org.west, successor=org.east, keep_people=False, **asked(people.sysadmin))
    )

    old.is_dead()
    gained.lives()
    assert opens(people.county, org.west) == 200
    assert tables_of(people.county) == {"城东区妇联", "城西县妇联"}
    assert tables_of(people.sibling) == set()


def test_scenario_a_county_is_split(org, people):
    old, kept = Desk(people.sibling, org.west), Desk(people.sibling2, org.west)

    unit_changes.carry_out(
        Split(
            unit=org.west,
            parts=[Part(name="城西北县妇联"), Part(name="城西南县妇联")],
            heir=1,
            places={org.west_town.pk: 0, org.west_post.pk: 1},
            seats={
                people.sibling.appointments.get().pk: 0,
                people.sibling2.appointments.get().pk: 1,
            },
            **asked(people.sysadmin),
        )
    )

    old.is_dead()
    assert tables_of(people.sibling) == set()
    assert tables_of(people.sibling2) == {"城西县妇联"}
    assert opens(people.sibling2, org.west) == 200
    kept.lives()


def test_scenario_a_county_is_renamed(org, people):
    desk, stranger = Desk(people.county, org.east), Desk(people.sibling, org.west)

    unit_changes.carry_out(
        Rename(
            unit=org.east, facts={"name": "城西县妇联"}, same_name=True, **asked(people.sysadmin)
        )
    )

    desk.lives()
    stranger.lives()
    assert opens(people.sibling, org.east) == 404


def test_scenario_a_code_is_given_to_a_new_county(org, people, calls):
    OrgUnit.objects.filter(pk=org.west.pk).update(division_code="350599000000")
    old = Desk(people.sibling, org.west)
    unit_changes.carry_out(
        Merge(unit=org.west, successor=org.east, keep_people=False, **asked(people.sysadmin))
    )

    made = unit_changes.carry_out(
        unit_changes.Add(
            unit=org.city,
            unit_type=UnitType.objects.get(code="county_federation"),
            facts={"name": "城西县妇联", "division_code": "350599000000"},
            **asked(people.sysadmin),
        )
    ).unit
    actions.open_collection(
        calls.summary.form, period="2014", issuer=org.city,
        opened_on=calls.summary.opened_on, due_on=calls.summary.due_on,
    )  # fmt: skip

    old.is_dead()
    assert opens(people.sibling, made) in {403, 404}
    assert opens(people.county, made) == 404
    assert opens(people.leader, made) == 200
    assert not UnitGrant.objects.filter(content_object=made).exists()


def test_scenario_a_county_moves_under_another_city(org, people):
    take("submit", org.east, people.county, "pairing-summary", nil_report=True)
    old, own = Desk(people.leader, org.east), Desk(people.county, org.east)
    linked = seat(org, "linked", "other_department", "department_officer")
    grants.hook_up(org.other_department, org.east, kind="receiving", starts_on=LONG_AGO)
    lent = Desk(linked, org.east)
    admin = seat(org, "provincial", "province", "system_admin")

    unit_changes.carry_out(Move(unit=org.east, parent=org.other_city, **asked(admin)))

    old.is_dead()
    lent.is_dead()
    own.lives()
    assert opens(people.other_city, org.east) == 200
    assert tables_of(people.leader) == {"城西县妇联"}


def test_scenario_a_record_moves_to_another_county(org, people):
    fill(org.east_post, people.post, village=org.east_village)
    take("submit", org.east_post, people.post)
    old = Desk(people.county, org.east_post, "pairing-intent")
    own = Desk(people.post, org.east_post, "pairing-intent")

    unit_changes.carry_out(Move(unit=org.east_post, parent=org.west, **asked(people.sysadmin)))

    old.is_dead()
    own.lives()
    assert opens(people.sibling, org.east_post, "pairing-intent") == 200


def test_scenario_a_username_is_given_to_somebody_else(org, people):
    desk = Desk(people.county, org.east)
    leaving = seat(org, "leaving", "east", "officer")
    client = Client()
    client.force_login(leaving)

    people.county.is_active, people.county.username = False, "county-left"
    people.county.save()
    new = User.objects.create_user("county", "test-password", display_name="新来演")
    old_key = leaving.pk
    leaving.appointments.all().delete()
    leaving.delete()
    again = User.objects.create_user("leaving", "test-password", display_name="新来演")

    desk.is_dead()
    assert again.pk != old_key
    assert client.get(desk.page).status_code == 302
    for person in (new, again):
        assert opens(person, org.east) == 403
        assert tables_of(person) == set()
        assert not UnitGrant.objects.filter(user=person).exists()
        other = Client()
        other.force_login(person)
        assert other.get(desk.link).status_code == 404


def test_scenario_a_unit_is_closed_without_a_successor(org, people):
    desk = Desk(people.post2, org.east_post2, "pairing-intent")

    unit_changes.carry_out(Close(unit=org.east_post2, **asked(people.sysadmin)))

    desk.is_dead()
    assert opens(people.county, org.east_post2, "pairing-intent") == 200


# -- And beside them ------------------------------------------------------------------------------
def test_the_select_for_orphans_finds_each_kind_of_them(org, people):
    held = UnitGrant.objects.filter(user=people.county, hook_up=None).first()
    lent = UnitGrant.objects.filter(hook_up__isnull=False).first()
    spoilt = [
        (held, {"user": people.sibling}),
        (held, {"content_object": org.west}),
        (lent, {"content_object": org.west}),
    ]

    found = []
    for grant, change in spoilt:
        before = {name: getattr(grant, name) for name in change}
        UnitGrant.objects.filter(pk=grant.pk).update(**change)
        found.append(orphans())
        UnitGrant.objects.filter(pk=grant.pk).update(**before)
    OrgUnit.objects.filter(pk=org.west.pk).update(closed_on=timezone.localdate())
    found.append(orphans() > 0)

    assert found == [1, 1, 1, True]
    OrgUnit.objects.filter(pk=org.west.pk).update(closed_on=None)
    assert orphans() == 0


def test_codes_that_begin_alike_are_two_units(org, people, calls):
    code_lists.load()
    kind = UnitType.objects.get(code="county_federation")
    short, long = (
        tree.add(org.other_city, OrgUnit(name=f"{code}县妇联", unit_type=kind, division_code=code))
        for code in ("3601", "36010")
    )
    asked_again = {"opened_on": calls.summary.opened_on, "due_on": calls.summary.due_on}
    actions.open_collection(calls.summary.form, period="2014", issuer=org.other_city, **asked_again)
    officer = Post.objects.get(code="officer")
    for unit in (short, long):
        person = User.objects.create_user(unit.division_code, "test-password")
        grants.appoint(person, unit, officer, starts_on=LONG_AGO)
        assert tables_of(person) == {unit.name}
        COUNTED["code prefixes told apart"] += 1


@pytest.mark.parametrize("model", [Submission, SubmissionRow])
def test_the_scope_of_a_list_costs_at_most_three_queries(org, people, model):
    most = 0
    for person in vars(people).values():
        with CaptureQueriesContext(connection) as asked_for:
            list(model.objects.visible_to(person))
            most = max(most, len(asked_for))
        with CaptureQueriesContext(connection) as asked_for:
            list(scope.granted_units(person, "federation_view"))
            most = max(most, len(asked_for))
    COUNTED["most queries of a scope"] = max(COUNTED["most queries of a scope"], most)
    assert most <= 3


def test_every_appointment_of_the_world_is_reconciled(org, people):
    assert Appointment.objects.count() > 10
    assert grants.derive_all() == (0, 0)
    assert orphans() == 0
