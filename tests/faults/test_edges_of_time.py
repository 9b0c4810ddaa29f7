"""T24: the edges of quarters and of the last day, whatever clock the process or the database has."""

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
import time_machine
from battery import count, report
from django.conf import settings
from django.db.models import F
from world import fill, of, take

from reporting.annexes import Period
from reporting.models import Submission

pytestmark = pytest.mark.battery("T24")
BEIJING = dt.timezone(dt.timedelta(hours=8))
# Local moments with the quarter they lie in, written down by hand.
PROBES = {
    "2014-03-31T23:59:59.999999": "2014Q1",
    "2014-04-01T00:00:00": "2014Q2",
    "2014-04-01T07:59:59": "2014Q2",  # still March in Greenwich
    "2014-04-01T08:00:00": "2014Q2",
    "2013-12-31T23:59:59.999999": "2013Q4",
    "2014-01-01T00:00:00": "2014Q1",
    "2014-01-01T07:59:59": "2014Q1",  # still last year in Greenwich
    "2014-01-01T08:00:00": "2014Q1",
    "2012-02-29T12:00:00": "2012Q1",
    "2014-06-30T23:59:59": "2014Q2",
    "2014-07-01T00:00:00": "2014Q3",
    "2014-10-01T00:00:00": "2014Q4",
}
ZONES = count(2, full=4)
OF_PROCESS = ("Asia/Shanghai", "America/New_York", "UTC", "Pacific/Kiritimati")[:ZONES]
OF_DATABASE = ("UTC", "America/New_York")
ASKED = """
import json, os, sys, datetime as dt
import django; django.setup()
from django.db import connection
from reporting.annexes import Period
found = {}
for zone in json.loads(sys.argv[2]):
    connection.close()
    os.environ["PGOPTIONS"] = f"-c timezone={zone}"  # as a server set up in that zone
    for text in json.loads(sys.argv[1]):
        moment = dt.datetime.fromisoformat(text)
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::timestamptz", [moment])  # as it comes back from a row
            kept = cursor.fetchone()[0]
        quarter = Period.QUARTER.holding(kept)
        start, after = Period.QUARTER.bounds(quarter)
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::timestamptz >= %s AND %s::timestamptz < %s", [moment, start, moment, after])
            inside = cursor.fetchone()[0]
        found[zone + " " + text] = [quarter, inside]
print(json.dumps(found))
"""


@pytest.mark.parametrize("zone", OF_PROCESS)
def test_a_moment_lies_in_one_quarter_by_the_calendar_of_beijing(zone):
    moments = {f"{text}+08:00": quarter for text, quarter in PROBES.items()}
    done = subprocess.run(
        [sys.executable, "-c", ASKED, json.dumps(list(moments)), json.dumps(OF_DATABASE)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "TZ": zone, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    wanted = {f"{z} {text}": [moments[text], True] for z in OF_DATABASE for text in moments}
    assert found == wanted
    report(
        "T24", f"TZ={zone}, database in {' and '.join(OF_DATABASE)}: {len(found)} probes, 0 wrong"
    )


@pytest.mark.parametrize(
    ("period", "stored", "start", "after"),
    [
        (Period.YEAR, "2014", "2014-01-01", "2015-01-01"),
        (Period.HALF_YEAR, "2014H1", "2014-01-01", "2014-07-01"),
        (Period.HALF_YEAR, "2014H2", "2014-07-01", "2015-01-01"),
        (Period.QUARTER, "2014Q4", "2014-10-01", "2015-01-01"),
        (Period.MONTH, "2012-02", "2012-02-01", "2012-03-01"),
        (Period.MONTH, "2014-12", "2014-12-01", "2015-01-01"),
    ],
)
def test_a_period_begins_and_ends_at_midnight_in_beijing(period, stored, start, after):
    wanted = tuple(dt.datetime.fromisoformat(day).replace(tzinfo=BEIJING) for day in (start, after))

    assert period.bounds(stored) == wanted
    assert period.holding(wanted[0]) == stored
    assert period.holding(wanted[1] - dt.timedelta(microseconds=1)) == stored
    assert period.holding(wanted[1]) != stored


# The last day is 25 May 2014; the notice lets a later one report, and counts it as late.
@pytest.mark.parametrize(
    ("moment", "late"),
    [
        ("2014-05-25T23:59:59.999999+08:00", False),
        ("2014-05-26T00:00:00+08:00", True),
        ("2014-05-25T15:59:59+00:00", False),
        ("2014-05-25T16:00:00+00:00", True),  # the 25th in Greenwich, the 26th in Beijing
        ("2014-05-25T11:59:59-04:00", False),
        ("2014-05-25T12:00:00-04:00", True),
    ],
)
def test_the_last_day_ends_at_midnight_in_beijing(org, people, calls, moment, late):
    with time_machine.travel(dt.datetime.fromisoformat(moment), tick=False):
        fill(org.east_post, people.post)
        take("submit", org.east_post, people.post)

    form = of(org.east_post)
    everyone = Submission.objects.unscoped(reason="a test looks at the truth")
    assert form.is_late is late
    assert everyone.late().filter(pk=form.pk).exists() is late
    by_date = everyone.filter(pk=form.pk, first_submitted_on__gt=F("due_on"))
    assert by_date.exists() is late
    report("T24", f"submitted {moment}: {'late' if late else 'on time'}")
