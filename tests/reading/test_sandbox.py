"""The child that opens strange files: what it dies of, or takes too long over, is one sentence."""

import subprocess
import sys
import time

import pytest

from reporting.workbook.reading import sandbox
from reporting.workbook.reading.parsing.refusal import Refused
from reporting.workbook.reading.sandbox import Sandbox
from tests.reading.offices import HEAD, xlsx


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("import sys; sys.stdin.buffer.readline(); sys.exit(9)", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("print('not an answer', flush=True); input()", "died"),
        ("print('{\"rows\": []}', flush=True); input()", "died"),
        ("import time; time.sleep(30)", "time"),
    ],
)
def test_a_child_that_ends_badly_is_a_sentence_and_the_next_file_is_read(
    monkeypatch, tmp_path, script, code
):
    child = tmp_path / "child.py"
    child.write_text(script, encoding="utf-8")

    with Sandbox(seconds=1) as box:
        with monkeypatch.context() as changed:
            changed.setattr(sandbox, "CHILD", child)
            with pytest.raises(Refused) as refused:
                box.open(b"x" * 200_000, most_rows=10)
        box.seconds = 30
        document = box.open(xlsx([HEAD]), most_rows=10)

    assert refused.value.code == code
    assert refused.value.sentence.endswith("。")
    assert document.grids[0].rows == [list(HEAD)]


@pytest.mark.parametrize(
    "greed",
    ["bytearray(2 << 30)", "child.Path('much').write_bytes(b'x')"],
    ids=["memory", "a file"],
)
def test_the_child_gets_no_gigabytes_and_writes_no_file(tmp_path, greed):
    code = (
        f"import importlib.util as u; spec = u.spec_from_file_location('child', {str(sandbox.CHILD)!r});"
        f"child = u.module_from_spec(spec); spec.loader.exec_module(child); child.limit(); {greed}"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)

    assert done.returncode != 0
    assert not [file for file in tmp_path.iterdir() if file.stat().st_size]


# -- Files sent ahead ----------------------------------------------------------------------------------
def books(count):
    return [xlsx([HEAD, (f"演示{n}岗", "演示村", "培训。")]) for n in range(count)]


def names(document):
    return [row[0] for row in document.grids[0].rows[1:]]


def opened(box, files):
    """What each of ``files`` says, the others sent ahead; of one that is refused the code."""
    said = []
    for number, data in enumerate(files):
        try:
            box.send_ahead(files[number:], most_rows=10)
            said += names(box.open(data, most_rows=10))
        except Refused as refused:
            said.append(refused.code)
    return said


def test_files_sent_ahead_say_what_they_say_alone():
    files = books(30)
    files[3] = b"PK\x03\x04 not a workbook"
    files[4] = b""
    files[9] = xlsx([HEAD, *[(f"演示{n}岗", "演示村", f"{n * 7919}" * 20) for n in range(9)]])  # fmt: skip

    with Sandbox() as box:
        alone = opened(box, files[:0]) + [one for data in files for one in opened(box, [data])]
    with Sandbox() as box:
        assert opened(box, files) == alone


def test_one_child_is_given_several_files_at_a_time(monkeypatch):
    """Else the test above would send them one after the other."""
    given = []
    send = sandbox._Answers.send
    monkeypatch.setattr(
        sandbox._Answers, "send", lambda self, content: [given.append(content), send(self, content)]
    )

    with Sandbox() as box:
        opened(box, books(60))

    assert len(given) < 20
    assert max(map(len, given)) <= 64 << 10  # else both sides could wait for each other


def test_a_child_that_dies_of_a_file_sent_ahead_costs_that_file_alone(monkeypatch, tmp_path):
    """It dies of the words 演示4, whenever they come."""
    child = tmp_path / "child.py"
    code = sandbox.CHILD.read_text(encoding="utf-8")
    code = code.replace("Path(__file__)", f"Path({str(sandbox.CHILD)!r})")
    deadly = "    if data[-30:].endswith(b'deadly'):\n        os._exit(9)\n    try:\n        if \"mark\" in asked:"
    assert code.count('    try:\n        if "mark" in asked:') == 1
    child.write_text(
        code.replace('    try:\n        if "mark" in asked:', deadly), encoding="utf-8"
    )
    monkeypatch.setattr(sandbox, "CHILD", child)
    files = books(8)
    files[4] = b"deadly"

    with Sandbox() as box:
        said = opened(box, files)

    assert said == [f"演示{n}岗" if n != 4 else "died" for n in range(8)]


def test_another_file_than_the_one_sent_ahead_is_read_for_itself():
    first, expected, other = books(3)

    with Sandbox() as box:
        said = [
            names(box.open(first, most_rows=10)),
            box.send_ahead([expected], most_rows=10),
            names(box.open(other, most_rows=10)),
            names(box.open(expected, most_rows=10)),
            box.send_ahead([first], most_rows=10),
            names(box.open(first, most_rows=9)),
        ]

    assert list(filter(None, said)) == [["演示0岗"], ["演示2岗"], ["演示1岗"], ["演示0岗"]]


def test_a_child_whose_answers_nobody_takes_is_not_waited_for():
    long = [
        xlsx([HEAD, *[("演示岗", "演示村", f"{n}" * 500) for n in range(60)]]) for _ in range(20)
    ]
    began = time.monotonic()

    with Sandbox() as box:
        box.send_ahead(long, most_rows=100)
        box.open(long[0], most_rows=100)
    assert time.monotonic() - began < 0.9
