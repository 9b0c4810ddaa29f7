"""The file of erasures: what was noted is read back, and a damaged line is not passed over."""

import datetime as dt
from uuid import uuid4

import pytest

from registry import tombstones


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.ERASURE_LOG_FILE = str(tmp_path / "aside" / "erased.txt")
    return tombstones.log_file()


def test_without_a_file_nobody_was_erased():
    assert tombstones.read() == {}


def test_what_is_noted_is_read_back_with_its_first_day(log):
    first, second = uuid4(), uuid4()
    tombstones.append(first, dt.date(2026, 3, 1))
    tombstones.append(second, dt.date(2026, 3, 2))
    tombstones.append(first, dt.date(2026, 3, 9))

    assert tombstones.read() == {first: dt.date(2026, 3, 1), second: dt.date(2026, 3, 2)}
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["nobody 2026-03-01", "2026-03-01", "half-a-line", "\x80"])
def test_a_line_that_is_not_ours_is_named(log, line):
    tombstones.append(uuid4(), dt.date(2026, 3, 1))
    with log.open("a", encoding="utf-8") as out:
        out.write(line + "\n")

    with pytest.raises(tombstones.DamagedLog, match="第 2 行"):
        tombstones.read()
