"""Serving without Redis: one web process with the worker inside, ended by one Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import migrated
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.serve import checked_workers
from tooling.children import free_port

ROOT = settings.BASE_DIR


@pytest.fixture
def first_look(tmp_path):
    """The environment of `dev.py run` on SQLite, migrated."""
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "FULIAN_VAR": str(tmp_path)}
    migrated.sqlite(tmp_path)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(collect, cwd=ROOT, env=env, check=True)
    return env


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own server
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def test_two_web_processes_are_refused_while_the_worker_is_inside(settings):
    settings.REDIS_URL = ""
    assert checked_workers(1) == 1
    with pytest.raises(ImproperlyConfigured, match="one web process"):
        checked_workers(2)
    settings.REDIS_URL = "redis://elsewhere/0"
    assert checked_workers(4) == 4


def test_the_portal_answers_and_ends_cleanly_on_ctrl_c(first_look):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "config.serve", "--port", str(port)],
        cwd=ROOT,
        env=first_look,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (code := status(f"http://127.0.0.1:{port}/login/")):
            assert server.poll() is None, server.stdout.read()
            assert time.monotonic() < deadline, "no answer in a minute"
            time.sleep(0.1)
        assert code == 200
        # The terminal sends Ctrl-C to the whole group: master and web process.
        os.killpg(server.pid, signal.SIGINT)
        output = server.communicate(timeout=20)[0]
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.communicate()
    assert server.returncode == 0, output
    assert f"http://127.0.0.1:{port}/" in output
    assert "Traceback" not in output
    assert "SIGKILL" not in output
