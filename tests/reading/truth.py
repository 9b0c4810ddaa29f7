"""A reading set beside what a person would read in the same file."""

import re
import unicodedata


def comparable(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def check(reading, case):
    """Every record, village, sender, question and left-out line of ``case`` is in ``reading``."""
    said = {(problem.level, problem.where) for problem in reading.problems}
    assert [
        (
            comparable(record.values["post"]),
            [village.code or "?" for village in record.villages],
            comparable(record.values["project_goal"]),
        )
        for record in reading.records
    ] == [(comparable(p), codes, comparable(goal)) for p, codes, goal in case.records], (
        reading.problems
    )
    assert (reading.unit.name, reading.unit.found_in) == (case.unit, case.found_in)
    assert case.levels <= said
    assert case.skips <= {skip.why.partition("“")[0] for skip in reading.skipped}
    if case.clean:
        assert [p.message for p in reading.problems if p.level != "warning"] == []
    assert all(re.search(r"[\u4e00-\u9fff]", problem.message) for problem in reading.problems)
