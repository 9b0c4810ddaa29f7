"""T25: from nothing and from the first state with data; up, one down, up; on both databases."""

import json
import os
import re
import subprocess
import sys

import migrated
import pytest
from battery import FULL, count, report, share
from django.conf import settings
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.battery("T25")
ROWS = count(500, full=100_000)
# In the daily run the last step of a third of the rooms is taken back, with all that stands on it.
ROOMS = share(["federation", "reporting", "administration", "notices", "registry", "pairing"], 3)
# Lives in a process of its own: the models are those of today, the tables those of the first state.
SCRIPT = """
import hashlib, json, sys, time
import django; django.setup()
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

OURS = ("federation", "reporting", "administration")
# Rooms that were built on later states of those: their first state comes after it, and goes before it.
LATER = ("notices", "registry", "pairing")
rows, one_by_one, asked = int(sys.argv[1]), sys.argv[2] == "one by one", sys.argv[3].split()

def migrate(*to):
    began = time.monotonic()
    call_command("migrate", *to, verbosity=0)
    return time.monotonic() - began

def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None

def columns(table):
    with connection.cursor() as cursor:
        return [c.name for c in connection.introspection.get_table_description(cursor, table)]

def hashes(shape):
    found = {}
    for table, names in shape.items():
        listed = ", ".join(f'"{name}"' for name in names)
        digest = hashlib.sha256()
        for row in sql(f'SELECT {listed} FROM {table} ORDER BY 1'):
            digest.update(repr([str(value) for value in row]).encode())
        found[table] = digest.hexdigest()
    return found

graph = MigrationExecutor(connection).loader.graph
leaves = dict(node for node in graph.leaf_nodes() if node[0] in OURS)

def down_to_first():
    for app in reversed(LATER):
        migrate(app, "zero")
    for app in reversed([a for a in OURS if a in leaves]):
        migrate(app, "0001")

if one_by_one:
    at_first = [(app, min(n for a, n in graph.nodes if a == app)) for app in leaves]
    MigrationExecutor(connection).migrate(at_first)
    get = MigrationExecutor(connection).loader.project_state(at_first).apps.get_model
else:  # a copy of the migrated database of the tests, where there is one
    from django.apps import apps
    migrate()
    get = apps.get_model
kind = get("federation", "UnitType")._base_manager.create(code="x", name="x", level="county", group="federation")
Unit, User = get("federation", "OrgUnit"), get("federation", "User")
Collection, Submission = get("reporting", "Collection"), get("reporting", "Submission")
Row = get("reporting", "SubmissionRow")
made = [
    Unit(path=f"{n:04d}" if n else "0000", depth=1, numchild=0, name=f"单位{n}", short_name=f"单位{n}",
         unit_type=kind, pinyin="d", initials="d")
    for n in range(min(rows, 2000))
]
Unit._base_manager.bulk_create(made, batch_size=500)
units = list(Unit._base_manager.all())
users = [User._base_manager.create(username=f"u{n}", display_name=f"演{n}", password="!") for n in range(3)]
calls = [
    Collection._base_manager.create(annex="pairing-intent", period=str(2000 + n), issuer=units[0],
                              opened_on="2014-04-24", due_on="2014-05-25")
    for n in range(-(-rows // len(units)))
]
# Today's database lets no row be added to what is approved.
STATES = ("draft", "submitted", "returned", "approved" if one_by_one else "submitted")
forms = [
    Submission(collection=calls[n // len(units)], annex="pairing-intent", period=calls[n // len(units)].period,
               unit=units[n % len(units)], reviewer=units[0], state=STATES[n % 4], due_on="2014-05-25",
               submitted_by=users[0] if n % 4 else None, edited_by=users[0],
               approved_by=users[1] if STATES[n % 4] == "approved" else None,
               approved_at="2014-05-20T00:00Z" if STATES[n % 4] == "approved" else None)
    for n in range(rows)
]
Submission._base_manager.bulk_create(forms, batch_size=500)
Row._base_manager.bulk_create(
    (Row(submission=form, position=1, values={"leader_name": "林演甲子", "n": n}) for n, form in
     enumerate(Submission._base_manager.all())), batch_size=500)
tables = [t for t in connection.introspection.table_names() if t.startswith(OURS)]
shape = {table: columns(table) for table in tables}
def kept():
    # Columns that later migrations add are theirs; what stood at first must stand.
    if not one_by_one:
        return all(
            values[column] == held[table][column]
            for table, values in read().items() for column in values if table in held
        )
    return hashes(shape) == before

def read():
    return {
        table: {name: [str(v) for (v,) in sql(f'SELECT "{name}" FROM {table} ORDER BY 1')]
                for name in columns(table)}
        for table in connection.introspection.table_names() if table in shape
    }

before = hashes(shape) if one_by_one else None
held = {} if one_by_one else read()
took = {"up": migrate()}
assert kept(), "up changed data"
last_but_one = {
    app: names[-2]
    for app in (*leaves, *LATER)
    if app in asked
    and len(names := sorted(n for a, n in graph.nodes if a == app)) > 1
}
if one_by_one:
    for app, name in last_but_one.items():
        took[f"{app} down one"] = migrate(app, name)
        assert kept(), f"{app} down one changed data"
        migrate()
        assert kept(), f"{app} up again changed data"
    down_to_first()
    assert kept(), "down to the first state changed data"
else:  # each step has the state of the whole portal worked out anew: all of them in one plan
    executor, plan = MigrationExecutor(connection), []
    for app, name in last_but_one.items():
        last = max(n for a, n in graph.nodes if a == app)
        plan += [node for node in executor.loader.graph.backwards_plan((app, last)) if node not in plan]
    nodes = executor.loader.graph.nodes
    executor.migrate(list(last_but_one.items()), plan=[(nodes[node], True) for node in plan])
    assert plan or not last_but_one
    assert kept(), "one down changed data"
migrate()
assert kept(), "and up again changed data"
call_command("migrate", check_unapplied=True, verbosity=0)
print(json.dumps({"rows": sum(sql(f'SELECT count(*) FROM {t}')[0][0] for t in tables),
                  "slowest": max((round(v, 1), k) for k, v in took.items())}))
"""


def run(env, rows):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
            str(rows),
            "one by one" if FULL else "together",
            " ".join(ROOMS),
        ],
        cwd=settings.BASE_DIR,
        env={**env, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_on_postgresql_up_down_and_up_again_leaves_the_data_as_it_was(
    django_db_setup, django_db_blocker, tmp_path
):
    name = f"migrated_{os.getpid()}"
    url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
    with django_db_blocker.unblock():
        owner = connection.copy()
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        if not FULL:
            migrated.copy_to(url, connection)
    try:
        found = run({**os.environ, "DATABASE_URL": url, "FULIAN_VAR": str(tmp_path)}, ROWS)
    finally:
        with django_db_blocker.unblock(), owner.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        owner.close()
    report(
        "T25",
        f"PostgreSQL: {found['rows']} rows up, {'each app' if FULL else ' and '.join(ROOMS)} down one and up"
        f"{', all down, up' if FULL else ''}: equal; slowest step {found['slowest']} s",
    )


@pytest.mark.skipif(not FULL, reason="in full counts only: SQLite remakes a table for each change")
def test_on_sqlite_it_is_the_same(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}

    found = run({**env, "FULIAN_VAR": str(tmp_path)}, min(ROWS, 10_000))

    report("T25", f"SQLite: {found['rows']} rows up, each app down one and up, all down, up: equal")


def test_no_model_has_changed_without_a_migration(db):
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    report("T25", "makemigrations --check: nothing to make")
