"""A phone in the tests: a server that can be killed, a wire that loses answers, and a thumb."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect

from pairing.models import ContactLog

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30_000  # ms


# -- The server -------------------------------------------------------------------------------------
class Server:
    """The portal in a process of its own, on the database of the test; killed and started at will."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.starting: threading.Thread | None = None
        self.start()

    def start(self) -> None:
        url = os.environ["DATABASE_URL"]
        url = re.sub(r"/[^/?]*(\?|$)", rf"/{connection.settings_dict['NAME']}\1", url, count=1)
        env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        env["MEDIA_ROOT"] = str(settings.MEDIA_ROOT)
        command = [sys.executable, "-m", "config.serve", "--port", str(self.port), "--workers", "1"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, text=True,
        )  # fmt: skip
        for line in self.process.stdout:
            if "http://" in line:
                break
        self.reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        self.reader.start()

    @staticmethod
    def read(said) -> None:
        with said:
            said.read()

    def wait(self) -> None:
        """Until it answers."""
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.1)
        raise TimeoutError

    def restart(self) -> None:
        """Killed at once; up again some seconds later, while people go on."""
        self.kill()
        self.starting = threading.Thread(target=self.start)
        self.starting.start()

    def kill(self) -> None:
        if self.starting:
            self.starting.join()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join(5)


# -- The wire -----------------------------------------------------------------------------------------
class Wire:
    """Between phone and server. ``loses`` answers to what the phone sends next: the server has
    committed, the phone never hears of it."""

    def __init__(self, port: int):
        self.behind, self.loses, self.lost = port, 0, 0
        self.ear = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.ear.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.ear.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self.behind)) as far:
            sends = threading.Event()
            back = threading.Thread(target=self._answer, args=(far, near, sends), daemon=True)
            back.start()
            while data := near.recv(65536):
                if data.startswith(b"POST /m/logs/"):
                    sends.set()
                elif re.match(rb"(GET|POST) ", data):
                    sends.clear()
                far.sendall(data)

    def _answer(self, far: socket.socket, near: socket.socket, sends: threading.Event) -> None:
        with suppress(OSError):
            while data := far.recv(65536):
                if sends.is_set() and self.loses > 0:
                    self.loses -= 1
                    self.lost += 1
                    break
                near.sendall(data)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def portal():
    """``with portal() as (server, wire):``; the phone is told ``wire.url``."""
    server = Server()
    wire = Wire(server.port)
    try:
        yield server, wire
    finally:
        wire.ear.close()
        server.kill()


# -- The phone ------------------------------------------------------------------------------------------
def signed_in(context, user, url: str) -> None:
    """``context`` (a browser of her own) is signed in as ``user``."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def opened(page: Page, url: str) -> Page:
    """The page as it stands once its script has done what it can."""
    page.goto(f"{url}/m/")
    expect(page.locator("html[data-ready]")).to_have_count(1, timeout=PATIENCE)
    return page


def keeps_itself(page: Page) -> None:
    """Wait until the service worker has kept the page: it opens without signal from now on."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def write(page: Page, pair: int, summary: str) -> None:
    """One log of the ``pair``-th card, by three presses and a few words."""
    page.locator(".m-log").nth(pair).click()
    page.locator("#summary").fill(summary)
    page.locator("#save").click()
    expect(page.locator("#home")).to_be_visible(timeout=PATIENCE)


def waiting(page: Page) -> int:
    return int(page.locator("#count").inner_text())


def rows() -> list[str]:
    """What the server has, by the words of each."""
    held = ContactLog.objects.unscoped(reason="a test counts what arrived").order_by("pk")
    return list(held.values_list("summary", flat=True))
