"""The file of erasures: what was noted is read back, and a damaged line is not passed over."""

import datetime as dt
from uuid import uuid4

import pytest
from days import today
from django.db import transaction

from registry import erasing, tombstones
from registry.models import Erasure


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


def test_who_went_into_an_erased_archive_is_noted_with_it(archives):
    """A backup from before the merge would bring her back."""
    elder, woman = archives.elder, archives.woman
    elder.state, elder.merged_into = "merged", woman
    elder.save()
    row = Erasure(
        unit=woman.unit, person=woman, person_uuid=woman.uuid, reason="演示", due_on=today()
    )
    with transaction.atomic():
        erasing.carry_out(row)

    assert tombstones.read() == {elder.uuid: today(), woman.uuid: today()}
