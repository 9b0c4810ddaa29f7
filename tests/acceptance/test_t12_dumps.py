"""T12: a dump of the database and a worker's own log hold no secret that anybody has typed or been given."""

import base64
import binascii
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
from battery import report
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP

from federation import passwords, second_factor
from federation.confirmation import FIELD
from federation.models import RecoveryCode, User
from notices import feeds
from reporting.jobs import request_job, sender
from reporting.models import Job
from tests.acceptance.test_t12_leaks import CANARY, NUMBER, PHONE, found_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.battery("T12")]
TYPED = f"Kou-ling-{uuid.uuid4().hex[:8]}"


def pg_dump() -> str:
    """The program, where PostgreSQL puts it."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, homes)])
    return shutil.which("pg_dump", path=path) or pytest.skip("no pg_dump here")


def dump() -> bytes:
    """The database of this test, its rows in clear."""
    here = connection.settings_dict
    keys = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    env = {**os.environ, **{name: str(here[key]) for key, name in keys.items() if here[key]}}
    command = [pg_dump(), "--no-owner", "--inserts", here["NAME"]]
    return subprocess.run(command, env=env, check=True, capture_output=True).stdout


def spelt(secret: str | bytes) -> set[bytes]:
    raw = secret.encode() if isinstance(secret, str) else secret
    return {raw, base64.b64encode(raw).rstrip(b"="), base64.b32encode(raw).rstrip(b"="),
            binascii.hexlify(raw)}  # fmt: skip


def enrolled(client: Client, user: User) -> tuple[bytes, list[str]]:
    """The secret of the phone that ``user`` sets up, and her recovery codes."""
    client.get(reverse("second_factor"))
    salt = client.session["second_factor_salt"]
    secret = second_factor.proposed(user, salt).bin_key
    page = client.post(reverse("second_factor"), {"code": f"{TOTP(secret).token():06d}"})
    return secret, page.context["codes"]


def test_a_dump_holds_no_password_code_or_link(people):
    client = Client(raise_request_exception=False)
    client.force_login(people.leader)
    secret, codes = enrolled(client, people.leader)
    given = passwords.issue(people.post2, by=people.sysadmin)
    token = feeds.create(people.county)
    people.county.set_password(TYPED)
    people.county.save()
    # People type their password, or somebody's number, where the name belongs.
    for name, word in (
        (TYPED, "x"),
        (NUMBER, TYPED),
        ("county", f"{TYPED}-wrong"),
        (PHONE, CANARY),
    ):
        Client().post(reverse("login"), {"username": name, "password": word})
    Client().post(reverse("login"), {"username": "leader", "password": "test-password"})
    client.post(reverse("confirm"), {FIELD: TYPED})
    client.get(f"/units/?q={CANARY}")
    client.get(f"/units/{uuid.uuid4()}/?name={CANARY}")

    found = dump()

    secrets = {
        "a password": TYPED,
        "a first password": given,
        "the password of the tests": "test-password",
        "the phone's secret": secret,
        "a calendar's link": token,
        "the key of the portal": settings.SECRET_KEY,
        "what was typed for a name": NUMBER,
        "what was looked for": CANARY,
        **{f"recovery code {at}": code for at, code in enumerate(codes)},
        **{f"recovery code {at} plain": code.replace("-", "") for at, code in enumerate(codes)},
    }
    assert [name for name, word in secrets.items() if any(s in found for s in spelt(word))] == []
    assert found_in(found) == [], "a number, telephone or word of nobody's record"
    assert people.leader.username.encode() in found, "the dump is empty, so nothing is proved"
    assert RecoveryCode.objects.filter(user=people.leader).count() == len(codes)
    report("T12", f"pg_dump: 0 of {len(secrets)} secrets in {len(found) // 1024:,} KiB")


def test_a_dump_holds_no_number_phone_address_or_illness_of_an_archive(archives):
    fields = ("id_number", "phone", "address", "health")
    held = [getattr(person, field) for person in vars(archives).values() for field in fields]
    planted = {value.open() for value in held if value}

    found = dump()

    assert [word for word in planted if any(s in found for s in spelt(word))] == []
    assert archives.woman.name.encode() in found  # the dump is of these very rows
    report("T12", f"pg_dump: 0 of {len(planted)} sealed values in {len(found) // 1024:,} KiB")


def test_a_worker_writes_no_private_word_into_its_log(
    people, org, calls, settings, tmp_path, monkeypatch, celery_worker_process, worker_id
):
    # Messages that no other test of a parallel run can see.
    number = 8 + (int(worker_id.removeprefix("gw")) % 8 if worker_id.startswith("gw") else 0)
    broker = urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()
    monkeypatch.setenv("CELERY_BROKER_URL", broker)
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path))
    monkeypatch.setattr(sender, "_silent_until", 0.0)
    asked = {"annex": CANARY, "period": "2014", "only": f"{NUMBER} {PHONE}"}
    with celery_worker_process(connection.settings_dict["NAME"]) as worker:
        job = request_job("annex_export", requester=people.county, unit=org.east, params=asked)
        until = monotonic() + 60
        while monotonic() < until and not any("attempt 1" in line for line in worker.lines):
            if Job.objects.get(pk=job.pk).state == "queued":
                sender.wake(job.uuid)
            sleep(0.5)
        log = "".join(worker.lines).encode()

    assert found_in(log) == []
    assert b"attempt 1" in log, "the accident was not logged, so nothing is proved"
    report(
        "T12",
        f"a worker's log: 0 in {len(log) / 1024:,.0f} KiB, where a job failed over private words",
    )
