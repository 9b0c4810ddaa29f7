"""The acceptance battery: one set of tests, short counts in every run, full counts with --battery.

A group is marked ``@pytest.mark.battery("T15")``; how often it tries comes from :func:`count`, and
what it found is said by :func:`report` and printed at the end of the run.
"""

import os

FULL = os.environ.get("FULIAN_BATTERY") == "full"
REPORTED: dict[str, list[str]] = {}


def count(short: int, *, full: int) -> int:
    """How often to try: ``short`` in the daily run, ``full`` in the battery."""
    return full if FULL else short


def report(group: str, line: str) -> None:
    """Say what ``group`` (T1 … T33) tried and found, with its counts."""
    REPORTED.setdefault(group, []).append(line)
