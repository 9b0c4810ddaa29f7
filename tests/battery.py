"""The acceptance battery: one set of tests, short counts in every run, full counts with --battery.

A group is marked ``@pytest.mark.battery("T15")``; how often it tries comes from :func:`count`, and
what it found is said by :func:`report` and printed at the end of the run, whichever process it ran in.
"""

import os
import tempfile
from pathlib import Path

FULL = os.environ.get("FULIAN_BATTERY") == "full"
_LINES = "FULIAN_BATTERY_LINES"


def count(short: int, *, full: int) -> int:
    """How often to try: ``short`` in the daily run, ``full`` in the battery."""
    return full if FULL else short


def report(group: str, line: str) -> None:
    """Say what ``group`` (T1 … T33) tried and found, with its counts."""
    with Path(os.environ[_LINES]).open("a", encoding="utf-8") as file:
        file.write(f"{group}\t{' '.join(line.split())}\n")


def begin() -> None:
    """Open the sheet that all processes of a run write on; the first one to come opens it."""
    if _LINES not in os.environ:
        handle, os.environ[_LINES] = tempfile.mkstemp(prefix="fulian-battery-")
        os.close(handle)


def end() -> list[tuple[str, str]]:
    """(group, line) of everything reported, in the order of the groups; the sheet is taken away."""
    sheet = Path(os.environ.pop(_LINES))
    said = [line.partition("\t")[::2] for line in sheet.read_text("utf-8").splitlines()]
    sheet.unlink()
    return sorted(said, key=lambda pair: int(pair[0][1:]))
