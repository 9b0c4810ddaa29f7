"""T28: an act and its line live or die together; many writers at once; six ways of tampering."""

# ruff: noqa: S608 -- the numbers in these statements are ids of the tests' own rows

import datetime as dt
import os
import random
import signal
import threading
import time

import pytest
from battery import count, report
from django.db import connection, connections, transaction

from federation import audit, grants, seals
from federation.models import Appointment, AuditEvent, Post
from tests.audit.test_seals import BATCH, anchor, as_owner, sealed  # noqa: F401

pytestmark = pytest.mark.battery("T28")
WRITERS = 8
SECONDS = 1.0


def appoint_for_ever(user, unit, post) -> None:
    """One appointment after another, each with its line, until killed; in a process of its own."""
    for each in connections.all():
        each.connection = None  # the parent's: neither used nor closed here
    day = dt.date(2015, 1, 1)
    while True:
        day += dt.timedelta(days=1)
        grants.appoint(user, unit, post, starts_on=day, ends_on=day)


@pytest.mark.django_db(transaction=True)
def test_a_writer_killed_leaves_acts_and_lines_in_equal_number(org, people):
    kills, dice = count(5, full=50), random.Random(28)  # noqa: S311
    post = Post.objects.get(code="officer")
    acts = Appointment.objects.filter(starts_on__gte=dt.date(2015, 1, 2))
    begun = 0
    for _ in range(kills):
        child = os.fork()
        if not child:
            try:
                appoint_for_ever(people.nobody, org.east, post)
            finally:
                os._exit(1)
        deadline = time.monotonic() + 20
        while not acts.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.random() / 20)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        time.sleep(0.1)  # the server notices that the client is gone and undoes what was open
        begun += acts.count()
        recorded = set(AuditEvent.objects.filter(verb="appoint").values_list("record", flat=True))
        done = {f"federation.appointment:{appointment.uuid}" for appointment in acts}
        assert recorded == done
        acts.delete()
        # The next round counts anew; lines of what is gone are forgotten with it.
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE federation_auditevent")

    assert begun >= kills
    report("T28", f"{kills} kill -9 amid {begun} acts: both or none, {kills} of {kills}")


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_are_all_recorded(org, people):
    """The figure is reported and not asserted: a busy machine is no fault of the trail."""
    written, stop = [0] * WRITERS, threading.Event()

    def write(number: int) -> None:
        try:
            while not stop.is_set():
                with transaction.atomic():
                    audit.record(f"word {number}", "login", by=people.county, unit=org.east)
                written[number] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(count(1, full=10) * SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began

    assert AuditEvent.objects.filter(record__startswith="word ").count() == sum(written)
    assert min(written) > 0
    report("T28", f"{WRITERS} writers: {sum(written) / took:,.0f} rows/s over {took:.1f} s, 0 lost")


def tampered(ids: list[int]) -> dict[str, tuple[str, ...]]:
    """The six ways, as statements of one who owns the database."""
    event, seal = "federation_auditevent", "federation_auditseal"
    return {
        "one row edited": (f"UPDATE {event} SET verb = 'logout' WHERE id = {ids[120]}",),
        "one row deleted": (f"DELETE FROM {event} WHERE id = {ids[60]}",),
        "the last hundred deleted": (
            f"DELETE FROM {event} WHERE id >= {ids[150]}",
            f"DELETE FROM {seal} WHERE number > 3",
        ),
        "two rows swapped": (
            f"UPDATE {event} SET id = 0 WHERE id = {ids[201]}",
            f"UPDATE {event} SET id = {ids[201]} WHERE id = {ids[222]}",
            f"UPDATE {event} SET id = {ids[222]} WHERE id = 0",
        ),
        "truncated": (f"TRUNCATE {event}, {seal}",),
        "the clock turned back": (
            f"UPDATE {event} SET at = at - interval '9 hours' WHERE id = {ids[240]}",
        ),
    }


def test_six_ways_of_tampering_are_each_named(sealed, anchor):  # noqa: F811
    assert len(sealed) == 5 * BATCH
    named = {}
    for way, statements in tampered(sealed).items():
        with transaction.atomic():
            as_owner(*statements)
            named[way] = seals.verify().broken
            transaction.set_rollback(True)

    assert [way for way, broken in named.items() if broken is None] == []
    assert {way: broken.number for way, broken in named.items()} == {
        "one row edited": 3,
        "one row deleted": 2,
        "the last hundred deleted": 4,
        "two rows swapped": 5,
        "truncated": 1,
        "the clock turned back": 5,
    }
    assert seals.verify().broken is None
    report("T28", f"tampering: {len(named)} of {len(named)} named with the first broken seal")
