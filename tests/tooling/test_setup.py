"""The set-up: standard library only, locks that fit any mirror, steps that are done once."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings

from tooling import services
from tooling.children import answers
from tooling.console import Failure
from tooling.environment import _alone
from tooling.portal import _refuse_taken
from tooling.stamps import Stamps, fingerprint

ROOT = settings.BASE_DIR
TOOLS = [ROOT / "dev.py", *sorted((ROOT / "tooling").glob("*.py"))]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", TOOLS, ids=lambda path: path.name)
def test_the_tools_need_nothing_but_the_standard_library(path):
    assert set(imported(path)) <= set(sys.stdlib_module_names) | {"tooling"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name
)
def test_a_lock_file_has_hashes_and_names_no_registry(path):
    text = path.read_text()
    assert "://" not in text
    pins = [line for line in text.splitlines() if "==" in line]
    assert pins
    assert all(line.rstrip().endswith("\\") for line in pins), "a pin without a hash"


@pytest.mark.parametrize("folder", ["", "tooling/chromium"])
def test_the_npm_lock_names_no_registry(folder):
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert not [name for name, each in packages.items() if "resolved" in each]
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())


def test_a_step_is_repeated_only_when_a_file_it_depends_on_changed(tmp_path):
    stamps, lock = Stamps(tmp_path / "stamps"), tmp_path / "base.txt"
    lock.write_text("django==5.2\n")
    assert not stamps.holds("base", fingerprint([lock]))
    stamps.set("base", fingerprint([lock]))
    assert stamps.holds("base", fingerprint([lock]))
    lock.write_text("django==5.2.1\n")
    assert not stamps.holds("base", fingerprint([lock]))


def test_a_taken_port_is_said_in_one_line_with_the_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port} is taken.*--port {port + 1}"):
            _refuse_taken("127.0.0.1", port)


def test_two_set_ups_wait_for_each_other():
    script = "from tooling.environment import _alone\nwith _alone(): print('in', flush=True)"
    with _alone():
        other = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
        time.sleep(0.5)
        assert other.poll() is None
    assert other.communicate(timeout=10)[0] == b"in\n"


HOLD = """
import os, time
from tooling import services
with services.running() as urls:
    print(urls["DATABASE_URL"], urls["REDIS_URL"], urls["FULIAN_VAR"], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("farewell", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_the_services_die_with_the_command_that_started_them(farewell):
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and Python inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        line = next(line for line in holder.stdout if line.startswith("postgres"))
        database, queue, var = line.split()
        ports = [int(url.rpartition(":")[2].partition("/")[0]) for url in (database, queue)]
        assert all(answers(port) for port in ports)
        holder.send_signal(farewell)
        holder.wait(60)
    finally:
        holder.kill()
        holder.communicate()
    deadline = time.monotonic() + 30
    while any(answers(port) for port in ports) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(answers(port) for port in ports)
    # What a killed command could not remove, the next one does.
    services._sweep()
    assert not os.path.exists(os.path.dirname(var))  # noqa: PTH110, PTH120 -- a plain path
