"""Pages of tasks ask the database as many questions for thirty rows as for one. The numbers are literal."""

import datetime as dt

import pytest
from battery import share
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from papers import duty_of, notice_of, to_kinds

from federation import tree
from federation.models import OrgUnit
from notices import materials, publishing
from notices.models import Extension, MaterialReport, Task
from notices.urging import urge


@pytest.fixture
def desk(org, people, spring, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    org.people = people
    return org


def everyone():
    return Task.objects.unscoped(reason="a test sets the stage").select_related("duty", "unit")


def published(org, count: int):
    """A notice to the counties with ``count`` duties of April and May, and one owed once."""
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    for n in range(count):
        duty_of(
            notice, f"m{n}", title=f"事项{n}", cycle="month", due_rule={"kind": "end_of_period"}
        )
    duty_of(notice, "once", title="活动情况")
    return publishing.publish(notice, by=org.people.leader)


def many_duties(org, count):
    published(org, count)


def many_notices(org, count):
    for n in range(count):
        notice = notice_of(org.city, doc_number=f"泉妇〔2014〕{n + 100}号")
        to_kinds(notice, "county_federation")
        duty_of(notice, "once", title=f"事项{n}")
        publishing.publish(notice, by=org.people.leader)


def many_counties(org, count):
    kind = org.east.unit_type
    made = [
        OrgUnit(name=f"演示第{n}县妇联", short_name=f"第{n}县", unit_type=kind)
        for n in range(count)
    ]
    tree.graft([(org.city, unit) for unit in made])
    published(org, 1)
    urge(everyone().filter(unit=org.west), by=org.people.leader)


def many_judged(org, count):
    """As many materials wait for the city, and as many requests for another day."""
    published(org, count)
    tasks = everyone().filter(unit=org.east, duty__cycle="month", period="2014-04")
    for task in tasks:
        materials.save(task, text="活动三场", number=None, by=org.people.county)
        materials.send(task, by=org.people.county)
    Extension.objects.bulk_create(
        Extension(
            task=task, wanted_on=dt.date(2014, 6, 9), reason="台风", asked_by=org.people.sibling
        )
        for task in everyone().filter(unit=org.west, duty__cycle="month", period="2014-04")
    )


def many_reports(org, count):
    """A task that was handed in and came back as many times."""
    published(org, 1)
    task = the_task(org)
    materials.save(task, text="活动三场", number=None, by=org.people.county)
    report = materials.send(task, by=org.people.county)
    MaterialReport.objects.bulk_create(
        MaterialReport(material=report.material, ordinal=n, text="第几稿", outcome="returned",
                       reason="缺数字", sent_by=org.people.county, judged_by=org.people.leader)
        for n in range(2, count + 1)
    )  # fmt: skip
    Extension.objects.bulk_create(
        Extension(task=task, wanted_on=dt.date(2014, 6, 9), reason="台风", state="refused",
                  asked_by=org.people.county, decided_by=org.people.leader)
        for _ in range(count)
    )  # fmt: skip


def the_task(org) -> Task:
    return everyone().get(unit=org.east, duty__code="once")


def of_duty(org, code="once") -> str:
    return f"/duties/{everyone().filter(duty__code=code).first().duty.uuid}/"


LISTS = {
    "todo of a county": (many_duties, "county", lambda org: "/todo/", 10),
    "todo with notices to sign": (many_notices, "county", lambda org: "/todo/", 10),
    "todo of the city": (many_judged, "leader", lambda org: "/todo/", 10),
    "home of a county": (many_duties, "county", lambda org: "/", 10),
    "home of the city": (many_judged, "leader", lambda org: "/", 10),
    "calendar": (many_duties, "county", lambda org: "/todo/calendar/?month=2014-04", 8),
    "calendar of the city": (many_duties, "leader", lambda org: "/todo/calendar/?month=2014-04", 8),
    "extensions": (many_judged, "leader", lambda org: "/extensions/?per_page=50", 8),
    "boards": (many_duties, "leader", lambda org: "/boards/", 8),
    "board": (many_counties, "leader", lambda org: of_duty(org) + "?per_page=50", 11),
    "board drilled down": (
        many_counties, "leader", lambda org: of_duty(org, "m0") + "?standing=missing&per_page=50", 11,
    ),
    "expected units": (many_counties, "leader", lambda org: of_duty(org) + "expected/?per_page=50", 9),
    "tasks of a unit": (
        many_duties, "leader", lambda org: f"/units/{org.east.uuid}/tasks/?per_page=50", 10,
    ),
    "task": (many_reports, "leader", lambda org: f"/tasks/{the_task(org).uuid}/", 12),
}  # fmt: skip


def looked_at(client, desk, name: str, count: int) -> tuple[int, int]:
    """Questions asked and bytes shown of the page ``name`` when there are ``count`` rows."""
    fill, who, path, _ = LISTS[name]
    with transaction.atomic():
        fill(desk, count)
        address = path(desk)
        client.force_login(getattr(desk.people, who))
        with CaptureQueriesContext(connection) as asked:
            response = client.get(address)
        transaction.set_rollback(True)
    assert response.status_code == 200
    return len(asked), len(response.content)


@pytest.mark.battery("days")
@pytest.mark.parametrize("name", share([*LISTS], 3))
def test_a_page_of_tasks_asks_the_same_for_one_row_and_for_thirty(client, desk, name):
    (asked, size), (asked_again, larger) = (looked_at(client, desk, name, n) for n in (1, 30))

    assert (asked, asked_again) == (LISTS[name][3],) * 2
    assert larger > size + (8 if name.startswith("home") else 29) * 40
