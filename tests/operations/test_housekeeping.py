"""Periodic work: once a period whoever is there to do it, and seen when it fails or stays away."""

import datetime as dt
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from federation import housekeeping
from federation.models import AuditEvent, AuditSeal, Chore, UnitGrant
from federation.views.errors import bad_request, server_error


@pytest.fixture
def counted(monkeypatch):
    """``counted(kind)``: a chore that counts, alone in the house."""
    housekeeping.kinds()
    done = []

    def declare(do=lambda: done.append(1) or "好", **period):
        kind = housekeeping.Kind("counted", "数数", period.get("every", 60), period.get("hour"), do)
        monkeypatch.setattr(housekeeping, "_kinds", {"counted": kind})
        return done

    return declare


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_does_it_and_once_a_period(counted):
    done, together = counted(), threading.Barrier(8)

    def look():
        together.wait()
        housekeeping.run_due()
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(done) == 1

    housekeeping.run_due()
    assert len(done) == 1
    Chore.objects.update(due_at=timezone.now() - dt.timedelta(seconds=1))
    assert housekeeping.run_due() == ["counted"]
    assert len(done) == 2


def test_what_fails_is_told_by_its_type_and_tried_again_next_time(counted, db, caplog):
    def fail():
        raise ValueError("Key (idno)=(350102200001010011) already exists")

    counted(fail)
    assert housekeeping.late() == ["counted"]
    housekeeping.run_due()

    row = Chore.objects.get()
    assert (row.failed, row.result) == (True, "ValueError")
    assert "350102" not in caplog.text
    assert housekeeping.late() == ["counted"]

    counted()
    Chore.objects.update(due_at=timezone.now())
    housekeeping.run_due()
    assert housekeeping.late() == []


def test_a_chore_that_stays_away_for_three_periods_is_late(counted, db):
    counted(every=60)
    housekeeping.run_due()
    assert housekeeping.late() == []

    Chore.objects.update(due_at=timezone.now() - dt.timedelta(seconds=200))
    assert housekeeping.late() == ["counted"]


@pytest.mark.parametrize(
    ("now", "due"),
    [("2014-04-01T01:59:59", "2014-04-01T02:00"), ("2014-04-01T02:00", "2014-04-02T02:00")],
)
def test_a_nightly_chore_is_due_at_its_hour_in_beijing(now, due):
    kind = housekeeping.Kind("x", "x", housekeeping.DAY, 2, str)
    moment, wanted = (
        dt.datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())
        for text in (now, due)
    )

    assert kind.next_after(moment.astimezone(dt.UTC)) == wanted


def test_every_chore_of_the_house_does_its_work(people, settings, tmp_path, capsys):
    settings.MEDIA_ROOT = tmp_path
    stray = UnitGrant.objects.filter(user=people.county).first()
    UnitGrant.objects.filter(pk=stray.pk).delete()

    for kind in housekeeping.kinds():
        if kind.name != "seal_audit":  # it waits for writers, and we are one
            call_command("housekeeping", once=kind.name)
    call_command("housekeeping", once="all")

    told = capsys.readouterr().out
    assert "核对授权：补上 1 条，撤销 0 条" in told
    assert "清除到期文件：0 个" in told
    assert AuditSeal.objects.count() <= 1 <= AuditEvent.objects.count()


def test_the_operator_sees_when_and_how(counted, db, capsys):
    counted()
    with pytest.raises(CommandError, match="1 项逾期"):
        call_command("housekeeping", status=True)
    call_command("housekeeping", once="all")
    call_command("housekeeping", status=True)

    assert "正常  counted" in capsys.readouterr().out
    with pytest.raises(CommandError, match="可选：counted"):
        call_command("housekeeping", once="forgotten")


def test_late_chores_are_named_to_the_supervisor_and_stop_no_page(client, counted, db):
    counted()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["late_chores"]) == (200, ["counted"])


# -- The database away ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "words"), [("get", "十秒后自动重试"), ("post", "同一页面提交几次，也只办一次")]
)
def test_a_database_that_is_away_is_told_in_a_sentence_and_asked_again(rf, method, words):
    from django.db.utils import OperationalError  # noqa: PLC0415

    try:
        raise OperationalError("server closed the connection unexpectedly")
    except OperationalError:
        page = server_error(getattr(rf, method)("/"))

    text = page.content.decode()
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert words in text
    assert ('http-equiv="refresh"' in text) == (method == "get")
    assert "closed the connection" not in text


def away(rf, **sent):
    from django.db.utils import OperationalError  # noqa: PLC0415

    try:
        raise OperationalError
    except OperationalError:
        return server_error(rf.post("/submissions/?x=1", sent)).content.decode()


def test_what_was_typed_is_sent_again_by_one_button(rf):
    page = away(rf, reason='请核对\n"<b>', version="7", row=["a", "b"])

    assert 'action="/submissions/?x=1"' in page
    assert '<textarea name="reason" hidden>\n请核对\n&quot;&lt;b&gt;</textarea>' in page
    assert page.count('name="row"') == 2
    assert "再提交一次" in page


def test_a_session_that_could_not_be_saved_is_the_databases_absence_too(rf):
    """Django tells it as a bad request; T29 met it."""
    from django.contrib.sessions.exceptions import SessionInterrupted  # noqa: PLC0415
    from django.db.utils import OperationalError  # noqa: PLC0415

    try:
        try:
            raise OperationalError
        except OperationalError:
            raise SessionInterrupted("deleted")  # noqa: B904 -- as Django does
    except SessionInterrupted as error:
        page = bad_request(rf.post("/", {"reason": "x"}), error)
    assert page.status_code == 503
    assert bad_request(rf.get("/"), ValueError()).status_code == 400


def test_a_password_is_never_in_a_page(rf):
    page = away(rf, username="county", password="test-password")

    assert "test-password" not in page
    assert "F5" in page


def test_any_other_accident_is_a_500(rf):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        assert server_error(rf.get("/")).status_code == 500
