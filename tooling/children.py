"""Child processes that never outlive the command that started them."""

import contextlib
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The Unix account a service runs under; None of dev.py's children needs root."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Whom to become before starting a database, None when this is no root shell."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("nobody", 65534, 65534)


def as_account(account: Account | None) -> dict[str, Any]:
    """The keyword arguments of Popen that change the user, none for one's own."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    farewell: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen:
    """Start a service in its own session; the kernel sends it ``farewell`` when we die.

    Its own session, so that Ctrl-C reaches the tests first and the service is stopped after them.
    """
    with log.open("ab") as sink:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd="/",
            env=dict(env) if env is not None else None,
            start_new_session=True,
            preexec_fn=_follow_parent(farewell),
            **as_account(account),
        )


def _follow_parent(farewell: signal.Signals) -> Callable[[], None]:
    """What the child runs before it becomes the service: ask the kernel for the signal."""

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, farewell)

    return ask


def start_beside(
    command: Sequence[str | Path], env: Mapping[str, str], cwd: Path
) -> subprocess.Popen:
    """Start a process that shares the terminal but is told to end by ``stop`` alone."""
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_follow_parent(signal.SIGTERM),
    )


def stop(
    process: subprocess.Popen,
    farewell: signal.Signals = signal.SIGTERM,
    *,
    patience: float = 5,
) -> None:
    """Ask a process to end, and end it after ``patience`` seconds."""
    if process.poll() is not None:
        return
    process.send_signal(farewell)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def run_and_wait(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> int:
    """Run a foreground command to its end and return its exit code, through Ctrl-C as well.

    Ctrl-C reaches the child by the terminal; here it only means: wait for the child to finish.
    """
    child = subprocess.Popen(
        [str(part) for part in command],
        env=dict(env),
        cwd=cwd,
        preexec_fn=_follow_parent(signal.SIGTERM),
    )
    interrupts = 0
    try:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts > 1:
                    child.terminate()
    finally:
        stop(child)
