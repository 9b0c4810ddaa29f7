"""T31: whatever is sent ends in rows, a question or one sentence; the worker lives, nobody waits."""

import re
import time
from collections import Counter

import pytest

from reporting import annexes, incoming
from tests import battery
from tests.reading.hostile import SENT

KILOBYTES = 150 << 10  # what a refusal may hold; how long it takes is printed, not asserted
pytestmark = [pytest.mark.django_db, pytest.mark.battery("T31")]


def outcome_of(reading) -> str:
    if reading.refused:
        return reading.refused_code
    return "accept" if reading.applicable else "ask"


@pytest.mark.parametrize("group", "ABCDEF")
def test_every_file_of_a_group_ends_as_an_office_would_want(org, group):
    worst, heaviest = (0.0, ""), (0, "")
    outcomes: Counter[str] = Counter()
    files = [sent for sent in SENT if sent.name.startswith(group)]
    reader = incoming.Reader(annexes.get("pairing-summary"), area=org.city)
    for sent in files:
        if battery.FULL:  # a child for each: then the memory is that of the one file
            reader.sandbox.close()
        data = sent.make()
        began = time.perf_counter()
        reading = reader.read(data, name="来件.xlsx")
        took, held = time.perf_counter() - began, reader.sandbox.peak_kilobytes
        outcome = outcome_of(reading)
        outcomes[outcome if outcome in ("accept", "ask") else "refuse"] += 1
        assert outcome in sent.outcome.split(" or "), (sent.name, reading.problems)
        if sent.records is not None:
            assert len(reading.records) == sent.records, (sent.name, reading.problems)
        if reading.refused:
            assert reading.records == []
            assert re.fullmatch(r"“来件.xlsx”：[^\n]+。", reading.refused), reading.refused
            assert held < KILOBYTES, (sent.name, held)
            worst = max(worst, (took, sent.name))
        heaviest = max(heaviest, (held, sent.name))
    reader.sandbox.close()
    battery.report(
        "T31",
        f"{group}: {len(files)}/{len(files)} as expected {dict(outcomes)}; slowest refusal {worst[0]:.2f} s"
        f" ({worst[1]}), most memory {heaviest[0] >> 10} MB ({heaviest[1]})",
    )


def test_the_worker_reads_on_after_whatever_it_was_given(org):
    with incoming.Reader(annexes.get("pairing-summary"), area=org.city) as reader:
        for sent in SENT[::7]:
            reader.read(sent.make(), name="来件.xlsx")
        reading = reader.read(SENT[3].make(), name="来件.xlsx")

    assert len(reading.records) == 2
