"""docs/coverage.csv tells the truth: every place and every test it names exists.

``where`` holds paths, ``path:Name`` or ``path:Class.attribute``; ``test`` holds pytest node ids, a file
or ``file::test``. Several stand side by side, separated by blanks.
"""

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "coverage.csv"
STATES = {"done", "partly", "later"}
# How many requirements each notice has: 泉妇〔2014〕28号, 〔2013〕81号, 下基层 2014, 哈妇发〔2016〕7号, 〔2014〕10号.
NOTICES = {"R0": 77, "R1": 67, "R2": 71, "R3": 55, "R4": 98}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


@cache
def names_in(path: Path) -> frozenset[str]:
    """Everything a Python file defines: ``Name`` at its top, ``Class.name`` one level below."""
    return frozenset(_defined(ast.parse(path.read_text(encoding="utf-8")).body))


def _defined(body: list[ast.stmt], inside: str = "") -> set[str]:
    found: set[str] = set()
    for node in body:
        if isinstance(node, Definition):
            found.add(f"{inside}{node.name}")
        if isinstance(node, ast.ClassDef) and not inside:
            found |= _defined(node.body, f"{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found |= {f"{inside}{target.id}" for target in targets if isinstance(target, ast.Name)}
    return found


def missing_place(place: str) -> str | None:
    """What is wrong with one ``where``; None when it is there."""
    path, _, name = place.partition(":")
    file = ROOT / path
    if Path(path).is_absolute() or ".." in Path(path).parts or not file.exists():
        return f"no {path}"
    if name and (file.suffix != ".py" or name not in names_in(file)):
        return f"{path} defines no {name}"
    return None


def missing_test(node: str) -> str | None:
    """What is wrong with one pytest node id; None when the test is there."""
    path, _, name = node.partition("::")
    file = ROOT / path
    if not re.fullmatch(r"tests/(\w+/)*test_\w+\.py", path) or not file.is_file():
        return f"no test file {path}"
    test = name.replace("::", ".")
    if name and not (test in names_in(file) and test.rpartition(".")[2].startswith("test_")):
        return f"{path} has no test {name}"
    return None


def test_every_requirement_stands_there_once_and_in_order():
    ids = [row["id"] for row in read()]

    assert ids == [f"{n}-{i:03}" for n, most in NOTICES.items() for i in range(1, most + 1)]


@pytest.mark.parametrize("row", read(), ids=lambda row: row["id"])
def test_a_row_names_only_what_exists(row):
    places, tests = row["where"].split(), row["test"].split()

    assert row["state"] in STATES
    assert [wrong for place in places if (wrong := missing_place(place))] == []
    assert [wrong for test in tests if (wrong := missing_test(test))] == []
    assert len(set(places)) == len(places)
    assert len(set(tests)) == len(tests)
    if row["state"] == "done":
        assert places
        assert tests
    elif row["state"] == "partly":
        assert places
    else:
        assert (places, tests) == ([], [])


@pytest.mark.parametrize(
    "place",
    [
        "reporting/nowhere.py",
        "../outside.csv",
        "/etc/hostname",
        "reporting/exports.py:no_such_thing",
        "reporting/exports.py:Made.no_such_field",
        "docs/coverage.csv:name",
    ],
)
def test_a_place_that_is_not_there_is_found_out(place):
    assert missing_place(place)


@pytest.mark.parametrize(
    "node",
    [
        "tests/test_nowhere.py",
        "tests/conftest.py",
        "reporting/exports.py::make",
        "tests/test_coverage.py::read",
        "tests/test_coverage.py::test_that_nobody_wrote",
    ],
)
def test_a_test_that_is_not_there_is_found_out(node):
    assert missing_test(node)
