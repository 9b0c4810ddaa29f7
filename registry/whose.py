"""Whose export a workbook is: by the mark on its pages, else by the order of its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from registry.exports import KIND, row_digest
from registry.register_columns import NAME, PLACE
from reporting.models import Job
from reporting.workbook import Traces

NUMBER = re.compile(r"作业号：([0-9A-F]{8})")
DIGEST = 8  # characters
LEAST = 4  # rows that tell anything


@dataclass(frozen=True)
class Found:
    """``by`` is 水印, 文件属性 or 行序; ``share`` of the neighbouring rows that fit, for the last."""

    job: Job
    by: str
    share: float = 1.0


def find(traces: Traces) -> list[Found]:
    """The exports that the file may be, the surest first; none where it is none of ours."""
    exports = Job.objects.filter(kind=KIND)
    for by, texts in (
        ("水印", traces.marks),
        ("文件属性", [f"作业号：{traces.properties.get('job', '')}"]),
    ):
        numbers = {found[1] for text in texts if (found := NUMBER.search(text))}
        jobs = [job for number in numbers for job in exports if job.number == number]
        if jobs:
            return [Found(job, by) for job in jobs]
    rows = _digests(traces)
    if len(rows) < LEAST:
        return []
    pairs = set(pairwise(rows))
    found = []
    for job in exports.exclude(detail={}).iterator(chunk_size=50):
        held = job.detail.get("order", "")
        written = [held[n : n + DIGEST] for n in range(0, len(held), DIGEST)]
        if share := len(pairs & set(pairwise(written))) / len(pairs):
            found.append(Found(job, "行序", share))
    found.sort(key=lambda one: -one.share)
    best = [one for one in found if one.share >= 0.5]
    return best[:1] if len(best) > 1 and best[0].share > best[1].share else best


def _digests(traces: Traces) -> list[str]:
    """What is remembered of rows, for those of the first table with names and places."""
    for rows in traces.tables:
        for top, row in enumerate(rows[:20]):
            if NAME in row and PLACE in row:
                name, place = row.index(NAME), row.index(PLACE)
                return [row_digest(one[name], one[place]) for one in rows[top + 1 :] if one[name]]
    return []
