"""The groups about forms on SQLite: ``python -m tests.faults.on_sqlite`` prints what it counted."""

import json
import sys

import django

django.setup()

from battery import count  # noqa: E402 -- after the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402


def main() -> None:
    if connection.vendor != "sqlite":
        sys.exit("this is about SQLite: unset DATABASE_URL")
    call_command("migrate", verbosity=0)
    from tests.faults import at_once, final  # noqa: PLC0415
    from tests.faults.conftest import build_living  # noqa: PLC0415

    living = build_living()
    org, people, rounds = living.org, living.people, count(2, full=5)
    found = {
        "rounds": rounds,
        "edit": at_once.edit_together(
            org.east_post, [people.post, people.county], editors=count(4, full=10), rounds=rounds
        ),
        "click": at_once.click_together(
            org.east_post, people.post, clicks=count(6, full=20), rounds=rounds
        ),
        "judge": at_once.judge_together(
            org.east_post2, people.post2, [people.county, people.county2], rounds=rounds
        ),
    }
    taken, tried = final.taken(org.east_post2, people.post2, people.county2, people.county)
    print(json.dumps({**found, "taken": taken, "tried": tried}, ensure_ascii=False))  # noqa: T201


main()
