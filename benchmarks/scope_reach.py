"""T5 and T8: what a person may see, and the subtree behind it, in a country of units.

Statements are compared in one connection, as SQL: what Django adds is the same for all of them.
"""

from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import QuerySet

from benchmarks.accounts import ROWS
from benchmarks.country import Country, grant_rows
from benchmarks.peer_admin import granted_rows
from benchmarks.rounds import Timing, at_least, at_most, compared, interleave
from federation import tree
from federation.models import OrgUnit
from reporting.models import Submission

_OURS = "ours: path range"
_FLOOR = "floor: the same ids, bare"
_LIKE = "path LIKE"
_TREEBEARD = "treebeard get_descendants"
_GUARDIAN = "guardian get_objects_for_user"
#: Guardian would need a row a submission for every account; three accounts show the cost.
GRANTED = ("province", "city", "county")
CAP = 10_001


def run(country: Country, *, rounds: int = 5) -> list[str]:
    """Printable rows of one engine; milliseconds."""
    engine = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    grants = {name: grant_rows(country, name) for name in GRANTED}
    title = (
        f"T5 newest {ROWS} in reach; {engine}; {country.units:,} units, {country.records:,}"
        f" submissions; ms, {rounds} rounds"
    )
    result = [title]
    newest: dict[str, dict[str, Timing]] = {}
    listed: dict[str, dict[str, Timing]] = {}
    for name in country.places:
        lines, newest[name], listed[name] = _newest(country, name, grants.get(name, 0), rounds)
        result += lines
    result += _aims_of_reach(newest, listed)
    result += _pages(country, engine, rounds)
    result += _subtrees(country, engine, rounds)
    return result


def _least(rounds: int) -> float:
    """Seconds of a round that a quick query is repeated for; a single round only proves it runs."""
    return 0.02 if rounds > 1 else 0.0


def statement(queryset: QuerySet) -> Callable[[], list]:
    """Sends the queryset's SQL and fetches its rows."""
    return raw(*queryset.query.sql_with_params())


def raw(sql: str, params: tuple = ()) -> Callable[[], list]:
    def send() -> list:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    return send


def everything() -> QuerySet:
    return Submission.objects.unscoped(reason="a benchmark's floor and peers")


def _newest(
    country: Country, name: str, granted: int, rounds: int
) -> tuple[list[str], dict[str, Timing], dict[str, Timing]]:
    user, unit = country.accounts[name], country.places[name]
    reach = Submission.objects.visible_to(user)
    keys = [s.pk for s in reach.order_by("-pk")[:ROWS]]
    first = [s.pk for s in reach[:ROWS]]
    below = OrgUnit.objects.get_descendants(unit, include_self=True).order_by()
    contenders = {
        _OURS: statement(reach.order_by("-pk")[:ROWS]),
        _FLOOR: statement(everything().filter(pk__in=keys).order_by("-pk")),
        _LIKE: statement(
            everything().filter(unit__path__startswith=unit.path).order_by("-pk")[:ROWS]
        ),
        _TREEBEARD: statement(
            everything().filter(unit__in=below.values("pk")).order_by("-pk")[:ROWS]
        ),
    }
    if granted:
        contenders[_GUARDIAN] = statement(granted_rows(user).order_by("-pk")[:ROWS])
    _agree(contenders)
    timings = interleave(contenders, rounds=rounds, least=_least(rounds))
    by_list = interleave(
        {
            "ours: as the list page orders": statement(reach[:ROWS]),
            _FLOOR: statement(everything().filter(pk__in=first).order_by()),
        },
        rounds=rounds,
        least=_least(rounds),
    )
    grants = f", {granted:,} grants for guardian" if granted else ""
    lines = [f"· {name}: {reach.count():,} submissions in reach{grants}"]
    lines += compared(timings, _OURS, unit=0.001, cpu=False)
    ordered = compared(by_list, "ours: as the list page orders", unit=0.001, cpu=False)
    return [*lines, *ordered], timings, by_list


def _agree(contenders: dict[str, Callable[[], list]]) -> None:
    """A contender that answers something else is not faster but wrong."""
    answers = {name: [row[0] for row in send()] for name, send in contenders.items()}
    for name, keys in answers.items():
        if keys != answers[_OURS]:
            raise AssertionError(f"{name} sees other rows than we do")


def _aims_of_reach(
    newest: dict[str, dict[str, Timing]], listed: dict[str, dict[str, Timing]]
) -> list[str]:
    result = []
    for words, timings in (("newest", newest), ("the list's order", listed)):
        ours = {name: found[next(iter(found))].median for name, found in timings.items()}
        ratios = {name: ours[name] / found[_FLOOR].median for name, found in timings.items()}
        worst = max(ratios, key=lambda name: ratios[name])
        result.append(at_most(f"{words}: {worst}, worst over its floor", ratios[worst], 1.5))
        result.append(
            at_most(f"{words}: worst over best scope", max(ours.values()) / min(ours.values()), 3)
        )
    for name, found in newest.items():
        if _GUARDIAN in found:
            ratio = found[_GUARDIAN].median / found[_OURS].median
            result.append(at_least(f"{name}: ahead of guardian", ratio, 10))
    return result


def _pages(country: Country, engine: str, rounds: int) -> list[str]:
    """T5b: the last page and the count of a list, against its first page."""
    reach = Submission.objects.visible_to(country.accounts["city"])
    total = reach.count()
    start = max(0, (total - ROWS) // ROWS * ROWS)
    before = reach[start - 1] if start else None
    # Keyset as `lte` and `exclude`: Q(lt) | Q(eq, lt) is slow on every engine.
    deep = (
        reach.filter(unit__path__gte=before.unit.path).exclude(
            unit_id=before.unit_id, period__lte=before.period
        )
        if before
        else reach
    )
    first = "ours: page 1"
    contenders = {
        first: statement(reach[:ROWS]),
        f"OFFSET {start:,}": statement(reach[start : start + ROWS]),
        f"keyset at {start:,}": statement(deep[:ROWS]),
        "exact count": _counting(reach.order_by()),
        f"count capped at {CAP - 1:,}": _counting(reach.order_by()[:CAP]),
    }
    timings = interleave(contenders, rounds=rounds, least=_least(rounds))
    page = timings[first].median

    def over(name: str) -> float:
        return timings[name].median / page

    return [
        f"T5b pages and counts of the list; {engine}; the city, {total:,} rows; ms",
        *compared(timings, first, unit=0.001, cpu=False),
        at_most("keyset page at depth over page 1", over(f"keyset at {start:,}"), 2.5),
        at_most("capped count over page 1", over(f"count capped at {CAP - 1:,}"), 8),
    ]


def _counting(queryset: QuerySet) -> Callable[[], list]:
    sql, params = queryset.values("pk").query.sql_with_params()
    return raw(f"SELECT COUNT(*) FROM ({sql}) found", params)  # noqa: S608 -- SQL of our queryset


def _subtrees(country: Country, engine: str, rounds: int) -> list[str]:
    result = [f"T8 units below; {engine}; {country.units:,} units; ms"]
    ranges: dict[str, dict[str, Timing]] = {}
    for name in ("city", "county"):
        unit = country.places[name]
        contenders = {
            _OURS: _counting(OrgUnit.objects.below(unit).order_by()),
            _LIKE: _counting(OrgUnit.objects.filter(path__startswith=unit.path).order_by()),
            _TREEBEARD: _counting(
                OrgUnit.objects.get_descendants(unit, include_self=True).order_by()
            ),
        }
        (count,), *_ = contenders[_OURS]()
        ranges[name] = interleave(
            {**contenders, "floor: SELECT 1": raw("SELECT 1")}, rounds=rounds, least=_least(rounds)
        )
        result.append(f"· count below a {name}: {count:,} units")
        result += compared(ranges[name], _OURS, unit=0.001, cpu=False)
    found = ranges["county"]
    result.append(
        at_least("ahead of treebeard", found[_TREEBEARD].median / found[_OURS].median, 100)
        if engine == "SQLite"
        else f"  → treebeard takes {found[_TREEBEARD].median / found[_OURS].median:.2f}×"
    )
    return [*result, *_moving(country, engine, rounds)]


def _moving(country: Country, engine: str, rounds: int) -> list[str]:
    """A county to another city and back out again: nothing of it stays."""
    county, city = country.places["ordinary county"], country.places["city"]
    table = connection.ops.quote_name(OrgUnit._meta.db_table)
    after = tree.path_after(county.path)

    def undone(act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with transaction.atomic():
                act()
                transaction.set_rollback(True)

        return run

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET path = 'Z' || path WHERE path >= %s AND path < %s",  # noqa: S608
                (county.path, after),
            )

    ours, floor = "ours: tree.move", "floor: one UPDATE of its paths"
    timings = interleave(
        {ours: undone(lambda: tree.move(county, city)), floor: undone(bare)},
        rounds=rounds,
        least=_least(rounds),
    )
    size = OrgUnit.objects.below(county).count()
    return [
        f"· move a county of {size:,} units; {engine}; ms (aim ≤ 30)",
        *compared(timings, ours, unit=0.001, cpu=False),
    ]
