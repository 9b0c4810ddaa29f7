"""Sixteen people asking for one page at once, over plain sockets, and the server they ask."""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tooling.children import answers, free_port, start, stop

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 16
WORKERS = 2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    """What one address answered, over all rounds: seconds of each request, requests a second."""

    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu_each(self) -> float:
        """CPU seconds of the web processes for one request."""
        return statistics.median(self.cpu)

    def quantile(self, share: float) -> float:
        """Seconds within which ``share`` of all requests were answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen

    def cpu(self) -> float:
        """CPU seconds its web processes have used so far."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return sum(map(_cpu_seconds, task.read_text().split()))

    def get(self, path: str, cookie: str) -> bytes:
        """The body of one answer; raises ``RuntimeError`` when it is not 200."""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as wire:
            wire.sendall(request)
            parts = []
            while part := wire.recv(65536):
                parts.append(part)
        head, _, body = b"".join(parts).partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"{path} answered {head[:80]!r}")
        return body

    def press(
        self, path: str, cookie: str, seconds: float, load: Load, clients: int = CLIENTS
    ) -> None:
        """Ask for ``path`` again and again for ``seconds``, ``clients`` at once; fills ``load``."""
        taken: list[float] = []
        failed: list[BaseException] = []
        worked, began = self.cpu(), time.perf_counter()
        deadline = began + seconds

        def ask() -> None:
            try:
                while (asked := time.perf_counter()) < deadline:
                    self.get(path, cookie)
                    taken.append(time.perf_counter() - asked)
            except (OSError, RuntimeError) as error:
                failed.append(error)

        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        load.rates.append(len(taken) / (time.perf_counter() - began))
        load.cpu.append((self.cpu() - worked) / len(taken))
        load.seconds += taken


def _cpu_seconds(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(folder: Path, workers: int = WORKERS) -> Iterator[Server]:
    """gunicorn with its synchronous workers on a free port of this machine."""
    port, log = free_port(), folder / "gunicorn.log"
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "--workers", str(workers)]
    command += ["--worker-class", "sync", "--bind", f"127.0.0.1:{port}", "--timeout", "120"]
    process = start([*command, "config.wsgi:application"], log=log, env=os.environ)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield Server(port, process)
    finally:
        stop(process)
