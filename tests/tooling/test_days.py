"""A run of the tests may last over midnight: no test asks for the day before it runs, or across it."""

import ast
import datetime as dt
from pathlib import Path

import days
import pytest
from django.utils import timezone

TESTS = Path(days.__file__).parent
ASKS = {"last_year", "localdate", "localtime", "now", "this_year", "today", "utcnow"}
TEXT = {
    "in a module": "DAY = timezone.localdate()",
    "in a class": "class Scene:\n    day = str(today())",
    "of a parameter": "def log(day=today()): ...",
    "of a case": "@pytest.mark.parametrize('day', [now() - DAY])\ndef test_log(day): ...",
    "of a short function": "asked = lambda day=last_year(): day",
}


class Collected(ast.NodeVisitor):
    """The lines that ask the clock while a module is read in: not those within its functions."""

    def __init__(self) -> None:
        self.lines: list[int] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in [*node.decorator_list, node.args]:
            self.visit(part)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)

    def visit_Call(self, node: ast.Call) -> None:
        asked = node.func
        name = asked.attr if isinstance(asked, ast.Attribute) else getattr(asked, "id", "")
        if name in ASKS:
            self.lines.append(node.lineno)
        self.generic_visit(node)


def asked_early(text: str) -> list[int]:
    found = Collected()
    found.visit(ast.parse(text))
    return found.lines


def test_no_module_asks_what_day_it_is_while_it_is_collected():
    # The battery settles once for a run, on purpose, which day's share it tries.
    early = {
        f"{file.relative_to(TESTS)}:{line}"
        for file in TESTS.rglob("*.py")
        if file != TESTS / "battery.py"
        for line in asked_early(file.read_text("utf-8"))
    }
    assert early == set(), "ask for days.today() within the test"


@pytest.mark.parametrize("where", TEXT)
def test_a_clock_asked_too_early_is_found(where):
    assert asked_early(TEXT[where])
    assert asked_early("def test_log():\n    day = today()") == []


@pytest.mark.parametrize(("clock", "waited"), [("23:59:50", 10), ("23:59:39", 0), ("00:00:00", 0)])
def test_a_test_is_not_begun_when_the_day_is_about_to_end(monkeypatch, time_machine, clock, waited):
    slept: list[float] = []
    monkeypatch.setattr(days.time, "sleep", slept.append)
    time_machine.move_to(
        timezone.make_aware(
            dt.datetime.combine(dt.date(2014, 12, 31), dt.time.fromisoformat(clock))
        ),
        tick=False,
    )

    days.wait_out(20)

    assert sum(slept) == waited
