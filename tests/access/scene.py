"""The stage of the access tests: one form, one table, one job, and everybody around them.

``form`` is 附件1 of ``org.east_post``, ``table`` is 附件2 of ``org.east`` with one row taken from
the approved form of ``org.east_post2``, ``job`` is a finished export of the county's clerk.
``notice`` is one the city has published to its counties, ``draft_notice`` one it has not, ``task``
what the eastern county owes by the first; nobody has signed for it.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from world import approved, build_calls, build_people, build_units, fill, of, seat

from administration import pages
from federation.models import (
    AuditEvent,
    IdempotentRequest,
    LiveSession,
    LoginCounter,
    SavedQuery,
)
from notices import publishing
from notices.models import Contact, Notice, Task
from reporting.models import Job, Submission, SubmissionRow
from reporting.models.jobs import JobState
from tests.access import of_pairing, of_registry
from tests.notices import papers

# Who stands where towards what is asked for. Nobody sits below a 文明岗.
RELATIONS = {
    "form": {
        "own": "post",
        "above": "county",
        "top": "leader",
        "receiving": "city",
        "beside": "post2",
    },
    "table": {
        "own": "county",
        "above": "leader",
        "top": "province",
        "receiving": "city",
        "below": "post",
        "beside": "sibling",
    },
}
EVERYWHERE = {
    "village": "village",
    "other_city": "other_city",
    "volunteer": "volunteer",
    "nobody": "nobody",
    "anonymous": None,
    "system_admin": "sysadmin",
    "audit_admin": "audit",
}
COLUMNS = tuple(pages.RELATIONS)
TOKEN = "t" * 32
T = TypeVar("T")


def seat_of(target: str, relation: str) -> str | None:
    """The seat of :data:`world.SEATS` that stands in ``relation`` to ``target``; None: a stranger."""
    return {**RELATIONS[target], **EVERYWHERE}[relation]


def build() -> SimpleNamespace:
    org = build_units()
    people = build_people(org)
    people.province = seat(org, "province", "province", "vice_chair")
    calls = build_calls(org)
    fill(org.east_post, people.post, village=org.east_village)
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    scene = SimpleNamespace(org=org, people=people, calls=calls)
    scene.query = SavedQuery.objects.create(
        user=people.county, page="units", name="村", query="q=hq"
    )
    scene.job = finished_job(people.county, org.east)
    scene.draft_notice = notice_to_counties(
        org, doc_number="泉妇〔2014〕29号", title="关于报送总结的通知"
    )
    scene.notice = notice_to_counties(org)
    scene.attachment = papers.attached(scene.notice)
    scene.archives = of_registry.build(scene)
    scene.pairs = of_pairing.build(scene)
    scene.notice = publishing.publish(scene.notice, by=people.leader)
    scene.task = Task.objects.unscoped(reason="a test sets the stage").get(unit=org.east)
    # One handler for all: building it anew reads every static file again.
    scene.handler = Client(enforce_csrf_checks=True).handler
    scene.sessions = {
        name: session_of(person) for name, person in vars(people).items() if person is not None
    }
    return scene


def notice_to_counties(org, **said) -> Notice:
    """A draft of the city: one narrative duty, due in thirty days."""
    today = timezone.localdate()
    notice = papers.notice_of(org.city, issue_date=today, **said)
    papers.to_kinds(notice, "county_federation")
    Contact.objects.create(notice=notice, name="林演甲子", phone="0595-00000000")
    due = today + dt.timedelta(days=30)
    rule = {"kind": "on_date", "date": str(due)}
    papers.duty_of(notice, "summary", title="活动情况", due_rule=rule, due_phrase="", window_to=due)
    return notice


def finished_job(requester, unit) -> Job:
    artefact = uuid.uuid4()
    folder = settings.MEDIA_ROOT / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(artefact)).write_bytes(b"content")
    return Job.objects.create(
        kind="annex_export",
        requester=requester,
        unit=unit,
        params={"annex": "pairing-summary", "period": "2014", "only": ""},
        dedupe_key=f"annex_export:{artefact}",
        state=JobState.DONE,
        artefact=artefact,
        file_name="附件2.xlsx",
        content_type="application/octet-stream",
        size=7,
    )


def session_of(person) -> str:
    client = Client()
    client.force_login(person)
    return client.session.session_key


class Reader(Client):
    """A browser that is told answers alone, not which templates with which words they were made of."""

    def request(self, **request):
        response = self.handler(self._base_environ(**request))
        self.cookies.update(response.cookies)
        return response


def client_of(
    scene, who: str | None, *, token: bool = True, kind: type[Client] = Reader, **headers
) -> Client:
    """A browser signed in as the person of that seat, with CSRF checks as in production."""
    client = kind(raise_request_exception=False, headers=headers)
    client.handler = scene.handler
    if token:
        client.cookies["csrftoken"] = TOKEN
        client.defaults["HTTP_X_CSRFTOKEN"] = TOKEN
    if who is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = scene.sessions[who]
    return client


def submission_of(scene, target: str) -> Submission:
    if target == "form":
        return of(scene.org.east_post)
    return of(scene.org.east, "pairing-summary")


def row_of(scene, target: str) -> SubmissionRow:
    return submission_of(scene, target).rows.get()


def submitted(scene, target: str) -> None:
    """Set the stage: reported, and not yet judged, by somebody who judges nothing."""
    sender = scene.people.post if target == "form" else scene.people.county2
    everyone = Submission.objects.unscoped(reason="a test sets the stage")
    everyone.filter(pk=submission_of(scene, target).pk).update(
        state="submitted",
        submitted_by=sender,
        edited_by=sender,
        submitted_at="2014-05-20T00:00Z",
        first_submitted_on="2014-05-20",
    )
    rows = SubmissionRow.objects.unscoped(reason="a test sets the stage")
    rows.filter(pk=row_of(scene, target).pk).update(review="pending")


def kept_tables() -> list[str]:
    """Every table but those in which a refusal itself leaves something behind: its line in the
    audit trail, the sentence in the session, the count of misses, the answer kept for a repeat."""
    passing = {
        model._meta.db_table
        for model in (Session, LiveSession, LoginCounter, IdempotentRequest, AuditEvent)
    }
    return sorted(set(connection.introspection.table_names()) - passing)


def writes() -> dict[str, int]:
    """Rows written so far in this transaction by table, in PostgreSQL's own count.

    What a savepoint undid stays counted, so that equal counts prove that nothing was written;
    unequal ones prove nothing, and the rows are compared.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_stat_get_xact_tuples_inserted(c.oid)"
            " + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid)"
            " FROM pg_class c WHERE c.relkind = 'r'"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
        return dict(cursor.fetchall())


def hashes(tables) -> dict[str, str]:
    """A value over all rows of each of ``tables``."""
    if not tables:
        return {}
    parts = " UNION ALL ".join(
        f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "  # noqa: S608 -- names come from the schema
        f'FROM "{name}" t'
        for name in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(parts)
        return dict(cursor.fetchall())


class Ground:
    """What the tables held when the stage was built: one not written to since holds it still."""

    def __init__(self):
        self.tables = kept_tables()
        self.written = writes()
        self.hashes = hashes(self.tables)

    def hash(self) -> str:
        now = writes()
        moved = [name for name in self.tables if now[name] != self.written[name]]
        return repr(sorted({**self.hashes, **hashes(moved)}.items()))


def database_hash() -> str:
    """One value over every row of every table of :func:`kept_tables`; for tests on the scene."""
    return hashlib.sha256(_ground[-1].hash().encode()).hexdigest()


_ground: list[Ground] = []


def changed_by(act: Callable[[], T]) -> tuple[T, bool]:
    """The answer of ``act`` and whether any row changed by it; whatever it wrote is undone."""
    before = writes()
    here = transaction.savepoint()
    answer = act()
    after = writes()
    moved = [name for name in _ground[-1].tables if after[name] != before[name]]
    left = hashes(moved)
    transaction.savepoint_rollback(here)
    return answer, left != hashes(moved)
