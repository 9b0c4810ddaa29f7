"""T26: a backup while people work, restored on an empty host, is what was there; or it is refused."""

import datetime as dt
import io
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import archives as world
import pytest
import recovery
from battery import count, report
from django.conf import settings as live_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from administration.backup import archive, media, sealing
from federation import audit, seals
from registry.models import Household, Person
from reporting.models import Collection, IncomingBatch, IncomingFile, Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.battery("T26")]
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
    "federation_livesession",
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
    str(p.uuid): p.id_number.open() for p in Person.objects.visible_to(village, "view")
}
print(json.dumps(found))
"""


def test_what_is_restored_is_what_was_there(place, org, people, archives, files):
    many_persons(org, people, count(150, full=5000))
    seals.seal()
    gone = archives.woman
    with Load(org.east_village) as load:
        before = load.written
        make(place)
        during = load.written - before
        load.reach(load.written + 2)
    seals.seal()  # the anchor knows more than the backup
    held = place.backup.read_bytes()
    source = recovery.rows_of(ask)

    with recovery.empty_host(place.folder / "second") as host:
        host.anchor.write_bytes(Path(live_settings.AUDIT_ANCHOR_FILE).read_bytes())
        restored = host.manage("restore", place.backup, "--key-file", place.key)
        assert restored.returncode == 0, restored.stderr
        assert "补 0 条，撤 0 条" in restored.stdout
        assert "已另存为" in restored.stdout

        rows = host.rows()
        loaded = host.ask(
            "SELECT number FROM registry_household WHERE number LIKE 'L%' ORDER BY id"
        )
        lines = host.ask(
            "SELECT record FROM federation_auditevent WHERE record LIKE 'load %' ORDER BY id"
        )
        # A prefix of the writes, and each of them whole.
        assert [n for (n,) in loaded] == [f"L{n}" for n in range(len(loaded))]
        assert [n for (n,) in lines] == [f"load {n}" for n in range(len(loaded))]
        assert 0 < len(loaded) < load.written

        # Moved while the backup was made, or by making and restoring it; all else is the same.
        still = sorted(source.keys() - MOVING)
        assert {t: rows[t] for t in still} == {t: source[t] for t in still}
        keyed = [t for t in still if recovery.has_id(ask, t)]
        for table in keyed:
            assert recovery.fingerprint(host.ask, table) == recovery.fingerprint(ask, table), table
        assert host.ask(GRANTS) == ask(GRANTS)
        assert host.files() == {f"kept/{files.kept}", f"jobs/{files.job}"}
        for name in host.files():
            assert media.sum_of(host.media / name) == media.sum_of(media.path_of(name))

        assert host.manage("verify_audit").returncode == 0
        look = host.told(LOOK)
        assert look["login"] == [302, 200]
        assert look["sessions"] == 0
        assert look["numbers"][str(gone.uuid)] == gone.id_number.open()

        # New rows are numbered after the old ones.
        new, last = "nextval('registry_household_id_seq')", "SELECT max(id) FROM registry_household"
        assert host.ask(f"SELECT {new} > ({last})") == [(True,)]

        again = host.manage("restore", place.backup, "--key-file", place.key)
        assert again.returncode == 1
        assert "数据库不是空的" in again.stderr

    plain = [
        gone.name,
        gone.id_number.open(),
        gone.phone.open(),
        archives.child.name,
        people.village.username,
        "registry_person",
        "林演",
    ]
    assert not [word for word in plain if word.encode() in held]
    report(
        "T26",
        f"{sum(rows.values())} rows of {len(rows)} tables and 2 files equal after a backup during which"
        f" {during} writes came ({WRITES_A_SECOND} a second), {len(keyed)} tables by the database's own MD5",
    )


def altered(place, held: bytes, change) -> Path:
    """The backup as one who holds the key would write it anew, with ``change(name, data)``."""
    key = sealing.read_key(place.key)
    reader = archive.Reader(io.BufferedReader(sealing.Opener(io.BytesIO(held), key)))
    out = io.BytesIO()
    sealer = sealing.Sealer(out, key)
    writer = archive.Writer(sealer)

    for name, blocks in reader.parts():
        data = b"".join(blocks)
        if name == archive.MANIFEST:
            told = change(name, json.loads(data))
            told.pop("parts")
            writer.end(told)
        else:
            writer.part(name, [change(name, data)])
    sealer.finish()
    path = place.folder / f"{uuid4()}.backup"
    path.write_bytes(out.getvalue())
    return path


def telling(**changes):
    """The manifest says otherwise; the parts stay."""

    def change(name, data):
        if name != archive.MANIFEST:
            return data
        return data | {key: value(data[key]) for key, value in changes.items()}

    return change


def test_what_is_not_sound_or_does_not_fit_leaves_the_target_empty(place, archives, files):
    held = make(place).read_bytes()
    sealing.make_key(place.folder / "other.key")

    def file(name: str, data: bytes) -> Path:
        path = place.folder / f"{name}.backup"
        path.write_bytes(data)
        return path

    half, middle = len(held) // 2, len(held) // 3
    bad = {
        "none of ours": file("text", b"PGDMP" + bytes(500)),
        "empty": file("empty", b""),
        "nowhere": place.folder / "nowhere.backup",
        "half": file("half", held[:half]),
        "last byte": file("cut", held[:-1]),
        "damaged": file("damaged", held[:middle] + bytes([held[middle] ^ 1]) + held[middle + 1 :]),
        "newer format": file("newer", held[:8] + b"\0\2" + held[10:]),
        "newer portal": altered(
            place, held, telling(migrations=lambda m: [*m, "registry.9999_later"])
        ),
        "older portal": altered(place, held, telling(migrations=lambda m: m[:-1])),
        "other database": altered(place, held, telling(vendor=lambda _: "sqlite")),
        "other field key": altered(place, held, telling(field_keys=lambda _: {"k9": "0" * 16})),
    }
    words = {
        "none of ours": "不是本系统的备份文件", "empty": "不是本系统的备份文件", "nowhere": "读不到备份文件",
        "half": "不完整", "last byte": "不完整", "damaged": "损坏", "newer format": "第 2 版格式",
        "newer portal": "比当前程序新", "older portal": "比当前程序旧", "other database": "不能恢复",
        "other field key": "没有备份时的密钥 k9",
    }  # fmt: skip
    with recovery.empty_host(place.folder / "second") as host:
        said = host.each(bad, place.key)
        wrong_key = host.manage("restore", place.backup, "--key-file", place.folder / "other.key")

        assert {name: word for name, word in words.items() if word not in said[name]} == {}, said
        assert all(sentence.endswith("。") and "\n" not in sentence for sentence in said.values())
        assert wrong_key.returncode == 1
        assert "密钥不对" in wrong_key.stderr
        assert host.rows() == {}
        assert host.files() == set()
    report(
        "T26", f"{len(bad) + 1} bad archives, keys and versions refused, the target without a table"
    )
