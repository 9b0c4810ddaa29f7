"""The audit trail only grows: whatever else is asked of its tables is refused."""

import os
import subprocess
import sys

import pytest
from battery import FULL
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from federation import audit, seals
from federation.models import AuditEvent, AuditSeal

TABLES = ("federation_auditevent", "federation_auditseal")
CHANGES = (
    "UPDATE federation_auditevent SET verb = 'x'",
    "DELETE FROM federation_auditevent",
    "UPDATE federation_auditseal SET root = 'x'",
    "DELETE FROM federation_auditseal",
)
CLEARINGS = tuple(f"TRUNCATE {table}" for table in TABLES)


def refused(statement: str, *before: str) -> str:
    """What the database says to ``statement``, which must fail."""
    with transaction.atomic(), connection.cursor() as cursor:
        for preparation in before:
            cursor.execute(preparation)
        with pytest.raises(DatabaseError) as refusal:
            cursor.execute(statement)
        transaction.set_rollback(True)
    return str(refusal.value)


@pytest.fixture
def event(db):
    made = audit.record("a word", "login", by=None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return made


@pytest.mark.parametrize("statement", CHANGES)
def test_nobody_changes_or_deletes_a_row_even_in_a_database_of_tests(event, statement):
    assert "is refused" in refused(statement)
    # Nor where a session claims to be a replica, which switches ordinary triggers off.
    assert "is refused" in refused(statement, "SET LOCAL session_replication_role = replica")


def test_the_models_are_refused_as_well(event):
    event.verb = "logout"

    for act in (event.save, event.delete, AuditEvent.objects.all().delete):
        with pytest.raises(ProgrammingError, match="is refused"), transaction.atomic():
            act()


@pytest.mark.parametrize("statement", CLEARINGS)
def test_a_database_that_is_not_for_tests_cannot_be_truncated(event, statement):
    here = connection.ops.quote_name(connection.settings_dict["NAME"])
    closed = f"ALTER DATABASE {here} RESET fulian.maintenance"

    assert "is refused" in refused(statement, closed)
    # What a session says of itself opens nothing.
    assert "is refused" in refused(statement, closed, "SET fulian.maintenance = 'on'")


@pytest.mark.parametrize(
    "statement", [*CHANGES, *CLEARINGS, "ALTER TABLE federation_auditevent DISABLE TRIGGER ALL"]
)
def test_the_role_of_the_portal_may_only_insert_and_read(event, statement):
    grants = [
        "CREATE ROLE audit_trial",
        *(f"GRANT SELECT, INSERT ON {table} TO audit_trial" for table in TABLES),
        "GRANT USAGE ON SEQUENCE federation_auditevent_id_seq TO audit_trial",
        "SET LOCAL ROLE audit_trial",
    ]

    said = refused(statement, *grants)

    assert "permission denied" in said or "must be owner" in said


def test_the_role_of_the_portal_records_and_seals(event):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE audit_trial")
        for table in TABLES:
            cursor.execute(f"GRANT SELECT, INSERT ON {table} TO audit_trial")
        cursor.execute("GRANT USAGE ON SEQUENCE federation_auditevent_id_seq TO audit_trial")
        cursor.execute("SET LOCAL ROLE audit_trial")
        audit.record("another word", "logout", by=None)
        seals.seal()
        assert AuditEvent.objects.count() == 2
        transaction.set_rollback(True)


def test_a_guard_that_is_off_is_named(event):
    assert seals.guards_off() == []
    for act in ("DISABLE TRIGGER USER", "ENABLE TRIGGER USER"):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE federation_auditseal {act}")
        assert seals.guards_off() == ["federation_auditseal"]


@pytest.mark.battery("T25")
@pytest.mark.skipif(not FULL, reason="in full counts only: every later state is undone before it")
def test_the_guards_go_and_come_with_their_migration(db):
    call_command("migrate", "federation", "0001", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%append_only'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE '%append_only'")
        assert cursor.fetchone() == (0,)

    call_command("migrate", "federation", verbosity=0)

    assert seals.guards_off() == []
    assert not AuditSeal.objects.exists()


SQLITE = """
import django
django.setup()
import datetime as dt
from django.core.management import call_command
from django.db import IntegrityError, connection
import time_machine
from federation import audit, seals

call_command("migrate", "federation", verbosity=0)  # the trail is of this room alone
assert seals.guards_off() == []
with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)):
    for number in range(3):
        audit.record(f"word {number}", "login", by=None)
assert len(seals.seal(batch=2)) == 2
assert seals.verify().broken is None

statements = [
    "UPDATE federation_auditevent SET verb = 'x'",
    "DELETE FROM federation_auditevent",
    "INSERT OR REPLACE INTO federation_auditevent (id, at, verb, record, detail) "
    "SELECT id, at, 'x', record, detail FROM federation_auditevent",
    "UPDATE federation_auditseal SET root = 'x'",
    "DELETE FROM federation_auditseal",
    "INSERT OR REPLACE INTO federation_auditseal SELECT * FROM federation_auditseal",
]
for statement in statements:
    try:
        connection.cursor().execute(statement)
    except IntegrityError as refusal:
        assert "is refused" in str(refusal), refusal
        print("refused")

connection.cursor().execute("DROP TRIGGER federation_auditevent_no_update")
assert seals.guards_off() == ["federation_auditevent"]
connection.cursor().execute("UPDATE federation_auditevent SET verb = 'x' WHERE id = 3")
assert seals.verify().broken.number == 2
connection.cursor().execute(
    "CREATE TRIGGER federation_auditevent_no_update BEFORE UPDATE ON federation_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'is refused'); END"
)
call_command("migrate", "federation", "0001", verbosity=0)
call_command("migrate", "federation", verbosity=0)
assert seals.guards_off() == []
print("and back")
"""


def test_sqlite_refuses_the_same(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "FULIAN_VAR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", SQLITE],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=360,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split("\n") == [*["refused"] * 6, "and back", ""]
