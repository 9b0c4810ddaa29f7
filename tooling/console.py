"""What the tools say to the person at the terminal: one line a step, one line a failure."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

Command = Sequence[str | Path]
ROOT = Path(__file__).resolve().parent.parent


def rooms() -> list[Path]:
    """The folders of the portal's own Django apps."""
    return sorted(path.parent for path in ROOT.glob("*/apps.py"))


class Failure(Exception):
    """A step could not be done; the message says in one line what the reader can do."""


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def warn(text: str) -> None:
    print(f"! {text}", file=sys.stderr, flush=True)


def run_quietly(
    command: Command,
    remedy: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a command and show its output only when it fails, followed by ``remedy``."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise Failure(f"{remedy} ({error})") from error
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise Failure(remedy)
