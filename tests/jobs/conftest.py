"""People, and the services one may kill: a Redis and workers of these tests alone."""

import contextlib
import datetime as dt
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from redis import Redis

import tests.jobs.trial.exports  # noqa: F401 -- registers the kinds in this process
from federation import grants, tree
from federation.models import OrgUnit, Post, UnitType, User
from reporting.jobs import request_job, sender
from reporting.models import Job
from tooling import services
from tooling.children import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
OPEN = ("queued", "running")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Every test has its own folder of files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT / "jobs"


@pytest.fixture(autouse=True)
def broker_unheard(monkeypatch):
    """Each test forms its own opinion of the broker."""
    monkeypatch.setattr(sender, "_silent_until", 0.0)
    # Celery prefers this name over its configuration. Messages of these tests reach no worker of
    # others, unless a test asks for own_redis.
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")


def unit(name, parent=None):
    kind, _ = UnitType.objects.get_or_create(
        code="county",
        defaults={"name": "县（市、区）妇联", "group": "federation", "level": "county"},
    )
    return tree.add(parent, OrgUnit(name=name, short_name=name, unit_type=kind))


@pytest.fixture
def city(db):
    return unit("泉州市妇联")


@pytest.fixture
def county(city):
    return unit("鲤城区妇联", city)


@pytest.fixture
def clerk_at():
    """``clerk_at(unit)``: a person who may view and export there and below."""

    def make(where, username="clerk", actions=("reporting_view", "reporting_export")):
        post, _ = Post.objects.get_or_create(
            code="clerk-" + "-".join(actions),
            defaults={"name": "业务干部", "actions": list(actions)},
        )
        user = User.objects.create_user(username, "pw", display_name="演示甲")
        grants.appoint(user, where, post, starts_on=dt.date(2014, 1, 1))
        return user

    return make


@pytest.fixture
def clerk(clerk_at, county):
    return clerk_at(county)


@pytest.fixture
def ask(clerk, county):
    """``ask(kind, **params)``: the clerk asks for a job at her county."""

    def request(kind="trial_lines", *, dedupe_key=None, **params):
        return request_job(kind, requester=clerk, unit=county, params=params, dedupe_key=dedupe_key)

    return request


def revoke(user):
    """Her appointments' last day goes by; nobody does anything, so her session goes on."""
    user.appointments.update(ends_on=dt.date(2014, 12, 31))


def wait_for(condition, seconds, every=0.1):
    """Whether ``condition()`` came true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)
    return condition()


def all_ended():
    return not Job.objects.filter(state__in=OPEN).exists()


# -- Services to be killed ------------------------------------------------------------------------
class OwnRedis:
    """A Redis that keeps its data over a kill (append-only file)."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None
        folder.mkdir()

    def start(self):
        flags = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.process = subprocess.Popen(
            [services._redis_binary(), *flags, "--save", "", "--appendonly", "yes"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert wait_for(self.answers, 10), "Redis did not start"

    def answers(self):
        with contextlib.suppress(Exception), self.client() as client:
            return client.ping()
        return False

    def client(self):
        return Redis(port=self.port, socket_timeout=2)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def own_redis(tmp_path, monkeypatch, broker_unheard):
    redis = OwnRedis(tmp_path / "redis")
    redis.start()
    monkeypatch.setenv("CELERY_BROKER_URL", redis.url)
    yield redis
    redis.kill()


class Workers:
    """Real Celery workers (prefork), each in a process group of its own."""

    def __init__(self, media_root: Path, log: Path):
        self.media_root, self.log = media_root, log
        self.running: list[subprocess.Popen] = []

    def start(self, *, limit=None, **environment) -> subprocess.Popen:
        """``limit``: (resource, most) as of setrlimit, for the worker and its children."""
        name = connection.settings_dict["NAME"]
        url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
        options = ["-c", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        options += ["--hostname", f"{name}-{len(self.running)}@test"]
        with self.log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", "worker", *options],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": url,
                    "DJANGO_SETTINGS_MODULE": "tests.jobs.settings",
                    "MEDIA_ROOT": str(self.media_root),
                    **{key: str(value) for key, value in environment.items()},
                },
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=limit and (lambda: resource.setrlimit(limit[0], (limit[1], limit[1]))),
            )
        self.running.append(process)
        # A busy machine takes its time to start one; the tests' own limits are about jobs.
        ready = len(self.running)
        assert wait_for(lambda: self.logged().count(" ready.\n") >= ready, 90), self.logged()[
            -3000:
        ]
        return process

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    @staticmethod
    def children(process) -> list[int]:
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        return [int(pid) for pid in found.read_text().split()] if found.exists() else []

    def kill_group(self, process) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_child(self, process, number: int = 0) -> None:
        if children := self.children(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(children[number % len(children)], signal.SIGKILL)

    def stop(self) -> None:
        for process in self.running:
            self.kill_group(process)


@pytest.fixture
def workers(own_redis, settings, tmp_path, transactional_db):
    crew = Workers(settings.MEDIA_ROOT, tmp_path / "worker.log")
    yield crew
    crew.stop()
