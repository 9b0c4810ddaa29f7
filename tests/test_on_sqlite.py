"""The tests marked ``on_sqlite`` (scope, and the life of grants) once more, on SQLite."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from battery import LINES, report
from django.conf import settings

FILES = [
    str(path)
    for folder in ("federation", "access")
    for path in sorted(Path(__file__).with_name(folder).glob("test_*.py"))
    if "pytest.mark.on_sqlite" in path.read_text(encoding="utf-8")
]


@pytest.mark.battery("T4")
def test_what_a_person_may_see_is_the_same_on_sqlite(tmp_path):
    """A process of its own, because the database of a process is one for all its tests."""
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}"}
    env |= {"FULIAN_VAR": str(tmp_path)}
    sheet = Path(env.pop(LINES))

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "on_sqlite",
            "-p",
            "no:cacheprovider",
            *FILES,
        ],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert " on sqlite: " in done.stdout
    assert sheet.exists(), "what the tests before this one reported"
    for line in re.findall(r"^ *T4  (.* on sqlite: .*)$", done.stdout, re.MULTILINE):
        report("T4", line)
    report("T4", f"on SQLite {done.stdout.splitlines()[-1].split(',')[0].strip()}")
