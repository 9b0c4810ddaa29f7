"""The child that opens strange files: what it dies of, or takes too long over, is one sentence."""

import subprocess
import sys

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
