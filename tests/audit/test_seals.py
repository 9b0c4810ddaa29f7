"""Seals name what was done to the trail by one who owns the database and switched its guards off."""
# ruff: noqa: S608 -- the numbers in these statements are ids of the tests' own rows

import datetime as dt
import threading

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from federation import audit, seals
from federation.models import AuditEvent, AuditSeal

BATCH = 50


@pytest.fixture(autouse=True)
def anchor(settings, tmp_path):
    """The file off the database."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchor")
    return tmp_path / "anchor"


def happened(count: int, *, ago: dt.timedelta) -> list[int]:
    """``count`` acts recorded that long ago; their ids."""
    with time_machine.travel(timezone.now() - ago, tick=False):
        return [
            audit.record(f"word {number}", "login", by=None, detail={"行": number}).pk
            for number in range(count)
        ]


def as_owner(*statements: str) -> None:
    """Done by the tables' owner, with the triggers switched off and on again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("federation_auditevent", "federation_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("federation_auditevent", "federation_auditseal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


@pytest.fixture
def sealed(db):
    """250 acts under five seals; their ids."""
    ids = happened(250, ago=dt.timedelta(hours=3))
    seals.seal(batch=BATCH)
    return ids


def said(capsys, command: str, **options) -> str:
    call_command(command, **options)
    return capsys.readouterr().out


def complaint(**options) -> str:
    """The one line ``verify_audit`` ends with; its exit code is 1."""
    with pytest.raises(CommandError) as refusal:
        call_command("verify_audit", **options)
    assert refusal.value.returncode == 1
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_trail_nobody_touched_holds(sealed, capsys):
    waiting = happened(3, ago=dt.timedelta(seconds=5))
    assert seals.seal() == []

    line = said(capsys, "verify_audit")

    assert line == "5 号封存全部成立，共 250 条；另有 3 条待封存；与库外锚点相符。\n"
    assert AuditSeal.objects.last().upto_id == sealed[-1] < waiting[0]


def test_a_row_edited(sealed):
    as_owner(f"UPDATE federation_auditevent SET verb = 'logout' WHERE id = {sealed[120]}")

    assert complaint() == "第3号封存不成立：有记录被改动。"


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "record = 'w'",
        "detail = '{\"行\": 121}'",
        "unit_id = 1",
    ],
)
def test_no_column_can_be_edited(org, sealed, change):
    change = change.replace("unit_id = 1", f"unit_id = {org.city.pk}")
    as_owner(f"UPDATE federation_auditevent SET {change} WHERE id = {sealed[120]}")

    assert complaint() == "第3号封存不成立：有记录被改动。"


def test_a_row_deleted(sealed):
    as_owner(f"DELETE FROM federation_auditevent WHERE id = {sealed[60]}")

    assert complaint() == f"第2号封存不成立：缺少第{sealed[60]}号记录。"


def test_the_last_hundred_deleted(sealed):
    as_owner(f"DELETE FROM federation_auditevent WHERE id >= {sealed[150]}")

    assert complaint() == f"第4号封存不成立：缺少第{sealed[150]}号等50条记录。"


def test_the_last_hundred_deleted_with_their_seals(sealed):
    as_owner(
        f"DELETE FROM federation_auditevent WHERE id >= {sealed[150]}",
        "DELETE FROM federation_auditseal WHERE number > 3",
    )

    assert complaint() == "第4号封存不成立：库外锚点上有，数据库里没有，末尾被截去。"


def test_the_last_hundred_deleted_and_others_put_in_their_place(sealed, anchor):
    kept = anchor.read_text()
    as_owner(
        f"DELETE FROM federation_auditevent WHERE id >= {sealed[150]}",
        "DELETE FROM federation_auditseal WHERE number > 3",
    )
    happened(100, ago=dt.timedelta(hours=3))

    with pytest.raises(seals.CannotSeal, match="verify_audit"):
        seals.seal(batch=BATCH)
    anchor.unlink()  # so that the forger gets his seals
    seals.seal(batch=BATCH)
    anchor.write_text(kept)

    assert complaint() == "第4号封存不成立：与库外锚点不符，封存被重做过。"


def test_two_rows_swapped(sealed):
    one, other = sealed[201], sealed[222]
    as_owner(
        f"UPDATE federation_auditevent SET id = 0 WHERE id = {one}",
        f"UPDATE federation_auditevent SET id = {one} WHERE id = {other}",
        f"UPDATE federation_auditevent SET id = {other} WHERE id = 0",
    )

    assert complaint() == "第5号封存不成立：记录的次序被调换，或封存本身被改动。"


def test_everything_truncated(sealed):
    as_owner("TRUNCATE federation_auditevent")

    assert complaint() == f"第1号封存不成立：缺少第{sealed[0]}号等50条记录。"


def test_everything_truncated_with_its_seals(sealed):
    as_owner("TRUNCATE federation_auditevent, federation_auditseal")

    assert complaint() == "第1号封存不成立：库外锚点上有，数据库里没有，末尾被截去。"


def test_the_clock_turned_back_before_acts(sealed):
    late = happened(1, ago=dt.timedelta(hours=5))
    seals.seal(batch=BATCH)

    assert complaint() == f"第6号封存不成立：时钟倒退，第{late[0]}号记录比它前面的早120分钟。"


def test_the_clock_turned_back_before_a_seal(sealed):
    ahead = timezone.now() + dt.timedelta(hours=2)
    happened(1, ago=dt.timedelta(hours=-1))
    with time_machine.travel(ahead):
        seals.seal(batch=BATCH)
    happened(1, ago=dt.timedelta(minutes=-57))
    with time_machine.travel(ahead - dt.timedelta(minutes=30)):
        seals.seal(batch=BATCH)

    assert complaint() == "第7号封存不成立：时钟倒退，封存时间早于前一号。"


def test_clocks_that_differ_a_little_are_no_offence(sealed):
    happened(1, ago=dt.timedelta(hours=3, minutes=2))
    seals.seal(batch=BATCH)

    assert seals.verify().broken is None


def test_a_row_slipped_in_where_an_act_was_undone(db):
    happened(1, ago=dt.timedelta(hours=3))
    try:
        with transaction.atomic():
            (undone,) = happened(1, ago=dt.timedelta(hours=3))
            raise RuntimeError
    except RuntimeError:
        happened(1, ago=dt.timedelta(hours=3))
    seals.seal()
    assert [undone, undone] in AuditSeal.objects.get().gaps
    assert seals.verify().broken is None

    as_owner(
        "INSERT INTO federation_auditevent (id, at, verb, record, detail) "
        f"VALUES ({undone}, now() - interval '3 hours', 'login', 'w', '{{}}')"
    )

    assert complaint() == f"第1号封存不成立：多出第{undone}号记录。"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            "SET at = at - interval '1 hour' WHERE number = 2",
            "第2号封存不成立：记录的次序被调换，或封存本身被改动。",
        ),
        (
            "SET root = repeat('0', 64) WHERE number = 2",
            "第2号封存不成立：与库外锚点不符，封存被重做过。",
        ),
        (
            "SET previous = repeat('0', 64) WHERE number = 2",
            "第2号封存不成立：接不上前一号，封存链断开。",
        ),
        ("SET first_id = first_id + 1 WHERE number = 2", "第2号封存不成立：与前一号之间漏了编号。"),
    ],
)
def test_a_seal_edited(sealed, change, line):
    as_owner(f"UPDATE federation_auditseal {change}")

    assert complaint() == line


def test_a_seal_taken_out(sealed):
    as_owner("DELETE FROM federation_auditseal WHERE number = 2")

    assert complaint() == "第3号封存不成立：它前面的封存不见了。"


def test_what_was_explained_once_is_not_found_again(sealed):
    as_owner(f"DELETE FROM federation_auditevent WHERE id = {sealed[60]}")

    assert seals.verify(after=2).broken is None
    as_owner(f"DELETE FROM federation_auditevent WHERE id = {sealed[160]}")
    assert complaint(after=2).startswith("第4号")


def test_a_line_of_the_anchor_that_cannot_be_read_is_no_proof(sealed, anchor):
    anchor.write_text(anchor.read_text() + "?\n")

    assert "读不懂" in complaint()


def test_guards_switched_off_are_named_though_every_seal_holds(sealed):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE federation_auditevent DISABLE TRIGGER USER")

    assert complaint() == "封存都成立，但防改动的触发器没有生效：federation_auditevent。"


def test_sealing_prints_the_last_root_and_keeps_it_off_the_database(db, capsys, anchor):
    happened(7, ago=dt.timedelta(minutes=2))

    first = said(capsys, "seal_audit")
    again = said(capsys, "seal_audit")

    last = AuditSeal.objects.get()
    assert first.startswith("新封存 7 条，1 号。\n")
    assert again.startswith("新封存 0 条，0 号。\n")
    assert last.root in first
    assert last.root in again
    (line,) = anchor.read_text().splitlines()
    assert line.split()[:3] == ["1", str(last.upto_id), last.root]


def test_the_anchor_is_completed_where_sealing_died_before_writing_it(sealed, anchor):
    whole = anchor.read_text()
    assert len(whole.splitlines()) == 5
    anchor.write_text("".join(whole.splitlines(keepends=True)[:3]))

    seals.seal()

    assert anchor.read_text() == whole


def test_without_an_anchor_the_root_is_to_be_written_down(db, capsys, settings):
    settings.AUDIT_ANCHOR_FILE = ""
    assert said(capsys, "seal_audit") == "还没有可封存的审计记录。\n"
    happened(1, ago=dt.timedelta(minutes=2))

    assert "没有设置 AUDIT_ANCHOR_FILE" in said(capsys, "seal_audit")
    assert "截去末尾查不出来" in said(capsys, "verify_audit")


@pytest.mark.django_db(transaction=True)
def test_an_act_still_under_way_is_waited_for_and_holds_nobody_up():
    begun, finish = threading.Event(), threading.Event()

    def slow_act() -> None:
        try:
            with transaction.atomic():
                happened(1, ago=dt.timedelta(minutes=5))
                begun.set()
                finish.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=slow_act)
    writer.start()
    try:
        assert begun.wait(20)
        happened(1, ago=dt.timedelta(minutes=5))  # a later id, committed sooner
        with pytest.raises(seals.CannotSeal, match="尚未结束"):
            seals.seal(patience=0.3)
        assert not AuditSeal.objects.exists()
    finally:
        finish.set()
        writer.join()

    seals.seal()

    assert AuditSeal.objects.get().count == AuditEvent.objects.count() == 2
    assert seals.verify().broken is None
