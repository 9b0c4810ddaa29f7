"""A quarter of reminders with the beat stopped, restarted, doubled and killed at random.

Each day the disturbed portal is told by a seeded dice what becomes of it; tasks are answered, moved
and returned as on the undisturbed one. What people were told, and what arrived at a real mail server,
is compared with a quarter in which nothing went wrong.
"""

import contextlib
import datetime as dt
import os
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from battery import FULL, count, report
from django.db import connection, transaction
from django.utils import timezone
from mailbox_servers import mail_server
from papers import duty_of, notice_of, to_kinds
from world import build_people, build_units

from federation.models import User
from notices import deliveries, extensions, fulfilment, publishing, reminding, urging, working_days
from notices.fulfilment import Refused
from notices.models import Delivery, Digest, Extension, Reminder, Task, TaskEvent

FIRST, LAST = dt.date(2014, 4, 25), dt.date(2014, 7, 25)
DUE = ("2014-05-12", "2014-05-25", "2014-06-10", "2014-06-30", "2014-07-11")
DAYS = [
    day
    for n in range((LAST - FIRST).days + 1)
    if working_days.is_working_day(day := FIRST + dt.timedelta(days=n))
]


class Killed(BaseException):
    """kill -9: whatever was not committed is undone, nothing else happens."""


class Reaper:
    """Kills at the n-th question to the database, before or after it was answered."""

    def __init__(self, dice):
        self.left, self.before = dice.randint(1, 40), dice.random() < 0.5

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == 0 and self.before:
            raise Killed
        answer = execute(sql, params, many, context)
        if self.left == 0:
            raise Killed
        return answer


@pytest.fixture
def server(settings):
    with mail_server() as found:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        settings.DEFAULT_FROM_EMAIL = "portal@example.com"
        yield found


def stage():
    """A notice of the city with five duties of two counties, and everybody with a mailbox."""
    org = build_units()
    people = build_people(org)
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.com")
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    for n, day in enumerate(DUE):
        duty_of(notice, f"d{n}", title=f"事项{n}", due_rule={"kind": "on_date", "date": day})
    with time_machine.travel(at(FIRST, 7), tick=False):
        publishing.publish(notice, by=people.leader)
    return people


def tasks():
    return Task.objects.unscoped(reason="the test acts on all").order_by("duty", "unit__path")


def script(dice) -> dict[dt.date, list[tuple[int, str]]]:
    """What people do: by day, which task meets what. At most one thing a task and day."""
    acts = ["report", "return_later", "exempt", "extend", "urge"]
    weights = [3, 2, 1, 3, 1]
    found = {}
    for day in DAYS:
        chosen = [n for n in range(10) if dice.random() < 0.04]
        found[day] = [(n, dice.choices(acts, weights)[0]) for n in chosen]
    return found


def act(task, what, people) -> bool:
    """Whether it could be done."""
    later = timezone.localdate() + dt.timedelta(days=12)
    try:
        with transaction.atomic():
            if what == "extend":
                asked = extensions.ask(task, wanted_on=later, reason="台风", by=people.county)
                extensions.grant(Extension.objects.get(pk=asked.pk), on=later, by=people.leader)
            elif what == "urge":
                return bool(urging.urge([task], by=people.leader).sent)
            else:
                kind = {"report": TaskEvent.Kind.REPORTED, "exempt": TaskEvent.Kind.EXEMPTED,
                        "return_later": TaskEvent.Kind.RETURNED}[what]  # fmt: skip
                new_day = later if what == "return_later" else None
                fulfilment.befall(task, kind, by=people.county, reason="原因", due_on=new_day)
    except Refused:
        return False
    return True


def beat():
    reminding.gather()
    deliveries.deliver()


def killed_somewhere(dice):
    """One turn that dies at a random question to the database."""
    with contextlib.suppress(Killed), connection.execute_wrapper(Reaper(dice)):
        beat()


def run(people, acts, dice=None):
    """The quarter; with ``dice`` a disturbed one. When it gathered in peace, and what befell whom."""
    gathered, moved, kinds = [], [], Counter()
    away = 0
    with time_machine.travel(at(FIRST, 8), tick=False) as clock:
        for day in DAYS:
            away = max(away - 1, 0)
            if dice and not away and dice.random() < 0.08:
                away = dice.randint(1, 3)
                kinds["away"] += 1
            fate = "peace" if dice is None else "away" if away else dice.choice(FATES)
            kinds[fate] += 1
            if fate == "killed":
                for minute in range(30, 30 + dice.randint(1, 3)):
                    clock.move_to(at(day, 8, minute))
                    killed_somewhere(dice)
            if fate in ("peace", "doubled", "killed"):
                clock.move_to(at(day, 8, 40))
                beat()
                if fate == "doubled":
                    beat()
                gathered.append(day)
            clock.move_to(at(day, 10))
            done = [n for n, what in acts[day] if act(tasks()[n], what, people)]
            moved += [(day, tasks()[n].pk) for n in done]
            if fate == "restarted":
                # Up again in the afternoon, after having been killed while starting.
                clock.move_to(at(day, 15))
                killed_somewhere(dice)
                clock.move_to(at(day, 15, 10))
                beat()
                gathered.append(day)
            if dice and dice.random() < 0.2:
                clock.move_to(at(day, 22))  # nobody is told anything at night
                beat()
        clock.move_to(at(DAYS[-1], 18))
        beat()
        gathered.append(DAYS[-1])
    return SimpleNamespace(gathered=gathered, moved=moved, kinds=kinds)


FATES = ("peace", "doubled", "killed", "restarted")


def at(day, hour, minute=0):
    return dt.datetime.combine(day, dt.time(hour, minute), timezone.get_default_timezone())


def told():
    """Each ladder reminder (task, due day, step, person) with the day it was told."""
    rows = Reminder.objects.filter(urging=None).values_list(
        "task", "due_on", "step", "person", "digest__day"
    )
    return {row[:4]: row[4] for row in rows}


@contextlib.contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.battery("quarters")
@pytest.mark.django_db
def test_a_disturbed_quarter_tells_what_an_undisturbed_one_does(server):
    people = stage()
    quarters, totals = count(1, full=12), Counter()
    for seed in range(quarters):
        dice = random.Random(seed)  # noqa: S311 -- to be repeated, not to be secret
        acts = script(dice)
        with undone():
            run(people, acts)
            calm, letters = told(), server.box.letters
            assert all(d.state == "sent" for d in Delivery.objects.all())
            assert len(letters) == Delivery.objects.count() > 30
            server.box.raw.clear()
        with undone():
            found = run(people, acts, dice)
            judge(calm, told(), found)
            doubts = judge_letters(server.box.letters)
            totals += found.kinds + Counter(
                reminders=len(told()), letters=len(server.box.letters), doubts=doubts
            )
            server.box.raw.clear()
    report("quarters", f"{quarters} quarters disturbed at random: {dict(sorted(totals.items()))}")


def judge(calm, disturbed, found):
    """Nothing is told that should not be, and what is missing was settled while nobody was there."""
    assert disturbed.keys() <= calm.keys()
    for key in calm.keys() - disturbed.keys():
        since = calm[key]
        back = next((day for day in found.gathered if day >= since), LAST)
        assert any(task == key[0] and since <= day <= back for day, task in found.moved), key
    for key in calm.keys() & disturbed.keys():
        # Told on the first day in peace from its own day on; a task may have been moved and back.
        assert disturbed[key] >= calm[key]


def judge_letters(letters) -> int:
    """Every digest went out once: one letter of each that is 已发, at most one of each in doubt."""
    times = Counter(letter.id for letter in letters)
    assert not times or max(times.values()) == 1
    assert Digest.objects.count() == Delivery.objects.count()
    doubts = 0
    for delivery in Delivery.objects.select_related("digest"):
        arrived = times.pop(f"<digest-{delivery.digest.uuid}@fulian.invalid>", 0)
        assert delivery.state in ("sent", "doubt"), delivery
        assert arrived == 1 or delivery.state == "doubt"
        doubts += delivery.state == "doubt"
    assert not times
    return doubts


@pytest.mark.django_db(transaction=True)
def test_two_portals_at_once_send_each_letter_once(server):
    stage()
    together = threading.Barrier(2)
    crashed = []

    def portal():
        together.wait()
        try:
            for _ in range(3):
                beat()
        except Exception as error:
            crashed.append(error)
        finally:
            connection.close()

    with time_machine.travel(at(dt.date(2014, 5, 23), 9), tick=False):
        threads = [threading.Thread(target=portal) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert crashed == []
    told_today = Digest.objects.values_list("person__email", flat=True)
    assert Counter(letter.to for letter in server.box.letters) == Counter(told_today)
    assert len(told_today) == len(set(told_today)) == 6
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


# -- Real processes --------------------------------------------------------------------------------
@contextlib.contextmanager
def portal(server, moment):
    """A portal in a process of its own; killed at the end, without a word, if it still runs."""
    name = connection.settings_dict["NAME"]
    url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
    script = Path(__file__).with_name("portal_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), moment.isoformat(), str(server.port)],
        cwd=script.parents[2],
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(script.parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "up\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.skipif(not FULL, reason="a dozen processes: in the battery alone")
@pytest.mark.battery("quarters")
@pytest.mark.django_db(transaction=True)
def test_processes_killed_while_they_send_send_no_letter_twice(server):
    dice, kills = random.Random(7), 0  # noqa: S311 -- to be repeated
    stage()
    days = (dt.date(2014, 5, 23), dt.date(2014, 5, 26), dt.date(2014, 6, 3), dt.date(2014, 6, 9))
    for day in days:
        heard = threading.Event()
        server.box.heard = heard.set
        with portal(server, at(day, 9)) as first, portal(server, at(day, 9)):
            # Killed right when a letter has arrived, or a moment later.
            assert heard.wait(30)
            server.box.heard = None
            threading.Event().wait(dice.random() / 50)
            first.kill()
            kills += 1
        with portal(server, at(day, 10)) as last:
            assert [last.stdout.readline() for _ in range(2)] == ["turn\n"] * 2
    told_people = Digest.objects.count()
    doubts = judge_letters(server.box.letters)
    report(
        "quarters",
        f"{kills * 2} processes killed: {told_people} digests, {doubts} in doubt, none twice",
    )
