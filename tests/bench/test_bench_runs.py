"""Every benchmark runs and prints its figures; how large they are is nobody's pass or fail."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from battery import share

ROOT = Path(__file__).resolve().parents[2]
RATIO = re.compile(r"\d+\.\d\d×")
# What each benchmark prints: titles of its parts with a peer of each.
PRINTS = {
    "ledger": [("T1 ledger export", "import-export xlsx")],
    "forms": [
        ("T2 附件1", "openpyxl load, fill, save"),
        ("T2 附件2", "openpyxl load, fill, save"),
    ],
    "reading": [
        ("T3 50 workbooks", "openpyxl read-only, unchecked"),
        ("T4 register", "import-export resource, dry run"),
    ],
    "scope": [
        ("T5 newest 50 in reach; PostgreSQL", "guardian get_objects_for_user"),
        ("T5b pages and counts of the list; PostgreSQL", "exact count"),
        ("T8 units below; PostgreSQL", "treebeard get_descendants"),
    ],
    "list": [("T7 list page", "Django admin with guardian")],
    "tasks": [("T9 pages of tasks", "floor: its SQL alone")],
    "sealing": [("T10 sealed values on a register page", "100 values opened, SM4-GCM")],
    "registry": [("T11 archives", "floor: the same ids, bare")],
    "pairs": [("T11 pairs", "floor: its SQL alone")],
}
TODAY = share([*PRINTS], 9)


@pytest.fixture(scope="module")
def printed() -> str:
    """What ``dev.py bench --tiny`` prints of today's share, on the services of the tests."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--tiny", *TODAY],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


pytestmark = pytest.mark.battery("days")


@pytest.mark.parametrize(("title", "peer"), [told for name in TODAY for told in PRINTS[name]])
def test_a_benchmark_prints_itself_its_floor_and_its_peer_as_ratios(printed, title, peer):
    _, found, section = printed.partition(title)
    assert found
    for name in ("ours", "floor", peer) if "T5b" not in title else ("ours", peer):
        (line, *_) = [line for line in section.splitlines() if line.startswith(name)]
        assert RATIO.search(line)


def test_the_run_says_its_size_its_machine_and_what_it_left_behind(printed):
    assert re.match(r"20\d\d-\d\d-\d\d · \d+ cores · Python 3\.\d+\.\d+ · size tiny", printed)
    assert ("NetBox" in printed) == ("list" in TODAY)
