"""The groups of the acceptance battery: which there are, and which a run is of."""

import ast
from pathlib import Path

import battery
import pytest

TESTS = Path(battery.__file__).parent


def marked() -> set[str]:
    """Every group some test is marked with."""
    return {
        node.args[0].value
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.battery"
    }


def test_every_group_has_tests_and_every_mark_is_a_group():
    assert marked() == {*battery.WHO_MAY, *battery.BESIDE}


def test_a_run_is_of_the_groups_asked_for():
    assert battery.chosen("") == set(battery.WHO_MAY)
    assert battery.chosen("T1, T20") == {"T1", "T20"}
    assert battery.chosen("keys") == {"keys"}
    assert battery.chosen("all") == {*battery.WHO_MAY, *battery.BESIDE}
    with pytest.raises(ValueError, match="no group T99 of the battery; there are T1, T2"):
        battery.chosen("T1,T99")


def test_a_test_of_two_groups_runs_with_either_and_an_unmarked_one_always():
    assert battery.runs(["T21", "T22"], {"T22"})
    assert not battery.runs(["leaks"], battery.chosen(""))
    assert battery.runs([], {"T1"})
