"""T7: the list of submissions under load, beside its SQL alone and beside admin with guardian."""

import os
from pathlib import Path

from benchmarks.accounts import PAGE, ROWS, cookie
from benchmarks.country import Country, grant_rows
from benchmarks.load import CLIENTS, WORKERS, Load, Server, serving
from benchmarks.rounds import at_least, at_most
from reporting.models import Submission

OURS = "ours: /submissions/"
FLOOR = "floor: /sql, the same SQL, two bytes"
PEER = "Django admin with guardian"
#: What stands once in each row of a page.
ROW_MARKS = {OURS: 'data-label="状态"', PEER: 'class="field-state"'}
ACCOUNTS = {"county": "county clerk", "city": "city officer"}
_SECONDS = {"tiny": 0.1, "usual": 1.5, "full": 4.0}


def run(country: Country, *, rounds: int = 5, size: str = "usual") -> list[str]:
    """Printable rows: requests a second, p50 and p95 over all rounds, CPU of the web processes."""
    title = (
        f"T7 list page of {ROWS} rows under load: {CLIENTS} clients, gunicorn sync × {WORKERS},"
        f" PostgreSQL, {country.records:,} submissions; {rounds} rounds of {_SECONDS[size]:g} s"
    )
    lines = [title, "  (NetBox, the plan's other peer, cannot be installed here and is left out)"]
    people = dict(list(ACCOUNTS.items())[:1]) if size == "tiny" else ACCOUNTS
    clients, workers = (2, 1) if size == "tiny" else (CLIENTS, WORKERS)
    with serving(Path(os.environ["FULIAN_VAR"]), workers) as server:
        for name, words in people.items():
            granted = grant_rows(country, name)
            reach = Submission.objects.visible_to(country.accounts[name]).count()
            lines.append(f"· {words}: {reach:,} submissions in reach, {granted:,} guardian grants")
            lines += _compare(server, name, rounds, _SECONDS[size], clients)
    return lines


def _compare(server: Server, name: str, rounds: int, seconds: float, clients: int) -> list[str]:
    session = cookie(name)
    paths = {OURS: PAGE, FLOOR: f"/sql/{name}/", PEER: "/admin/reporting/opensubmission/"}
    bodies = {title: server.get(path, session) for title, path in paths.items()}
    shown = {title: bodies[title].count(mark.encode()) for title, mark in ROW_MARKS.items()}
    if not shown[OURS] == shown[PEER] > 0 or len(bodies[FLOOR]) != 2:
        raise AssertionError(f"the pages do not show the same rows: {shown}")
    loads = {title: Load() for title in paths}
    for path in paths.values():
        server.press(
            path, session, seconds / 4, Load(), clients
        )  # both workers warm, counted for none
    for _ in range(rounds):
        for title, path in paths.items():
            server.press(path, session, seconds, loads[title], clients)
    own, floor, peer = loads[OURS], loads[FLOOR], loads[PEER]
    return [
        *(_line(title, load, own) for title, load in loads.items()),
        at_least(f"{name}: requests a second over the peer", own.rate / peer.rate, 20),
        at_least(f"{name}: requests a second over the floor", own.rate / floor.rate, 0.4),
        at_most(f"{name}: p95 over the floor's", own.quantile(0.95) / floor.quantile(0.95), 3.5),
    ]


def _line(title: str, load: Load, own: Load) -> str:
    rates = f"{load.rate:.1f} ({min(load.rates):.1f}–{max(load.rates):.1f}) req/s"
    return (
        f"{title:<36}{rates:>28} {load.rate / own.rate:6.2f}×"
        f"   p50 {load.quantile(0.5) * 1000:6.0f} ms   p95 {load.quantile(0.95) * 1000:6.0f} ms"
        f" {load.quantile(0.95) / own.quantile(0.95):6.2f}×"
        f"   cpu {load.cpu_each * 1000:6.1f} ms {load.cpu_each / own.cpu_each:6.2f}×"
    )
