"""What sealing costs: the share of opening and masking in the time of a register page of fifty rows.

The page is asked for as a browser would; beside it, in the same process, fifty identity numbers and
fifty telephones are opened from their rows and masked, as the page itself does it or more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.test import Client

from benchmarks.rounds import at_most, compared, interleave
from federation import code_lists, encryption, grants, tree
from federation.models import OrgUnit, Post, UnitType, User
from registry import identity_numbers, masking
from registry.models import Person

ROWS = 50
ALLOWED = 0.1  # of the page's time
PRIVATE = ("id_number", "phone")


def run(*, rounds: int = 5) -> list[str]:
    """Printable rows; milliseconds."""
    with suppress(FileExistsError):
        encryption.new_ring_file(Path(settings.FIELD_KEYS_FILE))
    village, clerk = plant()
    client = Client()
    client.force_login(clerk)
    path = f"/persons/?per_page={ROWS}"
    people = list(
        Person.objects.visible_to(clerk).filter(unit=village).select_related("unit")[:ROWS]
    )
    timings = interleave(
        {
            "ours: the page": lambda: _page(client, path),
            "floor: open and mask, alone": lambda: [
                masking.shown(person, field, to=clerk) for person in people for field in PRIVATE
            ],
            "open alone": lambda: [
                getattr(person, field).open() for person in people for field in PRIVATE
            ],
            **_suites(),
        },
        rounds=rounds,
        least=0.1 if rounds > 1 else 0.0,
    )
    share = timings["floor: open and mask, alone"].median / timings["ours: the page"].median
    title = (
        f"T10 sealed values on a register page; PostgreSQL; {ROWS} rows, {ROWS} identity numbers and "
        f"{ROWS} telephones; ms, {rounds} rounds"
    )
    return [
        title,
        *compared(timings, "ours: the page", unit=0.001, cpu=False),
        at_most("opening and masking, of the page's time", share, ALLOWED),
    ]


def _page(client: Client, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise AssertionError(f"{path} answered {answer.status_code}")


def _suites() -> dict[str, Callable[[], object]]:
    """A hundred values of either suite, without rows."""
    return {
        f"100 values opened, {name}": _opening(suite) for name, suite in encryption.SUITES.items()
    }


def _opening(suite: encryption.Suite) -> Callable[[], object]:
    key, bound_to = b"k" * suite.key_bytes, b"table.column.row"
    sealed = suite.seal(key, b"990505199001010011", bound_to)
    return lambda: [suite.open(key, sealed, bound_to) for _ in range(2 * ROWS)]


def plant() -> tuple[OrgUnit, User]:
    code_lists.load()
    kind = UnitType.objects.get(code="village_federation")
    village = tree.add(None, OrgUnit(name="密封村妇联", short_name="密封村", unit_type=kind))
    clerk = User.objects.create_user("sealing-clerk", "bench-only", display_name="测演")
    grants.appoint(
        clerk, village, Post.objects.get(code="village_chair"), starts_on=dt.date(2014, 1, 1)
    )
    for order in range(ROWS):
        born_on = dt.date(1980, 1, 1) + dt.timedelta(days=order)
        number = f"990505{born_on:%Y%m%d}{order:03}"
        Person(
            unit=village,
            name=f"测演{order}",
            born_on=born_on,
            id_number=number + identity_numbers.check_digit(number),
            phone=f"1690000{order:04}",
        ).save()
    return village, clerk
