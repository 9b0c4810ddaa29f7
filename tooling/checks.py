"""Everything that is checked without running the tests; all of it runs, then the verdict."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tooling.console import ROOT
from tooling.environment import PYTHON, VENV


@dataclass(frozen=True)
class Check:
    """One tool and how it is called from the root of the repository."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    check: Check
    passed: bool
    output: str
    seconds: float


def checks() -> list[Check]:
    """The slowest first: they run two at a time."""
    python, binaries = str(PYTHON), VENV / "bin"
    templates = [str(path.relative_to(ROOT)) for path in _templates()]
    found = [
        Check("mypy", (python, "-m", "mypy")),
        Check("import-linter", (str(binaries / "lint-imports"),)),
        Check("manage.py check", (python, "manage.py", "check", "--fail-level", "WARNING")),
        Check("makemigrations", (python, "manage.py", "makemigrations", "--check", "--dry-run")),
        Check("ruff check", (str(binaries / "ruff"), "check", "--output-format", "concise")),
        Check(
            "ruff format",
            (str(binaries / "ruff"), "format", "--check", "--output-format", "concise"),
        ),
    ]
    if templates:
        djade = (str(binaries / "djade"), "--check", "--target-version", "5.2", *templates)
        found.append(Check("djade", djade))
    return found


def _templates() -> list[Path]:
    return sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")])


def check() -> int:
    """Run every check, print a line each, 0 if all passed."""
    with tempfile.TemporaryDirectory(prefix="fulian-check-") as var:
        env = _environment(var)
        with ThreadPoolExecutor(2) as pool:
            verdicts = []
            for verdict in pool.map(lambda each: _run(each, env), checks()):
                mark = "✓" if verdict.passed else "✗"
                print(f"{mark} {verdict.check.name}  {verdict.seconds:.1f} s", flush=True)
                if not verdict.passed:
                    print(verdict.output.rstrip(), flush=True)
                verdicts.append(verdict)
    failed = [verdict.check.name for verdict in verdicts if not verdict.passed]
    if failed:
        print(f"✗ 未通过 / failed: {', '.join(failed)}")
        return 1
    print(f"✓ 全部通过 / all {len(verdicts)} passed")
    return 0


def fix() -> None:
    """Let ruff and djade change what they can; what is left, ``check`` reports."""
    ruff, djade = str(VENV / "bin" / "ruff"), str(VENV / "bin" / "djade")
    templates = [str(path.relative_to(ROOT)) for path in _templates()]
    subprocess.run([ruff, "check", "--fix", "--quiet", "--exit-zero"], cwd=ROOT)
    subprocess.run([ruff, "format", "--quiet"], cwd=ROOT)
    if templates:
        subprocess.run([djade, "--target-version", "5.2", *templates], cwd=ROOT)


def _environment(var: str) -> dict[str, str]:
    """No database of the user's is touched: an empty SQLite in a folder of its own."""
    hidden = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    kept = {key: value for key, value in os.environ.items() if key not in hidden}
    return {**kept, "FULIAN_VAR": var}


def _run(check: Check, env: Mapping[str, str]) -> Verdict:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return Verdict(check, done.returncode == 0, done.stdout, time.monotonic() - started)
