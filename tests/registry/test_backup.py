"""T26: a backup while people work, restored on an empty host, is what was there; or it is refused."""

import datetime as dt
import io
import json
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import archives as world
import migrated
import pytest
import recovery
from battery import count, is_its_day, report
from django.conf import settings as live_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from administration.backup import archive, media, sealing
from federation import audit, seals
from federation.models import AuditEvent
from notices.models import Delivery
from registry.models import Household, Person
from reporting.models import Collection, IncomingBatch, IncomingFile, Job

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "test-password"
WRITES_A_SECOND = 20


@pytest.fixture
def place(tmp_path, settings, monkeypatch):
    """This host's folders, and a backup key."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchor.txt")
    settings.ERASURE_LOG_FILE = str(tmp_path / "erased.txt")
    monkeypatch.setattr(seals, "SETTLED_AFTER", dt.timedelta(0))
    sealing.make_key(tmp_path / "backup.key")
    return SimpleNamespace(
        folder=tmp_path, key=tmp_path / "backup.key", backup=tmp_path / "of-today.backup"
    )


@pytest.fixture
def files(place, people, calls):
    """A file somebody handed in, one a job made, one whose row is past keeping, one nobody owns."""
    collection = Collection._base_manager.first()
    batch = IncomingBatch(
        collection=collection,
        unit=collection.issuer,
        by=people.city,
        received_on=timezone.localdate(),
    )
    batch.save()
    made = SimpleNamespace(kept=uuid4(), job=uuid4(), expired=uuid4(), nobodys=uuid4())
    IncomingFile(
        batch=batch, collection=collection, position=1, place=collection.issuer, name="演示.xlsx",
        file=made.kept, size=9, sha256="0" * 64,
    ).save()  # fmt: skip
    for artefact, days in ((made.job, 1), (made.expired, -1)):
        Job.objects.create(
            kind="annex_export", dedupe_key=str(artefact), requester=people.city, state="done",
            artefact=artefact, expires_at=timezone.now() + dt.timedelta(days=days),
        )  # fmt: skip
    for name in (
        f"kept/{made.kept}",
        f"jobs/{made.job}",
        f"jobs/{made.expired}",
        f"kept/{made.nobodys}",
    ):
        media.path_of(name).parent.mkdir(parents=True, exist_ok=True)
        media.path_of(name).write_bytes(name.encode() * 40_000)
    return made


def ask(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def make(place, path: Path | None = None) -> Path:
    call_command("backup", str(path or place.backup), key_file=place.key, stdout=io.StringIO())
    return path or place.backup


class Load(threading.Thread):
    """People at work: each write is a household and its line in the audit trail, in one transaction."""

    def __init__(self, unit):
        super().__init__()
        self.unit, self.written, self.enough = unit, 0, threading.Event()

    def run(self) -> None:
        try:
            while not self.enough.wait(1 / WRITES_A_SECOND):
                with transaction.atomic():
                    Household(unit=self.unit, number=f"L{self.written}").save()
                    audit.record(f"load {self.written}", "login", by=None)
                self.written += 1
        finally:
            connection.close()

    def __enter__(self):
        self.start()
        self.reach(1)
        return self

    def __exit__(self, *error) -> None:
        self.enough.set()
        self.join()

    def reach(self, number: int) -> None:
        deadline = time.monotonic() + 30
        while self.written < number and self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.written >= number


def many_persons(org, people, number: int) -> None:
    for n in range(number):
        born_on = dt.date(1960, 1, 1) + dt.timedelta(days=n % 9000)
        Person(
            unit=org.east_village2, name="周演癸未", born_on=born_on, entered_by=people.village,
            id_number=world.number(born_on, n % 999), phone=world.phone(n % 10000),
        ).save()  # fmt: skip


GRANTS = (
    "SELECT u.username, p.codename, c.app_label || '.' || c.model, o.name FROM federation_unitgrant g"
    " JOIN federation_user u ON u.id = g.user_id JOIN auth_permission p ON p.id = g.permission_id"
    " JOIN django_content_type c ON c.id = p.content_type_id"
    " JOIN federation_orgunit o ON o.id = g.content_object_id ORDER BY 1, 2, 3, 4"
)
MOVING = {
    "registry_household", "federation_auditevent", "federation_auditseal", "django_session",
    "federation_livesession", "notices_delivery",
}  # fmt: skip
# What a person of the restored host finds: she logs in, and a sealed number opens.
LOOK = """
import json
from django.test import Client
from federation.models import LiveSession, User
from registry.models import Person
found = {"sessions": LiveSession.objects.count()}
client = Client()
said = client.post("/login/", {"username": "village", "password": "test-password"})
found["login"] = said.status_code, client.get("/").status_code
village = User.objects.get(username="village")
found["numbers"] = {
    str(p.uuid): p.id_number.open() for p in Person.objects.visible_to(village, "view") if p.id_number
}
print(json.dumps(found))
"""


@pytest.fixture
def taken(place, org, people, archives, files):
    """A backup made while people worked; then more work, a seal, and an erasure."""
    many_persons(org, people, count(150, full=5000))
    audit.record("first", "login", by=None)
    Delivery(channel="email", day=timezone.localdate(), unit=org.city).save()
    seals.seal()
    with Load(org.east_village) as load:
        before = load.written
        make(place)
        during = load.written - before
        load.reach(load.written + 2)
    audit.record("later", "login", by=None)
    seals.seal()
    return SimpleNamespace(during=during, written=load.written, gone=archives.elder)


@pytest.mark.battery("T26")
@pytest.mark.skipif(not is_its_day(3, at=1), reason="each third day, and in full counts")
def test_a_backup_restores_whole_on_an_empty_host_or_not_at_all(place, taken, org, archives, files):
    with recovery.empty_host(place.folder / "second") as host:
        host.anchor.write_bytes(Path(live_settings.AUDIT_ANCHOR_FILE).read_bytes())
        host.erased.write_text(f"{taken.gone.uuid} 2026-01-01\n")

        bad_files_are_refused(place, host)
        bad_rows_are_taken_back(place, host)
        done = host.manage("restore", place.backup, "--key-file", place.key)

        assert done.returncode == 0, done.stderr
        assert "补 0 条，撤 0 条" in done.stdout
        assert "已另存为" in done.stdout
        assert "再次删除：1 份" in done.stdout
        rows_are_what_they_were(host, taken)
        files_are_what_they_were(host, files)
        people_can_go_on(host, archives, taken)

        again = host.manage("restore", place.backup, "--key-file", place.key)
        assert again.returncode == 1
        assert "数据库不是空的" in again.stderr
    nothing_is_readable(place, archives)


def bad_files_are_refused(place, host):
    held = place.backup.read_bytes()
    half, middle = len(held) // 2, len(held) // 3
    sealing.make_key(place.folder / "other.key")
    bad: dict[str, tuple[str, Path]] = {}

    def bytes_(name: str, word: str, data: bytes) -> None:
        bad[name] = word, place.folder / name
        (place.folder / name).write_bytes(data)

    def telling(name: str, word: str, **tell) -> None:
        target = place.folder / name
        bad[name] = word, recovery.altered(place.backup, place.key, target, tell=tell)

    bytes_("none-of-ours", "不是本系统的备份文件", b"PGDMP" + bytes(500))
    bytes_("nothing", "不是本系统的备份文件", b"")
    bytes_("half", "不完整", held[:half])
    bytes_("a-byte-short", "不完整", held[:-1])
    bytes_("damaged", "损坏", held[:middle] + bytes([held[middle] ^ 1]) + held[middle + 1 :])
    bytes_("newer-format", "第 2 版格式", held[:8] + b"\0\2" + held[10:])
    bad["nowhere"] = "读不到备份文件", place.folder / "nowhere"
    telling("newer-portal", "比当前程序新", migrations=lambda m: [*m, "registry.9999_later"])
    telling("older-portal", "比当前程序旧", migrations=lambda m: m[:-1])
    telling("other-database", "不能恢复", vendor=lambda _: "sqlite")
    telling("other-field-key", "没有备份时的密钥 k9", field_keys=lambda _: {"k9": "0" * 16})

    said = host.each({name: path for name, (_, path) in bad.items()}, place.key)
    wrong_key = host.manage("restore", place.backup, "--key-file", place.folder / "other.key")

    assert {n: said[n] for n, (word, _) in bad.items() if word not in said[n]} == {}
    assert all(sentence.endswith("。") and "\n" not in sentence for sentence in said.values())
    assert wrong_key.returncode == 1
    assert "密钥不对" in wrong_key.stderr
    assert host.rows() == {}
    assert host.files() == set()
    report(
        "T26", f"{len(bad) + 1} bad archives, keys and versions refused, the target without a table"
    )


def bad_rows_are_taken_back(place, host):
    """What only the database can find: then the tables are there, and nothing is in them."""

    def without(name: str, **more) -> Path:
        return recovery.altered(place.backup, place.key, place.folder / name, **more)

    bad = {
        "恢复没有完成（IntegrityError）": without("no-accounts", federation_user=lambda _: b""),
        "审计记录核对不上": without(
            "another-audit", federation_auditevent=lambda rows: rows.replace(b"first", b"forst")
        ),
        "与备份清单不一致": without(
            "another-sum", tell={"tables": lambda told: told | {"registry_person": [1, "0" * 64]}}
        ),
        "对不上": without("fewer-tables", tell={"columns": lambda told: dict([*told.items()][1:])}),
    }
    said = host.each(bad, place.key)

    assert {word: sentence for word, sentence in said.items() if word not in sentence} == {}
    held = {table for table, rows in host.rows().items() if rows}
    assert held <= {"django_migrations", "django_content_type", "auth_permission"}
    assert host.files() == set()
    report("T26", f"{len(bad)} archives whose rows do not fit taken back, the target without a row")


def rows_are_what_they_were(host, taken):
    loaded = host.ask("SELECT number FROM registry_household WHERE number LIKE 'L%' ORDER BY id")
    lines = host.ask(
        "SELECT record FROM federation_auditevent WHERE record LIKE 'load %' ORDER BY id"
    )
    # A prefix of the writes, and each of them whole.
    assert [number for (number,) in loaded] == [f"L{n}" for n in range(len(loaded))]
    assert [record for (record,) in lines] == [f"load {n}" for n in range(len(loaded))]
    assert 0 < len(loaded) < taken.written

    rows, source = host.rows(), recovery.rows_of(ask)
    assert rows.keys() == source.keys()
    compared = 0
    for table in sorted(source.keys() - MOVING):
        columns = recovery.columns(ask, table)
        if "id" not in columns:
            assert rows[table] == source[table], table
            continue
        without = of_the_erased(taken.gone, table, columns)
        found = recovery.fingerprint(host.ask, table, without)
        assert found == recovery.fingerprint(ask, table, without), table
        compared += 1
    assert host.ask(GRANTS) == ask(GRANTS)
    new, last = "nextval('registry_household_id_seq')", "SELECT max(id) FROM registry_household"
    assert host.ask(f"SELECT {new} > ({last})") == [(True,)]
    report(
        "T26",
        f"{sum(rows.values())} rows of {len(rows)} tables restored from a backup during which {taken.during}"
        f" writes came ({WRITES_A_SECOND} a second); {compared} tables equal by the database's own MD5",
    )


def of_the_erased(gone, table: str, columns: set[str]) -> str:
    """Which rows of ``table`` the second erasure changed."""
    if table == "registry_person":
        return f"id = {gone.pk}"
    if table == "registry_erasure":
        return f"person_uuid = '{gone.uuid}'"
    of_hers = table.startswith("registry_") and "person_id" in columns
    return f"person_id = {gone.pk}" if of_hers else "false"


def files_are_what_they_were(host, files):
    assert host.files() == {f"kept/{files.kept}", f"jobs/{files.job}"}
    for name in host.files():
        assert media.sum_of(host.media / name) == media.sum_of(media.path_of(name))


def people_can_go_on(host, archives, taken):
    assert host.manage("verify_audit").returncode == 0
    look = host.told(LOOK)
    assert look["login"] == [302, 200]
    assert look["sessions"] == 0
    assert look["numbers"][str(archives.woman.uuid)] == archives.woman.id_number.open()
    # What waited to be sent is not sent twice.
    assert host.ask("SELECT state FROM notices_delivery") == [("doubt",)]
    # Whoever was erased after the backup is erased here.
    person = "SELECT state, name, id_number FROM registry_person WHERE id = "
    assert host.ask(f"{person}{taken.gone.pk}") == [("erased", "已删除", None)]
    assert str(taken.gone.uuid) not in look["numbers"]


def nothing_is_readable(place, archives):
    held = place.backup.read_bytes()
    plain = ["林演", "registry_person", "village", archives.child.name]
    plain += [archives.woman.id_number.open(), archives.woman.phone.open()]
    assert not [word for word in plain if word.encode() in held]


# -- What a backup is not made of -----------------------------------------------------------------
def refused(place, target: Path | None = None) -> str:
    with pytest.raises(CommandError) as why:
        make(place, target)
    return str(why.value)


def test_a_role_that_sees_a_part_of_the_rows_makes_no_backup(place, archives):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE backup_probe (id int); CREATE ROLE backup_part_only")
        cursor.execute("ALTER TABLE backup_probe ENABLE ROW LEVEL SECURITY")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO backup_part_only")
        try:
            cursor.execute("SET ROLE backup_part_only")
            assert "只看得到一部分行" in refused(place)
        finally:
            cursor.execute("RESET ROLE; DROP TABLE backup_probe")
            cursor.execute("DROP OWNED BY backup_part_only; DROP ROLE backup_part_only")
    assert not place.backup.exists()
    assert [path.name for path in place.folder.iterdir() if "of-today" in path.name] == []


def test_a_backup_is_written_beside_and_never_over_another(place, archives):
    make(place)
    held = place.backup.read_bytes()

    assert "已经存在" in refused(place)
    assert "写不了" in refused(place, place.folder / "nowhere" / "b.backup")
    assert place.backup.read_bytes() == held
    assert place.backup.stat().st_mode & 0o777 == 0o600
    assert AuditEvent.objects.filter(verb="make_backup").count() == 1


def test_in_a_folder_a_backup_is_called_after_the_moment(place, archives):
    (place.folder / "backups").mkdir()
    make(place, place.folder / "backups")
    assert re.fullmatch(
        r"fulian-\d{8}T\d{6}Z\.backup",
        *[path.name for path in (place.folder / "backups").iterdir()],
    )


def test_no_key_and_no_secret_lies_in_a_backup_that_was_opened(place, archives):
    make(place)
    with place.backup.open("rb") as file:
        sealed = io.BufferedReader(sealing.Opener(file, sealing.read_key(place.key)))
        parts = archive.Reader(sealed).parts()
        held = {name: b"".join(blocks) for name, blocks in parts}

    ring = json.loads(Path(live_settings.FIELD_KEYS_FILE).read_text())
    secrets = [live_settings.SECRET_KEY, connection.settings_dict["PASSWORD"]]
    secrets += [key[word] for key in ring["keys"] for word in ("field", "index")]
    secrets += [place.key.read_text().split()[1], archives.woman.id_number.open()]
    everything = b"\0".join(held.values())
    assert archives.woman.name.encode() in held["table/registry_person"]
    assert [secrets.index(word) for word in secrets if word.encode() in everything] == []


# -- SQLite ---------------------------------------------------------------------------------------
BUILD = """
import json, sys
from pathlib import Path
sys.path.insert(0, "tests")
from django.core.management import CommandError, call_command
call_command("migrate", verbosity=0)
import world
from administration.backup import making, sqlite
from registry.models import Person
org = world.build_units()
people = world.build_people(org)
for n in range(3):
    Person(unit=org.east_village, name="林演甲子", phone="16900000011", entered_by=people.village).save()
Person.objects.unscoped(reason="the third is deleted").last().delete()
made = making.backup(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps(sqlite.sums(sqlite.database())))
"""
PUT_BACK = """
import json, sys
from pathlib import Path
from django.core.management import CommandError, call_command
from administration.backup import Refused, restoring, sqlite
from registry.models import Person
said = []
for name in sys.argv[2:]:
    try:
        restoring.restore(Path(name), Path(sys.argv[1]))
        said.append("")
    except Refused as why:
        said.append(str(why))
call_command("verify_audit", stdout=sys.stderr)
phones = [p.phone.open() for p in Person.objects.unscoped(reason="a look at all of them")]
print(json.dumps([said, sqlite.sums(sqlite.database()), phones]))
"""


@pytest.mark.battery("T26")
@pytest.mark.skipif(not is_its_day(3), reason="each third day, and in full counts")
def test_sqlite_is_backed_up_and_restored(place):
    def host(name: str) -> recovery.Host:
        (place.folder / name).mkdir()
        return recovery.Host(
            f"sqlite:///{place.folder / name / 'portal.sqlite3'}", place.folder / name
        )

    first = host("first")
    migrated.sqlite(first.folder)
    source = first.told(BUILD, place.backup, place.key)
    held = place.backup.read_bytes()
    (place.folder / "half").write_bytes(held[: len(held) // 2])
    names = [place.folder / "half", place.backup, place.backup]
    said, found, phones = host("second").told(PUT_BACK, place.key, *names)

    assert "不完整" in said[0]
    assert said[1] == ""
    assert "数据库不是空的" in said[2]
    moving = {"federation_auditevent", "django_session"}
    assert {t: v for t, v in found.items() if t not in moving} == {
        t: v for t, v in source.items() if t not in moving
    }
    assert phones == ["16900000011"] * 2
    assert not [word for word in ("林演", "SQLite format") if word.encode() in held]
    report(
        "T26",
        f"{sum(rows for rows, _ in found.values())} rows of {len(found)} tables on SQLite restored",
    )
