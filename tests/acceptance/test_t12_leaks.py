"""T12: after thirty provoked errors no private word is found outside the database and its files."""

import base64
import json
import logging
import os
import tempfile
import time
import unicodedata
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from battery import report
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from world import fill, of, typed

from federation.models import User
from reporting.jobs import runner
from reporting.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.battery("T12")]
CANARY = f"金丝雀-泄漏-{uuid.uuid4().hex[:8]}"
NUMBER = "990000199001011230"
PHONE = "16900007788"
SECRETS = (CANARY, NUMBER, PHONE)
ERRORS = 30


def spellings(secret: str) -> set[bytes]:
    """``secret`` as it is and as logs and stores may spell it."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in secret)
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    raw = {secret, quote(secret), wide, spaced, json.dumps(secret)[1:-1]}
    assert unicodedata.normalize("NFKC", wide) == unicodedata.normalize("NFKC", secret)
    encoded = {base64.b64encode(secret.encode()).strip(b"=")}
    return {text.encode() for text in raw} | encoded


NEEDLES = {needle for secret in SECRETS for needle in spellings(secret)}


def found_in(content: bytes) -> list[bytes]:
    return [needle for needle in NEEDLES if needle in content]


@pytest.fixture
def errors(org, people, calls, client, caplog):
    """Thirty requests and writes that fail with private words in hand; what was logged of them."""
    caplog.set_level(logging.DEBUG)
    fill(org.east_post, people.post, leader_phone=PHONE, project_goal=f"{CANARY} {NUMBER}")
    client.force_login(people.post)
    client.raise_request_exception = False
    form, provoked = of(org.east_post), 0
    goal = f"{CANARY} {NUMBER} {PHONE}"
    body = {**typed(), "project_goal": goal, "intended_village_text": CANARY}
    bodies = [
        {**body, "version": "-1"},
        {**body, "version": form.version, "project_goal": goal * 2000, "submit": "1"},
        {**body, "version": form.version, "leader_phone": f"{PHONE}\x00", "submit": "1"},
        {**body},
        {**body, "version": "9" * 30},
    ]
    for each in bodies * 2:
        each = {**each, "idempotency_key": str(uuid.uuid4())}
        answer = client.post(f"/submissions/{form.uuid}/fill/", each)
        provoked += answer.status_code >= 400
    for number in range(ERRORS - provoked):
        # The database itself refuses: a name twice, a name too long, a text with a NUL.
        name = ("county", CANARY * 9, f"{CANARY}\x00")[number % 3]
        with pytest.raises((DatabaseError, ValueError)), transaction.atomic():
            User.objects.create(username=name, display_name=CANARY, phone=PHONE, email=NUMBER)
        provoked += 1
    assert provoked >= ERRORS
    # An accident of a worker, whose exception quotes what it stumbled over.
    params = {"annex": CANARY, "period": "2014", "only": ""}
    job = Job.objects.create(
        kind="annex_export", requester=people.post, unit=org.east_post, params=params,
        dedupe_key="leak",
    )  # fmt: skip
    runner.run(job.uuid)
    return caplog.text.encode()


def logs_of_postgres() -> bytes:
    """The server's log where these tests started it themselves; empty where another runs it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        log = Path(cursor.fetchone()[0]).parent / "postgres.log"
    return log.read_bytes() if os.access(log, os.R_OK) else b""


def all_of_redis() -> bytes:
    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    found = b""
    for key in server.scan_iter(count=1000):
        found += key
        kind = server.type(key)
        if kind == b"string":
            found += server.get(key) or b""
        elif kind == b"list":
            found += b"".join(server.lrange(key, 0, -1))
        elif kind == b"hash":
            found += b"".join(part for pair in server.hgetall(key).items() for part in pair)
        elif kind == b"set":
            found += b"".join(server.smembers(key))
    return found


def written_since(folder: Path, moment: float) -> list[Path]:
    """Files below ``folder`` of this process's making, as far as their age tells."""
    found = []
    for root, _, names in os.walk(folder, onerror=None):
        for name in names:
            path = Path(root, name)
            try:
                fresh = path.is_file() and path.stat().st_mtime >= moment
            except OSError:
                continue
            if fresh and path.stat().st_size < 5_000_000:
                found.append(path)
    return found


def test_the_needles_are_found_where_they_are():
    """The guard itself, in every spelling."""
    for needle in NEEDLES:
        assert found_in(b"x" + needle + b"y")
    assert found_in(base64.b64encode(NUMBER.encode())) != []
    assert found_in(b"harmless 16900001") == []


def test_thirty_errors_leak_into_no_log_store_or_folder(errors, settings, tmp_path):
    began = time.time() - 120
    postgres = logs_of_postgres()
    places = {
        "the portal's log": errors,
        "PostgreSQL's log": postgres,
        "Redis": all_of_redis(),
        "sessions": json.dumps([s.get_decoded() for s in Session.objects.all()]).encode(),
    }
    media = Path(settings.MEDIA_ROOT)
    kept = {path for path in written_since(media, began) if path.parent.name != "jobs"}
    temporary = Path(tempfile.gettempdir())
    mine = [p for p in temporary.glob("tmp*") if p.stat().st_uid == os.geteuid()]
    files = [*kept, *(path for folder in mine for path in written_since(folder, began))]
    for path in files:
        places[str(path)] = path.read_bytes() if os.access(path, os.R_OK) else b""

    assert {
        place: found_in(content) for place, content in places.items() if found_in(content)
    } == {}
    assert b"attempt 1" in errors, "the accident was not logged, so nothing is proved"
    size = sum(map(len, places.values())) // 1024
    report(
        "T12",
        f"{ERRORS} errors, {len(NEEDLES)} spellings of 3 secrets: 0 in {size:,} KiB of log,"
        f" PostgreSQL's log ({len(postgres) // 1024} KiB), Redis, sessions, {len(files)} files",
    )


@pytest.mark.browser
def test_a_browser_keeps_nothing_of_a_form(org, people, calls, live_server, page_for, client):
    client.force_login(people.post)
    page = page_for("desktop")
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto(f"{live_server.url}/submissions/{of(org.east_post).uuid}/fill/")
    page.fill("[name=project_goal]", f"{CANARY} {NUMBER}")
    page.fill("[name=leader_phone]", PHONE)
    page.wait_for_timeout(1500)
    page.goto(f"{live_server.url}/submissions/")

    kept = page.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage},"
        " indexedDB.databases ? await indexedDB.databases() : [],"
        " window.caches ? await caches.keys() : []])"
    )

    assert found_in(kept.encode()) == []
    assert found_in(page.url.encode()) == []
    report("T12", f"browser: 0 in {len(kept)} bytes of local, session and indexed storage, caches")
