"""T31: whatever is sent ends in rows, a question or one sentence; the worker lives, nobody waits."""

import re
import time
from collections import Counter

import pytest

from reporting import annexes, incoming
from tests import battery
from tests.reading import hostile_formats
from tests.reading.hostile import SENT

KILOBYTES = 150 << 10  # what a refusal may hold
SECONDS = 1.0  # of processor time that a refusal may take, where the loop below takes …
LOOP = 0.08  # … seconds
pytestmark = [pytest.mark.django_db, pytest.mark.battery("T31")]


def outcome_of(reading) -> str:
    if reading.refused:
        return reading.refused_code
    return "accept" if reading.applicable else "ask"


@pytest.fixture(scope="module")
def slowness():
    """How many times slower than a quiet machine this one is just now; at least 1."""

    def loop():
        began = time.process_time()
        sum(number * number for number in range(1_000_000))
        return time.process_time() - began

    return max(1.0, min(loop() for _ in range(3)) / LOOP)


@pytest.mark.parametrize("group", "ABCDEF")
def test_every_file_of_a_group_ends_as_an_office_would_want(org, group, slowness):
    worst, longest, heaviest = (0.0, ""), (0.0, ""), (0, "")
    outcomes: Counter[str] = Counter()
    files = [sent for sent in SENT if sent.name.startswith(group)]
    with incoming.Reader(annexes.get("pairing-summary"), area=org.city) as reader:
        for sent in files:
            if battery.FULL:  # a child for each: then the memory is that of the one file
                reader.sandbox.close()
            data = sent.make()
            began = time.process_time()
            reading = reader.read(data, name="来件.xlsx")
            took = time.process_time() - began + reader.sandbox.spent_seconds
            held = reader.sandbox.peak_kilobytes
            outcome = outcome_of(reading)
            outcomes[outcome if outcome in ("accept", "ask") else "refuse"] += 1
            assert outcome in sent.outcome.split(" or "), (sent.name, reading.problems)
            if sent.records is not None:
                assert len(reading.records) == sent.records, (sent.name, reading.problems)
            if reading.refused:
                assert reading.records == []
                assert re.fullmatch(r"“来件.xlsx”：[^\n]+。", reading.refused), reading.refused
                assert held < KILOBYTES, (sent.name, held)
                assert took < SECONDS * slowness, (sent.name, took)
                worst = max(worst, (took, sent.name))
            heaviest = max(heaviest, (held, sent.name))
            longest = max(longest, (took, sent.name))
            if battery.FULL:
                battery.report(
                    "T31", f"{sent.name}: {outcome}, {took:.2f} s of processor, {held >> 10} MB"
                )
    battery.report(
        "T31",
        f"{group}: {len(files)}/{len(files)} as expected {dict(outcomes)}; slowest refusal {worst[0]:.2f} s"
        f" ({worst[1]}), slowest of all {longest[0]:.2f} s ({longest[1]}), most memory {heaviest[0] >> 10} MB ({heaviest[1]})",
    )


def test_the_worker_reads_on_after_whatever_it_was_given(org):
    with incoming.Reader(annexes.get("pairing-summary"), area=org.city) as reader:
        for sent in SENT[::7]:
            reader.read(sent.make(), name="来件.xlsx")
        reading = reader.read(SENT[3].make(), name="来件.xlsx")

    assert len(reading.records) == 2


def test_a_good_file_that_was_spoilt_is_read_whole_or_not_at_all(org):
    """Bytes changed, lost, doubled or cut off: rows as ever, a question, or one sentence."""
    outcomes: Counter[str] = Counter()
    slowest = (0.0, "")
    with incoming.Reader(annexes.get("pairing-summary"), area=org.city) as reader:
        for name, data in hostile_formats.spoilt(31, battery.count(4, full=300)):
            began = time.process_time()
            reading = reader.read(data, name="来件.xlsx")
            took = time.process_time() - began + reader.sandbox.spent_seconds
            slowest = max(slowest, (took, name))
            outcomes[outcome_of(reading)] += 1
            if reading.refused:
                assert reading.records == [], name
                assert re.fullmatch(r"“来件.xlsx”：[^\n]+。", reading.refused), reading.refused
                assert reading.refused_code not in ("died", "time"), name
    tried = sum(outcomes.values())
    battery.report(
        "T31",
        f"spoilt: {tried} files of every kind, none half read {dict(outcomes)};"
        f" slowest {slowest[0]:.2f} s ({slowest[1]})",
    )
