"""The second wall: PostgreSQL itself shows a transaction only the rows of its person."""

import datetime as dt
import uuid
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from committed import committed
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import path
from django.utils.functional import cached_property
from world import SEATS, approved, build_calls, build_people, build_units, of

from federation import checks, grants, row_security
from federation.policy import PUBLIC
from reporting.jobs import runner
from reporting.models import CellChange, Job, Submission, SubmissionEvent, SubmissionRow
from reporting.models.jobs import JobState

ACTIONS = ("view", "fill", "proxy", "review", "export")
HELD = (Submission, SubmissionRow, SubmissionEvent)
ROLE = f"pages_{uuid.uuid4().hex[:8]}"


def raw(model) -> set[int]:
    """What a query sees that knows nothing of scope."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {model._meta.db_table}")  # noqa: S608
        return {pk for (pk,) in cursor.fetchall()}


def reach(model, person) -> set[int]:
    """What the application says she may see, by any action."""
    return {
        pk
        for act in ACTIONS
        for pk in model.objects.visible_to(person, act).values_list("pk", flat=True)
    }


@pytest.fixture(scope="module")
def world_(django_db_setup, django_db_blocker):
    """Two approved forms, committed, with the policies up and a role for pages that owns nothing."""
    with committed(django_db_blocker):
        org = build_units()
        people = build_people(org)
        build_calls(org)
        approved(org.east_post, people.post, people.county, village=org.east_village)
        approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {ROLE}")
        row_security.apply(ROLE)
        try:
            yield SimpleNamespace(org=org, people=people)
        finally:
            row_security.remove()
            with connection.cursor() as cursor:
                cursor.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


@pytest.fixture
def on(world_, settings):
    settings.ROW_SECURITY, settings.ROW_SECURITY_ROLE = True, ROLE


@pytest.fixture
def wall(on, db):
    """What a test writes is undone; it is inside a transaction."""


@pytest.fixture
def bare_wall(on, django_db_blocker):
    """Outside every transaction, as a request finds its connection; for tests that only read."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def people(world_):
    return world_.people


@pytest.fixture
def org(world_):
    return world_.org


@contextmanager
def as_pages():
    """The role of the pages, with nobody's reach."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield cursor
        cursor.execute("SET LOCAL ROLE NONE")


def test_a_query_without_a_person_sees_nothing(wall):
    with as_pages():
        assert [raw(model) for model in HELD] == [set()] * len(HELD)
    assert all(raw(model) for model in HELD), "the owner above the policies sees them"


def test_work_of_the_house_sees_all_rows_and_only_inside(wall, people):
    everybody = [raw(model) for model in HELD]
    with as_pages():
        with row_security.everything(reason="a chore of the test"):
            assert [raw(model) for model in HELD] == everybody
        assert [raw(model) for model in HELD] == [set()] * len(HELD)
    with row_security.acting_for(people.post):
        hers = [raw(model) for model in HELD]
        with row_security.everything(reason="what follows from her act"):
            assert [raw(model) for model in HELD] == everybody
        assert [raw(model) for model in HELD] == hers


def test_the_way_around_the_wall_wants_a_reason():
    with pytest.raises(ValueError, match="reason"), row_security.everything(reason="because"):
        pass


@pytest.mark.parametrize("who", [*SEATS, "nobody"])
def test_a_query_without_scope_sees_exactly_what_its_person_may(wall, people, who):
    person = getattr(people, who)
    wanted = [reach(model, person) for model in HELD]

    with row_security.acting_for(person):
        assert [raw(model) for model in HELD] == wanted


def test_the_seats_differ_in_what_they_see(wall, people):
    """Or the test above would prove little."""
    seen = {frozenset(reach(Submission, getattr(people, who))) for who in SEATS}

    assert len(seen) >= 6
    assert frozenset() in seen


def test_nothing_of_others_can_be_written_or_added(wall, org, people):
    hers, others = of(org.east_post), of(org.west_post)

    with row_security.acting_for(people.county):
        everyone = Submission.objects.unscoped(reason="a test forgets the scope")
        assert everyone.filter(pk=others.pk).update(version=99) == 0
        assert everyone.filter(pk=hers.pk).update(version=99) == 1
        assert SubmissionRow.objects.unscoped(reason="a test forgets the scope").filter(
            submission=others
        ).delete() == (0, {})
        for stolen in (
            lambda: everyone.filter(pk=hers.pk).update(unit=org.west),
            lambda: SubmissionEvent.objects.create(
                submission=others,
                step="approve",
                from_state="draft",
                to_state="approved",
                version=1,
            ),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                stolen()
        transaction.set_rollback(True)


def test_the_pages_may_add_to_the_audit_trail_and_no_more(wall):
    for act in ("UPDATE federation_auditevent SET verb = 'x'", "DELETE FROM federation_auditseal"):
        with pytest.raises(ProgrammingError, match="permission denied"), as_pages() as cursor:
            cursor.execute(act)


# -- What a connection carries from one to the next -----------------------------------------------
def carried() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fulian.units_reporting', true), current_user")
        return list(cursor.fetchone())


def test_nothing_of_a_request_stays_on_its_connection(bare_wall, people):
    owner = carried()[1]
    with row_security.acting_for(people.leader):
        during = carried()

    assert during[1] == ROLE
    assert len(during[0]) > 10
    assert carried() in ([None, owner], ["", owner])
    with as_pages():
        assert raw(Submission) == set()


def test_what_fails_leaves_nothing_either(bare_wall, people):
    with pytest.raises(ZeroDivisionError), row_security.acting_for(people.leader):
        raise ZeroDivisionError

    with as_pages():
        assert raw(Submission) == set()


def test_one_person_inside_another_ends_where_she_began(wall, people):
    with row_security.acting_for(people.county):
        before = raw(Submission)
        with row_security.acting_for(people.sibling):
            assert raw(Submission) == reach(Submission, people.sibling)
        assert raw(Submission) == before == reach(Submission, people.county)


# -- Pages and jobs -------------------------------------------------------------------------------
class Forgetful:
    """A page that forgot the scope: it shows every form there is."""

    @cached_property
    def view(self):
        from django.http import JsonResponse  # noqa: PLC0415

        def view(request):
            return JsonResponse({"seen": sorted(raw(Submission))}, status=view.status)

        view.policy, view.status = PUBLIC, 200
        return view


forgetful = Forgetful()
urlpatterns = [path("forgetful/", forgetful.view, name="forgetful")]


def signed_in(person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def test_a_page_that_forgot_its_scope_shows_what_is_in_reach(bare_wall, people, settings):
    settings.ROOT_URLCONF = __name__

    for who in ("post", "leader", "sibling", "sysadmin", "nobody"):
        person = getattr(people, who)
        seen = signed_in(person).get("/forgetful/").json()["seen"]
        assert set(seen) == reach(Submission, person), who
    assert carried()[1] != ROLE


def test_a_job_sees_what_its_requester_may(wall, org, people, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    made = {}
    for who in ("leader", "county"):
        job = Job.objects.create(
            kind="annex_export",
            requester=getattr(people, who),
            unit=org.city if who == "leader" else org.east,
            params={"annex": "pairing-intent", "period": "2014", "only": ""},
            dedupe_key=who,
        )
        assert runner.run(job.uuid) == JobState.DONE
        made[who] = Job.objects.get(pk=job.pk).detail["rows"]

    assert made == {"leader": 2, "county": 1}


# -- The command and the check --------------------------------------------------------------------
def test_the_command_is_repeatable_and_tells_how_things_stand(wall, capsys, settings):
    settings.ROW_SECURITY_ROLE = ""
    call_command("row_security", "apply", role=ROLE)
    call_command("row_security", "apply", role=ROLE)
    assert "已在" in capsys.readouterr().out
    assert checks.row_security_is_up(None, databases=["default"])[0].id == "federation.E011"

    call_command("row_security", "remove")
    call_command("row_security", "remove")
    with pytest.raises(CommandError, match="没有完全启用"):
        call_command("row_security", "status")
    assert checks.row_security_is_up(None, databases=["default"])[0].id == "federation.W011"


@pytest.mark.parametrize(("role", "why"), [("", "--role"), ("nobody_here", "没有数据库角色")])
def test_the_command_refuses_a_role_it_cannot_bind(db, role, why):
    with pytest.raises(CommandError, match=why):
        call_command("row_security", "apply", role=role)
    with pytest.raises(CommandError, match="超级用户"):
        call_command("row_security", "apply", role=connection.settings_dict["USER"])


def test_a_changed_or_half_removed_policy_is_said(wall):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reporting_submission NO FORCE ROW LEVEL SECURITY")

    found = checks.row_security_is_up(None, databases=["default"])

    assert "reporting_submission." in found[0].msg


def test_every_scoped_table_has_a_policy_and_the_rest_of_the_way_is_its_parents():
    shown = {model: row_security.condition(model) for model in row_security.guarded_models()}

    assert {Submission, SubmissionRow, SubmissionEvent, CellChange} <= set(shown)
    assert "fulian.units_reporting" in shown[Submission]
    assert 'FROM "reporting_submissionrow" AS parent' in shown[CellChange]


def test_off_it_does_nothing(wall, people, settings):
    settings.ROW_SECURITY = False
    before = carried()

    with row_security.acting_for(people.county):
        assert carried() == before


def test_grants_reach_the_database_on_the_next_transaction(wall, people):
    for appointment in people.county.appointments.all():
        grants.end_appointment(appointment, on=dt.date(2014, 12, 31))

    with row_security.acting_for(people.county):
        assert raw(Submission) == set()
