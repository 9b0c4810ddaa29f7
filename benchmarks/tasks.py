"""Pages of tasks: 18 counties, 3,500 units below them, 5 notices a year for 5 years.

Each page is asked of the portal as a browser would; its floor is the statements it sends, sent again
as they are. Ratios compare both in one process, on one connection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from benchmarks.rounds import at_most, compared, interleave
from federation import code_lists, grants, tree
from federation.models import OrgUnit, Post, UnitType, User
from notices import publishing, schedule
from notices.models import Addressee, Contact, Duty, Notice, Task, TaskState

SIZES = {"tiny": (3, 12, 1, 1), "usual": (18, 3_500, 5, 5), "full": (18, 3_500, 5, 5)}
ALLOWED = 6.0  # times the floor that a page may take: it draws fifty rows and its frame
Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Stage:
    """One city with its tasks. ``wide`` is owed by every unit, ``narrow`` by the counties."""

    leader: User
    clerk: User
    wide: Duty
    narrow: Duty
    tasks: int


def run(*, rounds: int = 5, size: str = "usual") -> list[str]:
    """Printable rows; milliseconds."""
    counties, units, notices, years = SIZES[size]
    stage = plant(counties, units, notices, years)
    title = (
        f"T9 pages of tasks; PostgreSQL; {counties} counties × {notices} notices × {years} years, "
        f"{units:,} units below: {stage.tasks:,} tasks; ms, {rounds} rounds"
    )
    lines = [title]
    for words, user, path in (
        ("任务进度 of all duties", stage.leader, "/boards/"),
        (f"board of {units:,} units", stage.leader, f"/duties/{stage.wide.uuid}/?per_page=50"),
        ("board of the counties", stage.leader, f"/duties/{stage.narrow.uuid}/?per_page=50"),
        ("待办 of a county clerk", stage.clerk, "/todo/"),
        ("待办 of the city", stage.leader, "/todo/"),
        ("calendar of the city", stage.leader, "/todo/calendar/"),
    ):
        lines += _page(words, user, path, rounds)
    return lines


def _page(words: str, user: User, path: str, rounds: int) -> list[str]:
    client = Client()
    client.force_login(user)
    sent = statements(client, path)
    timings = interleave(
        {"ours": lambda: client.get(path), "floor: its SQL alone": lambda: again(sent)},
        rounds=rounds,
        least=0.1 if rounds > 1 else 0.0,
    )
    ratio = timings["ours"].median / timings["floor: its SQL alone"].median
    return [
        f"· {words}: {len(sent)} questions",
        *compared(timings, "ours", unit=0.001, cpu=False),
        at_most(f"{words}: over its SQL", ratio, ALLOWED),
    ]


def statements(client: Client, path: str) -> list[Statement]:
    """What the page asks of the database, session and account included."""
    client.get(path)  # fills the caches that live as long as the process
    sent: list[Statement] = []

    def note(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(path)
    if answer.status_code != 200:
        raise AssertionError(f"{path} answered {answer.status_code}")
    return sent


def again(sent: list[Statement]) -> None:
    with connection.cursor() as cursor:
        for sql, params in sent:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()


# -- What there is to look at ------------------------------------------------------------------------
def plant(counties: int, units: int, notices: int, years: int) -> Stage:
    code_lists.load()
    kinds = {kind.code: kind for kind in UnitType.objects.all()}
    city = tree.add(None, OrgUnit(name="任务市妇联", unit_type=kinds["city_federation"]))
    seats = [
        OrgUnit(name=f"第{n}县妇联", short_name=f"第{n}县", unit_type=kinds["county_federation"])
        for n in range(counties)
    ]
    tree.graft([(city, unit) for unit in seats])
    above = list(OrgUnit.objects.below(city).filter(unit_type__code="county_federation"))
    posts = [
        OrgUnit(name=f"第{n}号营业厅", short_name=f"{n}号", unit_type=kinds["civilized_post"])
        for n in range(units)
    ]
    tree.graft([(above[n % counties], unit) for n, unit in enumerate(posts)])
    leader, clerk = (
        _seat("tasks-leader", city, "vice_chair"),
        _seat("tasks-clerk", above[0], "officer"),
    )
    duties = [
        duty
        for year in range(timezone.localdate().year - years + 1, timezone.localdate().year + 1)
        for number in range(notices)
        for duty in _notice(city, year, number, leader)
    ]
    found = Task.objects.unscoped(reason="the benchmark counts and answers its own tasks")
    mine = found.filter(duty__in=duties)
    # Whatever was due is done but for every seventh: an archive, and something still to do.
    past = mine.filter(due_on__lt=timezone.localdate()).annotate(rest=F("pk") % 7).exclude(rest=0)
    past.update(
        state=TaskState.DONE, first_reported_on=F("due_on"), due_when_reported=F("due_on"),
        done_on=F("due_on"), reported_at=timezone.now(),
    )  # fmt: skip
    wide = max((d for d in duties if d.code == "wide"), key=lambda duty: duty.pk)
    narrow = max((d for d in duties if d.code == "month"), key=lambda duty: duty.pk)
    return Stage(leader, clerk, wide, narrow, mine.count())


def _seat(name: str, unit: OrgUnit, post: str) -> User:
    user = User.objects.create_user(name, "bench-only", display_name="测演")
    grants.appoint(user, unit, Post.objects.get(code=post), starts_on=dt.date(2014, 1, 1))
    return user


def _notice(city: OrgUnit, year: int, number: int, by: User) -> list[Duty]:
    """A notice of that year: one monthly, one quarterly, one single duty; the first also to every unit."""
    day = dt.date(year, 1, 10 + number)
    notice = Notice(title=f"通知{year}-{number}", issuer=city, issue_date=day, body="请报送。")
    notice.save()
    kind = UnitType.objects.get(code="county_federation")
    Addressee.objects.create(notice=notice, unit_type=kind)
    Contact.objects.create(notice=notice, name="测演", phone="0595-00000000")
    rules = [
        ("month", "month", {"kind": "end_of_period"}, {"rule": "recipients"}),
        ("quarter", "quarter", {"kind": "end_of_period"}, {"rule": "recipients"}),
        ("once", "once", {"kind": "on_date", "date": f"{year}-11-20"}, {"rule": "recipients"}),
    ]
    if number == 0:
        every = {"rule": "kinds", "kinds": ["civilized_post"]}
        rules.append(("wide", "once", {"kind": "on_date", "date": f"{year}-12-10"}, every))
    for code, cycle, rule, owed_by in rules:
        duty = Duty(notice=notice, code=code, title=f"{code}{year}-{number}", deliverable="narrative",
                    cycle=cycle, due_rule=rule, owed_by=owed_by)  # fmt: skip
        duty.full_clean()
        duty.save()
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
    publishing.publish(notice, by=by, at=at)
    duties = list(notice.duties.select_related("notice__issuer"))
    for duty in duties:
        schedule.create_tasks(
            duty, until=min(dt.date(year, 12, 31), timezone.localdate() + schedule.AHEAD)
        )
    return duties
