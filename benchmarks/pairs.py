"""Two thousand five hundred pairs with two years of logs: ribbons, grid, year table, the night's recount.

Each is asked as the portal asks it; its floor is the statements it sends, sent again as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from benchmarks.rounds import at_most, compared, interleave
from benchmarks.tasks import again, statements
from federation import code_lists, grants, tree
from federation.models import OrgUnit, Post, UnitType, User
from pairing import code_lists as pair_lists
from pairing import rules
from pairing.models import ContactLog, LogKind, Pairing, PairKind, SupportLine, Term
from pairing.windows import months_before

SIZES = {"tiny": (2, 8, 3), "usual": (10, 2_500, 24), "full": (10, 2_500, 24)}
# Times the SQL alone: a page draws its rows and its frame; the ribbons are counted from 15,000 rows
# that the database has added up by month; the night compares what it counts with what is stored.
RIBBONS, GRID, NIGHT = 6.0, 12.0, 8.0
MOST_QUESTIONS = 8  # of the ribbons, for any number of pairs
A_PAGE = 50
Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Stage:
    leader: User
    clerk: User
    logs: int


def run(*, rounds: int = 5, size: str = "usual") -> list[str]:
    """Printable rows; milliseconds."""
    counties, pairs, months = SIZES[size]
    stage = plant(counties, pairs, months)
    everyone = Pairing.objects.unscoped(reason="the benchmark measures its own pairs")
    some = list(everyone.order_by("pk")[:A_PAGE])
    all_of_them = list(everyone.order_by("pk"))
    today = timezone.localdate()
    lines = [
        f"T11 pairs; PostgreSQL; {pairs:,} pairs × {months} months: {stage.logs:,} logs; ms, {rounds} rounds"
    ]
    ask = partial(rules.ribbons, on=today)
    lines += _question(f"ribbons of {len(some)}", lambda: ask(some), RIBBONS, rounds)
    lines += _question(f"ribbons of {pairs:,}", lambda: ask(all_of_them), RIBBONS, rounds)
    for words, user, path in (
        ("grid of one county", stage.clerk, f"/pairs/grid/?per_page={A_PAGE}"),
        ("grid of the city, overdue", stage.leader, f"/pairs/grid/?per_page={A_PAGE}&late=on"),
        ("year of the city", stage.leader, f"/pairs/year/?year={today.year}"),
    ):
        client = Client()
        client.force_login(user)
        sent = statements(client, path)
        lines += _compared(words, partial(client.get, path), sent, GRID, rounds)
    sent = _noted(rules.refresh_all)
    lines += _compared("the night's recount of all", rules.refresh_all, sent, NIGHT, rounds)
    return lines


def _question(words: str, ask: Callable[[], object], most: float, rounds: int) -> list[str]:
    sent = _noted(ask)
    if len(sent) > MOST_QUESTIONS:
        raise AssertionError(f"{words} asked {len(sent)} questions")
    return _compared(words, ask, sent, most, rounds)


def _noted(ask: Callable[[], object]) -> list[Statement]:
    sent: list[Statement] = []

    def note(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            sent.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    return sent


def _compared(
    words: str, ask: Callable[[], object], sent: list[Statement], most: float, rounds: int
) -> list[str]:
    floor = "floor: its SQL alone"
    timings = interleave(
        {"ours": ask, floor: lambda: _again(sent)},
        rounds=rounds,
        least=0.1 if rounds > 1 else 0.0,
    )
    ratio = timings["ours"].median / timings[floor].median
    return [
        f"· {words}: {len(sent)} questions",
        *compared(timings, "ours", unit=0.001, cpu=False),
        at_most(f"{words}: over its SQL", ratio, most),
    ]


def _again(sent: list[Statement]) -> None:
    """Rows are locked in a transaction, as ours does."""
    with transaction.atomic():
        again(sent)


# -- What there is to look at ----------------------------------------------------------------------
def plant(counties: int, pairs: int, months: int) -> Stage:
    code_lists.load()
    pair_lists.load()
    kinds = {kind.code: kind for kind in UnitType.objects.all()}
    city = tree.add(None, OrgUnit(name="结对市妇联", unit_type=kinds["city_federation"]))
    seats = [
        OrgUnit(
            name=f"结对第{n}县妇联", short_name=f"第{n}县", unit_type=kinds["county_federation"]
        )
        for n in range(counties)
    ]
    tree.graft([(city, unit) for unit in seats])
    above = list(OrgUnit.objects.below(city).filter(unit_type__code="county_federation"))
    below = [
        (above[n % counties], OrgUnit(name=f"第{n}号{word}", short_name=f"{n}号{word}", unit_type=kinds[kind]))
        for n in range(pairs)
        for word, kind in (("营业厅", "civilized_post"), ("村", "village_federation"))
    ]  # fmt: skip
    tree.graft(below)
    leader = _seat("pairs-leader", city, "vice_chair")
    clerk = _seat("pairs-clerk", above[0], "officer")
    posts = OrgUnit.objects.below(city).filter(unit_type__code="civilized_post").order_by("name")
    villages = OrgUnit.objects.below(city).filter(unit_type__code="village_federation")
    kind, today = PairKind.objects.get(code="post_village"), timezone.localdate()
    rows = [
        Pairing(
            kind=kind, state="active", unit=post, helper_unit=post, recipient_unit=village,
            last_contact_on=today,
        )
        for post, village in zip(posts, villages.order_by("name"), strict=True)
    ]  # fmt: skip
    made = Pairing.objects.unscoped(reason="the benchmark plants its own").bulk_create(rows)
    begun = months_before(today.replace(day=1), months - 1)
    Term.objects.unscoped(reason="the benchmark plants its own").bulk_create(
        Term(pairing=pair, starts_on=begun) for pair in made
    )
    logs = _logs(made, begun, months, leader)
    rules.refresh_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Stage(leader, clerk, logs)


def _logs(pairs: list[Pairing], begun: dt.date, months: int, by: User) -> int:
    """Two contacts a month but for every seventh pair, a visit each quarter, a deed a year."""
    kinds = {kind.code: kind for kind in LogKind.objects.all()}
    found = []
    for number, pair in enumerate(pairs):
        for month in range(months):
            first = months_before(begun, -month)
            told = ["contact"] if (number + month) % 7 == 0 else ["contact", "contact"]
            told += ["mutual_visit"] if month % 3 == 0 else []
            told += ["tangible_deed"] if month % 12 == 5 else []
            found += [
                ContactLog(
                    pairing=pair, kind=kinds[code], on=first, by=by, summary="电话联系",
                    direction="to_recipient" if code == "mutual_visit" else "",
                    value=500 if code == "tangible_deed" else None,
                )
                for code in told
                if first <= timezone.localdate()
            ]  # fmt: skip
    logs = ContactLog.objects.unscoped(reason="the benchmark plants its own")
    deeds = [log for log in logs.bulk_create(found, batch_size=5_000) if log.value]
    SupportLine.objects.unscoped(reason="the benchmark plants its own").bulk_create(
        [SupportLine(pairing=d.pairing, log=d, kind="books", value=500) for d in deeds],
        batch_size=5_000,
    )
    return len(found)


def _seat(name: str, unit: OrgUnit, post: str) -> User:
    user = User.objects.create_user(name, "bench-only", display_name="测演")
    grants.appoint(user, unit, Post.objects.get(code=post), starts_on=dt.date(2014, 1, 1))
    return user
