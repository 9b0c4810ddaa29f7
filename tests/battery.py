"""The acceptance battery: one set of tests, short counts in every run, full counts with --battery.

A group is marked ``@pytest.mark.battery("T15")``; how often it tries comes from :func:`count`, and
what it found is said by :func:`report` and printed at the end of the run, whichever process it ran in.
``dev.py test --battery`` runs the groups of :data:`WHO_MAY`, ``--battery T1,T20`` those named,
``--battery all`` every one.
"""

import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

FULL = os.environ.get("FULIAN_BATTERY") == "full"
# Who may do what, logins, the audit trail, and the loop under faults: half an hour on two cores.
WHO_MAY = (
    *("T1", "T2", "T3", "T4", "T5", "T6", "T9", "T12"),
    *("T14", "T15", "T16", "T17", "T18", "T19", "T20", "T21", "T22"),
    *("T24", "T25", "T28", "T29", "T30"),
)
# What belongs to one room, or is tried by another group as well.
BESIDE = {
    "relations": "every line of the matrix by everybody on the small stage; T1 by sixteen, thrice",
    "days": "lists, menus, keys and benchmarks of which the daily run tries a share",
    "leaks": "planted archives on every page, as everybody",
    "looks": "axe in both widths on every page of city, county and post",
    "keys": "a hundred thousand sealed values under a new key",
    "quarters": "a year of notices, disturbed",
    "T23": "two hundred logs of a phone without signal, under every misfortune",
    "T26": "backup and restore",
    "T31": "reading of mailed files",
    "T32": "hostile words in every field and address",
}
# Which part of a large set is tried today, the same in all processes of a run. Said before a run
# (FULIAN_BATTERY_DAY=739943 dev.py test …), it is that day's run again.
DAY = int(os.environ.setdefault("FULIAN_BATTERY_DAY", str(datetime.now(UTC).toordinal())))
_CHOSEN = "FULIAN_BATTERY_GROUPS"
LINES = "FULIAN_BATTERY_LINES"
T = TypeVar("T")


def chosen(asked: str | None = None) -> set[str]:
    """The groups to run, by what was asked for: names with commas, ``all``, or nothing."""
    asked = os.environ.get(_CHOSEN, "") if asked is None else asked
    if asked == "all":
        return {*WHO_MAY, *BESIDE}
    named = {name.strip() for name in asked.split(",") if name.strip()}
    if unknown := sorted(named - {*WHO_MAY, *BESIDE}):
        known = ", ".join([*WHO_MAY, *BESIDE, "all"])
        raise ValueError(f"no group {', '.join(unknown)} of the battery; there are {known}")
    return named or set(WHO_MAY)


def runs(groups: Iterable[str], among: set[str]) -> bool:
    """Whether a test marked with ``groups`` belongs to the run; without any it is of every day."""
    marked = set(groups)
    return not marked or bool(marked & among)


def count(short: int, *, full: int) -> int:
    """How often to try: ``short`` in the daily run, ``full`` in the battery."""
    return full if FULL else short


def share(things: Sequence[T], of: int, *, at: int = 0) -> list[T]:
    """All of ``things`` in the battery; in the daily run each ``of``-th, tomorrow the next ones.

    So that after ``of`` days each was tried. ``at`` lets those who share several sets of alike
    things (one for each page, say) begin at another one each time. Never none of some.
    """
    if FULL:
        return list(things)
    step = min(of, len(things)) or 1
    return list(things[(DAY + at) % step :: step])


def is_its_day(of: int, *, at: int = 0) -> bool:
    """Whether it is the day of what is tried each ``of``-th day; in the battery it always is."""
    return FULL or (DAY + at) % of == 0


def report(group: str, line: str) -> None:
    """Say what ``group`` (T1 … T33, or one of :data:`BESIDE`) tried and found, with its counts."""
    with Path(os.environ[LINES]).open("a", encoding="utf-8") as file:
        file.write(f"{group}\t{' '.join(line.split())}\n")


def begin() -> None:
    """Open the sheet that all processes of a run write on; the first one to come opens it.

    A run started within a run takes the sheet away with it at its end, unless :data:`LINES` is
    taken out of its environment.
    """
    if LINES not in os.environ:
        handle, os.environ[LINES] = tempfile.mkstemp(prefix="fulian-battery-")
        os.close(handle)


def end() -> list[tuple[str, str]]:
    """(group, line) of everything reported, in the order of the groups; the sheet is taken away."""
    sheet = Path(os.environ.pop(LINES))
    said = [line.partition("\t")[::2] for line in sheet.read_text("utf-8").splitlines()]
    sheet.unlink()
    return sorted(said, key=lambda pair: _place(pair[0]))


def _place(group: str) -> tuple[int, str]:
    return (int(group[1:]), "") if group[1:].isdigit() else (len(WHO_MAY) ** 2, group)
