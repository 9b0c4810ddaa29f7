"""T29: PostgreSQL falls in the midst of submitting; what was answered as done is done, and once."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import migrated
import psycopg2
import pytest
from battery import count, report
from django.conf import settings
from django.db import connection

from tooling import children, services

pytestmark = pytest.mark.battery("T29")
CLIENTS, SUBMITS, RESTARTS = count(3, full=8), count(6, full=400), count(1, full=5)
TOKEN = "t" * 32
MINUTE = 60


class OwnPostgres:
    """A PostgreSQL of this test alone, which a crash loses nothing of that it has acknowledged."""

    def __init__(self, folder: Path):
        self.account = children.unprivileged()
        self.bindir = services._executable_for(self.account, services._postgres_bindir(), folder)
        self.data, self.log, self.port = folder / "pg", folder / "pg.log", children.free_port()
        secret = folder / "pwfile"
        self.data.mkdir(mode=0o700)
        secret.write_text("password")
        self.log.touch()
        if self.account:
            for path in (self.data, secret, self.log):
                os.chown(path, self.account.uid, self.account.gid)
        services._initdb(self.bindir, self.data, secret, self.account)
        self.process = None
        self.url = f"postgres://postgres:password@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        flags = {**services.POSTGRES_FLAGS, "synchronous_commit": "on", "port": self.port}
        flags |= {"unix_socket_directories": self.data, "listen_addresses": "127.0.0.1"}
        self.log.write_bytes(b"")
        self.process = children.start(
            [self.bindir / "postgres", "-D", self.data, *(f"--{k}={v}" for k, v in flags.items())],
            log=self.log,
            farewell=signal.SIGQUIT,
            account=self.account,
            env=services._plain_env(),
        )
        services._await(self.process, self.port, self.log, "PostgreSQL")

    def fall(self) -> None:
        """As ``pg_ctl stop -m immediate``: every backend dies where it stands."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


@pytest.fixture
def portal(django_db_setup, tmp_path_factory):
    """A portal of gunicorn on a database of its own: ``(postgres, port, who may submit what)``."""
    with services._working_folder() as folder:
        postgres = OwnPostgres(folder)
        postgres.start()
        migrated.copy_to(postgres.url, connection)
        env = {
            **os.environ,
            "DATABASE_URL": postgres.url,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "FULIAN_VAR": str(tmp_path_factory.mktemp("var")),
            "PYTHONPATH": f"{settings.BASE_DIR}:{settings.BASE_DIR / 'tests'}",
        }
        try:
            staged = subprocess.run(
                [sys.executable, "-m", "tests.faults.stage", str(CLIENTS)],
                cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert staged.returncode == 0, staged.stderr[-3000:]
            port = children.free_port()
            log = folder / "web.log"
            web = children.start(
                [sys.executable, "-c", SERVE, str(settings.BASE_DIR), str(port)], log=log, env=env
            )
            await_page(port, log)
            yield postgres, port, json.loads(staged.stdout.splitlines()[-1]), log
            children.stop(web)
        finally:
            postgres.process.kill()
            postgres.process.wait()


SERVE = """
import os, sys
os.chdir(sys.argv[1]); sys.path.insert(0, sys.argv[1])
from config.serve import Portal
Portal("127.0.0.1", int(sys.argv[2]), 1).run()
"""


def await_page(port: int, log: Path) -> None:
    deadline = time.monotonic() + MINUTE
    while time.monotonic() < deadline:
        try:
            if ask(port, "GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text()[-3000:])


def ask(port: int, method: str, path: str, session: str = "", **sent) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, path, urlencode(sent) if sent else None, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        line.close()


class Submitter(threading.Thread):
    """Submits her form and takes it back, in turn; repeats with the same key until she is answered."""

    def __init__(self, port: int, seat: dict):
        super().__init__()
        self.port, self.seat = port, seat
        self.acked, self.retries, self.answers, self.told = 0, 0, Counter(), set()

    def run(self) -> None:
        version = self.seat["version"]
        for number in range(SUBMITS):
            step = "withdraw" if number % 2 else "submit"
            sent = {"version": version + number, "idempotency_key": str(uuid.uuid4())}
            deadline = time.monotonic() + 2 * MINUTE
            while not self.taken(f"/submissions/{self.seat['form']}/steps/{step}/", sent):
                self.retries += 1
                if time.monotonic() > deadline:
                    return
                time.sleep(0.2)
            self.acked += 1

    def taken(self, path: str, sent: dict) -> bool:
        try:
            status, page = ask(self.port, "POST", path, self.seat["session"], **sent)
        except OSError:
            self.answers["no answer"] += 1
            return False
        self.answers[status] += 1
        if status != 302:
            self.told.add(page)
        return status == 302


def test_what_was_acknowledged_is_there_and_once(portal):
    postgres, port, seats, log = portal
    submitters = [Submitter(port, seat) for seat in seats]
    for submitter in submitters:
        submitter.start()
    whole = CLIENTS * SUBMITS
    for turn in range(1, RESTARTS + 1):
        while sum(s.acked for s in submitters) < whole * turn / (RESTARTS + 1):
            time.sleep(0.02)
            assert any(s.is_alive() for s in submitters), log.read_text()[-3000:]
        postgres.fall()
        time.sleep(0.5)  # somebody submits meanwhile
        status, page = ask(port, "GET", "/", seats[0]["session"])
        assert (status, "自动重试" in page) == (503, True), page
        postgres.start()
    for submitter in submitters:
        submitter.join()

    answers = sum((s.answers for s in submitters), Counter())
    acked, retries = sum(s.acked for s in submitters), sum(s.retries for s in submitters)
    told = f"{dict(answers)}: {log.read_text()[-2000:]}"
    assert acked == whole, told
    assert retries > 0, "nobody met the fall: the test proves nothing"
    assert set(answers) <= {302, 503, "no answer"}, told
    pages = set().union(*(s.told for s in submitters))
    assert all("同一页面提交几次，也只办一次" in page and "Traceback" not in page for page in pages)
    kept = stored(postgres)
    lost = sum(max(0, SUBMITS - kept[seat["form"]][0]) for seat in seats)
    doubled = sum(max(0, kept[seat["form"]][0] - SUBMITS) for seat in seats)
    assert (lost, doubled) == (0, 0)
    assert all(kept[seat["form"]][1] == seat["version"] + SUBMITS for seat in seats)
    report(
        "T29",
        f"{CLIENTS} clients × {SUBMITS} submits, {RESTARTS} immediate falls of PostgreSQL: "
        f"{acked} acknowledged, {lost} lost, {doubled} doubled, {retries} tried again",
    )


def stored(postgres: OwnPostgres) -> dict[str, tuple[int, int]]:
    """By form: how many steps it took, and its version."""
    line = psycopg2.connect(postgres.url)
    try:
        with line.cursor() as cursor:
            cursor.execute(
                "SELECT s.uuid::text, count(e.id), s.version FROM reporting_submission s"
                " LEFT JOIN reporting_submissionevent e ON e.submission_id = s.id GROUP BY s.id"
            )
            return {form: (steps, version) for form, steps, version in cursor.fetchall()}
    finally:
        line.close()
